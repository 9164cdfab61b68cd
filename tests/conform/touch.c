// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touching mapped memory that may not be there.
 */
#include "touch.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "harness.h"

static sigjmp_buf after_fault;

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(after_fault, 1);
}

bool touch_faults(volatile uint32_t *word)
{
	struct sigaction action = { .sa_handler = on_bus_error }, old;
	volatile bool faulted = true;

	OK(sigaction(SIGBUS, &action, &old));
	if (!sigsetjmp(after_fault, 1)) {
		(void)*word;
		faulted = false;
	}
	OK(sigaction(SIGBUS, &old, NULL));
	return faulted;
}
