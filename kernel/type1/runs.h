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

struct run_block;

/**
 * struct runs - the runs of one mapping
 * @words: of the block that is being filled, one 64-bit word a run: pfn in bits 63..24,
 *	pages in 23..2, hold in 1..0
 * @count: runs in use
 * @room: runs there is room for; the room is all used but for that of the last block
 * @before: runs before the first of @words
 * @blocks: what did not fit into @first; runs stay where they are when others are added
 * @first: the room of a mapping that needs no more, so that small ones allocate nothing
 */
struct runs {
	u64 *words;
	u32 count;
	u32 room;
	u32 before;
	struct run_block *blocks;
	u64 first[2];
};

/* Linux has at most 52 physical address bits, so a pfn takes 40. */
#define RUN_PFN_SHIFT	24
#define RUN_PAGES_SHIFT	2
#define RUN_PAGES_MAX	((1UL << (RUN_PFN_SHIFT - RUN_PAGES_SHIFT)) - 1)
#define RUN_HOLD_MASK	3

static inline struct run run_of(u64 word)
{
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
	runs->words[runs->count++ - runs->before] = (u64)pfn << RUN_PFN_SHIFT |
						    (u64)pages << RUN_PAGES_SHIFT | hold;
	return 0;
}

int runs_add(struct runs *runs, unsigned long pfn, unsigned long pages, enum run_hold hold);

/**
 * struct run_walk - a walk over runs, which must not change meanwhile
 * @word: of the next run
 * @end: behind the last word that lies together with @word
 * @block: where it goes on from there
 * @left: runs from there on
 */
struct run_walk {
	const u64 *word;
	const u64 *end;
	const struct run_block *block;
	u32 left;
};

struct run_walk runs_walk(const struct runs *runs);
bool runs_next_block(struct run_walk *walk);

/**
 * runs_next() - the next run, in IOVA order
 * @walk: begun by runs_walk()
 * @run: gets it
 *
 * Return: false at the end.
 */
static inline bool runs_next(struct run_walk *walk, struct run *run)
{
	if (walk->word == walk->end && !runs_next_block(walk))
		return false;
	*run = run_of(*walk->word++);
	return true;
}

/**
 * runs_single() - the run of a mapping that is one run
 * @runs: the runs
 * @run: gets it
 *
 * Return: false if there are more, or none.
 */
static inline bool runs_single(const struct runs *runs, struct run *run)
{
	if (runs->count != 1)
		return false;
	*run = run_of(runs->first[0]);
	return true;
}

#endif
