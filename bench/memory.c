// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical layouts from user space: Linux gives a process page frames in about the order
 * in which it touches its pages. So pages touched from first to last lie in long runs,
 * and pages touched in a shuffled order lie apart. /proc/self/pagemap shows whether it
 * came out as wanted.
 */
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../tests/conform/textfile.h"
#include "bench.h"

enum { RUN_MOST = 16, ENTRIES = 512, TRIES = 4 };

#define NR_HUGEPAGES "/proc/sys/vm/nr_hugepages"

unsigned long chance(unsigned long limit)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static void *reserve(size_t size, int flags)
{
	void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			  -1, 0);

	if (base == MAP_FAILED)
		FAIL("mmap of %zu bytes: %s", size, strerror(errno));
	return base;
}

/* Aligned for huge pages, whether it gets any or not. */
static char *reserve_aligned(size_t size, int advice)
{
	char *base = reserve(size + HUGE_PAGE, 0);
	size_t head = -(uintptr_t)base & (HUGE_PAGE - 1);

	if (head)
		OK(munmap(base, head));
	OK(munmap(base + head + size, HUGE_PAGE - head));
	OK(madvise(base + head, size, advice));
	return base + head;
}

static void set_huge_pages(size_t pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", pages);
	OK(text_write(text, NR_HUGEPAGES));
	if (text_number(NR_HUGEPAGES) != (long long)pages)
		FAIL("no %zu huge pages to be had", pages);
}

static void touch(char *base, size_t size, size_t step)
{
	for (size_t at = 0; at < size; at += step)
		((volatile char *)base)[at] = 1;
}

/* Touches pieces of 1 to @most pages in a shuffled order, each from first to last. */
static void touch_shuffled(char *base, size_t size, unsigned int most)
{
	size_t *edge = calloc(size / PAGE + 1, sizeof(*edge));
	size_t *order = calloc(size / PAGE, sizeof(*order));
	size_t count = 0;

	CHECK(edge && order);
	while (edge[count] < size) {
		size_t next = edge[count] + (1 + chance(most)) * PAGE;

		order[count] = count;
		edge[++count] = next < size ? next : size;
	}
	for (size_t i = count - 1; i > 0; i--) {
		size_t j = chance(i + 1), swapped = order[i];

		order[i] = order[j];
		order[j] = swapped;
	}
	for (size_t i = 0; i < count; i++)
		touch(base + edge[order[i]], edge[order[i] + 1] - edge[order[i]], PAGE);
	free(edge);
	free(order);
}

unsigned long memory_runs(const struct memory *memory)
{
	int pagemap = OK(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	uint64_t entries[ENTRIES], next = 0;
	unsigned long runs = 0;

	for (size_t at = 0; at < memory->size; at += ENTRIES * PAGE) {
		off_t position = ((uintptr_t)memory->base + at) / PAGE * sizeof(*entries);

		EQUAL(pread(pagemap, entries, sizeof(entries), position), sizeof(entries));
		for (unsigned int i = 0; i < ENTRIES && at + i * PAGE < memory->size; i++) {
			uint64_t frame = entries[i] & ((1ULL << 55) - 1);

			CHECK(frame);
			runs += frame != next;
			next = frame + 1;
		}
	}
	OK(close(pagemap));
	return runs;
}

/* Is it laid out as asked for? By the bounds of the number of runs for a number of pages. */
static bool laid_out(const struct memory *memory)
{
	unsigned long pages = memory->size / PAGE, runs, least = 1, most;

	switch (memory->layout) {
	case ORDERED:
		most = pages / 64;
		break;
	case RUNS:
		least = pages / 9;
		most = pages / 7;
		break;
	case SCATTERED:
		least = pages - pages / 50;
		most = pages;
		break;
	case THP:
	case HUGETLB:
		most = memory->size / HUGE_PAGE;
		break;
	default:
		return true;
	}
	runs = memory_runs(memory);
	return runs >= least && runs <= most;
}

static struct memory try_new(enum layout layout, size_t size)
{
	struct memory memory = { .size = size, .layout = layout };

	if (layout == HUGETLB) {
		set_huge_pages(size / HUGE_PAGE);
		memory.base = reserve(size, MAP_HUGETLB);
	} else {
		bool huge = layout == THP || layout == UNTOUCHED_THP;

		memory.base = reserve_aligned(size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	}
	if (layout == ORDERED)
		touch(memory.base, size, PAGE);
	else if (layout == RUNS)
		touch_shuffled(memory.base, size, RUN_MOST);
	else if (layout == SCATTERED)
		touch_shuffled(memory.base, size, 1);
	else if (layout == THP || layout == HUGETLB)
		touch(memory.base, size, HUGE_PAGE);
	return memory;
}

/* The kernel hands out fragments first, so a layout can fail until these are used up. */
struct memory memory_new(enum layout layout, size_t size)
{
	struct memory tried[TRIES], memory;
	unsigned int failed = 0;

	CHECK(size % HUGE_PAGE == 0);
	for (;;) {
		memory = try_new(layout, size);
		if (laid_out(&memory))
			break;
		if (failed == TRIES)
			FAIL("%zu pages are in %lu runs", size / PAGE, memory_runs(&memory));
		tried[failed++] = memory;
		OK(text_write("1", "/proc/sys/vm/compact_memory"));
	}
	while (failed)
		memory_free(&tried[--failed]);
	return memory;
}

void memory_free(struct memory *memory)
{
	OK(munmap(memory->base, memory->size));
	if (memory->layout == HUGETLB)
		set_huge_pages(0);
	memory->base = NULL;
}

static struct memory kept;

struct memory *memory_get(enum layout layout, size_t size)
{
	if (kept.base && kept.layout == layout && kept.size == size)
		return &kept;
	memory_drop();
	kept = memory_new(layout, size);
	return &kept;
}

void memory_drop(void)
{
	if (kept.base)
		memory_free(&kept);
}
