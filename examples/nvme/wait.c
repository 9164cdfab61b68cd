// SPDX-License-Identifier: GPL-2.0-only
#include "wait.h"

#include "../story.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LOOKS		256		/* between two looks at the clock */

void wait_init(struct nvme_wait *wait, struct nvme_queue *queues, unsigned int count)
{
	*wait = (struct nvme_wait) { .queues = queues, .count = count, .epoll = -1 };
	if (queues->eventfd < 0)
		return;
	wait->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (wait->epoll < 0)
		fail("cannot create an epoll file: %s", strerror(errno));
	/*
	 * Edge triggered: each interrupt is an event, and nobody has to read the eventfd to
	 * make room for the next one, which saves a system call. The eventfd goes on counting.
	 */
	for (unsigned int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLET };

		if (epoll_ctl(wait->epoll, EPOLL_CTL_ADD, queues[i].eventfd, &event))
			fail("cannot wait for an eventfd: %s", strerror(errno));
	}
}

void wait_free(struct nvme_wait *wait)
{
	if (wait->epoll >= 0)
		close(wait->epoll);
	wait->epoll = -1;
}

static bool answered(const struct nvme_wait *wait)
{
	for (unsigned int i = 0; i < wait->count; i++)
		if (queue_answered(&wait->queues[i]))
			return true;
	return false;
}

/* Never inlined, so that its cost, which the bench measures, is the same for all who call it. */
__attribute__((noinline)) bool wait_look(struct nvme_wait *wait, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		if (answered(wait))
			return true;
		wait->looks++;
	}
	return false;
}

/* When to look at the clock again: no command times out before. */
static uint64_t next_check(const struct nvme_wait *wait)
{
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < wait->count; i++)
		if (queue_under_way(&wait->queues[i]) && wait->queues[i].check < first)
			first = wait->queues[i].check;
	return first;
}

static bool poll_until(struct nvme_wait *wait, uint64_t end)
{
	do {
		if (wait_look(wait, LOOKS))
			return true;
	} while (now() < end);
	return false;
}

/* An interrupt says "look", no more. False if none came. */
static bool sleep_until(struct nvme_wait *wait, uint64_t end)
{
	uint64_t time = now();
	int ms = end <= time ? 0 : (end - time + 999999) / 1000000;
	struct epoll_event event;
	int events = epoll_wait(wait->epoll, &event, 1, ms);

	wait->wakes++;
	if (events < 0 && errno != EINTR)
		fail("cannot wait for an interrupt: %s", strerror(errno));
	return events != 0;
}

static unsigned int reap(struct nvme_wait *wait, nvme_done *done, void *arg)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < wait->count; i++)
		count += queue_reap(&wait->queues[i], done, arg);
	return count;
}

static bool timed_out(struct nvme_wait *wait)
{
	uint64_t time = now();

	for (unsigned int i = 0; i < wait->count; i++)
		if (queue_timed_out(&wait->queues[i], time))
			return true;
	return false;
}

bool wait_for_answers(struct nvme_wait *wait, nvme_done *done, void *arg)
{
	while (!reap(wait, done, arg)) {
		uint64_t end = next_check(wait);
		bool woken = wait->epoll < 0 ? poll_until(wait, end) : sleep_until(wait, end);

		if (woken)
			continue;
		if (answered(wait))
			complain("warning: an answer came without its interrupt");
		else if (timed_out(wait))
			return false;
	}
	return !timed_out(wait);
}
