// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfds as the interrupt tests use them, with bounded waits.
 */
#include "event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness.h"
#include "vfio.h"

enum { PATIENCE_MS = 30000, QUIET_US = 50000 };

int event_new(void)
{
	return OK(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void event_ring(int event)
{
	uint64_t one = 1;

	EQUAL(write(event, &one, sizeof(one)), sizeof(one));
}

uint64_t event_now(int event)
{
	uint64_t count;

	return read(event, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

uint64_t event_wait(int event)
{
	struct pollfd ready = { .fd = event, .events = POLLIN };

	poll(&ready, 1, PATIENCE_MS);
	return event_now(event);
}

bool event_quiet(int event)
{
	usleep(QUIET_US);
	return !event_now(event);
}
