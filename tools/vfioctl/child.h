/* SPDX-License-Identifier: GPL-2.0-only */
/* A program run to its end, in the place of this one. */
#ifndef VFIOCTL_CHILD_H
#define VFIOCTL_CHILD_H

#include <stdbool.h>

struct program {
	char **words;		/* its name and arguments, NULL-terminated */
	bool apart;		/* in a session of its own, without our terminal */
	int (*prepare)(void *argument);
	void *argument;
};

int child_run(const struct program *program);

#endif
