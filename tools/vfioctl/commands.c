// SPDX-License-Identifier: GPL-2.0-only
/* The table of verbs, in the order of the help. Each one's entry is in its own file. */
#include "commands.h"

#include <string.h>

#include "verbs.h"

const struct command *const commands[] = {
	&list_command,
	&show_command,
	&groups_command,
	&graph_command,
	&explain_command,
	&doctor_command,
	&limits_command,
	&bind_command,
	&restore_command,
	&grant_command,
	&revoke_command,
	&reset_command,
	&exec_command,
	&users_command,
	&top_command,
	&faults_command,
	NULL,
};

static const struct option_def json_option = {
	.name = "json", .help = "print JSON, for programs",
};

static const struct option_def help_option = {
	.name = "help", .letter = 'h', .help = "print the help of this verb",
};

/**
 * find_command() - the verb of a name
 * @name: as typed
 *
 * Return: NULL if there is none.
 */
const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (same(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/**
 * option_given() - was an option on the command line
 * @call: the command line
 * @name: of the option, without dashes
 *
 * Return: true if it was.
 */
bool option_given(const struct invocation *call, const char *name)
{
	return strings_have(&call->names, name);
}

/**
 * option_value() - the argument of an option
 * @call: the command line
 * @name: of the option, without dashes
 *
 * Return: the last one given, or NULL; call->names and call->values have all of them.
 */
const char *option_value(const struct invocation *call, const char *name)
{
	for (size_t i = call->names.count; i-- > 0;)
		if (same(call->names.items[i], name))
			return call->values.items[i];
	return NULL;
}

/**
 * command_options() - all options of a verb
 * @command: the verb
 *
 * Return: its own and those that it shares with others, NULL-terminated; valid until the
 * next call.
 */
const struct option_def *const *command_options(const struct command *command)
{
	static const struct option_def *all[32];
	size_t n = 0;

	for (const struct option_def *option = command->options; option && option->name; option++)
		if (n < sizeof(all) / sizeof(*all) - 3)
			all[n++] = option;
	if (command->flags & COMMAND_READS)
		all[n++] = &json_option;
	all[n++] = &help_option;
	all[n] = NULL;
	return all;
}
