// SPDX-License-Identifier: GPL-2.0-only
/*
 * M4, M8, M10: what IOMMU_GET_INFO says about page sizes, address ranges and the
 * maps that are left.
 */
#include "harness.h"
#include "textfile.h"
#include "vfio.h"

TEST(M10_page_sizes, "iova_pgsizes are those of VT-d: 4K, 2M and 1G")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_info *info = iommu_info(edu.container);

	CHECK(info->flags & VFIO_IOMMU_INFO_PGSIZES);
	EQUAL(info->iova_pgsizes, 0x1000 | 0x200000 | 0x40000000);
}

TEST(M10_info_in_v1, "GET_INFO says the same for both versions of type1")
{
	struct assignment v1 = assign_group(vfio_device(EDU, 0), VFIO_TYPE1_IOMMU);
	struct assignment v2 = assign_group(vfio_device(EDU, 1), VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_info *one = iommu_info(v1.container);
	struct vfio_iommu_type1_info *two = iommu_info(v2.container);

	EQUAL(one->flags, two->flags);
	EQUAL(one->iova_pgsizes, two->iova_pgsizes);
	CHECK(iommu_cap(one, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE));
	CHECK(iommu_cap(one, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL));
}

TEST(M4_iova_ranges, "the IOVA ranges ascend, do not touch, and leave out the interrupt window")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	const struct vfio_iommu_type1_info_cap_iova_range *ranges =
		iommu_cap(iommu_info(edu.container), VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);

	CHECK(ranges);
	CHECK(ranges->nr_iovas >= 2);
	for (uint32_t i = 0; i < ranges->nr_iovas; i++) {
		const struct vfio_iova_range *range = &ranges->iova_ranges[i];

		CHECK(range->start < range->end);
		EQUAL(range->start & 0xfff, 0);
		EQUAL(range->end & 0xfff, 0xfff);
		CHECK(!i || range->start > ranges->iova_ranges[i - 1].end + 1);
		CHECK(range->end < 0xfee00000 || range->start > 0xfeefffff);
	}
	EQUAL(ranges->iova_ranges[0].start, 0);
	EQUAL(ranges->iova_ranges[0].end, 0xfedfffff);
	EQUAL(ranges->iova_ranges[1].start, 0xfef00000);
}

TEST(M4_beyond_the_last_range, "a map past the width of the IOMMU is EINVAL")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	const struct vfio_iommu_type1_info_cap_iova_range *ranges =
		iommu_cap(iommu_info(edu.container), VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
	uint64_t end = ranges->iova_ranges[ranges->nr_iovas - 1].end + 1;
	void *memory = pages(4096);

	REFUSED(try_map(edu.container, end, memory, 4096, READ_WRITE), EINVAL);
	REFUSED(try_map(edu.container, 2 * end, memory, 4096, READ_WRITE), EINVAL);
	map(edu.container, end - 4096, memory, 4096, READ_WRITE);
}

static uint32_t maps_left(int container)
{
	const struct vfio_iommu_type1_info_dma_avail *left =
		iommu_cap(iommu_info(container), VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);

	CHECK(left);
	return left->avail;
}

TEST(M8_maps_left, "DMA_AVAIL goes down with each map and up with each one unmapped")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *memory = pages(3 * 4096);

	EQUAL(maps_left(edu.container), 65535);
	map(edu.container, 0, memory, 3 * 4096, READ_WRITE);
	EQUAL(maps_left(edu.container), 65534);
	map(edu.container, MIB, memory, 4096, READ_WRITE);
	EQUAL(maps_left(edu.container), 65533);
	/* A refused one takes nothing. */
	REFUSED(try_map(edu.container, MIB, memory, 4096, READ_WRITE), EEXIST);
	REFUSED(try_map(edu.container, 2 * MIB, NULL, 4096, READ_WRITE), EFAULT);
	EQUAL(maps_left(edu.container), 65533);
	EQUAL(unmap(edu.container, 0, 2 * MIB), 4 * 4096);
	EQUAL(maps_left(edu.container), 65535);
}

TEST(M8_limits_are_per_container, "each container has the whole limit, even of a single map")
{
	struct assignment one, two;
	void *memory = pages(4096);

	OK(text_write("1", "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"));
	one = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	two = assign_group(vfio_device(EDU, 1), VFIO_TYPE1v2_IOMMU);
	map(one.container, 0, memory, 4096, READ_WRITE);
	EQUAL(maps_left(one.container), 0);
	REFUSED(try_map(one.container, 4096, memory, 4096, READ_WRITE), ENOSPC);
	EQUAL(maps_left(two.container), 1);
	map(two.container, 0, memory, 4096, READ_WRITE);
}
