// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl VERB ...: reads the command line after the table of verbs, and calls the verb. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "generate.h"
#include "help.h"
#include "say.h"

static const struct option_def *find_option(const struct command *command, const char *name,
					    size_t length, char letter)
{
	const struct option_def *const *options = command_options(command);

	for (size_t i = 0; options[i]; i++) {
		if (letter && options[i]->letter == letter)
			return options[i];
		if (length && strlen(options[i]->name) == length &&
		    strncmp(options[i]->name, name, length) == 0)
			return options[i];
	}
	return NULL;
}

static bool take_option(struct invocation *call, const struct option_def *option,
			const char *value)
{
	char *object = format("--%s", option->name);
	bool fine = false;

	if (option->argument && !value)
		say_error(object, "needs %s; see vfioctl %s --help", option->argument,
			  call->command->name);
	else if (!option->argument && value)
		say_error(object, "takes no argument; leave out '%s'", value);
	else if (!option->repeats && option_given(call, option->name))
		say_error(object, "is there twice; give it once");
	else
		fine = true;
	free(object);
	if (fine) {
		strings_add(&call->names, option->name);
		strings_add(&call->values, value ? value : "");
	}
	return fine;
}

/*
 * One word that begins with a dash: --name, --name=value, --name value, -x, -x value.
 * Returns how many words that was, 0 if it is wrong.
 */
static int read_option(struct invocation *call, char **words)
{
	const char *word = words[0];
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	const char *equals = is_long ? strchr(name, '=') : NULL;
	const struct option_def *option;

	if (is_long)
		option = find_option(call->command, name, equals ? (size_t)(equals - name) :
				     strlen(name), 0);
	else
		option = name[1] ? NULL : find_option(call->command, "", 0, name[0]);
	if (!option) {
		say_error(word, "no such option; see vfioctl %s --help", call->command->name);
		return 0;
	}
	if (equals || !option->argument)
		return take_option(call, option, equals ? equals + 1 : NULL) ? 1 : 0;
	return take_option(call, option, words[1]) ? 2 : 0;
}

static bool read_words(struct invocation *call, char **words)
{
	while (*words) {
		int used = 1;

		if (same(*words, "--") && call->command->flags & COMMAND_TAIL) {
			call->tail = words + 1;
			return true;
		}
		if (same(*words, "--")) {
			while (*++words)
				strings_add(&call->operands, *words);
			return true;
		}
		if ((*words)[0] == '-' && (*words)[1])
			used = read_option(call, words);
		else
			strings_add(&call->operands, *words);
		if (!used)
			return false;
		words += used;
	}
	return true;
}

static bool right_number(const struct invocation *call)
{
	const struct command *command = call->command;

	if (call->operands.count >= command->least && call->operands.count <= command->most)
		return true;
	say_error(command->name, "%s; usage: vfioctl %s %s",
		  call->operands.count < command->least ? "something is missing" :
		  "too many words", command->name, command->operands);
	return false;
}

static void free_invocation(struct invocation *call)
{
	strings_free(&call->operands);
	strings_free(&call->names);
	strings_free(&call->values);
}

static int run(const struct command *command, char **words)
{
	struct invocation call = { .command = command };
	int status = STATUS_USAGE;

	if (!read_words(&call, words))
		goto out;
	call.json = option_given(&call, "json");
	if (option_given(&call, "help")) {
		help_command(command);
		status = STATUS_OK;
	} else if (right_number(&call)) {
		status = command->run(&call);
	}
out:
	free_invocation(&call);
	return status;
}

static int help(char **words)
{
	const struct command *command = *words ? find_command(*words) : NULL;

	if (!*words) {
		help_all();
	} else if (command) {
		help_command(command);
	} else {
		say_error(*words, "no such verb; vfioctl help lists them");
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "--help";
	const struct command *command = find_command(verb);
	int status;

	if (command)
		status = run(command, argv + 2);
	else if (same(verb, "--help") || same(verb, "-h") || same(verb, "help"))
		status = help(argv + (argc > 1 ? 2 : 1));
	else if (same(verb, "--version"))
		status = printf("vfioctl %s\n", VFIOCTL_VERSION) < 0;
	else if (same(verb, "generate"))
		status = generate(argv[2]);
	else {
		say_error(verb, "no such verb; vfioctl help lists them");
		status = STATUS_USAGE;
	}
	/* A full disk or a closed pipe is seen here at the latest. */
	if (fflush(stdout) || ferror(stdout)) {
		say_error("standard output", "cannot be written");
		return STATUS_CANNOT;
	}
	return status;
}
