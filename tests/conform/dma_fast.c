// SPDX-License-Identifier: GPL-2.0-only
/*
 * M5, M10, U5 with memory of every kind in one mapping, and with many mappings in one
 * UNMAP: more pages, runs and mappings than are dealt with at once, seen by edu's DMA.
 */
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "textfile.h"
#include "tracing.h"
#include "vfio.h"

enum { PAGE = 4096, HUGE = 2 << 20 };

struct machine {
	struct assignment user;
	struct edu edu;
	int container;
};

static struct machine start_edu(void)
{
	struct machine machine = { .user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU) };

	machine.edu = edu_start(machine.user.device);
	machine.container = machine.user.container;
	return machine;
}

/* Memory at an address that is a multiple of 2 MiB, with nothing there yet. */
static char *aligned(size_t size)
{
	char *room = pages(size + HUGE);

	return (char *)(((uintptr_t)room + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
}

/* Puts @count pages at @where that are, but by chance, nowhere neighbours in memory. */
static void scatter(char *where, size_t count)
{
	int file = OK(memfd_create("scattered", MFD_CLOEXEC));
	size_t size = count * PAGE;
	char *straight;

	CHECK(count % 7);
	OK(ftruncate(file, size));
	straight = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(straight != MAP_FAILED);
	memset(straight, 1, size);
	for (size_t i = 0; i < count; i++)
		CHECK(mmap(where + i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			   file, i * 7 % count * PAGE) != MAP_FAILED);
	OK(munmap(straight, size));
	OK(close(file));
}

static void expect_reached(struct machine *machine, uint64_t iova, char *memory, size_t offset)
{
	if (!edu_reaches(&machine->edu, iova + offset, memory + offset, 128))
		FAIL("0x%zx is out of reach", offset);
}

static void nothing_pinned(void)
{
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

TEST(M10_many_scattered_pages, "hundreds of pages that lie apart are all mapped where they belong")
{
	enum { COUNT = 300 };
	static const int looked_at[] = { 0, 1, 127, 128, 129, 255, 256, 299 };
	struct machine machine = start_edu();
	char *memory = pages(COUNT * PAGE);

	scatter(memory, COUNT);
	map(machine.container, MIB, memory, COUNT * PAGE, READ_WRITE);
	EQUAL(locked_pages(), COUNT);
	EQUAL(pinned_pages(), COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++)
		expect_reached(&machine, MIB, memory, looked_at[i] * PAGE);
	EQUAL(unmap(machine.container, MIB, COUNT * PAGE), COUNT * PAGE);
	nothing_pinned();
	CHECK(!edu_reaches(&machine.edu, MIB + 128 * PAGE, memory + 128 * PAGE, 128));
}

TEST(M10_all_kinds_of_runs, "huge, scattered and long memory in one mapping, at any place in it")
{
	enum { SIZE = 3 * HUGE, COUNT = 200, BEGIN = HUGE, END = BEGIN + COUNT * PAGE };
	struct machine machine = start_edu();

	/* With the huge pages on a border of huge pages of the IOMMU, and beside it. */
	for (uint64_t iova = HUGE; iova <= HUGE + PAGE; iova += PAGE) {
		char *memory = aligned(SIZE);

		OK(madvise(memory, SIZE, MADV_HUGEPAGE));
		memset(memory, 1, SIZE);
		scatter(memory + BEGIN, COUNT);
		map(machine.container, iova, memory, SIZE, READ_WRITE);
		EQUAL(locked_pages(), SIZE / PAGE);
		expect_reached(&machine, iova, memory, 0);
		/* Across the borders. */
		expect_reached(&machine, iova, memory, BEGIN - 64);
		expect_reached(&machine, iova, memory, END - 64);
		expect_reached(&machine, iova, memory, 2 * HUGE - 64);
		expect_reached(&machine, iova, memory, SIZE - 128);
		EQUAL(unmap(machine.container, iova, SIZE), SIZE);
		nothing_pinned();
		CHECK(!edu_reaches(&machine.edu, iova + END - 64, memory + END - 64, 128));
	}
}

TEST(M5_zero_pages_among_others, "pages that were only read are zeros to the device, and do not count")
{
	enum { ZEROS = 300, SIZE = 2 * ZEROS * PAGE, SCRATCH = 64 << 20 };
	struct machine machine = start_edu();
	char *memory = pages(SIZE), *scratch = pages(PAGE);

	OK(madvise(memory, SIZE, MADV_NOHUGEPAGE));
	/* One by one at first, then all in a row. */
	for (int i = 0; i < ZEROS; i++)
		if (i % 2)
			memset(memory + i * PAGE, i, PAGE);
	for (int i = 0; i < 2 * ZEROS; i++)
		EQUAL(((volatile char *)memory)[i * PAGE], i < ZEROS && i % 2 ? (char)i : 0);
	map(machine.container, SCRATCH, scratch, PAGE, READ_WRITE);
	map(machine.container, 0, memory, SIZE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(locked_pages(), ZEROS / 2 + 1);
	EQUAL(pinned_pages(), ZEROS / 2 + 1);
	for (int i = 1; i < ZEROS; i += 97) {
		memset(scratch, 'x', PAGE);
		/* Across the border to the page before. */
		edu_copy(&machine.edu, i * PAGE - 32, SCRATCH, 64);
		CHECK(!memcmp(scratch, memory + i * PAGE - 32, 64));
	}
	memset(scratch, 'x', PAGE);
	edu_copy(&machine.edu, SIZE - 64, SCRATCH, 64);
	CHECK(!memcmp(scratch, memory + SIZE - 64, 64));
	EQUAL(unmap(machine.container, 0, SIZE), SIZE);
	EQUAL(locked_pages(), 1);
	EQUAL(pinned_pages(), 1);
}

static char was_there(size_t at, size_t sparse, size_t size)
{
	if (at >= size - HUGE)
		return 't';
	return at < sparse && at % (2 * PAGE) == 0 ? 's' : 0;
}

TEST(M5_partly_there, "what is not there yet is faulted in, also between what is, huge pages included")
{
	enum { SPARSE = HUGE, SIZE = 4 * HUGE };
	struct machine machine = start_edu();
	char *memory = aligned(SIZE);

	/* Every other page; nothing, in huge pages; all. */
	OK(madvise(memory, SPARSE, MADV_NOHUGEPAGE));
	for (size_t at = 0; at < SPARSE; at += 2 * PAGE)
		memset(memory + at, 's', PAGE);
	OK(madvise(memory + SPARSE, SIZE - SPARSE, MADV_HUGEPAGE));
	memset(memory + SIZE - HUGE, 't', HUGE);
	map(machine.container, 0, memory, SIZE, READ_WRITE);
	EQUAL(locked_pages(), SIZE / PAGE);
	EQUAL(pinned_pages(), SIZE / PAGE);
	for (size_t at = 0; at < SIZE; at += PAGE)
		EQUAL(memory[at], was_there(at, SPARSE, SIZE));
	for (size_t at = PAGE - 64; at < SIZE - PAGE; at += 307 * PAGE)
		expect_reached(&machine, 0, memory, at);
	EQUAL(unmap(machine.container, 0, SIZE), SIZE);
	nothing_pinned();
}

/* Mappings of many sizes, some side by side, some apart. */
enum { MAPPINGS = 24, STEP = 1 << 20 };

static size_t size_of(int i)
{
	return i % 3 == 0 ? STEP : (i % 5 + 1) * PAGE;
}

static void map_many(struct machine *machine, char *memory)
{
	for (int i = 0; i < MAPPINGS; i++)
		map(machine->container, HUGE + i * STEP, memory + i * STEP, size_of(i), READ_WRITE);
}

static void expect_of_each(struct machine *machine, char *memory, int from, bool reached)
{
	for (int i = from; i < MAPPINGS; i += 5)
		if (edu_reaches(&machine->edu, HUGE + i * STEP, memory + i * STEP, 128) != reached)
			FAIL("mapping %d is %sreached", i, reached ? "not " : "");
}

TEST(U5_many_at_once, "when an UNMAP of many mappings returns, none of them is reachable, and others are")
{
	struct machine machine = start_edu();
	char *memory = aligned(MAPPINGS * STEP);
	uint64_t half = HUGE + MAPPINGS / 2 * STEP, sum = 0;

	/* 4 KiB pages and huge ones. */
	OK(madvise(memory, MAPPINGS / 2 * STEP, MADV_HUGEPAGE));
	memset(memory, 1, MAPPINGS * STEP);
	map_many(&machine, memory);
	expect_of_each(&machine, memory, 0, true);
	for (int i = 0; i < MAPPINGS / 2; i++)
		sum += size_of(i);
	EQUAL(unmap(machine.container, 0, half), sum);
	for (int i = 0; i < MAPPINGS / 2; i += 5)
		CHECK(!edu_reaches(&machine.edu, HUGE + i * STEP, memory + i * STEP, 128));
	expect_of_each(&machine, memory, MAPPINGS / 2, true);
	for (sum = 0; sum < MAPPINGS / 2; sum++)
		OK(try_map(machine.container, HUGE + sum * STEP, memory, PAGE, READ_WRITE));
	OK(try_unmap(machine.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
	nothing_pinned();
	expect_of_each(&machine, memory, 0, false);
}

TEST(U5_many_pages_side_by_side, "a covering range takes hundreds of neighbouring mappings of a page")
{
	enum { COUNT = 701 };
	struct machine machine = start_edu();
	char *memory = pages(COUNT * PAGE);

	scatter(memory, COUNT);
	for (int i = 0; i < COUNT; i++)
		map(machine.container, HUGE + i * PAGE, memory + i * PAGE, PAGE,
		    i % 3 ? READ_WRITE : VFIO_DMA_MAP_FLAG_READ);
	EQUAL(locked_pages(), COUNT);
	expect_reached(&machine, HUGE, memory, PAGE);
	expect_reached(&machine, HUGE, memory, 512 * PAGE);
	/* What was unmapped before leaves a gap. */
	EQUAL(unmap(machine.container, HUGE + 100 * PAGE, PAGE), PAGE);
	EQUAL(locked_pages(), COUNT - 1);
	EQUAL(unmap(machine.container, 0, 2 * HUGE + COUNT * PAGE), (COUNT - 1) * PAGE);
	nothing_pinned();
	CHECK(!edu_reaches(&machine.edu, HUGE + PAGE, memory + PAGE, 128));
	CHECK(!edu_reaches(&machine.edu, HUGE + 512 * PAGE, memory + 512 * PAGE, 128));
}

struct shared_container {
	int container;
	int mapped[2], unmapped[2];
};

static void map_in_child(void *argument)
{
	struct shared_container *shared = argument;
	char *memory = pages(8 * PAGE);

	for (int i = 1; i < 8; i += 2)
		map(shared->container, i * PAGE, memory + i * PAGE, PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
	pass_turn(shared->mapped[1]);
	await_turn(shared->unmapped[0]);
	EQUAL(locked_pages(), 0);
}

TEST(M7_many_of_two_processes, "an UNMAP of many mappings gives each page back to who mapped it")
{
	struct shared_container shared = {
		.container = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).container,
	};
	char *memory = pages(8 * PAGE);
	pid_t child;

	OK(pipe(shared.mapped));
	OK(pipe(shared.unmapped));
	child = start_child(map_in_child, &shared);
	await_turn(shared.mapped[0]);
	for (int i = 0; i < 8; i += 2)
		map(shared.container, i * PAGE, memory + i * PAGE, PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
	EQUAL(unmap(shared.container, 0, 16 * PAGE), 8 * PAGE);
	nothing_pinned();
	pass_turn(shared.unmapped[1]);
	finish_child(child);
}

#define FLUSH_EVENT "intel_iommu/qi_submit"

/* How often the IOTLB is flushed while all of the container is unmapped by one call. */
static unsigned int flushes_of_unmap(int container, uint64_t iova, size_t size)
{
	unsigned int flushes = 0;
	char line[256];
	FILE *trace;

	trace_start(FLUSH_EVENT);
	EQUAL(unmap(container, iova, size), size);
	trace = trace_stop(FLUSH_EVENT);
	while (fgets(line, sizeof(line), trace))
		flushes += !!strstr(line, "iotlb_inv");
	fclose(trace);
	return flushes;
}

TEST(U5_flushed_before_tables_go,
     "an unmap that frees page tables, and more beside, flushes the IOTLB once, for all of it")
{
	const size_t tables = 4 * MIB, size = tables + PAGE;
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char *memory = pages(size);

	improvement("page tables are freed when nothing of them is in the IOTLB any more");
	if (!path_exists("/sys/class/iommu/dmar0"))
		skip("needs VT-d, whose flushes are traced");
	scatter(memory, size / PAGE);
	/* Two whole tables, and before them a page of another. */
	map(user.container, 2 * MIB - PAGE, memory, size, READ_WRITE);
	EQUAL(flushes_of_unmap(user.container, 2 * MIB - PAGE, size), 1);
}
