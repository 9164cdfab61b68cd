// SPDX-License-Identifier: GPL-2.0-only
#include "queue.h"

#include "../story.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* Memory: the commands, the completions, and each slot's list, each from a page on. */

static size_t pages(size_t bytes, size_t page)
{
	return (bytes + page - 1) / page * page;
}

static size_t cq_offset(unsigned int entries, size_t page)
{
	return pages(entries * sizeof(struct nvme_command), page);
}

static size_t lists_offset(unsigned int entries, size_t page)
{
	return cq_offset(entries, page) + pages(entries * sizeof(struct nvme_completion), page);
}

size_t queue_memory_size(unsigned int entries, size_t max_transfer, size_t page)
{
	return lists_offset(entries, page) +
	       (entries - 1) * prp_list_pages(max_transfer, page) * page;
}

static void *at(const struct nvme_queue *queue, size_t offset)
{
	return (char *)queue->memory.vaddr + offset;
}

void queue_init(struct nvme_queue *queue, size_t max_transfer, size_t page)
{
	size_t list = prp_list_pages(max_transfer, page) * page;
	size_t offset = lists_offset(queue->entries, page);

	queue->sq = at(queue, 0);
	queue->cq = at(queue, cq_offset(queue->entries, page));
	queue->slots = calloc(queue->entries - 1, sizeof(*queue->slots));
	queue->free_slots = calloc(queue->entries - 1, sizeof(*queue->free_slots));
	if (!queue->slots || !queue->free_slots)
		fail("out of memory");
	for (unsigned int i = 0; i < queue->entries - 1; i++) {
		queue->slots[i].list = (struct prp_list) {
			.entries = at(queue, offset + i * list),
			.iova = queue->memory.iova + offset + i * list,
			.pages = list / page,
		};
		queue->free_slots[queue->free_count++] = i;
	}
	queue_restart(queue);
}

void queue_restart(struct nvme_queue *queue)
{
	queue->tail = 0;
	queue->head = 0;
	/* All entries are zero, so those with the phase bit set are new. */
	queue->phase = 1;
	memset((void *)queue->cq, 0, queue->entries * sizeof(*queue->cq));
}

void queue_free(struct nvme_queue *queue)
{
	free(queue->slots);
	free(queue->free_slots);
	queue->slots = NULL;
	queue->free_slots = NULL;
}

uint64_t queue_sq_iova(const struct nvme_queue *queue)
{
	return queue->memory.iova;
}

uint64_t queue_cq_iova(const struct nvme_queue *queue)
{
	return queue->memory.iova + ((char *)queue->cq - (char *)queue->memory.vaddr);
}

/* Slots. */

unsigned int queue_slot_id(const struct nvme_queue *queue, const struct nvme_slot *slot)
{
	return slot - queue->slots;
}

unsigned int queue_under_way(const struct nvme_queue *queue)
{
	return queue->entries - 1 - queue->free_count;
}

struct nvme_slot *queue_slot(struct nvme_queue *queue)
{
	if (!queue->free_count)
		return NULL;
	return &queue->slots[queue->free_slots[queue->free_count - 1]];
}

static struct nvme_result finish(struct nvme_queue *queue, struct nvme_slot *slot, uint64_t time)
{
	struct nvme_result result = { .context = slot->context, .latency = time - slot->submitted };

	slot->context = NULL;
	queue->free_slots[queue->free_count++] = queue_slot_id(queue, slot);
	return result;
}

/* Commands. */

void queue_submit(struct nvme_queue *queue, struct nvme_slot *slot, struct nvme_command *command,
		  void *context)
{
	command->id = queue_slot_id(queue, slot);
	slot->context = context;
	slot->submitted = now();
	queue->free_count--;
	queue->commands++;

	queue->sq[queue->tail] = *command;
	if (++queue->tail == queue->entries)
		queue->tail = 0;
	/* The command must be in memory before the drive hears of it. */
	dma_barrier();
	mmio_write32(queue->bar, queue->sq_doorbell, queue->tail);
}

static struct nvme_slot *answered_slot(struct nvme_queue *queue, unsigned int id)
{
	if (id >= queue->entries - 1 || !queue->slots[id].context)
		fail("queue %u has an answer to command %u, which nobody gave", queue->id, id);
	return &queue->slots[id];
}

unsigned int queue_reap(struct nvme_queue *queue, nvme_done *done, void *arg)
{
	unsigned int count = 0;
	uint64_t time = 0;

	for (; queue_answered(queue); count++) {
		volatile struct nvme_completion *entry = &queue->cq[queue->head];
		struct nvme_result result;

		/* The results are not to be read before the phase bit that announces them. */
		dma_barrier();
		if (!time)
			time = now();
		result = finish(queue, answered_slot(queue, entry->id), time);
		result.value = entry->result;
		result.status = entry->status >> 1;
		if (++queue->head == queue->entries) {
			queue->head = 0;
			queue->phase = !queue->phase;
		}
		done(arg, queue, &result);
	}
	/* One for all: the drive may fill these entries again. */
	if (count)
		mmio_write32(queue->bar, queue->cq_doorbell, queue->head);
	return count;
}

/* Time. */

struct nvme_slot *queue_timed_out(struct nvme_queue *queue, uint64_t time)
{
	struct nvme_slot *oldest = NULL;

	/* To look at every slot each time would cost more than the commands themselves. */
	if (time < queue->check)
		return NULL;
	for (unsigned int i = 0; i < queue->entries - 1; i++) {
		struct nvme_slot *slot = &queue->slots[i];

		if (slot->context && (!oldest || slot->submitted < oldest->submitted))
			oldest = slot;
	}
	queue->check = (oldest ? oldest->submitted : time) + queue->timeout;
	return time < queue->check ? NULL : oldest;
}

void queue_lose(struct nvme_queue *queue, nvme_done *done, void *arg)
{
	uint64_t time = now();

	for (unsigned int i = 0; i < queue->entries - 1; i++) {
		struct nvme_result result;

		if (!queue->slots[i].context)
			continue;
		result = finish(queue, &queue->slots[i], time);
		result.status = NVME_STATUS_LOST;
		done(arg, queue, &result);
	}
}

uint64_t queue_interrupts(struct nvme_queue *queue)
{
	uint64_t count;

	if (queue->eventfd < 0 || read(queue->eventfd, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}
