// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "chance.h"
#include "type1/runs.h"
#include "unit.h"

/* The highest pfn there can be: 52 physical address bits. */
#define PFN_TOP	((1UL << 40) - 1)

static void add(struct runs *runs, unsigned long pfn, enum run_hold hold)
{
	assert_int_equal(runs_add(runs, pfn, 1, hold), 0);
}

static void expect_run(const struct runs *runs, u32 index, unsigned long pfn,
		       unsigned long pages, enum run_hold hold)
{
	struct run_walk walk = runs_walk(runs);
	struct run run;

	do {
		assert_true(runs_next(&walk, &run));
	} while (index--);
	assert_int_equal(run.pfn, pfn);
	assert_int_equal(run.pages, pages);
	assert_int_equal(run.hold, hold);
}

static void M10_neighbours_become_one_run(void **state)
{
	struct runs runs;

	(void)state;
	runs_init(&runs);
	assert_int_equal(runs.count, 0);
	add(&runs, 100, RUN_PINNED);
	add(&runs, 101, RUN_PINNED);
	add(&runs, 102, RUN_PINNED);
	assert_int_equal(runs.count, 1);
	expect_run(&runs, 0, 100, 3, RUN_PINNED);
	/* A hole in physical memory, the same page again, and going down: new runs each. */
	add(&runs, 104, RUN_PINNED);
	add(&runs, 104, RUN_PINNED);
	add(&runs, 103, RUN_PINNED);
	assert_int_equal(runs.count, 4);
	expect_run(&runs, 0, 100, 3, RUN_PINNED);
	expect_run(&runs, 1, 104, 1, RUN_PINNED);
	expect_run(&runs, 2, 104, 1, RUN_PINNED);
	expect_run(&runs, 3, 103, 1, RUN_PINNED);
	runs_free(&runs);
}

static void M7_pages_held_differently_stay_apart(void **state)
{
	static const enum run_hold holds[] = { RUN_PINNED, RUN_PINNED_UNCOUNTED, RUN_ZERO };
	unsigned int i, j, step;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(holds); i++)
		for (j = 0; j < ARRAY_SIZE(holds); j++)
			for (step = 0; i != j && step < 2; step++) {
				struct runs runs;

				runs_init(&runs);
				add(&runs, 7, holds[i]);
				add(&runs, 7 + step, holds[j]);
				assert_int_equal(runs.count, 2);
				expect_run(&runs, 0, 7, 1, holds[i]);
				expect_run(&runs, 1, 7 + step, 1, holds[j]);
				runs_free(&runs);
			}
}

/* Untouched memory reads as one page all over, and must not take a word for each. */
static void M5_the_zero_page_repeats_in_one_run(void **state)
{
	unsigned long i;
	struct runs runs;

	(void)state;
	runs_init(&runs);
	for (i = 0; i < RUN_PAGES_MAX; i++)
		add(&runs, 50, RUN_ZERO);
	assert_int_equal(runs.count, 1);
	expect_run(&runs, 0, 50, RUN_PAGES_MAX, RUN_ZERO);
	add(&runs, 50, RUN_ZERO);
	assert_int_equal(runs.count, 2);
	expect_run(&runs, 0, 50, RUN_PAGES_MAX, RUN_ZERO);
	expect_run(&runs, 1, 50, 1, RUN_ZERO);
	/* The next page is another one, which there is on machines with many. */
	add(&runs, 51, RUN_ZERO);
	assert_int_equal(runs.count, 3);
	expect_run(&runs, 2, 51, 1, RUN_ZERO);
	runs_free(&runs);
}

static void M10_a_run_is_split_where_its_word_is_full(void **state)
{
	/* The first run ends at the top of physical memory, so all bits are in use. */
	unsigned long start = PFN_TOP - RUN_PAGES_MAX + 1, i;
	struct runs runs;

	(void)state;
	assert_int_equal(RUN_PAGES_MAX, (1UL << 22) - 1);
	runs_init(&runs);
	for (i = 0; i < RUN_PAGES_MAX; i++)
		add(&runs, start + i, RUN_PINNED);
	assert_int_equal(runs.count, 1);
	expect_run(&runs, 0, start, RUN_PAGES_MAX, RUN_PINNED);
	runs_free(&runs);

	for (i = 0; i < RUN_PAGES_MAX + 2; i++)
		add(&runs, i, RUN_PINNED_UNCOUNTED);
	assert_int_equal(runs.count, 2);
	expect_run(&runs, 0, 0, RUN_PAGES_MAX, RUN_PINNED_UNCOUNTED);
	expect_run(&runs, 1, RUN_PAGES_MAX, 2, RUN_PINNED_UNCOUNTED);
	runs_free(&runs);
}

/* What continues the last run goes there, up to what its word takes; the rest is a new one. */
static void M10_many_pages_at_once(void **state)
{
	struct runs runs;

	(void)state;
	runs_init(&runs);
	assert_int_equal(runs_add(&runs, 100, 12, RUN_PINNED), 0);
	assert_int_equal(runs_add(&runs, 112, 500, RUN_PINNED), 0);
	assert_int_equal(runs.count, 1);
	expect_run(&runs, 0, 100, 512, RUN_PINNED);
	assert_int_equal(runs_add(&runs, 612, RUN_PAGES_MAX, RUN_PINNED), 0);
	assert_int_equal(runs.count, 2);
	expect_run(&runs, 0, 100, RUN_PAGES_MAX, RUN_PINNED);
	expect_run(&runs, 1, 100 + RUN_PAGES_MAX, 512, RUN_PINNED);
	assert_int_equal(runs_add(&runs, 7, RUN_PAGES_MAX - 1, RUN_ZERO), 0);
	assert_int_equal(runs_add(&runs, 7, 3, RUN_ZERO), 0);
	assert_int_equal(runs.count, 4);
	expect_run(&runs, 2, 7, RUN_PAGES_MAX, RUN_ZERO);
	expect_run(&runs, 3, 7, 2, RUN_ZERO);
	runs_free(&runs);
}

/* Pages of which the last run could take some: without room for the rest it takes none. */
static void M5_all_of_the_pages_or_none(void **state)
{
	struct runs runs;

	(void)state;
	allocator_fail_after(0);
	runs_init(&runs);
	add(&runs, 5, RUN_ZERO);
	assert_int_equal(runs_add(&runs, 1000, RUN_PAGES_MAX - 1, RUN_PINNED), 0);
	assert_int_equal(runs_add(&runs, 999 + RUN_PAGES_MAX, 2, RUN_PINNED), -ENOMEM);
	assert_int_equal(runs.count, 2);
	expect_run(&runs, 1, 1000, RUN_PAGES_MAX - 1, RUN_PINNED);
	allocator_heal();
	assert_int_equal(runs_add(&runs, 999 + RUN_PAGES_MAX, 2, RUN_PINNED), 0);
	expect_run(&runs, 1, 1000, RUN_PAGES_MAX, RUN_PINNED);
	expect_run(&runs, 2, 1000 + RUN_PAGES_MAX, 1, RUN_PINNED);
	runs_free(&runs);
	assert_int_equal(allocator_live(), 0);
}

static void M10_the_highest_page_fits(void **state)
{
	struct runs runs;

	(void)state;
	runs_init(&runs);
	add(&runs, PFN_TOP, RUN_ZERO);
	add(&runs, 0, RUN_ZERO);
	add(&runs, PFN_TOP - 1, RUN_PINNED);
	add(&runs, PFN_TOP, RUN_PINNED);
	assert_int_equal(runs.count, 3);
	expect_run(&runs, 0, PFN_TOP, 1, RUN_ZERO);
	expect_run(&runs, 1, 0, 1, RUN_ZERO);
	expect_run(&runs, 2, PFN_TOP - 1, 2, RUN_PINNED);
	runs_free(&runs);
}

static void M5_two_runs_take_no_memory(void **state)
{
	struct runs runs;
	struct run run;

	(void)state;
	allocator_fail_after(0);
	runs_init(&runs);
	assert_false(runs_single(&runs, &run));
	add(&runs, 10, RUN_PINNED);
	assert_true(runs_single(&runs, &run));
	assert_int_equal(run.pfn, 10);
	add(&runs, 20, RUN_PINNED);
	add(&runs, 21, RUN_PINNED);
	assert_int_equal(runs.count, 2);
	assert_false(runs_single(&runs, &run));
	runs_free(&runs);
	/* Freed is empty, and ready for use and for being freed again. */
	assert_int_equal(runs.count, 0);
	add(&runs, 30, RUN_PINNED);
	expect_run(&runs, 0, 30, 1, RUN_PINNED);
	runs_free(&runs);
	runs_free(&runs);
}

/* Every growth fails once: what was there stays, and can go on. */
static void M5_without_memory_the_runs_are_as_before(void **state)
{
	unsigned long failures = 0, i, j;
	struct runs runs;

	(void)state;
	runs_init(&runs);
	for (i = 0; i < 300; i++) {
		allocator_fail_after(0);
		if (runs_add(&runs, 2 * i, 1, RUN_PINNED)) {
			failures++;
			assert_int_equal(runs.count, i);
			for (j = 0; j < i; j++)
				expect_run(&runs, j, 2 * j, 1, RUN_PINNED);
			assert_int_equal(runs_add(&runs, 2 * i, 1, RUN_PINNED), -ENOMEM);
			allocator_heal();
			add(&runs, 2 * i, RUN_PINNED);
		}
		assert_int_equal(runs.count, i + 1);
	}
	for (j = 0; j < i; j++)
		expect_run(&runs, j, 2 * j, 1, RUN_PINNED);
	/* Doubling: a growth for each page would take ages to map a scattered gigabyte. */
	assert_in_range(failures, 1, 8);
	/* To go on with the last run takes no memory, full or not. */
	allocator_fail_after(0);
	add(&runs, 2 * i - 1, RUN_PINNED);
	expect_run(&runs, i - 1, 2 * i - 2, 2, RUN_PINNED);
	runs_free(&runs);
	assert_int_equal(allocator_live(), 0);
}

/* What is behind a run's page: contiguous memory, or the zero page again. */
static unsigned long pfn_at(struct run run, unsigned long page)
{
	return run.hold == RUN_ZERO ? run.pfn : run.pfn + page;
}

/* With no more than a page of memory in one piece, the runs lie in pages. */
static void M5_pages_do_where_memory_is_in_pieces(void **state)
{
	struct run_walk walk;
	struct runs runs;
	struct run run;
	unsigned long i;

	(void)state;
	allocator_fail_above(PAGE_SIZE);
	runs_init(&runs);
	for (i = 0; i < 10000; i++)
		add(&runs, 2 * i, RUN_PINNED);
	assert_int_equal(runs.count, i);
	walk = runs_walk(&runs);
	for (i = 0; runs_next(&walk, &run); i++)
		assert_int_equal(run.pfn, 2 * i);
	assert_int_equal(i, runs.count);
	assert_false(runs_next(&walk, &run));
	assert_in_range(allocator_live(), 10000 / (PAGE_SIZE / sizeof(u64)), 30);
	runs_free(&runs);
}

/* The count of runs has 32 bits, which is 16 TiB of pages each alone. */
static void M5_there_is_a_most_of_runs(void **state)
{
	struct runs runs = { .count = U32_MAX - 100, .room = U32_MAX - 100, .before = 7 };

	(void)state;
	assert_int_equal(runs_append(&runs, 1000, 1, RUN_PINNED), -ENOMEM);
	assert_int_equal(runs.count, U32_MAX - 100);
	assert_null(runs.blocks);
	assert_int_equal(runs.before, 7);
}

#define PAGES	5000

static void M10_runs_are_the_pages_in_order(void **state)
{
	struct chance chance = chance_new();
	static unsigned long pfn[PAGES];
	static enum run_hold hold[PAGES];
	unsigned long page = 0, i;
	struct run run, before = {};
	struct run_walk walk;
	struct runs runs;

	(void)state;
	runs_init(&runs);
	for (i = 0; i < PAGES; i++) {
		bool jump = !i || chance_once_in(&chance, 4);

		hold[i] = jump ? chance_below(&chance, 3) : hold[i - 1];
		pfn[i] = jump ? chance_below(&chance, 50) : pfn[i - 1] + (hold[i] != RUN_ZERO);
		add(&runs, pfn[i], hold[i]);
	}
	walk = runs_walk(&runs);
	while (runs_next(&walk, &run)) {
		assert_int_not_equal(run.pages, 0);
		assert_false(page && before.hold == run.hold &&
			     pfn_at(before, before.pages) == run.pfn);
		for (i = 0; i < run.pages; i++, page++) {
			assert_in_range(page, 0, PAGES - 1);
			assert_int_equal(pfn_at(run, i), pfn[page]);
			assert_int_equal(run.hold, hold[page]);
		}
		before = run;
	}
	assert_int_equal(page, PAGES);
	runs_free(&runs);
}

static const struct CMUnitTest tests[] = {
	TEST(M10_neighbours_become_one_run),
	TEST(M7_pages_held_differently_stay_apart),
	TEST(M5_the_zero_page_repeats_in_one_run),
	TEST(M10_a_run_is_split_where_its_word_is_full),
	TEST(M10_many_pages_at_once),
	TEST(M5_all_of_the_pages_or_none),
	TEST(M10_the_highest_page_fits),
	TEST(M5_two_runs_take_no_memory),
	TEST(M5_without_memory_the_runs_are_as_before),
	TEST(M5_pages_do_where_memory_is_in_pieces),
	TEST(M5_there_is_a_most_of_runs),
	TEST(M10_runs_are_the_pages_in_order),
};

RUN_TESTS(tests)
