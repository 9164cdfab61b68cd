/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical runs: the memory behind a mapping, in IOVA order, as pieces that are
 * contiguous in physical memory and alike in how they are held. Written when a mapping
 * is made, read when it is undone or replayed into another domain, so that nobody ever
 * has to ask the IOMMU's page table what is in it.
 *
 * Pure: takes no lock, calls nothing but the allocator.
 */
#ifndef OPENVFIO_TYPE1_RUNS_H
#define OPENVFIO_TYPE1_RUNS_H

#include <linux/kernel.h>
#include <linux/types.h>

/**
 * enum run_hold - how the pages of a run are held
 * @RUN_PINNED: pinned, and counted against RLIMIT_MEMLOCK
 * @RUN_PINNED_UNCOUNTED: pinned, but reserved memory, which does not count (M7)
 * @RUN_ZERO: the zero page, again and again; neither pinned nor counted
 * @RUN_FOREIGN: no memory of the kernel's, as the BAR of a device; neither as well
 */
enum run_hold {
	RUN_PINNED,
	RUN_PINNED_UNCOUNTED,
	RUN_ZERO,
	RUN_FOREIGN,
};

struct run {
	unsigned long pfn;
	unsigned long pages;
	enum run_hold hold;
};

/**
 * struct runs - the runs of one mapping
 * @words: one 64-bit word a run: pfn in bits 63..24, pages in 23..2, hold in 1..0
 * @count: runs in use
 * @room: runs there is room for in @words
 * @first: the room of a mapping that needs no more, so that small ones allocate nothing
 */
struct runs {
	u64 *words;
	u32 count;
	u32 room;
	u64 first[2];
};

/* Linux has at most 52 physical address bits, so a pfn takes 40. */
#define RUN_PFN_SHIFT	24
#define RUN_PAGES_SHIFT	2
#define RUN_PAGES_MAX	((1UL << (RUN_PFN_SHIFT - RUN_PAGES_SHIFT)) - 1)
#define RUN_HOLD_MASK	3

/* 1 GiB of words: as much as kvmalloc() gives without a warning. */
#define RUNS_MAX	(1U << 27)

static inline struct run runs_get(const struct runs *runs, u32 index)
{
	u64 word = runs->words[index];

	return (struct run) {
		.pfn = word >> RUN_PFN_SHIFT,
		.pages = (word >> RUN_PAGES_SHIFT) & RUN_PAGES_MAX,
		.hold = word & RUN_HOLD_MASK,
	};
}

static inline bool run_is_pinned(struct run run)
{
	return run.hold == RUN_PINNED || run.hold == RUN_PINNED_UNCOUNTED;
}

void runs_init(struct runs *runs);
void runs_free(struct runs *runs);
int runs_grow(struct runs *runs);

/**
 * runs_append() - begin a new run
 * @runs: the runs so far, the last of which this does not continue
 * @pfn: the first page
 * @pages: how many, at most RUN_PAGES_MAX; of the zero page, how often
 * @hold: how they are held
 *
 * In the header, as it is called for each page if none lies beside another.
 *
 * Return: 0, or -ENOMEM with @runs as before.
 */
static inline int runs_append(struct runs *runs, unsigned long pfn, unsigned long pages,
			      enum run_hold hold)
{
	if (runs->count == runs->room && runs_grow(runs))
		return -ENOMEM;
	runs->words[runs->count++] = (u64)pfn << RUN_PFN_SHIFT |
				     (u64)pages << RUN_PAGES_SHIFT | hold;
	return 0;
}

int runs_add(struct runs *runs, unsigned long pfn, unsigned long pages, enum run_hold hold);

#endif
