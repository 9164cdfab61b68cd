// SPDX-License-Identifier: GPL-2.0-only
/*
 * A very small user-level NVMe driver: one command at a time, polled.
 */
#include "nvme.h"

#include <unistd.h>

#include "harness.h"

enum {
	/* Registers, as words. */
	CAPABILITIES_HIGH = 0x04 / 4,
	CONFIGURATION = 0x14 / 4,
	STATUS = 0x1c / 4,
	ADMIN_SIZES = 0x24 / 4,
	ADMIN_SUBMISSIONS = 0x28 / 4,
	ADMIN_COMPLETIONS = 0x30 / 4,
	DOORBELLS = 0x1000 / 4,

	ENABLE = 1,
	READY = 1,
	/* Entries of 64 and of 16 bytes, as powers of two in bits 16-19 and 20-23. */
	ENTRY_SIZES = 6 << 16 | 4 << 20,

	ENTRIES = 16,
	SUBMISSION_WORDS = 16,
	COMPLETION_WORDS = 4,
	QUEUE_PAGE = 0x1000,

	ADMIN_CREATE_SUBMISSIONS = 1,
	ADMIN_CREATE_COMPLETIONS = 5,
	ADMIN_GET_FEATURES = 10,
	FEATURE_QUEUES = 7,
	IO_FLUSH = 0,
	CONTIGUOUS = 1,
	INTERRUPTS = 2,
};

static uint32_t *page_of(struct nvme *nvme, unsigned int page)
{
	return (uint32_t *)(nvme->memory + page * QUEUE_PAGE);
}

static uint64_t iova_of(unsigned int page)
{
	return NVME_IOVA + page * QUEUE_PAGE;
}

/* The queue with this id uses the pages 2 * id and 2 * id + 1. */
static struct nvme_queue new_queue(struct nvme *nvme, unsigned int id)
{
	memset(page_of(nvme, 2 * id), 0, 2 * QUEUE_PAGE);
	return (struct nvme_queue) {
		.id = id, .phase = 1,
		.submissions = page_of(nvme, 2 * id),
		.completions = page_of(nvme, 2 * id + 1),
	};
}

static void ring(struct nvme *nvme, unsigned int doorbell, uint32_t value)
{
	nvme->bar[DOORBELLS + doorbell * nvme->stride] = value;
}

static void submit(struct nvme *nvme, struct nvme_queue *queue, const uint32_t *command)
{
	memcpy(queue->submissions + queue->tail * SUBMISSION_WORDS, command,
	       SUBMISSION_WORDS * sizeof(*command));
	queue->tail = (queue->tail + 1) % ENTRIES;
	__sync_synchronize();
	ring(nvme, 2 * queue->id, queue->tail);
}

static void complete(struct nvme *nvme, struct nvme_queue *queue)
{
	volatile uint32_t *status = queue->completions + queue->head * COMPLETION_WORDS + 3;

	/* Bounded by the harness's limit for the whole test. */
	while ((*status >> 16 & 1) != queue->phase)
		usleep(100);
	EQUAL(*status >> 17, 0);
	queue->head = (queue->head + 1) % ENTRIES;
	if (!queue->head)
		queue->phase ^= 1;
	ring(nvme, 2 * queue->id + 1, queue->head);
}

static void run(struct nvme *nvme, struct nvme_queue *queue, const uint32_t *command)
{
	submit(nvme, queue, command);
	complete(nvme, queue);
}

static void wait_ready(struct nvme *nvme, uint32_t ready)
{
	while ((nvme->bar[STATUS] & READY) != ready)
		usleep(1000);
}

void nvme_restart(struct nvme *nvme)
{
	bus_master(nvme->device, true);
	nvme->bar[CONFIGURATION] = 0;
	wait_ready(nvme, 0);
	nvme->stride = 1 << (nvme->bar[CAPABILITIES_HIGH] & 15);
	nvme->admin = new_queue(nvme, 0);
	nvme->bar[ADMIN_SIZES] = (ENTRIES - 1) << 16 | (ENTRIES - 1);
	nvme->bar[ADMIN_SUBMISSIONS] = iova_of(0);
	nvme->bar[ADMIN_SUBMISSIONS + 1] = 0;
	nvme->bar[ADMIN_COMPLETIONS] = iova_of(1);
	nvme->bar[ADMIN_COMPLETIONS + 1] = 0;
	nvme->bar[CONFIGURATION] = ENTRY_SIZES | ENABLE;
	wait_ready(nvme, READY);
}

struct nvme nvme_start(const struct assignment *user)
{
	struct nvme nvme = { .device = user->device };

	nvme.bar = bar_map(user->device, 0);
	nvme.memory = pages(NVME_MEMORY);
	map(user->container, NVME_IOVA, nvme.memory, NVME_MEMORY, READ_WRITE);
	nvme_restart(&nvme);
	return nvme;
}

void nvme_add_queue(struct nvme *nvme, unsigned int number, unsigned int vector)
{
	uint32_t command[SUBMISSION_WORDS] = {};
	uint32_t size_and_id = (ENTRIES - 1) << 16 | number;

	nvme->io[number - 1] = new_queue(nvme, number);
	command[0] = ADMIN_CREATE_COMPLETIONS;
	command[6] = iova_of(2 * number + 1);
	command[10] = size_and_id;
	command[11] = vector << 16 | INTERRUPTS | CONTIGUOUS;
	run(nvme, &nvme->admin, command);
	command[0] = ADMIN_CREATE_SUBMISSIONS;
	command[6] = iova_of(2 * number);
	command[11] = number << 16 | CONTIGUOUS;
	run(nvme, &nvme->admin, command);
}

void nvme_complete_one(struct nvme *nvme, unsigned int number)
{
	uint32_t command[SUBMISSION_WORDS] = {};

	if (number) {
		command[0] = IO_FLUSH;
		command[1] = 1;		/* the only namespace */
		run(nvme, &nvme->io[number - 1], command);
	} else {
		command[0] = ADMIN_GET_FEATURES;
		command[10] = FEATURE_QUEUES;
		run(nvme, &nvme->admin, command);
	}
}
