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

static int runs_grow(struct runs *runs)
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

/* Does the page at @pfn continue the run @word? */
static bool run_continues(u64 word, unsigned long pfn, enum run_hold hold)
{
	unsigned long pages = (word >> RUN_PAGES_SHIFT) & RUN_PAGES_MAX;
	unsigned long next = (word >> RUN_PFN_SHIFT) + (hold == RUN_ZERO ? 0 : pages);

	return next == pfn && (word & RUN_HOLD_MASK) == hold && pages < RUN_PAGES_MAX;
}

/**
 * runs_add_page() - append one page
 * @runs: the runs so far
 * @pfn: the page
 * @hold: how it is held
 *
 * Return: 0, or -ENOMEM with @runs as before.
 */
int runs_add_page(struct runs *runs, unsigned long pfn, enum run_hold hold)
{
	if (runs->count && run_continues(runs->words[runs->count - 1], pfn, hold)) {
		runs->words[runs->count - 1] += 1UL << RUN_PAGES_SHIFT;
		return 0;
	}
	if (runs->count == runs->room) {
		int ret = runs_grow(runs);

		if (ret)
			return ret;
	}
	runs->words[runs->count++] = (u64)pfn << RUN_PFN_SHIFT | 1UL << RUN_PAGES_SHIFT | hold;
	return 0;
}
