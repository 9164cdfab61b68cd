// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cut rules of unmap, tried on everything there is: all layouts of mappings in a
 * space of eight cells, and all ranges in it, against the words of U2 and U3.
 */
#include <errno.h>

#include "type1/mapping.h"
#include "unit.h"

#define CELLS	8

/* A space of cells with mappings in it, each a row of cells. */
struct space {
	unsigned long base;
	unsigned long cell;
	struct rb_root_cached tree;
	struct mapping mapping[CELLS];
	unsigned int from[CELLS];
	unsigned int to[CELLS];
	unsigned int count;
};

/* Where the cells lie: at the bottom, in the middle, and twice at the very top. */
static const struct {
	unsigned long base;
	unsigned long cell;
} places[] = {
	{ 0, 0x1000 },
	{ 0x7fffe000, 0x1000 },
	{ -8UL * 0x1000, 0x1000 },
	{ -8UL, 1 },
};

static unsigned long first_of(const struct space *space, unsigned int cell)
{
	return space->base + cell * space->cell;
}

static unsigned long last_of(const struct space *space, unsigned int cell)
{
	return first_of(space, cell) + (space->cell - 1);
}

/*
 * Layout by number: a digit to base 3 for each cell. 0 leaves it free, 1 begins a
 * mapping, 2 makes the one before longer. False if there is none before.
 */
static bool lay_out(struct space *space, unsigned int place, unsigned int layout)
{
	unsigned int cell, i;
	bool open = false;

	*space = (struct space) { .base = places[place].base, .cell = places[place].cell };
	for (cell = 0; cell < CELLS; cell++, layout /= 3) {
		if (layout % 3 == 2 && !open)
			return false;
		open = layout % 3;
		if (layout % 3 == 1)
			space->from[space->count++] = cell;
		if (open)
			space->to[space->count - 1] = cell;
	}
	/* The highest first: the order of mapping is not the order in the tree. */
	space->tree = RB_ROOT_CACHED;
	for (i = space->count; i--; ) {
		space->mapping[i].span.start = first_of(space, space->from[i]);
		space->mapping[i].span.last = last_of(space, space->to[i]);
		interval_tree_insert(&space->mapping[i].span, &space->tree);
	}
	return true;
}

/* Calls @try with every layout in every place, and every range of cells in it. */
static void for_everything(void (*try)(struct space *space, unsigned int a, unsigned int b))
{
	unsigned int layouts = 1, layout, place, a, b;
	struct space space;

	for (a = 0; a < CELLS; a++)
		layouts *= 3;
	for (place = 0; place < ARRAY_SIZE(places); place++)
		for (layout = 0; layout < layouts; layout++) {
			if (!lay_out(&space, place, layout))
				continue;
			for (a = 0; a < CELLS; a++)
				for (b = a; b < CELLS; b++)
					try(&space, a, b);
		}
}

static bool touches(const struct space *space, unsigned int i, unsigned int a, unsigned int b)
{
	return space->from[i] <= b && space->to[i] >= a;
}

/* Collects, and compares with the mappings that @wanted has a bit for. */
static void expect_collected(struct space *space, unsigned long start, unsigned long last,
			     bool v2, int error, unsigned int wanted)
{
	struct mapping *mapping;
	unsigned int i = 0;
	LIST_HEAD(todo);

	assert_int_equal(mapping_collect(&space->tree, start, last, v2, &todo), error);
	list_for_each_entry(mapping, &todo, todo) {
		while (i < space->count && !(wanted & 1U << i))
			i++;
		assert_ptr_equal(mapping, &space->mapping[i]);
		i++;
	}
	assert_false(wanted >> i);

	/* All are still in the tree; those collected are busy, and no others. */
	mapping = mapping_first(&space->tree, 0, ULONG_MAX);
	for (i = 0; i < space->count; i++) {
		assert_ptr_equal(mapping, &space->mapping[i]);
		assert_int_equal(mapping->busy, !!(wanted & 1U << i));
		mapping->busy = false;
		mapping = mapping_next(mapping, 0, ULONG_MAX);
	}
	assert_null(mapping);
}

static void try_v2(struct space *space, unsigned int a, unsigned int b)
{
	unsigned int wanted = 0, i;
	bool cut = false;

	for (i = 0; i < space->count; i++)
		if (space->from[i] >= a && space->to[i] <= b)
			wanted |= 1U << i;
		else if (touches(space, i, a, b))
			cut = true;
	expect_collected(space, first_of(space, a), last_of(space, b), true,
			 cut ? -EINVAL : 0, cut ? 0 : wanted);
}

static void U2_v2_takes_whole_mappings_or_nothing(void **state)
{
	(void)state;
	for_everything(try_v2);
}

static void try_v1(struct space *space, unsigned int a, unsigned int b)
{
	unsigned int wanted = 0, i;

	for (i = 0; i < space->count; i++) {
		if (space->from[i] < a && space->to[i] >= a) {
			wanted = 0;
			break;
		}
		if (space->from[i] >= a && space->from[i] <= b)
			wanted |= 1U << i;
	}
	expect_collected(space, first_of(space, a), last_of(space, b), false, 0, wanted);
}

static void U3_v1_goes_by_first_pages(void **state)
{
	(void)state;
	for_everything(try_v1);
}

static void try_all(struct space *space, unsigned int a, unsigned int b)
{
	if (a || b)
		return;
	expect_collected(space, 0, ULONG_MAX, true, 0, (1U << space->count) - 1);
	expect_collected(space, 0, ULONG_MAX, false, 0, (1U << space->count) - 1);
}

static void U4_the_whole_address_space_takes_all(void **state)
{
	(void)state;
	for_everything(try_all);
}

static void try_walk(struct space *space, unsigned int a, unsigned int b)
{
	unsigned long start = first_of(space, a), last = last_of(space, b);
	struct mapping *mapping = mapping_first(&space->tree, start, last);
	unsigned int i;

	for (i = 0; i < space->count; i++) {
		if (!touches(space, i, a, b))
			continue;
		assert_ptr_equal(mapping, &space->mapping[i]);
		mapping = mapping_next(mapping, start, last);
	}
	assert_null(mapping);
}

static void M2_a_walk_sees_what_the_range_touches(void **state)
{
	(void)state;
	for_everything(try_walk);
}

static void try_busy(struct space *space, unsigned int a, unsigned int b)
{
	unsigned long start = first_of(space, a), last = last_of(space, b);
	unsigned int i;

	assert_false(mapping_any_busy(&space->tree, start, last));
	for (i = 0; i < space->count; i++) {
		space->mapping[i].busy = true;
		assert_int_equal(mapping_any_busy(&space->tree, start, last),
				 touches(space, i, a, b));
		space->mapping[i].busy = false;
	}
}

static void U5_any_busy_mapping_in_the_range_is_seen(void **state)
{
	(void)state;
	for_everything(try_busy);
}

static void M3_the_last_page_is_a_mapping_like_any_other(void **state)
{
	struct mapping top = { .span = { .start = -0x1000UL, .last = ULONG_MAX } };
	struct rb_root_cached tree = RB_ROOT_CACHED;
	LIST_HEAD(todo);

	(void)state;
	interval_tree_insert(&top.span, &tree);
	assert_int_equal(mapping_size(&top), 0x1000);
	assert_int_equal(mapping_collect(&tree, -0x1000UL, ULONG_MAX - 1, true, &todo), -EINVAL);
	assert_int_equal(mapping_collect(&tree, 0, -0x1001UL, true, &todo), 0);
	assert_true(list_empty(&todo));
	assert_int_equal(mapping_collect(&tree, -0x1000UL, ULONG_MAX, true, &todo), 0);
	assert_ptr_equal(todo.next, &top.todo);
	assert_true(top.busy);
}

static const struct CMUnitTest tests[] = {
	TEST(U2_v2_takes_whole_mappings_or_nothing),
	TEST(U3_v1_goes_by_first_pages),
	TEST(U4_the_whole_address_space_takes_all),
	TEST(M2_a_walk_sees_what_the_range_touches),
	TEST(U5_any_busy_mapping_in_the_range_is_seen),
	TEST(M3_the_last_page_is_a_mapping_like_any_other),
};

RUN_TESTS(tests)
