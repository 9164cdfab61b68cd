// SPDX-License-Identifier: GPL-2.0-only
/* A large BAR in the process's memory, and as the target of another device's DMA. */
#include <sys/mman.h>

#include "bench.h"

enum { BAR = VFIO_PCI_BAR2_REGION_INDEX };

static struct assignment assigned;
static volatile char *bar;
static size_t size;

static void setup(const struct bench *)
{
	assigned = assign_ivshmem(true);
	size = region_info(assigned.device, BAR).size;
	work("%llu MiB", size / MIB);
}

static void teardown(const struct bench *)
{
	unassign(&assigned);
}

static void map_bar(const struct bench *)
{
	bar = bar_map(assigned.device, BAR);
}

static void unmap_bar(const struct bench *)
{
	OK(munmap((void *)bar, size));
}

/* In the middle, where as much as one fault can bring lies around it. */
static void touch_first(const struct bench *)
{
	bar[size / 2];
}

static void touch_all(const struct bench *)
{
	for (size_t at = 0; at < size; at += PAGE)
		bar[at];
}

static void map_and_touch_all(const struct bench *bench)
{
	map_bar(bench);
	touch_all(bench);
}

static void map_and_touch_first(const struct bench *bench)
{
	map_bar(bench);
	touch_first(bench);
}

static void decode_off(const struct bench *)
{
	memory_enable(assigned.device, false);
}

static void decode_on_and_unmap(const struct bench *bench)
{
	memory_enable(assigned.device, true);
	unmap_bar(bench);
}

static void setup_target(const struct bench *bench)
{
	setup(bench);
	map_and_touch_all(bench);
}

static void teardown_target(const struct bench *bench)
{
	unmap_bar(bench);
	teardown(bench);
}

static void map_dma(const struct bench *)
{
	map(assigned.container, IOVA, (void *)bar, size, READ_WRITE);
}

static void unmap_dma(const struct bench *)
{
	EQUAL(unmap(assigned.container, IOVA, size), size);
}

#define CASE(before, run, after) setup, before, run, after, teardown, 5, 3
#define TARGET(before, run, after) setup_target, before, run, after, teardown_target, 5, 3

static const struct bench cases[] = {
	{ "bar-first-touch", "first touch of a BAR mapping",
	  CASE(map_bar, touch_first, unmap_bar), 0, 0, 40 },
	{ "bar-touch-all", "touch every page of it", CASE(map_bar, touch_all, unmap_bar), 0, 0, 0 },
	{ "bar-munmap", "unmap it, every page touched",
	  CASE(map_and_touch_all, unmap_bar, NULL), 0, 0, 0 },
	{ "bar-munmap-one", "unmap it, one page touched",
	  CASE(map_and_touch_first, unmap_bar, NULL), 0, 0, 0 },
	{ "bar-zap", "memory decoding off, every page touched",
	  CASE(map_and_touch_all, decode_off, decode_on_and_unmap), 0, 0, 0 },
	{ "bar-zap-one", "memory decoding off, one page touched",
	  CASE(map_and_touch_first, decode_off, decode_on_and_unmap), 0, 0, 0 },
	{ "bar-map-dma", "map the BAR for DMA", TARGET(NULL, map_dma, unmap_dma), 0, 870000, 35 },
	{ "bar-unmap-dma", "unmap it", TARGET(map_dma, unmap_dma, NULL), 0, 10000, 400 },
};

const struct suite bar_suite = SUITE(cases);
