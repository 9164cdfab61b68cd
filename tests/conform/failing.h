/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls whose first, second, third ... allocation in the kernel fails, one at a time, until
 * one call gets all that it asks for. Needs a kernel with fault injection (make debug-kernel).
 *
 *	struct failing failing = failing_start();
 *
 *	while (failing_goes_on(&failing)) {
 *		int value = FAILING(&failing, ioctl(...));
 *
 *		if (value < 0)
 *			... nothing has changed ...
 *		else
 *			... it worked, the failure notwithstanding; undo it ...
 *	}
 */
#ifndef CONFORM_FAILING_H
#define CONFORM_FAILING_H

#include <errno.h>
#include <stdbool.h>

struct failing {
	int control;		/* /proc/thread-self/fail-nth */
	unsigned int nth;	/* which allocation fails, from 1 */
	unsigned int refused;	/* how many calls were refused for it */
	bool injected;		/* the last call had so many allocations */
	int also;		/* an errno besides ENOMEM and EFAULT, if set */
};

/* The test is skipped if this kernel fails nothing to order. */
struct failing failing_start(void);

/* False once a call had fewer allocations than were to pass; it must have succeeded. */
bool failing_goes_on(struct failing *failing);

void failing_arm(struct failing *failing);

/* Looks at what came of it; errno stays. A copy from or to the user counts as allocation. */
void failing_disarm(struct failing *failing, long long value, const char *call);

#define FAILING(failing, call)							\
	({									\
		long long value_;						\
		failing_arm(failing);						\
		value_ = (long long)(call);					\
		failing_disarm(failing, value_, #call);				\
		value_;								\
	})

#endif
