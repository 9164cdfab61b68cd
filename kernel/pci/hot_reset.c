// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset: the bus or slot as a whole, for a user who shows the groups of every device
 * on it (R2, R3).
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pci.h"

static int refuse_no_reset(struct vfio_pci_device *dev)
{
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_NO_RESET, -ENODEV,
			    "neither the slot nor the bus of %s can be reset",
			    pci_name(dev->pdev));
}

static int count_one(struct pci_dev *hit, void *arg)
{
	unsigned int *count = arg;

	(*count)++;
	return 0;
}

static unsigned int count_hits(struct vfio_pci_device *dev)
{
	unsigned int count = 0;

	vfio_pci_set_visit(dev, count_one, &count);
	return count;
}

/* The answer of GET_PCI_HOT_RESET_INFO, as far as there is room. */
struct listing {
	struct vfio_pci_dependent_device *entries;
	unsigned int room;
	unsigned int count;
};

static int list_one(struct pci_dev *hit, void *arg)
{
	struct listing *listing = arg;
	struct iommu_group *group = iommu_group_get(&hit->dev);

	if (!group)
		return -EPERM;
	if (listing->count < listing->room)
		listing->entries[listing->count] = (struct vfio_pci_dependent_device) {
			.group_id = iommu_group_id(group),
			.segment = pci_domain_nr(hit->bus),
			.bus = hit->bus->number,
			.devfn = hit->devfn,
		};
	listing->count++;
	iommu_group_put(group);
	return 0;
}

static int refuse_listing(struct vfio_pci_device *dev, const struct listing *listing, int error)
{
	if (error)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_SHARED_RESET, error,
				    "the reset would hit a device that no IOMMU confines");
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_ROOM, -ENOSPC,
			    "the reset would hit %u devices; argsz has room for %u",
			    listing->count, listing->room);
}

/**
 * vfio_pci_hot_reset_info() - VFIO_DEVICE_GET_PCI_HOT_RESET_INFO (R2)
 * @dev: the device, open
 * @arg: struct vfio_pci_hot_reset_info and room for its devices
 *
 * Return: 0; -ENODEV if there is no such reset; -ENOSPC with the count filled in; -EPERM if
 * a device hit has no IOMMU group; -EINVAL (argsz), -EFAULT or -ENOMEM.
 */
long vfio_pci_hot_reset_info(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_pci_hot_reset_info, count);
	struct vfio_pci_hot_reset_info info;
	struct listing listing = {};
	size_t size;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, info.argsz, minsz);
	if (!vfio_pci_set_resettable(dev))
		return refuse_no_reset(dev);

	listing.room = min_t(u32, (info.argsz - minsz) / sizeof(*listing.entries), count_hits(dev));
	listing.entries = kcalloc(listing.room, sizeof(*listing.entries), GFP_KERNEL_ACCOUNT);
	if (!listing.entries)
		return -ENOMEM;
	ret = vfio_pci_set_visit(dev, list_one, &listing);
	if (ret) {
		ret = refuse_listing(dev, &listing, ret);
		goto out;
	}
	info.flags = 0;
	info.count = listing.count;
	size = listing.count * sizeof(*listing.entries);
	if (copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
	else if (listing.count > listing.room)
		ret = refuse_listing(dev, &listing, 0);
	else if (copy_to_user(arg + minsz, listing.entries, size))
		ret = -EFAULT;
out:
	kfree(listing.entries);
	return ret;
}

static void put_groups(struct file **groups, unsigned int count)
{
	while (count--)
		fput(groups[count]);
	kfree(groups);
}

static struct file *get_group(struct vfio_pci_device *dev, int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_DESCRIPTOR,
					    -EBADF, "file descriptor %d is not open", fd));
	if (ovfio_file_is_group(file))
		return file;
	fput(file);
	return ERR_PTR(ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_DESCRIPTOR, -EINVAL,
				    "file descriptor %d is no group (/dev/vfio/N)", fd));
}

static struct file **get_groups(struct vfio_pci_device *dev, const s32 *fds, unsigned int count)
{
	struct file **groups, *file;
	unsigned int i;

	groups = kcalloc(count, sizeof(*groups), GFP_KERNEL_ACCOUNT);
	if (!groups)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		file = get_group(dev, fds[i]);
		if (IS_ERR(file)) {
			put_groups(groups, i);
			return ERR_CAST(file);
		}
		groups[i] = file;
	}
	return groups;
}

/* Nothing of what is asked is more than the devices there are. */
static int check_count(struct vfio_pci_device *dev, u32 count)
{
	unsigned int hits = count_hits(dev);

	if (count && count <= hits)
		return 0;
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_COUNT, -EINVAL,
			    "%u groups given; the reset would hit %u devices, so 1 to %u are wanted",
			    count, hits, hits);
}

static long reset_for_groups(struct vfio_pci_device *dev, const s32 *fds, u32 count)
{
	struct file **groups = get_groups(dev, fds, count);
	long ret;

	if (IS_ERR(groups))
		return PTR_ERR(groups);
	ret = vfio_pci_set_reset(dev, groups, count);
	put_groups(groups, count);
	return ret;
}

/**
 * vfio_pci_hot_reset() - VFIO_DEVICE_PCI_HOT_RESET (R3)
 * @dev: the device, open
 * @arg: struct vfio_pci_hot_reset and its group files
 *
 * Interrupts stay as they are set, and mappings of memory fault in again.
 *
 * Return: 0; -EINVAL for flags, the number of groups, a file that is no group, or a device
 * that is in none of the groups; -EBADF; -ENODEV if there is no such reset; -EFAULT or
 * -ENOMEM; or as vfio_pci_set_reset().
 */
long vfio_pci_hot_reset(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_pci_hot_reset, count);
	struct vfio_pci_hot_reset request;
	s32 *fds;
	long ret;

	if (copy_from_user(&request, arg, minsz))
		return -EFAULT;
	if (request.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, request.argsz, minsz);
	if (request.flags)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "PCI_HOT_RESET has no flags, 0x%x was given", request.flags);
	if (!vfio_pci_set_resettable(dev))
		return refuse_no_reset(dev);
	ret = check_count(dev, request.count);
	if (ret)
		return ret;
	fds = memdup_user(arg + minsz, array_size(request.count, sizeof(*fds)));
	if (IS_ERR(fds))
		return PTR_ERR(fds);
	ret = reset_for_groups(dev, fds, request.count);
	kfree(fds);
	return ret;
}
