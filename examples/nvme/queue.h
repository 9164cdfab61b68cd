/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue pair: a ring of commands to the drive and a ring of completions back (4). One
 * thread uses a queue at a time; nothing here is locked.
 *
 * A command is in a slot from its submission to its completion; the slot is its identifier,
 * has its list of pages, and remembers when it began and for whom.
 */
#ifndef NVME_QUEUE_H
#define NVME_QUEUE_H

#include "prp.h"
#include "spec.h"

struct nvme_slot {
	void *context;		/* whose command; NULL: free */
	uint64_t submitted;	/* ns, as now() */
	struct prp_list list;
};

struct nvme_queue {
	unsigned int id;	/* of both rings, and of the MSI-X vector */
	unsigned int entries;	/* of each ring; one stays empty */
	volatile void *bar;
	size_t sq_doorbell, cq_doorbell;	/* offsets in the BAR */
	struct nvme_command *sq;
	volatile struct nvme_completion *cq;
	unsigned int tail;	/* next free entry of sq */
	unsigned int head;	/* next expected entry of cq */
	unsigned int phase;	/* of a new entry there; flips at each round */
	int eventfd;		/* where its interrupts are counted; -1: it is polled */
	uint64_t timeout;	/* of a command, ns */
	uint64_t check;		/* no command can have timed out before, ns */

	struct nvme_slot *slots;	/* @entries - 1 */
	unsigned int *free_slots;	/* a stack */
	unsigned int free_count;
	uint64_t commands;	/* how many there were */
	struct dma_buffer memory;
};

/* What came back. @context is the one given with the command, @latency in ns. */
struct nvme_result {
	void *context;
	uint64_t latency;
	uint32_t value;
	uint16_t status;
};

typedef void nvme_done(void *arg, struct nvme_queue *queue, const struct nvme_result *result);

/* The clock of all times here: CLOCK_MONOTONIC in ns. */
uint64_t now(void);

/* Bytes of memory for a queue of @entries whose commands move up to @max_transfer bytes. */
size_t queue_memory_size(unsigned int entries, size_t max_transfer, size_t page);

/*
 * Lay out both rings and the slots' lists in @queue->memory. The caller has set id, entries,
 * bar, doorbells, eventfd, timeout and memory.
 */
void queue_init(struct nvme_queue *queue, size_t max_transfer, size_t page);
/* Both rings empty again, for a controller that was reset. No slot is in use. */
void queue_restart(struct nvme_queue *queue);
void queue_free(struct nvme_queue *queue);

uint64_t queue_sq_iova(const struct nvme_queue *queue);
uint64_t queue_cq_iova(const struct nvme_queue *queue);

/* A free slot, or NULL if all commands there may be are under way. */
struct nvme_slot *queue_slot(struct nvme_queue *queue);
/* Give the drive @command in @slot, the last one from queue_slot(). @context is not NULL. */
void queue_submit(struct nvme_queue *queue, struct nvme_slot *slot, struct nvme_command *command,
		  void *context);
unsigned int queue_under_way(const struct nvme_queue *queue);

/* The drive has answered, and queue_reap() not taken it yet. */
static inline bool queue_answered(const struct nvme_queue *queue)
{
	return (queue->cq[queue->head].status & 1) == queue->phase;
}

/* Take all that was answered, and call @done for each; returns how many. */
unsigned int queue_reap(struct nvme_queue *queue, nvme_done *done, void *arg);

/* A slot whose command should have been answered by @time, or NULL. */
struct nvme_slot *queue_timed_out(struct nvme_queue *queue, uint64_t time);
unsigned int queue_slot_id(const struct nvme_queue *queue, const struct nvme_slot *slot);
/* Nothing will be answered any more: call @done for all, with NVME_STATUS_LOST. */
void queue_lose(struct nvme_queue *queue, nvme_done *done, void *arg);

/* How many interrupts there were since the last call; 0 if it is polled. */
uint64_t queue_interrupts(struct nvme_queue *queue);

#endif
