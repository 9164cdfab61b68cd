// SPDX-License-Identifier: GPL-2.0-only
/* The hidden verb "generate": the build makes the man page and the completion with it. */
#include "generate.h"

#include "commands.h"
#include "say.h"

/**
 * generate() - print what is made from the table of verbs
 * @what: "man" or "bash"; NULL if it was not given
 *
 * Return: exit status.
 */
int generate(const char *what)
{
	if (same(what, "man")) {
		generate_man();
	} else if (same(what, "bash")) {
		generate_bash();
	} else {
		say_error("generate", "makes man or bash; name one");
		return STATUS_USAGE;
	}
	return STATUS_OK;
}
