// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user-level driver for QEMU's edu device.
 */
#include "edu.h"

#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "vfio.h"

enum {
	IDENTITY = 0x00,
	LIVENESS = 0x04,	/* reads back inverted */
	IRQ_STATUS = 0x24,
	IRQ_RAISE = 0x60,
	IRQ_ACKNOWLEDGE = 0x64,
	DMA_SOURCE = 0x80,
	DMA_DESTINATION = 0x88,
	DMA_COUNT = 0x90,
	DMA_COMMAND = 0x98,
	DMA_START = 1,
	DMA_TO_MEMORY = 2,
	BUFFER = 0x40000,
	BAR_SIZE = 0x100000,
};

static uint32_t get(struct edu *edu, unsigned int offset)
{
	return edu->bar[offset / 4];
}

static void set(struct edu *edu, unsigned int offset, uint32_t value)
{
	edu->bar[offset / 4] = value;
}

struct edu edu_start(int device)
{
	struct edu edu = { .device = device, .bar = bar_map(device, 0) };

	bus_master(device, true);
	/* The device has no reset: what an earlier user raised is still up. */
	edu_acknowledge(&edu, ~0U);
	EQUAL(get(&edu, IDENTITY) & 0xff, 0xed);
	set(&edu, LIVENESS, 0x12345678);
	EQUAL(get(&edu, LIVENESS), ~0x12345678U);
	return edu;
}

void edu_stop(struct edu *edu)
{
	OK(munmap((void *)edu->bar, BAR_SIZE));
	edu->bar = NULL;
}

static void transfer(struct edu *edu, uint32_t from, uint32_t to, size_t size, uint32_t way)
{
	CHECK(size <= EDU_MOST);
	set(edu, DMA_SOURCE, from);
	set(edu, DMA_DESTINATION, to);
	set(edu, DMA_COUNT, size);
	set(edu, DMA_COMMAND, DMA_START | way);
	/* Bounded by the harness's limit for the whole test. */
	while (get(edu, DMA_COMMAND) & DMA_START)
		usleep(2000);
}

void edu_read(struct edu *edu, uint64_t iova, size_t size)
{
	transfer(edu, iova, BUFFER, size, 0);
}

void edu_write(struct edu *edu, uint64_t iova, size_t size)
{
	transfer(edu, BUFFER, iova, size, DMA_TO_MEMORY);
}

void edu_copy(struct edu *edu, uint64_t from, uint64_t to, size_t size)
{
	edu_read(edu, from, size);
	edu_write(edu, to, size);
}

bool edu_reaches(struct edu *edu, uint64_t iova, void *memory, size_t size)
{
	static uint8_t next;
	unsigned char *bytes = memory;
	size_t half = size / 2;

	/* From the first half to the second, with another pattern each time. */
	next += 17;
	for (size_t i = 0; i < half; i++) {
		bytes[i] = next + i;
		bytes[half + i] = 0;
	}
	edu_copy(edu, iova, iova + half, half);
	return !memcmp(bytes, bytes + half, half);
}

void edu_raise(struct edu *edu, uint32_t bits)
{
	set(edu, IRQ_RAISE, bits);
}

uint32_t edu_raised(struct edu *edu)
{
	return get(edu, IRQ_STATUS);
}

void edu_acknowledge(struct edu *edu, uint32_t bits)
{
	set(edu, IRQ_ACKNOWLEDGE, bits);
}
