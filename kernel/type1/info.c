// SPDX-License-Identifier: GPL-2.0-only
/*
 * The info structure and its capabilities are written in one piece of known size, on the
 * stack unless there are many windows, and go to the user by one copy.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

#include "dirty.h"
#include "info.h"

/* In the order of their chain; each is a multiple of 8 bytes long, as the next needs it. */
#define INFO_SIZE	sizeof(struct vfio_iommu_type1_info)
#define MIGRATION_SIZE	sizeof(struct vfio_iommu_type1_info_cap_migration)
#define RANGES_SIZE	sizeof(struct vfio_iommu_type1_info_cap_iova_range)
#define AVAIL_SIZE	ALIGN(sizeof(struct vfio_iommu_type1_info_dma_avail), 8)

static_assert(INFO_SIZE % 8 == 0 && MIGRATION_SIZE % 8 == 0 && RANGES_SIZE % 8 == 0);

static size_t ranges_size(const struct windows *windows)
{
	return RANGES_SIZE + windows->count * sizeof(struct vfio_iova_range);
}

static size_t full_size(const struct type1 *type1)
{
	return INFO_SIZE + MIGRATION_SIZE + ranges_size(&type1->windows) + AVAIL_SIZE;
}

static void put_header(struct vfio_info_cap_header *header, u16 id, u32 next)
{
	header->id = id;
	header->version = 1;
	header->next = next;
}

/* D2. @next: where in the whole the next capability is */
static void put_migration(struct vfio_iommu_type1_info_cap_migration *cap,
			  const struct type1 *type1, u32 next)
{
	put_header(&cap->header, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, next);
	cap->pgsize_bitmap = type1_page_size(type1);
	cap->max_dirty_bitmap_size = DIRTY_BITMAP_MAX;
}

static void put_ranges(struct vfio_iommu_type1_info_cap_iova_range *cap,
		       const struct windows *windows, u32 next)
{
	unsigned int i;

	put_header(&cap->header, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, next);
	cap->nr_iovas = windows->count;
	for (i = 0; i < windows->count; i++) {
		cap->iova_ranges[i].start = windows->window[i].start;
		cap->iova_ranges[i].end = windows->window[i].last;
	}
}

static void put_avail(struct vfio_iommu_type1_info_dma_avail *cap, const struct type1 *type1)
{
	put_header(&cap->header, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 0);
	cap->avail = type1->entries_left;
}

/* All capabilities behind the fixed part of @whole. */
static void put_caps(void *whole, const struct type1 *type1)
{
	u32 migration = INFO_SIZE, ranges = migration + MIGRATION_SIZE;
	u32 avail = ranges + ranges_size(&type1->windows);

	lockdep_assert_held(&type1->lock);

	put_migration(whole + migration, type1, ranges);
	put_ranges(whole + ranges, &type1->windows, avail);
	put_avail(whole + avail, type1);
}

/*
 * Makes the answer in @small or, if it needs more, in memory of its own. Returns the bytes
 * of it, which are those up to the capabilities if the user has no room for these.
 */
static ssize_t build(struct type1 *type1, const struct vfio_iommu_type1_info *asked,
		     void *small, size_t room, void **whole)
{
	struct vfio_iommu_type1_info *info;
	size_t size = full_size(type1);
	bool fits = asked->argsz >= size;

	lockdep_assert_held(&type1->lock);

	*whole = fits && size > room ? kmalloc(size, GFP_KERNEL_ACCOUNT) : small;
	if (!*whole)
		return -ENOMEM;
	/* Also what is between fields goes to the user. */
	info = memset(*whole, 0, fits ? size : INFO_SIZE);
	info->argsz = fits ? asked->argsz : size;
	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = type1->pgsizes;
	info->cap_offset = fits ? INFO_SIZE : 0;
	if (fits) {
		put_caps(info, type1);
		return size;
	}
	/* Programs older than capabilities have no cap_offset to write to. */
	if (asked->argsz >= offsetofend(struct vfio_iommu_type1_info, cap_offset))
		return offsetofend(struct vfio_iommu_type1_info, cap_offset);
	return offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
}

/* Room for the answer with two windows, below and above where interrupts go. */
#define SMALL_ANSWER	128

/**
 * type1_get_info() - VFIO_IOMMU_GET_INFO
 * @type1: the instance
 * @arg: struct vfio_iommu_type1_info, perhaps with room behind it
 * @refusal: for the reason
 *
 * Context: Process context; waits for nobody's map or unmap.
 * Return: 0, also without room for the capabilities, and then argsz says what they need;
 * -EINVAL, -EFAULT, -ENOMEM.
 */
long type1_get_info(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_info, iova_pgsizes);
	u64 small[SMALL_ANSWER / sizeof(u64)];
	struct vfio_iommu_type1_info asked;
	ssize_t size;
	void *whole;
	long ret;

	if (copy_from_user(&asked, arg, minsz))
		return -EFAULT;
	if (asked.argsz < minsz)
		return ovfio_refuse_argsz(refusal, asked.argsz, minsz);
	mutex_lock(&type1->lock);
	size = build(type1, &asked, small, sizeof(small), &whole);
	mutex_unlock(&type1->lock);
	if (size < 0)
		return size;
	ret = copy_to_user(arg, whole, size) ? -EFAULT : 0;
	if (whole != small)
		kfree(whole);
	return ret;
}
