/* SPDX-License-Identifier: GPL-2.0-only */
/* The controller: starting and stopping it, its queues, and the commands about itself. */
#ifndef NVME_CONTROLLER_H
#define NVME_CONTROLLER_H

#include "pool.h"
#include "wait.h"

struct nvme_options {
	const char *group_path;	/* NULL: as sysfs says */
	unsigned int queues;	/* I/O queue pairs */
	unsigned int depth;	/* commands under way in each of them */
	bool polled;		/* no interrupts at all */
	unsigned int timeout_ms;	/* of a command */
	size_t max_transfer;	/* bytes of a command, at most; the drive may want less */
};

struct nvme {
	struct vfio_device dev;
	struct nvme_options options;
	volatile void *bar;
	size_t bar_size;
	uint64_t cap;		/* the register */
	size_t page;		/* of the controller, bytes */
	size_t max_transfer;	/* of a command, bytes */
	struct dma_pool pool;
	int *eventfds;		/* one for each queue, the admin queue first; NULL: polled */
	struct nvme_queue admin;
	struct nvme_wait admin_wait;
	struct nvme_queue *io;	/* options.queues of them */
	struct dma_buffer identify;	/* where the drive's answers go */
	struct nvme_identity identity;
};

/* Take possession of the controller at PCI address @bdf, and make it ready for I/O. */
void nvme_open(struct nvme *nvme, const char *bdf, const struct nvme_options *options);
/* Shut it down, and give all back. No I/O command is under way. */
void nvme_close(struct nvme *nvme);

/* One admin command; fails with "the controller refuses to WHAT". Returns its result. */
uint32_t nvme_admin(struct nvme *nvme, const char *what, struct nvme_command command);
/* Ask about @namespace, or the controller; the answer is in nvme->identify. */
void nvme_identify(struct nvme *nvme, unsigned int what, uint32_t namespace);

/*
 * I/O commands were not answered in time: have them aborted, or else reset the controller.
 * Calls @done for all that this ended; others may be under way still. Fails if even the
 * reset does not help.
 */
void nvme_recover(struct nvme *nvme, nvme_done *done, void *arg);

#endif
