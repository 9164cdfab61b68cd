// SPDX-License-Identifier: GPL-2.0-only
/* Completion for bash, from the table of verbs. */
#include <stdio.h>

#include "commands.h"
#include "generate.h"

static void options_of(const struct command *command)
{
	const struct option_def *const *options = command_options(command);

	for (size_t i = 0; options[i]; i++)
		printf("%s--%s", i ? " " : "", options[i]->name);
}

static const char *operand_words(enum operand operand)
{
	switch (operand) {
	case OPERAND_DEVICE:
		return "$(_vfioctl_devices)";
	case OPERAND_GROUP:
		return "$(_vfioctl_groups)";
	case OPERAND_ANY:
		return "$(_vfioctl_devices) $(_vfioctl_groups)";
	default:
		return "";
	}
}

static void verb(const struct command *command)
{
	printf("\t%s) words=\"", command->name);
	options_of(command);
	printf("\"; operands=\"%s\" ;;\n", operand_words(command->operand));
}

/**
 * generate_bash() - the completion, to standard output
 */
void generate_bash(void)
{
	puts("# Completion of vfioctl for bash; made by \"vfioctl generate bash\".\n"
	     "_vfioctl_devices() { ls /sys/bus/pci/devices 2>/dev/null; }\n"
	     "_vfioctl_groups() { ls /sys/kernel/iommu_groups 2>/dev/null; }\n"
	     "_vfioctl()\n{\n"
	     "\tlocal word=$2 words='' operands='' i\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='help'");
	for (size_t i = 0; commands[i]; i++)
		printf("\t\twords+=' %s'\n", commands[i]->name);
	puts("\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n\t\treturn\n\tfi\n"
	     "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	     "\t\t[ \"${COMP_WORDS[i]}\" != -- ] || { _command_offset $((i + 1)); return; }\n\tdone\n"
	     "\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; commands[i]; i++)
		verb(commands[i]);
	puts("\tesac\n"
	     "\tcase $word in\n"
	     "\t-*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
	     "\t*)\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$word\")\n"
	     "\t\t# Addresses have colons, at which bash breaks words.\n"
	     "\t\tif declare -F __ltrim_colon_completions >/dev/null; then\n"
	     "\t\t\t__ltrim_colon_completions \"$word\"\n\t\tfi\n"
	     "\t\t;;\n"
	     "\tesac\n}\n"
	     "complete -F _vfioctl vfioctl");
}
