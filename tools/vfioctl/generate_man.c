// SPDX-License-Identifier: GPL-2.0-only
/* The manual page, from the table of verbs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "generate.h"
#include "help.h"

/* What roff would take for its own: backslashes, dashes, a dot or quote that begins a line. */
static void roff(const char *text)
{
	bool fresh = true;

	for (; *text; text++) {
		if (begins(text, "\n\n")) {
			fputs("\n.PP\n", stdout);
			text++;
			fresh = true;
			continue;
		}
		if (fresh && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
		fresh = *text == '\n';
	}
}

static void line(const char *before, const char *text)
{
	fputs(before, stdout);
	roff(text);
	putchar('\n');
}

static void man_options(const struct command *command)
{
	const struct option_def *const *options = command_options(command);

	for (size_t i = 0; options[i]; i++) {
		char *synopsis = option_synopsis(options[i]);

		line(".TP\n.B ", synopsis);
		line("", options[i]->help);
		free(synopsis);
	}
}

static void man_command(const struct command *command)
{
	printf(".SS \"");
	roff(command->name);
	printf("%s", *command->operands ? " " : "");
	line("", command->operands);
	line("", command->description);
	man_options(command);
	for (const struct example *example = command->examples; example && example->command;
	     example++) {
		line(".PP\n", example->what);
		line(".RS\n.nf\n", example->command);
		puts(".fi\n.RE");
	}
	if (command->no)
		line(".PP\nExit status 1: ", command->no);
}

static void man_statuses(void)
{
	puts(".SH EXIT STATUS\n"
	     ".TP\n.B 0\ndone, or the answer is yes\n"
	     ".TP\n.B 1\nthe answer is no: each verb says what that means\n"
	     ".TP\n.B 2\nthe command line is wrong\n"
	     ".TP\n.B 3\nnot permitted, or the system failed");
}

/**
 * generate_man() - vfioctl(8), to standard output
 */
void generate_man(void)
{
	puts(".\\\" Made by \"vfioctl generate man\".\n"
	     ".TH VFIOCTL 8 \"\" \"openvfio " VFIOCTL_VERSION "\" \"openvfio\"\n"
	     ".SH NAME\nvfioctl \\- give devices to user\\-level drivers, and see what is in the way\n"
	     ".SH SYNOPSIS\n.B vfioctl\n.I verb\n.RI [ option ]...\n.RI [ operand ]...\n"
	     ".SH DESCRIPTION\n"
	     "A user\\-level driver reaches its device through VFIO, and gets whole IOMMU groups only.\n"
	     ".B vfioctl\n"
	     "shows devices and groups, says what keeps a group from being used, and mends it.\n"
	     "It works with the modules of openvfio and with those of the kernel, and says where it\n"
	     "knows less with the latter. Devices are named by their address, with or without the\n"
	     "domain: 0000:06:0d.1 or 06:0d.1. Groups are named by their number.\n"
	     ".SH VERBS");
	for (size_t i = 0; commands[i]; i++)
		man_command(commands[i]);
	man_statuses();
	puts(".SH ENVIRONMENT\n"
	     ".TP\n.B NO_COLOR\nIf set and not empty, no colours are used on a terminal.\n"
	     ".TP\n.B VFIOCTL_ROOT\nA folder that is put before /sys, /proc, /dev, /run and /etc: "
	     "to look at the\nrecorded files of another machine.\n"
	     ".SH SEE ALSO\n.BR openvfio (7),\n.BR lspci (8),\n.BR modprobe (8)");
}
