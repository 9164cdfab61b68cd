// SPDX-License-Identifier: GPL-2.0-only
/* How the NVMe example names memory to the drive: read back as a drive reads it. */
#include <stdlib.h>

#include "chance.h"
#include "nvme/prp.h"
#include "unit.h"

#define LIST_IOVA	0x7000000000

struct place {
	struct dma_buffer buffer;
	struct prp_list list;
	size_t page;
};

static struct place place(size_t size, size_t page, size_t list_pages)
{
	struct place place = {
		.buffer = { .iova = 16 * page, .size = size },
		.list = { .iova = LIST_IOVA, .pages = list_pages },
		.page = page,
	};

	place.list.entries = malloc(list_pages * page);
	return place;
}

/* What the drive finds at @iova, which must be in the list. */
static uint64_t entry_at(const struct place *place, uint64_t iova)
{
	assert_true(iova >= LIST_IOVA && iova % 8 == 0);
	assert_true(iova + 8 <= LIST_IOVA + place->list.pages * place->page);
	return place->list.entries[(iova - LIST_IOVA) / 8];
}

/* Follow the entries for @length bytes as a drive does: the memory from @iova on, in order. */
static void expect_names(const struct place *place, const uint64_t prp[2], uint64_t iova,
			 size_t length)
{
	size_t page = place->page, part = page - prp[0] % page;
	uint64_t at = prp[1];

	assert_int_equal(prp[0], iova);
	if (length <= part) {
		assert_int_equal(prp[1], 0);
		return;
	}
	iova += part;
	length -= part;
	if (length <= page) {
		assert_int_equal(prp[1], iova);
		return;
	}
	for (;;) {
		bool last_of_page = at % page == page - 8;
		uint64_t entry = entry_at(place, at);

		if (last_of_page && length > page) {
			assert_int_equal(entry % page, 0);
			at = entry;
			continue;
		}
		assert_int_equal(entry, iova);
		if (length <= page)
			return;
		iova += page;
		length -= page;
		at += 8;
	}
}

static void expect_built(struct place *place, size_t offset, size_t length)
{
	uint64_t prp[2] = { 1, 1 };

	assert_true(prp_build(prp, &place->list, &place->buffer, offset, length, place->page));
	expect_names(place, prp, place->buffer.iova + offset, length);
}

static void expect_refused(struct place *place, size_t offset, size_t length)
{
	uint64_t prp[2] = { 1, 2 };

	assert_false(prp_build(prp, &place->list, &place->buffer, offset, length, place->page));
	assert_int_equal(prp[0], 1);
	assert_int_equal(prp[1], 2);
}

static void one_two_and_three_pages(void **state)
{
	struct place p = place(1 << 20, 4096, 1);

	(void)state;
	expect_built(&p, 0, 512);
	expect_built(&p, 0, 4096);
	expect_built(&p, 4, 4092);
	expect_built(&p, 4, 4096);
	expect_built(&p, 0, 8192);
	expect_built(&p, 512, 8192);
	expect_built(&p, 0, 12288);
	expect_built(&p, (1 << 20) - 4, 4);
	free(p.list.entries);
}

static void a_list_of_one_page_is_full(void **state)
{
	/* The first page is in the command, 512 are in the list, and no link is needed. */
	size_t most = 513 * 4096;
	struct place p = place(4 << 20, 4096, 1);

	(void)state;
	assert_int_equal(prp_list_pages(512 * 4096, 4096), 1);
	expect_built(&p, 0, most);
	expect_built(&p, 4092, 512 * 4096 + 4);
	expect_refused(&p, 0, most + 4);
	expect_refused(&p, 4092, most);
	free(p.list.entries);
}

static void lists_are_linked(void **state)
{
	struct place p = place(64 << 20, 4096, prp_list_pages(32 << 20, 4096));

	(void)state;
	for (size_t pages = 510; pages < 520; pages++)
		expect_built(&p, 0, pages * 4096);
	for (size_t pages = 1020; pages < 1028; pages++)
		expect_built(&p, 512, pages * 4096);
	expect_built(&p, 4092, 32 << 20);
	free(p.list.entries);
}

static void nothing_outside_the_buffer(void **state)
{
	struct place p = place(8192, 4096, 1);

	(void)state;
	expect_built(&p, 0, 8192);
	expect_refused(&p, 0, 0);
	expect_refused(&p, 0, 8196);
	expect_refused(&p, 4, 8192);
	expect_refused(&p, 8192, 4);
	expect_refused(&p, 8196, 4);
	expect_refused(&p, SIZE_MAX - 3, 8);
	expect_refused(&p, 4, SIZE_MAX - 3);
	expect_refused(&p, 2, 512);
	free(p.list.entries);
}

/* Room for the largest transfer is room for each that is no longer, wherever it starts. */
static void there_is_room_for_what_was_asked(void **state)
{
	struct chance chance = chance_new();

	(void)state;
	for (int i = 0; i < 2000; i++) {
		size_t page = 4096ul << chance_below(&chance, 3);
		size_t most = 4 * (1 + chance_below(&chance, 8 << 18));
		struct place p = place(2 * most + page, page, prp_list_pages(most, page));
		size_t length = 4 * (1 + chance_below(&chance, most / 4));

		expect_built(&p, 4 * chance_below(&chance, (most + page) / 4), length);
		expect_built(&p, page - 4, most);
		free(p.list.entries);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(one_two_and_three_pages),
	TEST(a_list_of_one_page_is_full),
	TEST(lists_are_linked),
	TEST(nothing_outside_the_buffer),
	TEST(there_is_room_for_what_was_asked),
};

RUN_TESTS(tests)
