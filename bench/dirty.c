// SPDX-License-Identifier: GPL-2.0-only
/* The log of dirty pages. */
#include <stdlib.h>

#include "bench.h"
#include "memory.h"

#define START VFIO_IOMMU_DIRTY_PAGES_FLAG_START
#define STOP VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP

static struct assignment assigned;
static struct memory *memory;
static uint64_t *bits;

static struct vfio_bitmap bitmap(void)
{
	return (struct vfio_bitmap) {
		.pgsize = PAGE, .size = memory->size / PAGE / 8, .data = (void *)bits,
	};
}

static void map_memory(const struct bench *)
{
	map(assigned.container, IOVA, memory->base, memory->size, READ_WRITE);
}

static void setup_unmapped(const struct bench *)
{
	assigned = assign_ivshmem(false);
	memory = memory_get(THP, (quick ? 16 : 256) * MIB);
	bits = calloc(1, memory->size / PAGE / 8);
	CHECK(bits);
	work("%zu MiB", memory->size >> 20);
}

static void setup(const struct bench *bench)
{
	setup_unmapped(bench);
	map_memory(bench);
}

static void teardown(const struct bench *)
{
	free(bits);
	unassign(&assigned);
}

static void set_log(uint32_t flag)
{
	struct vfio_iommu_type1_dirty_bitmap request = { .argsz = sizeof(request), .flags = flag };

	OK(ioctl(assigned.container, VFIO_IOMMU_DIRTY_PAGES, &request));
}

static void start(const struct bench *)
{
	set_log(START);
}

static void stop(const struct bench *)
{
	set_log(STOP);
}

static void get(const struct bench *)
{
	union {
		struct vfio_iommu_type1_dirty_bitmap request;
		char room[sizeof(struct vfio_iommu_type1_dirty_bitmap) +
			  sizeof(struct vfio_iommu_type1_dirty_bitmap_get)];
	} call = { .request = {
		.argsz = sizeof(call), .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
	} };
	struct vfio_iommu_type1_dirty_bitmap_get *range = (void *)call.request.data;

	range->iova = IOVA;
	range->size = memory->size;
	range->bitmap = bitmap();
	OK(ioctl(assigned.container, VFIO_IOMMU_DIRTY_PAGES, &call));
}

static void start_mapped(const struct bench *bench)
{
	map_memory(bench);
	start(bench);
}

static void unmap_logged(const struct bench *)
{
	union {
		struct vfio_iommu_type1_dma_unmap request;
		char room[sizeof(struct vfio_iommu_type1_dma_unmap) + sizeof(struct vfio_bitmap)];
	} call = { .request = {
		.argsz = sizeof(call), .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
		.iova = IOVA, .size = memory->size,
	} };
	struct vfio_bitmap wanted = bitmap();

	memcpy(call.request.data, &wanted, sizeof(wanted));
	OK(ioctl(assigned.container, VFIO_IOMMU_UNMAP_DMA, &call));
}

static const struct bench cases[] = {
	{ "dirty-start", "start the log", setup, NULL, start, stop, teardown, 31, 11, 0, 0, 0 },
	{ "dirty-get", "get the log", setup, start, get, stop, teardown, 31, 11, 0, 0, 0 },
	{ "dirty-stop", "stop the log", setup, start, stop, NULL, teardown, 31, 11, 0, 0, 0 },
	{ "dirty-unmap", "unmap, with the log of what is unmapped", setup_unmapped, start_mapped,
	  unmap_logged, stop, teardown, 5, 5, 0, 0, 0 },
};

const struct suite dirty_suite = SUITE(cases);
