// SPDX-License-Identifier: GPL-2.0-only
/*
 * M5, M9-M11, U2-U5: what the device really reaches through a mapping, and what
 * it does not, seen through edu's DMA engine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "kernel_log.h"
#include "leftovers.h"
#include "process.h"
#include "textfile.h"
#include "tracing.h"
#include "vfio.h"

enum { PAGE = 4096 };

struct machine {
	struct assignment user;
	struct edu edu;
};

static struct machine start_edu(int iommu_type)
{
	struct machine machine = { .user = assign(vfio_device(EDU, 0), iommu_type) };

	machine.edu = edu_start(machine.user.device);
	return machine;
}

static void expect_bytes(const char *memory, char byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		EQUAL(memory[i], byte);
}

/* Fills the device's buffer with a byte, by way of a page mapped for it. */
static void load_edu(struct machine *machine, char byte, size_t size)
{
	enum { ELSEWHERE = 0x8000000 };
	char *memory = pages(PAGE);

	memset(memory, byte, PAGE);
	map(machine->user.container, ELSEWHERE, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	edu_read(&machine->edu, ELSEWHERE, size);
	EQUAL(unmap(machine->user.container, ELSEWHERE, PAGE), PAGE);
	OK(munmap(memory, PAGE));
}

TEST(M5_both_ends_reachable, "the device reaches the first and the last byte of a mapping")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(4 * MIB);
	uint64_t iova = 16 * MIB;

	map(machine.user.container, iova, memory, 4 * MIB, READ_WRITE);
	for (int i = 0; i < 256; i++)
		memory[i] = i;
	edu_copy(&machine.edu, iova, iova + 4 * MIB - 256, 256);
	CHECK(!memcmp(memory, memory + 4 * MIB - 256, 256));
	/* Nothing else has changed. */
	expect_bytes(memory + 256, 0, PAGE);
	expect_bytes(memory + 4 * MIB - 256 - PAGE, 0, PAGE);
}

TEST(M5_pages_in_order, "neighbouring pages of a mapping are those of the memory, in order")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(64 * PAGE);

	for (int i = 0; i < 64; i++)
		memset(memory + i * PAGE, i + 1, PAGE);
	map(machine.user.container, 0, memory, 64 * PAGE, READ_WRITE);
	/* Across page borders: the copy sees both sides of each. */
	for (int i = 1; i < 6; i++) {
		int page = i * 10;

		edu_copy(&machine.edu, page * PAGE - 100, 0, 200);
		expect_bytes(memory, page, 100);
		expect_bytes(memory + 100, page + 1, 100);
	}
}

TEST(M5_scattered_memory, "memory whose pages lie scattered is mapped page by page")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *spread = pages(32 * PAGE), *memory = pages(16 * PAGE);

	/* Every other page is touched, in reverse, and moved together. */
	for (int i = 15; i >= 0; i--) {
		memset(spread + 2 * i * PAGE, i + 1, PAGE);
		CHECK(mremap(spread + 2 * i * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     memory + i * PAGE) != MAP_FAILED);
	}
	map(machine.user.container, MIB, memory, 16 * PAGE, READ_WRITE);
	for (int i = 1; i < 16; i += 5) {
		edu_copy(&machine.edu, MIB + i * PAGE - 8, MIB, 16);
		expect_bytes(memory, i, 8);
		expect_bytes(memory + 8, i + 1, 8);
	}
}

TEST(M11_read_only_mapping, "the device can read a READ mapping and not write it")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	memset(memory, 'r', PAGE);
	map(machine.user.container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(machine.user.container, PAGE, memory + PAGE, PAGE, READ_WRITE);
	edu_copy(&machine.edu, 0, PAGE, 64);
	expect_bytes(memory + PAGE, 'r', 64);
	memset(memory + PAGE, 'w', PAGE);
	edu_copy(&machine.edu, PAGE, 0, 64);
	expect_bytes(memory, 'r', PAGE);
}

TEST(M11_write_only_mapping, "the device can write a WRITE mapping")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	/* That it cannot read it is not asserted: 6.1's VT-d driver always allows reads. */
	map(machine.user.container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_WRITE);
	map(machine.user.container, PAGE, memory + PAGE, PAGE, READ_WRITE);
	memset(memory + PAGE, 'w', 64);
	edu_copy(&machine.edu, PAGE, 0, 64);
	expect_bytes(memory, 'w', 64);
}

TEST(U5_outside_of_a_mapping, "memory just before and after a mapping is out of reach")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(3 * PAGE);
	struct kernel_log log;

	map(machine.user.container, PAGE, memory + PAGE, PAGE, READ_WRITE);
	load_edu(&machine, 'x', 64);
	kernel_log_open(&log);
	edu_write(&machine.edu, 2 * PAGE, 64);
	edu_write(&machine.edu, 0, 64);
	expect_bytes(memory, 0, 3 * PAGE);
	/* Best effort of the kernel: repeats are collapsed and rate-limited. */
	if (!kernel_log_shows(&log, "DMAR", "fault", NULL))
		printf("# the blocked access was not logged\n");
	edu_write(&machine.edu, PAGE, 64);
	expect_bytes(memory + PAGE, 'x', 64);
	expect_bytes(memory, 0, PAGE);
}

TEST(U5_after_unmap, "once UNMAP has returned the device neither reads nor writes the memory")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);

	map(machine.user.container, 0, memory, PAGE, READ_WRITE);
	/* The translation has been used, so it is in the IOTLB. */
	CHECK(edu_reaches(&machine.edu, 0, memory, 128));
	load_edu(&machine, 'x', 64);
	EQUAL(unmap(machine.user.container, 0, PAGE), PAGE);
	memset(memory, 'm', PAGE);
	edu_write(&machine.edu, 0, 64);
	expect_bytes(memory, 'm', PAGE);
	/* Neither does it read it. */
	edu_read(&machine.edu, 0, 64);
	map(machine.user.container, PAGE, memory, PAGE, READ_WRITE);
	memset(memory, 0, PAGE);
	edu_write(&machine.edu, PAGE, 64);
	for (int i = 0; i < 64; i++)
		CHECK(memory[i] != 'm');
}

TEST(U5_neighbours_stay, "UNMAP of one map leaves its neighbours reachable")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(3 * PAGE);

	for (int i = 0; i < 3; i++)
		map(machine.user.container, i * PAGE, memory + i * PAGE, PAGE, READ_WRITE);
	EQUAL(unmap(machine.user.container, PAGE, PAGE), PAGE);
	CHECK(edu_reaches(&machine.edu, 0, memory, 128));
	CHECK(edu_reaches(&machine.edu, 2 * PAGE, memory + 2 * PAGE, 128));
	CHECK(!edu_reaches(&machine.edu, PAGE, memory + PAGE, 128));
}

TEST(U5_remapped_to_other_memory,
	"a new map in the place of an old one reaches the new memory only")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *old = pages(PAGE), *new = pages(PAGE);

	map(machine.user.container, 0, old, PAGE, READ_WRITE);
	CHECK(edu_reaches(&machine.edu, 0, old, 128));
	EQUAL(unmap(machine.user.container, 0, PAGE), PAGE);
	memset(old, 'o', PAGE);
	map(machine.user.container, 0, new, PAGE, READ_WRITE);
	CHECK(edu_reaches(&machine.edu, 0, new, 128));
	expect_bytes(old, 'o', PAGE);
}

TEST(U4_all_is_unreachable, "after UNMAP ALL nothing is reachable")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	map(machine.user.container, 0, memory, PAGE, READ_WRITE);
	map(machine.user.container, MIB, memory + PAGE, PAGE, READ_WRITE);
	OK(try_unmap(machine.user.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
	CHECK(!edu_reaches(&machine.edu, 0, memory, 128));
	CHECK(!edu_reaches(&machine.edu, MIB, memory + PAGE, 128));
}

TEST(U3_v1_head_unreachable, "v1: all of a map whose head was unmapped is out of reach")
{
	struct machine machine = start_edu(VFIO_TYPE1_IOMMU);
	char *memory = pages(2 * PAGE);

	map(machine.user.container, 0, memory, 2 * PAGE, READ_WRITE);
	CHECK(edu_reaches(&machine.edu, PAGE, memory + PAGE, 128));
	EQUAL(unmap(machine.user.container, 0, PAGE), 2 * PAGE);
	CHECK(!edu_reaches(&machine.edu, PAGE, memory + PAGE, 128));
}

TEST(U2_refused_unmap_keeps_map, "v2: a map that a refused UNMAP cut is reachable as before")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	map(machine.user.container, 0, memory, 2 * PAGE, READ_WRITE);
	REFUSED(try_unmap(machine.user.container, 0, PAGE, 0), EINVAL);
	CHECK(edu_reaches(&machine.edu, 0, memory, 128));
	CHECK(edu_reaches(&machine.edu, PAGE, memory + PAGE, 128));
}

TEST(M5_failed_map_unreachable, "no page of a map that failed half-way is reachable")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(4 * MIB);

	OK(munmap(memory + 2 * MIB, 2 * MIB));
	REFUSED(try_map(machine.user.container, 0, memory, 4 * MIB, READ_WRITE), EFAULT);
	CHECK(!edu_reaches(&machine.edu, 0, memory, 128));
	CHECK(!edu_reaches(&machine.edu, 2 * MIB - PAGE, memory + 2 * MIB - PAGE, 128));
}

static void check_huge_map(struct machine *machine, char *memory, uint64_t iova, size_t size)
{
	map(machine->user.container, iova, memory, size, READ_WRITE);
	EQUAL(locked_pages(), size / PAGE);
	EQUAL(pinned_pages(), size / PAGE);
	CHECK(edu_reaches(&machine->edu, iova, memory, 128));
	CHECK(edu_reaches(&machine->edu, iova + size - 128, memory + size - 128, 128));
	/* Across the border of two huge pages. */
	CHECK(edu_reaches(&machine->edu, iova + 2 * MIB - 64, memory + 2 * MIB - 64, 128));
	EQUAL(unmap(machine->user.container, iova, size), size);
	CHECK(!edu_reaches(&machine->edu, iova, memory, 128));
	CHECK(!edu_reaches(&machine->edu, iova + size - 128, memory + size - 128, 128));
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

TEST(M10_huge_pages, "huge pages can be mapped aligned or not, and count as small ones")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = huge_pages(4 * MIB);

	check_huge_map(&machine, memory, 32 * MIB, 4 * MIB);
	check_huge_map(&machine, memory, 32 * MIB + PAGE, 4 * MIB);
	check_huge_map(&machine, memory + PAGE, 32 * MIB + PAGE, 4 * MIB - 2 * PAGE);
	OK(text_write("Y", "/sys/module/vfio_iommu_type1/parameters/disable_hugepages"));
	check_huge_map(&machine, memory, 32 * MIB, 4 * MIB);
	huge_pages_end(memory, 4 * MIB);
}

#define MAP_EVENT "iommu/map"

/* The most that the IOMMU driver was asked to map by one call, of a map made and unmapped. */
static uint64_t largest_call(int container, const char *memory, uint64_t iova, size_t size)
{
	uint64_t first, end, largest = 0, sum = 0;
	char line[256], *text;
	FILE *trace;

	trace_start(MAP_EVENT);
	map(container, iova, memory, size, READ_WRITE);
	trace = trace_stop(MAP_EVENT);
	while (fgets(line, sizeof(line), trace)) {
		text = strstr(line, "iova=");
		if (!text || sscanf(text, "iova=%" SCNx64 " - %" SCNx64, &first, &end) != 2 ||
		    first < iova || end > iova + size)
			continue;
		sum += end - first;
		if (end - first > largest)
			largest = end - first;
	}
	fclose(trace);
	/* Not a call was missed. */
	EQUAL(sum, size);
	EQUAL(unmap(container, iova, size), size);
	return largest;
}

TEST(M10_disable_hugepages, "with disable_hugepages each page is mapped by itself, without they are not")
{
	int container = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).container;
	char *memory = huge_pages(4 * MIB);

	CHECK(largest_call(container, memory, 32 * MIB, 4 * MIB) >= 2 * MIB);
	EQUAL(largest_call(container, memory, 32 * MIB, 8 * PAGE), 8 * PAGE);
	/* Read by every MAP. */
	OK(text_write("Y", "/sys/module/vfio_iommu_type1/parameters/disable_hugepages"));
	EQUAL(largest_call(container, memory, 32 * MIB, 4 * MIB), PAGE);
	EQUAL(largest_call(container, memory, 32 * MIB, 8 * PAGE), PAGE);
	OK(text_write("N", "/sys/module/vfio_iommu_type1/parameters/disable_hugepages"));
	CHECK(largest_call(container, memory, 32 * MIB, 4 * MIB) >= 2 * MIB);
	huge_pages_end(memory, 4 * MIB);
}

static void map_in_child(void *argument)
{
	struct machine *machine = argument;
	char *memory = pages(PAGE);

	map(machine->user.container, 0, memory, PAGE, READ_WRITE);
	CHECK(edu_reaches(&machine->edu, 0, memory, 128));
	memset(memory, 'c', PAGE);
}

TEST(M9_child_maps_its_own_memory, "a map made after fork is the child's memory, and outlives it")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);

	in_child(map_in_child, &machine);
	/* The child's page is pinned though nobody has it in its memory any more. */
	map(machine.user.container, PAGE, memory, PAGE, READ_WRITE);
	edu_copy(&machine.edu, 0, PAGE, 64);
	expect_bytes(memory, 'c', 64);
}

static void wait_for_turn(void *pipe_end)
{
	await_turn(*(int *)pipe_end);
}

TEST(M9_parent_maps_stay_after_fork, "maps made before fork stay those of the parent's memory")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);
	int turns[2];
	pid_t child;

	map(machine.user.container, 0, memory, PAGE, READ_WRITE);
	OK(pipe(turns));
	child = start_child(wait_for_turn, &turns[0]);
	/* Pinned pages are not shared copy-on-write: ours stays where the device writes. */
	memory[0] = 'p';
	CHECK(edu_reaches(&machine.edu, 0, memory, 128));
	pass_turn(turns[1]);
	finish_child(child);
}

TEST(M2_aliases_reach_the_same_memory, "two maps of the same memory are two ways to it")
{
	struct machine machine = start_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);

	map(machine.user.container, 0, memory, PAGE, READ_WRITE);
	map(machine.user.container, MIB, memory, PAGE, READ_WRITE);
	memset(memory, 'a', 64);
	edu_copy(&machine.edu, 0, MIB + 1024, 64);
	expect_bytes(memory + 1024, 'a', 64);
	EQUAL(unmap(machine.user.container, 0, PAGE), PAGE);
	edu_copy(&machine.edu, MIB, MIB + 2048, 64);
	expect_bytes(memory + 2048, 'a', 64);
}
