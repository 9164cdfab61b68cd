// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_iommu_type1.ko: the IOMMU driver for IOMMUs that map any page anywhere, as
 * those of x86 do. Here: its ioctls, from user structures to calls of dma.c.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

#include "dirty.h"
#include "external.h"
#include "info.h"
#include "type1.h"

static unsigned int dma_entry_limit = U16_MAX;
module_param(dma_entry_limit, uint, 0644);
MODULE_PARM_DESC(dma_entry_limit, "Mappings that one container may have, from its SET_IOMMU on");

static long type1_check_extension(void *data, unsigned long extension)
{
	struct type1 *type1 = data;
	struct type1_domain *domain;
	long ret = 1;

	switch (extension) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_UPDATE_VADDR:
		/* Known once there is an instance: an emulated device needs the addresses. */
		if (!type1)
			return 0;
		down_read(&type1->attach);
		ret = list_empty(&type1->emulated);
		up_read(&type1->attach);
		return ret;
	case VFIO_DMA_CC_IOMMU:
		if (!type1)
			return 0;
		down_read(&type1->attach);
		list_for_each_entry(domain, &type1->domains, node)
			ret &= domain->coherent;
		up_read(&type1->attach);
		return ret;
	default:
		return 0;
	}
}

static void *type1_open(unsigned long type)
{
	struct type1 *type1;

	if (type != VFIO_TYPE1_IOMMU && type != VFIO_TYPE1v2_IOMMU)
		return ERR_PTR(-EINVAL);
	type1 = kzalloc(sizeof(*type1), GFP_KERNEL_ACCOUNT);
	if (!type1)
		return ERR_PTR(-ENOMEM);
	if (windows_init(&type1->windows)) {
		kfree(type1);
		return ERR_PTR(-ENOMEM);
	}
	type1->v2 = type == VFIO_TYPE1v2_IOMMU;
	init_rwsem(&type1->attach);
	INIT_LIST_HEAD(&type1->domains);
	mutex_init(&type1->lock);
	type1->mappings = RB_ROOT_CACHED;
	init_waitqueue_head(&type1->settled);
	type1->entries_left = dma_entry_limit;
	INIT_LIST_HEAD(&type1->emulated);
	mutex_init(&type1->listeners_lock);
	INIT_LIST_HEAD(&type1->listeners);
	type1->pgsizes = PAGE_MASK;
	return type1;
}

static void type1_release(void *data)
{
	struct type1 *type1 = data;

	WARN_ON_ONCE(!list_empty(&type1->domains) || !list_empty(&type1->listeners));
	windows_free(&type1->windows);
	mutex_destroy(&type1->listeners_lock);
	mutex_destroy(&type1->lock);
	kfree(type1);
}

#define MAP_FLAGS	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR)
#define UNMAP_FLAGS	(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL | \
			 VFIO_DMA_UNMAP_FLAG_VADDR)

static long type1_map_dma(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_dma_map, size);
	struct vfio_iommu_type1_dma_map map;

	if (copy_from_user(&map, arg, minsz))
		return -EFAULT;
	if (map.argsz < minsz)
		return ovfio_refuse_argsz(refusal, map.argsz, minsz);
	if (map.flags & ~MAP_FLAGS)
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "MAP_DMA has no flags 0x%x", map.flags & ~(u32)MAP_FLAGS);
	return type1_map(type1, &map, refusal);
}

/* The range of an unmap: with the ALL flag, everything (U1, U4). */
static int unmap_bounds(struct type1 *type1, const struct vfio_iommu_type1_dma_unmap *unmap,
			unsigned long *start, unsigned long *last, struct vfio_refusal *refusal)
{
	bool all = unmap->flags & VFIO_DMA_UNMAP_FLAG_ALL;
	u64 page = type1_page_size(type1);

	if (all ? unmap->iova || unmap->size
		: !unmap->size || (unmap->iova | unmap->size) & (page - 1))
		return ovfio_refuse(refusal, OPENVFIO_REASON_ALIGNMENT, -EINVAL,
				    "IOVA 0x%llx, size 0x%llx: want multiples of 0x%llx, and a size; or 0 for both with the flag ALL",
				    unmap->iova, unmap->size, page);
	*start = all ? 0 : unmap->iova;
	*last = all ? ULONG_MAX : unmap->iova + unmap->size - 1;
	if (*last < *start)
		return ovfio_refuse(refusal, OPENVFIO_REASON_WRAP, -EOVERFLOW,
				    "IOVA 0x%llx with size 0x%llx goes over the end",
				    unmap->iova, unmap->size);
	return 0;
}

/* U1: the bitmap is for a range, and for what is really unmapped. */
static bool unmap_flags_agree(u32 flags)
{
	return !(flags & ~UNMAP_FLAGS) &&
	       !(flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP &&
		 flags & (VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR));
}

static long unmap_by_flags(struct type1 *type1, struct vfio_iommu_type1_dma_unmap *unmap,
			   const struct vfio_bitmap *bitmap, struct vfio_refusal *refusal)
{
	unsigned long start, last;
	int ret;

	ret = unmap_bounds(type1, unmap, &start, &last, refusal);
	if (ret)
		return ret;
	down_read(&type1->attach);
	if (unmap->flags & VFIO_DMA_UNMAP_FLAG_VADDR)
		ret = type1_unmap_vaddr(type1, start, last, &unmap->size, refusal);
	else
		ret = type1_unmap(type1, start, last, bitmap, &unmap->size, refusal);
	up_read(&type1->attach);
	return ret;
}

static long type1_unmap_dma(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	struct vfio_iommu_type1_dma_unmap unmap;
	struct vfio_bitmap bitmap;
	bool log;
	long ret;

	if (copy_from_user(&unmap, arg, minsz))
		return -EFAULT;
	if (unmap.argsz < minsz)
		return ovfio_refuse_argsz(refusal, unmap.argsz, minsz);
	if (!unmap_flags_agree(unmap.flags))
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "UNMAP_DMA flags 0x%x are unknown or exclude each other", unmap.flags);
	log = unmap.flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	if (log && unmap.argsz < minsz + sizeof(bitmap))
		return ovfio_refuse_argsz(refusal, unmap.argsz, minsz + sizeof(bitmap));
	if (log && copy_from_user(&bitmap, arg + minsz, sizeof(bitmap)))
		return -EFAULT;
	ret = unmap_by_flags(type1, &unmap, log ? &bitmap : NULL, refusal);
	if (ret)
		return ret;
	return copy_to_user(arg, &unmap, minsz) ? -EFAULT : 0;
}

static long type1_ioctl(void *data, unsigned int cmd, unsigned long arg,
			struct vfio_refusal *refusal)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_IOMMU_GET_INFO:
		return type1_get_info(data, uarg, refusal);
	case VFIO_IOMMU_MAP_DMA:
		return type1_map_dma(data, uarg, refusal);
	case VFIO_IOMMU_UNMAP_DMA:
		return type1_unmap_dma(data, uarg, refusal);
	case VFIO_IOMMU_DIRTY_PAGES:
		return type1_dirty_pages(data, uarg, refusal);
	default:
		return -ENOTTY;
	}
}

static const struct vfio_iommu_driver_ops type1_ops = {
	.owner = THIS_MODULE,
	.name = "type1",
	.check_extension = type1_check_extension,
	.open = type1_open,
	.release = type1_release,
	.attach_group = type1_attach_group,
	.detach_group = type1_detach_group,
	.pin_pages = type1_pin_pages,
	.unpin_pages = type1_unpin_pages,
	.dma_rw = type1_dma_rw,
	.register_device = type1_register_device,
	.unregister_device = type1_unregister_device,
	.ioctl = type1_ioctl,
	.revoke = type1_revoke,
	.usage = type1_usage,
	.mapping_from = type1_mapping_from,
};

static struct vfio_iommu_driver type1_driver = { .ops = &type1_ops };

static int __init type1_init(void)
{
	int ret = vfio_needs(ovfio_version_1_0_0, "vfio");

	return ret ?: ovfio_register_iommu_driver(&type1_driver);
}
module_init(type1_init);

static void __exit type1_exit(void)
{
	ovfio_unregister_iommu_driver(&type1_driver);
}
module_exit(type1_exit);

MODULE_DESCRIPTION("openvfio: IOMMU driver for type1 IOMMUs (Intel VT-d, AMD-Vi, Arm SMMU)");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
