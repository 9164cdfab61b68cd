/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for the drive: for the interrupts of some queues, or by looking at them. */
#ifndef NVME_WAIT_H
#define NVME_WAIT_H

#include "queue.h"

struct nvme_wait {
	struct nvme_queue *queues;
	unsigned int count;
	int epoll;		/* of the queues' eventfds; -1: all are polled */
	uint64_t looks;		/* without an answer, when polled */
	uint64_t wakes;		/* from sleep, when not */
};

/* For the @count queues from @queues on, which are all polled or all not. */
void wait_init(struct nvme_wait *wait, struct nvme_queue *queues, unsigned int count);
void wait_free(struct nvme_wait *wait);

/* Look at all queues, up to @times; true as soon as one has an answer. */
bool wait_look(struct nvme_wait *wait, unsigned int times);

/*
 * Take answers (queue_reap()), and wait for them if there are none. False if a command was
 * not answered in its time; others may have been.
 */
bool wait_for_answers(struct nvme_wait *wait, nvme_done *done, void *arg);

#endif
