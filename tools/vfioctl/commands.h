/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs as data: arguments are read, and help, completion and man page made, from this. */
#ifndef VFIOCTL_COMMANDS_H
#define VFIOCTL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* Exit statuses, the same for each verb. */
enum {
	STATUS_OK = 0,		/* done, or: yes */
	STATUS_NO = 1,		/* looked, and the answer is no */
	STATUS_USAGE = 2,	/* the command line is wrong */
	STATUS_CANNOT = 3,	/* not permitted, or the system failed */
};

struct option_def {
	const char *name;	/* without the dashes; NULL ends the array */
	char letter;		/* or 0 */
	const char *argument;	/* what to call it in the help, NULL if it takes none */
	const char *help;	/* one line, no full stop */
	bool repeats;		/* may be given several times */
};

/* What the words after the verb are; for the help, and for completion. */
enum operand {
	OPERAND_NONE,
	OPERAND_DEVICE,		/* BDF */
	OPERAND_GROUP,		/* number of an IOMMU group */
	OPERAND_ANY,		/* BDF or group */
	OPERAND_OTHER,		/* something else, see command.operands */
};

/* What a verb is like. */
enum {
	COMMAND_READS = 1,	/* changes nothing, has --json */
	COMMAND_ROOT = 2,	/* of little use without root */
	COMMAND_TAIL = 4,	/* takes "-- WORD..." */
};

struct example {
	const char *command;	/* NULL ends the array */
	const char *what;	/* what it does, no full stop */
};

struct invocation;

struct command {
	const char *name;
	const char *operands;		/* as in the synopsis: "BDF...", "[BDF|GROUP]" */
	enum operand operand;
	size_t least, most;		/* how many operands; ANY_NUMBER */
	unsigned int flags;
	const char *summary;		/* one line, no full stop */
	const char *description;	/* paragraphs, an empty line between two */
	const struct option_def *options;	/* its own, or NULL */
	const struct example *examples;
	const char *no;			/* what exit status 1 says, NULL if never */
	int (*run)(struct invocation *call);
};

#define ANY_NUMBER	((size_t)-1)

/* A command line, understood. */
struct invocation {
	const struct command *command;
	struct strings operands;
	char **tail;			/* after "--", NULL-terminated; NULL if there is none */
	bool json;
	struct strings names;		/* options given; the value of names[i] is values[i] */
	struct strings values;
};

extern const struct command *const commands[];	/* NULL-terminated */

const struct command *find_command(const char *name);
bool option_given(const struct invocation *call, const char *name);
const char *option_value(const struct invocation *call, const char *name);
const struct option_def *const *command_options(const struct command *command);

#endif
