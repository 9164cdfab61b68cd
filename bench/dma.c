// SPDX-License-Identifier: GPL-2.0-only
/* Large mappings, by the physical layout of the memory behind them. */
#include <sys/mman.h>

#include "bench.h"
#include "memory.h"

static struct assignment assigned;
static struct memory *memory;
static struct memory fresh;

static size_t bulk(void)
{
	return (quick ? 16 : 256) * MIB;
}

static void map_at_iova(const struct memory *what, uint32_t flags)
{
	map(assigned.container, IOVA, what->base, what->size, flags);
}

static void unmap_at_iova(size_t size)
{
	EQUAL(unmap(assigned.container, IOVA, size), size);
}

/* The first map and unmap is no sample: the second is what becomes of lasting memory. */
static void setup(const struct bench *bench)
{
	assigned = assign_ivshmem(false);
	memory = memory_get(bench->variant, bulk());
	map_at_iova(memory, READ_WRITE);
	unmap_at_iova(memory->size);
	map_at_iova(memory, READ_WRITE);
	unmap_at_iova(memory->size);
	work("%zu MiB, %lu runs", memory->size >> 20, memory_runs(memory));
}

static void setup_fresh(const struct bench *)
{
	assigned = assign_ivshmem(false);
	memory_drop();
	work("%llu MiB", bulk() / MIB);
}

static void teardown(const struct bench *)
{
	unassign(&assigned);
}

static void map_all(const struct bench *)
{
	map_at_iova(memory, READ_WRITE);
}

static void unmap_all(const struct bench *)
{
	unmap_at_iova(memory->size);
}

static void fresh_mapped_once(const struct bench *bench)
{
	fresh = memory_new(bench->variant, bulk());
	map_at_iova(&fresh, READ_WRITE);
	unmap_at_iova(fresh.size);
}

static void make_fresh(const struct bench *bench)
{
	fresh = memory_new(bench->variant, bulk());
}

static void map_fresh(const struct bench *)
{
	map_at_iova(&fresh, READ_WRITE);
}

static void unmap_fresh(const struct bench *)
{
	unmap_at_iova(fresh.size);
	memory_free(&fresh);
}

/* Memory that was only ever read is the zero page, as often as it has pages. */
static void make_zeros(const struct bench *)
{
	fresh = memory_new(UNTOUCHED_4K, bulk());
	for (size_t at = 0; at < fresh.size; at += PAGE)
		CHECK(!((volatile char *)fresh.base)[at]);
}

static void map_zeros(const struct bench *)
{
	map_at_iova(&fresh, VFIO_DMA_MAP_FLAG_READ);
}

static void make_zeros_mapped(const struct bench *bench)
{
	make_zeros(bench);
	map_zeros(bench);
}

static void unmap_zeros(const struct bench *)
{
	unmap_at_iova(fresh.size);
}

static void free_fresh(const struct bench *)
{
	memory_free(&fresh);
}

#define MAP setup, NULL, map_all, unmap_all, teardown, 5, 5
#define UNMAP setup, map_all, unmap_all, NULL, teardown, 5, 5
#define FRESH(before) setup_fresh, before, map_fresh, unmap_fresh, teardown, 3, 3

static const struct bench cases[] = {
	{ "map-4k-ordered", "map 4 KiB pages in long runs", MAP, ORDERED, 15490000, 2.3 },
	{ "unmap-4k-ordered", "unmap them", UNMAP, ORDERED, 5990000, 3.5 },
	{ "map-4k-second", "map such memory for the second time",
	  FRESH(fresh_mapped_once), ORDERED, 15490000, 4.8 },
	{ "map-4k-first", "map such memory for the first time",
	  FRESH(make_fresh), ORDERED, 15490000, 0 },
	{ "map-4k-runs", "map 4 KiB pages in runs of 1 to 16", MAP, RUNS, 17300000, 2.2 },
	{ "unmap-4k-runs", "unmap them", UNMAP, RUNS, 6220000, 5.5 },
	{ "map-4k-scattered", "map 4 KiB pages, each alone", MAP, SCATTERED, 31700000, 2.1 },
	{ "unmap-4k-scattered", "unmap them", UNMAP, SCATTERED, 6240000, 12 },
	{ "map-thp", "map transparent huge pages", MAP, THP, 730000, 20 },
	{ "unmap-thp", "unmap them", UNMAP, THP, 18000, 400 },
	{ "map-hugetlb", "map huge pages of 2 MiB", MAP, HUGETLB, 730000, 3.4 },
	{ "unmap-hugetlb", "unmap them", UNMAP, HUGETLB, 18000, 400 },
	{ "map-4k-untouched", "map memory that is not there yet, 4 KiB pages",
	  FRESH(make_fresh), UNTOUCHED_4K, 229000000, 0 },
	{ "map-thp-untouched", "map memory that is not there yet, huge pages",
	  FRESH(make_fresh), UNTOUCHED_THP, 72000000, 1.4 },
	{ "map-zeros", "map the zero page for reading", setup_fresh, make_zeros, map_zeros,
	  unmap_fresh, teardown, 3, 3, 0, 0, 0 },
	{ "unmap-zeros", "unmap it", setup_fresh, make_zeros_mapped, unmap_zeros, free_fresh,
	  teardown, 3, 3, 0, 0, 0 },
};

const struct suite dma_suite = SUITE(cases);
