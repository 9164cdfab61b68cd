// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "runs.h"

/**
 * struct run_block - words of runs, after those of the block before
 * @next: the block that follows
 * @room: of @words
 * @words: as in &struct runs
 */
struct run_block {
	struct run_block *next;
	u32 room;
	u64 words[];
};

/* A block is as long as what there is already, within bounds. */
#define BLOCK_LEAST	512
#define BLOCK_MOST	SZ_256K

void runs_init(struct runs *runs)
{
	runs->words = runs->first;
	runs->count = 0;
	runs->room = ARRAY_SIZE(runs->first);
	runs->before = 0;
	runs->blocks = NULL;
}

void runs_free(struct runs *runs)
{
	struct run_block *block, *next;

	for (block = runs->blocks; block; block = next) {
		next = block->next;
		kvfree(block);
	}
	runs_init(runs);
}

/* Where memory is short or in pieces, a page does, too. */
static struct run_block *block_alloc(size_t size)
{
	struct run_block *block = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);

	if (!block && size > PAGE_SIZE) {
		size = PAGE_SIZE;
		block = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	}
	if (block) {
		block->next = NULL;
		block->room = (size - sizeof(*block)) / sizeof(*block->words);
	}
	return block;
}

static void append_block(struct runs *runs, struct run_block *block)
{
	if (runs->blocks)
		container_of(runs->words, struct run_block, words[0])->next = block;
	else
		runs->blocks = block;
	runs->words = block->words;
	runs->before = runs->count;
	runs->room = runs->count + block->room;
}

/**
 * runs_grow() - make room for more runs
 * @runs: the runs so far, without any room
 *
 * Return: 0, or -ENOMEM with @runs as before.
 */
int runs_grow(struct runs *runs)
{
	size_t size = roundup_pow_of_two(runs->count * sizeof(*runs->words));
	struct run_block *block;

	size = clamp_t(size_t, size, BLOCK_LEAST, BLOCK_MOST);
	if (runs->count > U32_MAX - size)
		return -ENOMEM;
	block = block_alloc(size);
	if (!block)
		return -ENOMEM;
	append_block(runs, block);
	return 0;
}

/**
 * runs_walk() - begin a walk
 * @runs: must not change while it lasts
 *
 * Return: what runs_next() takes.
 */
struct run_walk runs_walk(const struct runs *runs)
{
	u32 here = min_t(u32, runs->count, ARRAY_SIZE(runs->first));

	return (struct run_walk) {
		.word = runs->first,
		.end = runs->first + here,
		.block = runs->blocks,
		.left = runs->count - here,
	};
}

/**
 * runs_next_block() - go on in the next block
 * @walk: at the end of what lies together
 *
 * Return: false if there is none.
 */
bool runs_next_block(struct run_walk *walk)
{
	u32 here;

	if (!walk->left)
		return false;
	here = min(walk->left, walk->block->room);
	walk->word = walk->block->words;
	walk->end = walk->word + here;
	walk->block = walk->block->next;
	walk->left -= here;
	return true;
}

/* How many of @pages from @pfn on the run @word can take, as they continue it. */
static unsigned long run_takes(u64 word, unsigned long pfn, unsigned long pages,
			       enum run_hold hold)
{
	unsigned long there = (word >> RUN_PAGES_SHIFT) & RUN_PAGES_MAX;
	unsigned long next = (word >> RUN_PFN_SHIFT) + (hold == RUN_ZERO ? 0 : there);

	if (next != pfn || (word & RUN_HOLD_MASK) != hold)
		return 0;
	return min(pages, RUN_PAGES_MAX - there);
}

/**
 * runs_add() - append contiguous pages, to the last run if they continue it
 * @runs: the runs so far
 * @pfn: the first page
 * @pages: how many, at most RUN_PAGES_MAX; of the zero page, how often
 * @hold: how they are held
 *
 * Return: 0, or -ENOMEM with @runs as before.
 */
int runs_add(struct runs *runs, unsigned long pfn, unsigned long pages, enum run_hold hold)
{
	u64 *last = runs->words + (runs->count - runs->before) - 1;
	unsigned long taken = 0;

	if (runs->count)
		taken = run_takes(*last, pfn, pages, hold);
	if (taken < pages && runs_append(runs, hold == RUN_ZERO ? pfn : pfn + taken,
					 pages - taken, hold))
		return -ENOMEM;
	if (taken)
		*last += (u64)taken << RUN_PAGES_SHIFT;
	return 0;
}
