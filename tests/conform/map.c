// SPDX-License-Identifier: GPL-2.0-only
/*
 * M1-M9: which mappings are taken, which are refused and why, and what the
 * refused ones leave behind.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096 };

static int container_of_edu(int type)
{
	return assign_group(vfio_device(EDU, 0), type).container;
}

static unsigned int entries_left(int container)
{
	struct vfio_iommu_type1_info *info = iommu_info(container);
	const struct vfio_iommu_type1_info_dma_avail *cap =
		iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
	unsigned int avail;

	CHECK(cap);
	avail = cap->avail;
	free(info);
	return avail;
}

/* Nothing is mapped: a fresh map of the same place is taken, unmapped, and counted right. */
static void nothing_mapped_at(int container, uint64_t iova, uint64_t size)
{
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	EQUAL(unmap(container, iova, size), 0);
}

TEST(M1_access_flags, "a map needs READ or WRITE, each alone is fine")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(PAGE);

	REFUSED(try_map(container, 0, memory, PAGE, 0), EINVAL);
	map(container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(container, PAGE, memory, PAGE, VFIO_DMA_MAP_FLAG_WRITE);
	map(container, 2 * PAGE, memory, PAGE, READ_WRITE);
}

TEST(M1_alignment, "size, iova and vaddr must be aligned to the smallest page; size not 0")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	REFUSED(try_map(container, 0, memory, 0, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0, memory, PAGE - 1, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0, memory, PAGE + 1, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 1, memory, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, PAGE / 2, memory, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0, memory + 1, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0, memory + PAGE / 2, PAGE, READ_WRITE), EINVAL);
	nothing_mapped_at(container, 0, 4 * PAGE);
}

TEST(M1_wrapping_range, "iova or vaddr plus size past 64 bits is refused")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(PAGE);

	/* EOVERFLOW is what later kernels say. */
	REFUSED_EITHER(try_map(container, -(uint64_t)PAGE, memory, 2 * PAGE, READ_WRITE),
		       EINVAL, EOVERFLOW);
	REFUSED_EITHER(try_map(container, PAGE, memory, -(uint64_t)PAGE, READ_WRITE),
		       EINVAL, EOVERFLOW);
	REFUSED_EITHER(try_map(container, 0, (void *)-(uintptr_t)PAGE, 1ULL << 63, READ_WRITE),
		       EINVAL, EOVERFLOW);
	nothing_mapped_at(container, 0, PAGE);
}

TEST(M1_order_of_checks, "flags before overlap before the window before the memory")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(PAGE);

	map(container, 0, memory, PAGE, READ_WRITE);
	/* Overlap and no such memory: the overlap is named. */
	REFUSED(try_map(container, 0, NULL, PAGE, READ_WRITE), EEXIST);
	/* Bad flags and overlap: the flags are. */
	REFUSED(try_map(container, 0, memory, PAGE, 0), EINVAL);
	/* Outside the window and no such memory: the window is. */
	REFUSED(try_map(container, 0xfee00000, NULL, PAGE, READ_WRITE), EINVAL);
}

TEST(M2_overlap, "a range that touches a map is EEXIST; its neighbours are free")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(8 * PAGE);

	map(container, 4 * PAGE, memory, 2 * PAGE, READ_WRITE);
	REFUSED(try_map(container, 4 * PAGE, memory, 2 * PAGE, READ_WRITE), EEXIST);
	REFUSED(try_map(container, 4 * PAGE, memory, PAGE, READ_WRITE), EEXIST);
	REFUSED(try_map(container, 5 * PAGE, memory, PAGE, READ_WRITE), EEXIST);
	REFUSED(try_map(container, 3 * PAGE, memory, 2 * PAGE, READ_WRITE), EEXIST);
	REFUSED(try_map(container, 5 * PAGE, memory, 2 * PAGE, READ_WRITE), EEXIST);
	REFUSED(try_map(container, 2 * PAGE, memory, 8 * PAGE, READ_WRITE), EEXIST);
	map(container, 3 * PAGE, memory, PAGE, READ_WRITE);
	map(container, 6 * PAGE, memory, PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
}

TEST(M2_same_memory_twice, "memory may be mapped at several places and counts each time")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(4 * PAGE);

	map(container, 0, memory, 4 * PAGE, READ_WRITE);
	map(container, MIB, memory, 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 8);
	EQUAL(unmap(container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 4);
}

TEST(M3_top_of_address_space, "the last pages of 64 bits are outside every window: EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(2 * PAGE);

	REFUSED_EITHER(try_map(container, -(uint64_t)PAGE, memory, PAGE, READ_WRITE),
		       EINVAL, EOVERFLOW);
	REFUSED_EITHER(try_map(container, -(uint64_t)2 * PAGE, memory, 2 * PAGE, READ_WRITE),
		       EINVAL, EOVERFLOW);
	REFUSED(try_map(container, -(uint64_t)2 * PAGE, memory, PAGE, READ_WRITE), EINVAL);
	nothing_mapped_at(container, 0, PAGE);
}

TEST(M4_msi_window, "maps that touch the interrupt window 0xfee00000-0xfeefffff are EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	REFUSED(try_map(container, 0xfee00000, memory, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0xfeeff000, memory, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0xfedff000, memory, 2 * PAGE, READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0xfeeff000, memory, 2 * PAGE, READ_WRITE), EINVAL);
	nothing_mapped_at(container, 0xfed00000, 4 * MIB);
	map(container, 0xfedff000, memory, PAGE, READ_WRITE);
	map(container, 0xfef00000, memory, PAGE, READ_WRITE);
}

TEST(M4_ends_of_ranges, "the first and the last page of every announced range can be mapped")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_info *info = iommu_info(container);
	const struct vfio_iommu_type1_info_cap_iova_range *ranges =
		iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	void *memory = pages(2 * PAGE);

	CHECK(ranges && ranges->nr_iovas);
	for (uint32_t i = 0; i < ranges->nr_iovas; i++) {
		uint64_t first = ranges->iova_ranges[i].start;
		uint64_t last = ranges->iova_ranges[i].end - PAGE + 1;

		REFUSED_EITHER(try_map(container, last, memory, 2 * PAGE, READ_WRITE),
			       EINVAL, EOVERFLOW);
		map(container, first, memory, PAGE, READ_WRITE);
		map(container, last, memory, PAGE, READ_WRITE);
	}
}

TEST(M5_no_such_memory, "memory that is not there, or not accessible, is EFAULT")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(2 * PAGE);

	REFUSED(try_map(container, 0, NULL, PAGE, READ_WRITE), EFAULT);
	OK(mprotect(memory, PAGE, PROT_NONE));
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), EFAULT);
	REFUSED(try_map(container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_READ), EFAULT);
	OK(munmap(memory, PAGE));
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), EFAULT);
	nothing_mapped_at(container, 0, PAGE);
}

TEST(M5_read_only_memory, "memory that is read-only may be mapped for READ only")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);

	memory[0] = 1;
	OK(mprotect(memory, PAGE, PROT_READ));
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), EFAULT);
	REFUSED(try_map(container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_WRITE), EFAULT);
	nothing_mapped_at(container, 0, PAGE);
	map(container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(unmap(container, 0, PAGE), PAGE);
}

TEST(M5_untouched_memory, "untouched private memory can be mapped, for WRITE it counts at once")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map(container, 0, pages(4 * PAGE), 4 * PAGE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(unmap(container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 0);
	map(container, 0, pages(4 * PAGE), 4 * PAGE, VFIO_DMA_MAP_FLAG_WRITE);
	EQUAL(locked_pages(), 4);
}

TEST(M5_shared_file, "a shared writable file mapping can be mapped")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	int file = OK(memfd_create("memory", MFD_CLOEXEC));
	void *memory;

	OK(ftruncate(file, 4 * PAGE));
	memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(memory != MAP_FAILED);
	map(container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
	/* The second half is past the end of the file: no page there. */
	OK(unmap(container, 0, 4 * PAGE));
	OK(ftruncate(file, 2 * PAGE));
	REFUSED(try_map(container, 0, memory, 4 * PAGE, READ_WRITE), EFAULT);
	nothing_mapped_at(container, 0, 4 * PAGE);
}

TEST(M5_partial_failure, "a map whose second half is not there leaves nothing mapped or counted")
{
	static const size_t sizes[] = { 2 * PAGE, 64 * PAGE, 4 * MIB, 16 * MIB };
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *memory = pages(sizes[i]);

		OK(munmap(memory + sizes[i] / 2, sizes[i] / 2));
		REFUSED(try_map(container, 0, memory, sizes[i], READ_WRITE), EFAULT);
		nothing_mapped_at(container, 0, sizes[i]);
		/* What is there can be mapped in the same place. */
		map(container, 0, memory, sizes[i] / 2, READ_WRITE);
		EQUAL(locked_pages(), sizes[i] / 2 / PAGE);
		EQUAL(unmap(container, 0, sizes[i] / 2), sizes[i] / 2);
		nothing_mapped_at(container, 0, sizes[i]);
	}
}

TEST(M5_hole_in_the_middle, "one missing page in the middle refuses the whole map")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(4 * MIB);

	OK(munmap(memory + 3 * MIB, PAGE));
	REFUSED(try_map(container, 0, memory, 4 * MIB, READ_WRITE), EFAULT);
	nothing_mapped_at(container, 0, 4 * MIB);
}

TEST(M5_pinned_at_once, "all pages are pinned when MAP returns, and given back by UNMAP")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	void *memory = pages(100 * PAGE);

	EQUAL(pinned_pages(), 0);
	map(container, 0, memory, 100 * PAGE, READ_WRITE);
	EQUAL(pinned_pages(), 100);
	EQUAL(unmap(container, 0, 100 * PAGE), 100 * PAGE);
	EQUAL(pinned_pages(), 0);
}

TEST(M7_locked_memory, "VmLck counts every mapped page of the mapping process")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(4 * MIB);

	EQUAL(locked_pages(), 0);
	map(container, 0, memory, PAGE, READ_WRITE);
	EQUAL(locked_pages(), 1);
	map(container, MIB, memory + MIB, MIB, READ_WRITE);
	EQUAL(locked_pages(), 257);
	EQUAL(unmap(container, 0, PAGE), PAGE);
	EQUAL(locked_pages(), 256);
	OK(try_unmap(container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
	EQUAL(locked_pages(), 0);
}

static void reach_memlock_limit(void *argument)
{
	int container = *(int *)argument;
	char *memory = pages(16 * PAGE);

	drop_privileges_with_memlock(8 * PAGE);
	REFUSED(try_map(container, 0, memory, 9 * PAGE, READ_WRITE), ENOMEM);
	EQUAL(locked_pages(), 0);
	map(container, 0, memory, 8 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 8);
	REFUSED(try_map(container, MIB, memory + 8 * PAGE, PAGE, READ_WRITE), ENOMEM);
	EQUAL(locked_pages(), 8);
	/* Also memory that is counted already counts again. */
	REFUSED(try_map(container, MIB, memory, PAGE, READ_WRITE), ENOMEM);
	EQUAL(unmap(container, 0, 8 * PAGE), 8 * PAGE);
	map(container, MIB, memory + 8 * PAGE, 8 * PAGE, READ_WRITE);
	EQUAL(unmap(container, MIB, 8 * PAGE), 8 * PAGE);
	EQUAL(locked_pages(), 0);
}

TEST(M7_memlock_limit,
	"without CAP_IPC_LOCK a map past RLIMIT_MEMLOCK is ENOMEM and leaves nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	in_child(reach_memlock_limit, &container);
	nothing_mapped_at(container, 0, 2 * MIB);
}

static void count_with_mlock(void *argument)
{
	int container = *(int *)argument;
	char *memory = pages(16 * PAGE);

	drop_privileges_with_memlock(8 * PAGE);
	OK(mlock(memory + 8 * PAGE, 4 * PAGE));
	REFUSED(try_map(container, 0, memory, 5 * PAGE, READ_WRITE), ENOMEM);
	map(container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 8);
	REFUSED(mlock(memory + 12 * PAGE, PAGE), ENOMEM);
	EQUAL(unmap(container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 4);
}

TEST(M7_memlock_shared_with_mlock, "mapped and mlocked pages count against the same limit")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	in_child(count_with_mlock, &container);
}

TEST(M7_root_has_no_limit, "with CAP_IPC_LOCK the limit does not matter, the pages still count")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	/* The machine's limit is 8 MiB. */
	map(container, 0, pages(16 * MIB), 16 * MIB, READ_WRITE);
	EQUAL(locked_pages(), 16 * MIB / PAGE);
}

static void unmap_of_parent(void *argument)
{
	EQUAL(locked_pages(), 0);
	EQUAL(unmap(*(int *)argument, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 0);
}

TEST(M7_unmap_by_another_process, "UNMAP gives the pages back to the process which mapped them")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map(container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
	in_child(unmap_of_parent, &container);
	EQUAL(locked_pages(), 0);
}

static void set_entry_limit(const char *limit)
{
	OK(text_write(limit, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"));
}

TEST(M8_entry_limit, "one map more than dma_entry_limit is ENOSPC until one is unmapped")
{
	char *memory = pages(PAGE);
	int container;

	set_entry_limit("4");
	container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	/* Only what it was at SET_IOMMU counts. */
	set_entry_limit("1");
	for (uint64_t i = 0; i < 4; i++)
		map(container, i * PAGE, memory, PAGE, READ_WRITE);
	REFUSED(try_map(container, MIB, memory, PAGE, READ_WRITE), ENOSPC);
	/* An overlap is named before the limit. */
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), EEXIST);
	EQUAL(unmap(container, 0, PAGE), PAGE);
	map(container, MIB, memory, PAGE, READ_WRITE);
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), ENOSPC);
}

static void map_and_leave(void *argument)
{
	char *memory = pages(4 * PAGE);

	map(*(int *)argument, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 4);
}

enum { LONG = 512 << 20 };

/* Page by page, so that it takes its time. */
static void map_long(void *argument)
{
	char *memory = pages(LONG);

	OK(madvise(memory, LONG, MADV_NOHUGEPAGE));
	map(*(int *)argument, 0, memory, LONG, READ_WRITE);
	for (;;)
		pause();
}

/* The bytes that were mapped when the process died: all, if it had come to the end. */
static int64_t kill_while_mapping(int container)
{
	pid_t child = start_child(map_long, &container);

	while (!pinned_pages())
		usleep(200);
	kill_child(child);
	return OK(try_unmap(container, 0, LONG, 0));
}

TEST(M5_killed_in_a_long_map, "a process killed in MAP ends, and others find its container clean")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU), tries = 0;
	int64_t left;

	do {
		left = kill_while_mapping(container);
		CHECK(!left || left == LONG);
		EQUAL(pinned_pages(), 0);
	} while (left && ++tries < 20);
	EQUAL(left, 0);
	EQUAL(entries_left(container), 65535);
	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
}

TEST(M9_map_outlives_its_process, "maps of a process that exits stay until they are unmapped")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	in_child(map_and_leave, &container);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 4);
	REFUSED(try_map(container, 0, pages(PAGE), PAGE, READ_WRITE), EEXIST);
	EQUAL(unmap(container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(pinned_pages(), 0);
}
