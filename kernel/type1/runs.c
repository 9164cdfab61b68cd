// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "runs.h"

void runs_init(struct runs *runs)
{
	runs->words = runs->first;
	runs->count = 0;
	runs->room = ARRAY_SIZE(runs->first);
}

void runs_free(struct runs *runs)
{
	if (runs->words != runs->first)
		kvfree(runs->words);
	runs_init(runs);
}

/**
 * runs_grow() - make room for more runs
 * @runs: the runs so far
 *
 * Return: 0, or -ENOMEM with @runs as before.
 */
int runs_grow(struct runs *runs)
{
	u32 room = max_t(u32, 2 * runs->room, 64);
	u64 *words;

	if (room > RUNS_MAX)
		return -ENOMEM;
	words = kvmalloc_array(room, sizeof(*words), GFP_KERNEL_ACCOUNT);
	if (!words)
		return -ENOMEM;
	memcpy(words, runs->words, runs->count * sizeof(*words));
	if (runs->words != runs->first)
		kvfree(runs->words);
	runs->words = words;
	runs->room = room;
	return 0;
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
	u32 last = runs->count - 1;
	unsigned long taken = 0;

	if (runs->count)
		taken = run_takes(runs->words[last], pfn, pages, hold);
	if (taken < pages && runs_append(runs, hold == RUN_ZERO ? pfn : pfn + taken,
					 pages - taken, hold))
		return -ENOMEM;
	if (taken)
		runs->words[last] += (u64)taken << RUN_PAGES_SHIFT;
	return 0;
}
