// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated devices: what their drivers reach of the user's memory, and how they learn
 * that it goes away. The IOMMU driver of the container does the work.
 *
 * A device file keeps its group in the container, and a container with a group keeps its
 * IOMMU driver. So while a device is open, both can be used without a lock.
 */
#include <linux/mm.h>

#include "container.h"
#include "emulated.h"
#include "group.h"

/* The IOMMU driver of a device that is being opened, is open or being closed. */
static struct vfio_iommu *device_iommu(struct vfio_device *device)
{
	return vfio_iommu_get(device->group->container);
}

static struct vfio_iommu *device_iommu_checked(struct vfio_device *device)
{
	if (WARN_ON_ONCE(!READ_ONCE(device->opened)))
		return NULL;
	return device_iommu(device);
}

static bool hears_of_unmaps(struct vfio_device *device)
{
	return device->group->kind == VFIO_GROUP_EMULATED && device->ops->dma_unmap;
}

/* The IOMMU driver that tells the device of unmaps, or NULL if the device needs to hear nothing. */
static struct vfio_iommu *listening_iommu(struct vfio_device *device)
{
	struct vfio_iommu *iommu = NULL;

	lockdep_assert_held(&device->open_lock);

	if (hears_of_unmaps(device)) {
		iommu = device_iommu(device);
		WARN_ON_ONCE(!iommu);
	}
	return iommu;
}

/**
 * vfio_emulated_register() - before the first open: tell the device of unmaps
 * @device: of any kind; its open_lock held
 */
void vfio_emulated_register(struct vfio_device *device)
{
	struct vfio_iommu *iommu = listening_iommu(device);

	if (!iommu)
		return;
	if (iommu->ops->register_device)
		iommu->ops->register_device(iommu->data, device);
	vfio_iommu_put(iommu);
}

/**
 * vfio_emulated_unregister() - after the last close
 * @device: of any kind; its open_lock held
 */
void vfio_emulated_unregister(struct vfio_device *device)
{
	struct vfio_iommu *iommu = listening_iommu(device);

	if (!iommu)
		return;
	if (iommu->ops->unregister_device)
		iommu->ops->unregister_device(iommu->data, device);
	vfio_iommu_put(iommu);
}

static bool page_range_ok(dma_addr_t iova, int npages)
{
	return npages > 0 && PAGE_ALIGNED(iova) &&
	       iova + ((u64)npages << PAGE_SHIFT) - 1 > iova;
}

/**
 * ovfio_pin_pages() - pin memory of the user for the device
 * @device: an emulated device with a dma_unmap callback, from its open to its close
 * @iova: page aligned
 * @npages: pages from @iova on, all mapped by the user
 * @prot: IOMMU_READ if the device reads them, IOMMU_WRITE if it writes them
 * @pages: filled in with the pages
 *
 * The pages stay until ovfio_unpin_pages(), which is due at the latest when the device's
 * dma_unmap asks for it or when the device is closed. A page may be pinned several times.
 *
 * Context: Process context; may fault.
 * Return: 0, or a negative errno with nothing pinned: -EINVAL for a range that is not mapped,
 * -EPERM for one that is not mapped for @prot, -EOPNOTSUPP if the device is no emulated
 * one or the IOMMU driver cannot pin.
 */
int ovfio_pin_pages(struct vfio_device *device, dma_addr_t iova, int npages, int prot,
		    struct page **pages)
{
	struct vfio_iommu *iommu;
	int ret = -EOPNOTSUPP;

	if (device->group->kind != VFIO_GROUP_EMULATED)
		return ret;
	/* What is pinned by one who does not hear of unmaps would block them for ever. */
	if (WARN_ON_ONCE(!hears_of_unmaps(device)))
		return -EINVAL;
	if (!page_range_ok(iova, npages) || !prot || prot & ~(IOMMU_READ | IOMMU_WRITE))
		return -EINVAL;
	iommu = device_iommu_checked(device);
	if (!iommu)
		return -EINVAL;
	/* Stable: the group keeps it while a device of it is registered. */
	if (iommu->ops->pin_pages)
		ret = iommu->ops->pin_pages(iommu->data, device->group->iommu_group, iova, npages,
					    prot, pages);
	vfio_iommu_put(iommu);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pin_pages);

/**
 * ovfio_unpin_pages() - let go of pages pinned by ovfio_pin_pages()
 * @device: the device that pinned them, from its open to its close
 * @iova: page aligned
 * @npages: pages from @iova on: all pinned, perhaps by more than one call
 *
 * Context: Process context; also from the device's dma_unmap.
 */
void ovfio_unpin_pages(struct vfio_device *device, dma_addr_t iova, int npages)
{
	struct vfio_iommu *iommu;

	if (WARN_ON_ONCE(!page_range_ok(iova, npages)))
		return;
	iommu = device_iommu_checked(device);
	if (!iommu)
		return;
	if (!WARN_ON_ONCE(!iommu->ops->unpin_pages))
		iommu->ops->unpin_pages(iommu->data, iova, npages);
	vfio_iommu_put(iommu);
}
EXPORT_SYMBOL_GPL(ovfio_unpin_pages);

/**
 * ovfio_dma_rw() - copy from or to memory of the user, as the device
 * @device: an emulated device, from its open to its close
 * @iova: any alignment
 * @data: kernel memory
 * @len: bytes from @iova on, all mapped by the user
 * @write: true to write @data to @iova, false to read @iova to @data
 *
 * Nothing stays pinned: for a transfer now and then simpler than ovfio_pin_pages().
 *
 * Context: Process context; may fault.
 * Return: 0, or a negative errno, perhaps after a part of it was copied: -EINVAL for a range
 * that is not mapped, -EPERM for one not mapped for that direction, -EFAULT if the memory
 * behind it is gone, -EOPNOTSUPP if the device is no emulated one or the IOMMU driver
 * has no such access.
 */
int ovfio_dma_rw(struct vfio_device *device, dma_addr_t iova, void *data, size_t len, bool write)
{
	struct vfio_iommu *iommu;
	int ret = -EOPNOTSUPP;

	if (device->group->kind != VFIO_GROUP_EMULATED)
		return ret;
	if (!len || iova + len - 1 < iova)
		return -EINVAL;
	iommu = device_iommu_checked(device);
	if (!iommu)
		return -EINVAL;
	if (iommu->ops->dma_rw)
		ret = iommu->ops->dma_rw(iommu->data, iova, data, len, write);
	vfio_iommu_put(iommu);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_dma_rw);
