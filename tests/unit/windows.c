// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOVA windows (M4) against a model: the address space in 64 cells, and a bit for each
 * that is usable.
 */
#include <errno.h>
#include <linux/kernel.h>

#include "chance.h"
#include "type1/windows.h"
#include "unit.h"

#define CELLS	64

/* Where a cell begins: all alike, or single addresses at both ends of the space. */
typedef u64 (*layout)(unsigned int cell);

static u64 even(unsigned int cell)
{
	return (u64)cell << 58;
}

static u64 at_the_ends(unsigned int cell)
{
	return cell < CELLS / 2 ? cell : U64_MAX - (CELLS - 1 - cell);
}

static u64 last_of(layout start_of, unsigned int cell)
{
	return cell == CELLS - 1 ? U64_MAX : start_of(cell + 1) - 1;
}

static u64 cells(unsigned int a, unsigned int b)
{
	return (U64_MAX >> (CELLS - 1 - (b - a))) << a;
}

static void expect_windows(const struct windows *windows, const struct window *wanted,
			   unsigned int count)
{
	unsigned int i;

	assert_int_equal(windows->count, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(windows->window[i].start, wanted[i].start);
		assert_int_equal(windows->window[i].last, wanted[i].last);
	}
}

#define EXPECT_WINDOWS(windows, ...)						\
	do {									\
		const struct window wanted[] = { __VA_ARGS__ };			\
										\
		expect_windows(windows, wanted, ARRAY_SIZE(wanted));		\
	} while (0)

/* The windows are the rows of set bits in @usable, and are asked about all ranges. */
static void expect_model(const struct windows *windows, layout start_of, u64 usable)
{
	unsigned int count = 0, a, b;

	for (a = 0; a < CELLS; a++) {
		for (b = a; b < CELLS; b++)
			assert_int_equal(windows_contain(windows, start_of(a),
							 last_of(start_of, b)),
					 !(cells(a, b) & ~usable));
		if (!(usable & cells(a, a)) || (a && usable & cells(a - 1, a - 1)))
			continue;
		for (b = a; b + 1 < CELLS && usable & cells(b + 1, b + 1); b++)
			;
		assert_in_range(count, 0, windows->count - 1);
		assert_int_equal(windows->window[count].start, start_of(a));
		assert_int_equal(windows->window[count].last, last_of(start_of, b));
		count++;
	}
	assert_int_equal(windows->count, count);
}

static void M4_the_whole_space_to_begin_with(void **state)
{
	struct windows windows;

	(void)state;
	assert_int_equal(windows_init(&windows), 0);
	EXPECT_WINDOWS(&windows, { 0, U64_MAX });
	assert_true(windows_contain(&windows, 0, U64_MAX));
	assert_true(windows_contain(&windows, U64_MAX, U64_MAX));
	windows_free(&windows);
	assert_int_equal(windows.count, 0);
	assert_false(windows_contain(&windows, 0, 0));
	windows_free(&windows);
}

/* What an x86 machine has: 39 bits of aperture, the interrupt range, an RMRR. */
static void M4_a_usual_machine(void **state)
{
	struct windows windows;

	(void)state;
	assert_int_equal(windows_init(&windows), 0);
	windows_clip(&windows, 0, (1ULL << 39) - 1);
	assert_int_equal(windows_exclude(&windows, 0xfee00000, 0xfeefffff), 0);
	assert_int_equal(windows_exclude(&windows, 0x7b800000, 0x7fffffff), 0);
	EXPECT_WINDOWS(&windows, { 0, 0x7b7fffff }, { 0x80000000, 0xfedfffff },
		       { 0xfef00000, 0x7fffffffff });
	assert_true(windows_contain(&windows, 0xfedff000, 0xfedfffff));
	assert_false(windows_contain(&windows, 0xfedff000, 0xfee00000));
	assert_false(windows_contain(&windows, 0xfee00000, 0xfeefffff));
	assert_false(windows_contain(&windows, 0, 0x7fffffffff));
	/* A second group with the same regions changes nothing. */
	windows_clip(&windows, 0, (1ULL << 39) - 1);
	assert_int_equal(windows_exclude(&windows, 0xfee00000, 0xfeefffff), 0);
	assert_int_equal(windows.count, 3);
	windows_free(&windows);
}

static void M4_edges_of_the_address_space(void **state)
{
	struct windows windows;

	(void)state;
	assert_int_equal(windows_init(&windows), 0);
	assert_int_equal(windows_exclude(&windows, 1, U64_MAX - 1), 0);
	EXPECT_WINDOWS(&windows, { 0, 0 }, { U64_MAX, U64_MAX });
	assert_int_equal(windows_exclude(&windows, 0, 0), 0);
	EXPECT_WINDOWS(&windows, { U64_MAX, U64_MAX });
	assert_int_equal(windows_exclude(&windows, U64_MAX, U64_MAX), 0);
	assert_int_equal(windows.count, 0);
	windows_free(&windows);

	assert_int_equal(windows_init(&windows), 0);
	assert_int_equal(windows_exclude(&windows, 0, 0xfff), 0);
	assert_int_equal(windows_exclude(&windows, U64_MAX - 0xfff, U64_MAX), 0);
	EXPECT_WINDOWS(&windows, { 0x1000, U64_MAX - 0x1000 });
	windows_clip(&windows, 0, U64_MAX);
	EXPECT_WINDOWS(&windows, { 0x1000, U64_MAX - 0x1000 });
	windows_clip(&windows, U64_MAX, U64_MAX);
	assert_int_equal(windows.count, 0);
	assert_int_equal(windows_exclude(&windows, 0, U64_MAX), 0);
	windows_free(&windows);
}

static void against_model(layout start_of, struct chance *chance)
{
	struct windows windows;
	unsigned int steps;
	u64 usable = U64_MAX;

	assert_int_equal(windows_init(&windows), 0);
	for (steps = chance_below(chance, 12); steps; steps--) {
		unsigned int a = chance_below(chance, CELLS);
		unsigned int b = a + chance_below(chance, min(CELLS - a, 16U));

		/* Clips leave little to play with, so they are rare and wide. */
		if (chance_once_in(chance, 6)) {
			a /= 2;
			b = CELLS - 1 - chance_below(chance, CELLS / 2);
			windows_clip(&windows, start_of(a), last_of(start_of, b));
			usable &= cells(a, b);
		} else {
			assert_int_equal(windows_exclude(&windows, start_of(a),
							 last_of(start_of, b)), 0);
			usable &= ~cells(a, b);
		}
	}
	expect_model(&windows, start_of, usable);
	windows_free(&windows);
}

static void M4_windows_match_the_model(void **state)
{
	struct chance chance = chance_new();
	unsigned int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		against_model(even, &chance);
		against_model(at_the_ends, &chance);
	}
}

static void M4_without_memory_nothing_changes(void **state)
{
	struct windows windows;

	(void)state;
	allocator_fail_after(0);
	assert_int_equal(windows_init(&windows), -ENOMEM);

	allocator_heal();
	assert_int_equal(windows_init(&windows), 0);
	assert_int_equal(windows_exclude(&windows, 100, 199), 0);
	allocator_fail_after(0);
	assert_int_equal(windows_exclude(&windows, 10, 19), -ENOMEM);
	assert_int_equal(windows_exclude(&windows, 1000, 1999), -ENOMEM);
	EXPECT_WINDOWS(&windows, { 0, 99 }, { 200, U64_MAX });
	/* What makes no new window takes no memory. */
	assert_int_equal(windows_exclude(&windows, 90, 209), 0);
	windows_clip(&windows, 10, 999);
	EXPECT_WINDOWS(&windows, { 10, 89 }, { 210, 999 });
	windows_free(&windows);
	assert_int_equal(allocator_live(), 0);
}

static void M4_a_copy_is_its_own(void **state)
{
	struct windows windows, copy;

	(void)state;
	assert_int_equal(windows_init(&windows), 0);
	assert_int_equal(windows_exclude(&windows, 0x1000, 0x1fff), 0);
	allocator_fail_after(0);
	assert_int_equal(windows_copy(&copy, &windows), -ENOMEM);
	allocator_heal();
	assert_int_equal(windows_copy(&copy, &windows), 0);
	EXPECT_WINDOWS(&copy, { 0, 0xfff }, { 0x2000, U64_MAX });
	windows_clip(&copy, 0, 0xfff);
	EXPECT_WINDOWS(&windows, { 0, 0xfff }, { 0x2000, U64_MAX });
	windows_free(&windows);
	EXPECT_WINDOWS(&copy, { 0, 0xfff });
	windows_free(&copy);
}

static const struct CMUnitTest tests[] = {
	TEST(M4_the_whole_space_to_begin_with),
	TEST(M4_a_usual_machine),
	TEST(M4_edges_of_the_address_space),
	TEST(M4_windows_match_the_model),
	TEST(M4_without_memory_nothing_changes),
	TEST(M4_a_copy_is_its_own),
};

RUN_TESTS(tests)
