// SPDX-License-Identifier: GPL-2.0-only
/* The help, from the table of verbs. */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	80

/* Paragraphs, each line indented and at most WIDTH columns. */
static void wrap(const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int word = (int)strcspn(text, " \n");

		if (column && column + 1 + word > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += printf("%*s%.*s", column ? 1 : indent, "", word, text);
		text += word;
		if (begins(text, "\n\n")) {
			fputs("\n\n", stdout);
			column = 0;
		}
		text += strspn(text, " \n");
	}
	putchar('\n');
}

/**
 * option_synopsis() - how an option is typed
 * @option: of a verb
 *
 * Return: "-u, --user USER"; for free().
 */
char *option_synopsis(const struct option_def *option)
{
	char letter[] = "-x, ";

	letter[1] = option->letter;
	return format("%s--%s%s%s", option->letter ? letter : "", option->name,
		      option->argument ? " " : "", option->argument ? option->argument : "");
}

/**
 * help_all() - every verb, one line each
 */
void help_all(void)
{
	puts("usage: vfioctl VERB [OPTION]... [OPERAND]...\n\n"
	     "User-level drivers: what blocks a device, and how to get it.\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n'vfioctl help VERB' says more. vfioctl(8) has all of it.");
}

static void help_options(const struct command *command)
{
	const struct option_def *const *options = command_options(command);

	puts("\nOptions:");
	for (size_t i = 0; options[i]; i++) {
		char *synopsis = option_synopsis(options[i]);

		printf("  %-24s %s\n", synopsis, options[i]->help);
		free(synopsis);
	}
}

/**
 * help_command() - all about a verb
 * @command: the verb
 */
void help_command(const struct command *command)
{
	printf("usage: vfioctl %s [OPTION]...%s%s\n\n", command->name,
	       *command->operands ? " " : "", command->operands);
	wrap(command->description, 0);
	help_options(command);
	if (command->examples)
		puts("\nExamples:");
	for (const struct example *example = command->examples; example && example->command;
	     example++)
		printf("  %s\n      %s\n", example->command, example->what);
	printf("\nExit status: 0 %s", command->no ? "yes" : "done");
	if (command->no)
		printf(", 1 %s", command->no);
	puts(", 2 wrong command line, 3 not permitted or failed.");
}
