/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A very small user-level NVMe driver: enough commands to make the drive send a
 * completion interrupt on a vector of choice, by DMA.
 */
#ifndef CONFORM_NVME_H
#define CONFORM_NVME_H

#include <stdint.h>

#include "vfio.h"

struct nvme_queue {
	unsigned int id;
	unsigned int tail;	/* of submissions */
	unsigned int head;	/* of completions */
	unsigned int phase;
	uint32_t *submissions;
	volatile uint32_t *completions;
};

struct nvme {
	int device;
	volatile uint32_t *bar;
	char *memory;		/* mapped at NVME_IOVA, first use after that of the queues */
	unsigned int stride;	/* of doorbells, in words */
	struct nvme_queue admin;
	struct nvme_queue io[3];
};

enum {
	NVME_IOVA = 0x100000,
	NVME_MEMORY = 0x10000,
};

/*
 * Maps memory, enables the controller with its admin queue, whose completions use
 * vector 0. MSI-X is enabled before, if at all.
 */
struct nvme nvme_start(const struct assignment *user);

/* Like nvme_start() with the memory that a reset of the device left mapped. */
void nvme_restart(struct nvme *nvme);

/* A pair of I/O queues number 1, 2 or 3, whose completions use the vector. */
void nvme_add_queue(struct nvme *nvme, unsigned int number, unsigned int vector);

/* One command on the queue (0: admin) and its completion, seen in memory by polling. */
void nvme_complete_one(struct nvme *nvme, unsigned int number);

#endif
