// SPDX-License-Identifier: GPL-2.0-only
/* Small mappings: alone, beside many others, and by the ten thousand. */
#include "bench.h"
#include "memory.h"

enum { SIZE_64K = 64 << 10 };

static struct assignment assigned;
static struct memory *pool;
static char *piece;	/* 64 KiB of it, contiguous in physical memory */

/* Mapping number @index of a page: contiguous IOVAs, so that a range can cover them all. */
static void map_page(unsigned long index)
{
	map(assigned.container, IOVA + index * PAGE, pool->base + index * PAGE, PAGE, READ_WRITE);
}

static void unmap_page(unsigned long index)
{
	unmap(assigned.container, IOVA + index * PAGE, PAGE);
}

static unsigned long regions(void)
{
	return quick ? 3000 : 30000;
}

static void setup_pool(void)
{
	assigned = assign_ivshmem(false);
	pool = memory_get(ORDERED, 128 * MIB);
}

static void setup_live(const struct bench *bench)
{
	setup_pool();
	for (long i = 0; i < bench->variant; i++)
		map_page(1 + i);
	work("4 KiB beside %ld", bench->variant);
}

static char *find_piece(void)
{
	struct memory candidate = { .base = pool->base, .size = SIZE_64K };

	while (memory_runs(&candidate) != 1) {
		candidate.base += SIZE_64K;
		CHECK(candidate.base < pool->base + pool->size);
	}
	return candidate.base;
}

static void setup_64k(const struct bench *)
{
	setup_pool();
	piece = find_piece();
	work("64 KiB, 1 run");
}

static void setup_regions(const struct bench *)
{
	setup_pool();
	work("%lu of 4 KiB", regions());
}

static void teardown(const struct bench *)
{
	unassign(&assigned);
}

/* Number 0, at the low end of those that live. */
static void map_one(const struct bench *)
{
	map_page(0);
}

static void unmap_one(const struct bench *)
{
	unmap_page(0);
}

static void map_64k(const struct bench *)
{
	map(assigned.container, IOVA, piece, SIZE_64K, READ_WRITE);
}

static void unmap_64k(const struct bench *)
{
	unmap(assigned.container, IOVA, SIZE_64K);
}

static void map_each(const struct bench *)
{
	for (unsigned long i = 0; i < regions(); i++)
		map_page(i);
}

static void unmap_each(const struct bench *)
{
	for (unsigned long i = 0; i < regions(); i++)
		unmap_page(i);
}

static void unmap_flag_all(const struct bench *)
{
	EQUAL(try_unmap(assigned.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), regions() * PAGE);
}

static void unmap_range(const struct bench *)
{
	EQUAL(unmap(assigned.container, IOVA, regions() * PAGE), regions() * PAGE);
}

#define MAP_ONE setup_live, NULL, map_one, unmap_one, teardown, 1001, 301
#define UNMAP_ONE setup_live, map_one, unmap_one, NULL, teardown, 1001, 301
#define REGIONS(before, run, after) setup_regions, before, run, after, teardown, 3, 3

static const struct bench cases[] = {
	{ "map-page", "map a page, the only one", MAP_ONE, 0, 1700, 0 },
	{ "unmap-page", "unmap it", UNMAP_ONE, 0, 2240, 0 },
	{ "map-page-1k", "map a page beside 1,000", MAP_ONE, 1000, 1700, 0 },
	{ "unmap-page-1k", "unmap it", UNMAP_ONE, 1000, 2240, 0 },
	{ "map-page-30k", "map a page beside 30,000", MAP_ONE, 30000, 1700, 1.9 },
	{ "unmap-page-30k", "unmap it", UNMAP_ONE, 30000, 2240, 1.4 },
	{ "map-64k", "map 16 pages", setup_64k, NULL, map_64k, unmap_64k, teardown, 1001, 301,
	  0, 0, 0 },
	{ "unmap-64k", "unmap them", setup_64k, map_64k, unmap_64k, NULL, teardown, 1001, 301,
	  0, 0, 0 },
	{ "regions-map", "map 30,000 pages one by one", REGIONS(NULL, map_each, unmap_flag_all),
	  0, 51000000, 0 },
	{ "regions-unmap", "unmap them one by one", REGIONS(map_each, unmap_each, NULL),
	  0, 67200000, 0 },
	{ "regions-unmap-all", "unmap them with UNMAP_ALL",
	  REGIONS(map_each, unmap_flag_all, NULL), 0, 26240000, 2.8 },
	{ "regions-unmap-range", "unmap them with one range",
	  REGIONS(map_each, unmap_range, NULL), 0, 26240000, 2.8 },
};

const struct suite regions_suite = SUITE(cases);
