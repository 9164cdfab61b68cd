// SPDX-License-Identifier: GPL-2.0-only
/*
 * U1-U4: which ranges UNMAP takes, in both versions of type1, and what it says
 * it did.
 */
#include "harness.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096 };

static int container_of_edu(int type)
{
	return assign_group(vfio_device(EDU, 0), type).container;
}

/* Maps of two pages each at pages 0, 2, 4, 6: no holes. */
static void map_four(int container)
{
	char *memory = pages(8 * PAGE);

	for (uint64_t i = 0; i < 4; i++)
		map(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE, READ_WRITE);
}

TEST(U1_alignment, "UNMAP with size 0 or anything misaligned is EINVAL and unmaps nothing")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct assignment edu = assign_group(vfio_device(EDU, 0), types[i]);
		int container = edu.container;

		map_four(container);
		REFUSED(try_unmap(container, 0, 0, 0), EINVAL);
		REFUSED(try_unmap(container, 0, 1, 0), EINVAL);
		REFUSED(try_unmap(container, 0, 2 * PAGE - 1, 0), EINVAL);
		REFUSED(try_unmap(container, 0, 2 * PAGE + 1, 0), EINVAL);
		REFUSED(try_unmap(container, 1, 2 * PAGE, 0), EINVAL);
		REFUSED(try_unmap(container, PAGE / 2, 2 * PAGE, 0), EINVAL);
		EQUAL(locked_pages(), 8);
		unassign(&edu);
	}
}

TEST(U1_wrapping_range, "UNMAP of a range past 64 bits is refused and unmaps nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	/* EOVERFLOW is what later kernels say. */
	REFUSED_EITHER(try_unmap(container, -(uint64_t)PAGE, 2 * PAGE, 0), EINVAL, EOVERFLOW);
	REFUSED_EITHER(try_unmap(container, 2 * PAGE, -(uint64_t)PAGE, 0), EINVAL, EOVERFLOW);
	EQUAL(locked_pages(), 8);
}

TEST(U1_error_leaves_struct_alone, "a refused UNMAP does not change the size in the struct")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request), .iova = PAGE, .size = 2 * PAGE,
	};

	map_four(container);
	REFUSED(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request), EINVAL);
	EQUAL(request.size, 2 * PAGE);
	EQUAL(request.iova, PAGE);
}

TEST(U1_size_is_what_was_unmapped, "on success .size is the number of bytes that were mapped there")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	EQUAL(unmap(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	EQUAL(unmap(container, 0, 16 * PAGE), 6 * PAGE);
	EQUAL(unmap(container, 0, 16 * PAGE), 0);
}

TEST(U1_all_with_range, "ALL with an iova or a size is EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	REFUSED(try_unmap(container, PAGE, 0, VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	REFUSED(try_unmap(container, 0, PAGE, VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	REFUSED(try_unmap(container, 0, 8 * PAGE, VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	EQUAL(locked_pages(), 8);
}

TEST(U1_flag_combinations, "GET_DIRTY_BITMAP together with ALL or VADDR is EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	REFUSED(try_unmap(container, 0, 0, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP |
			  VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	REFUSED(try_unmap(container, 0, 2 * PAGE, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP |
			  VFIO_DMA_UNMAP_FLAG_VADDR), EINVAL);
	EQUAL(locked_pages(), 8);
}

TEST(U2_v2_cutting_range, "v2: a range that begins or ends inside a map is EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	REFUSED(try_unmap(container, 0, PAGE, 0), EINVAL);
	REFUSED(try_unmap(container, PAGE, PAGE, 0), EINVAL);
	/* Whole maps before and after the cut one stay too. */
	REFUSED(try_unmap(container, 0, 3 * PAGE, 0), EINVAL);
	REFUSED(try_unmap(container, PAGE, 7 * PAGE, 0), EINVAL);
	REFUSED(try_unmap(container, 3 * PAGE, 16 * PAGE, 0), EINVAL);
	EQUAL(locked_pages(), 8);
}

TEST(U2_v2_inside_of_a_map, "v2: a range in the middle of a map is EINVAL")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map(container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	REFUSED(try_unmap(container, PAGE, 2 * PAGE, 0), EINVAL);
	REFUSED(try_unmap(container, PAGE, PAGE, 0), EINVAL);
	EQUAL(unmap(container, 0, 4 * PAGE), 4 * PAGE);
}

TEST(U2_v2_holes_and_supersets, "v2: holes and room around maps are fine, nothing there is size 0")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(8 * PAGE);

	EQUAL(unmap(container, 0, 64 * PAGE), 0);
	map(container, 10 * PAGE, memory, 2 * PAGE, READ_WRITE);
	map(container, 20 * PAGE, memory, 3 * PAGE, READ_WRITE);
	EQUAL(unmap(container, 0, 10 * PAGE), 0);
	EQUAL(unmap(container, 12 * PAGE, 8 * PAGE), 0);
	EQUAL(unmap(container, 0, 64 * PAGE), 5 * PAGE);
	EQUAL(locked_pages(), 0);
}

TEST(U2_unmap_outside_the_window, "UNMAP where nothing could be mapped finds nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	map_four(container);
	EQUAL(unmap(container, 0xfee00000, MIB), 0);
	EQUAL(unmap(container, 1ULL << 62, 1ULL << 20), 0);
	EQUAL(locked_pages(), 8);
}

TEST(U3_v1_head_takes_the_map, "v1: a range over the first page of a map removes all of it")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);

	map(container, 0, pages(8 * PAGE), 8 * PAGE, READ_WRITE);
	EQUAL(unmap(container, 0, PAGE), 8 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(unmap(container, 0, 8 * PAGE), 0);
}

TEST(U3_v1_start_inside_stops, "v1: a range that starts inside a map does nothing at all")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);

	map_four(container);
	EQUAL(unmap(container, PAGE, PAGE), 0);
	/* Even though whole maps follow in the range. */
	EQUAL(unmap(container, PAGE, 7 * PAGE), 0);
	EQUAL(locked_pages(), 8);
}

TEST(U3_v1_end_inside_takes_the_map, "v1: a map that the range's end cuts goes entirely")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);

	map_four(container);
	EQUAL(unmap(container, 0, 3 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 4);
	/* The rest is still there. */
	EQUAL(unmap(container, 4 * PAGE, 4 * PAGE), 4 * PAGE);
}

TEST(U3_v1_whole_maps, "v1: whole maps, holes and supersets are as in v2")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);

	map_four(container);
	EQUAL(unmap(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	EQUAL(unmap(container, 0, 64 * PAGE), 6 * PAGE);
	EQUAL(unmap(container, 0, 64 * PAGE), 0);
}

TEST(U4_all, "ALL removes every map and reports the sum")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct assignment edu = assign_group(vfio_device(EDU, 0), types[i]);
		char *memory = pages(4 * PAGE);

		EQUAL(OK(try_unmap(edu.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL)), 0);
		map(edu.container, 0, memory, PAGE, READ_WRITE);
		map(edu.container, MIB, memory, 4 * PAGE, READ_WRITE);
		map(edu.container, 1ULL << 36, memory, PAGE, READ_WRITE);
		EQUAL(OK(try_unmap(edu.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL)), 6 * PAGE);
		EQUAL(locked_pages(), 0);
		map(edu.container, MIB, memory, 4 * PAGE, READ_WRITE);
		unassign(&edu);
	}
}

TEST(U4_whole_range_in_two_calls, "every map can be removed in two halves of the address space")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);

	map(container, 0, memory, PAGE, READ_WRITE);
	map(container, 1ULL << 38, memory, PAGE, READ_WRITE);
	EQUAL(unmap(container, 0, 1ULL << 37), PAGE);
	EQUAL(unmap(container, 1ULL << 37, 1ULL << 62), PAGE);
}
