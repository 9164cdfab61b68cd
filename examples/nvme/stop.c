// SPDX-License-Identifier: GPL-2.0-only
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void ask(int signal)
{
	(void)signal;
	asked = 1;
}

void stop_on_signals(void)
{
	/* The second one ends the program at once; the kernel then cleans up after it. */
	struct sigaction action = { .sa_handler = ask, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool stop_asked(void)
{
	return asked;
}
