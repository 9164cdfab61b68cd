// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ioeventfds: a write to a BAR, given once and done whenever an eventfd is signalled
 * (B8). KVM signals it where the guest would have written.
 *
 * The write passes the gate in front of the device's memory like any other: at once if
 * nobody is about to close it, else from a work that waits for them. With the gate closed
 * it is dropped, as a pwrite() would be EIO.
 *
 * ioeventfd_lock guards the list. Each entry is its doorbell's owner.
 */
#include <linux/io.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "doorbell.h"
#include "eventfds.h"
#include "ioeventfd.h"

#define MOST_IOEVENTFDS	1000

/**
 * struct place - where an ioeventfd writes
 * @bar: 0 to 5
 * @pos: offset in the BAR
 * @width: bytes
 */
struct place {
	unsigned int bar;
	u64 pos;
	unsigned int width;
};

/**
 * struct ioeventfd - one of them
 * @node: in &vfio_pci_device.ioeventfds
 * @dev: the device
 * @doorbell: makes the write
 * @place: as the user gave it
 * @data: what is written, in its low @place.width bytes
 * @io: the same place as the kernel reaches it
 * @memory: it is memory, which has the gate; not I/O ports
 */
struct ioeventfd {
	struct list_head node;
	struct vfio_pci_device *dev;
	struct vfio_pci_doorbell doorbell;
	struct place place;
	u64 data;
	void __iomem *io;
	bool memory;
};

/* In naturally aligned pieces, like every other write to a region (B2). */
static void store(void __iomem *io, u64 data, unsigned int width, bool memory)
{
	if ((unsigned long)io & (width - 1) || (width == 8 && !memory)) {
		width /= 2;
		store(io, data, width, memory);
		store(io + width, data >> (8 * width), width, memory);
		return;
	}
	switch (width) {
	case 8:
		writeq(data, io);
		break;
	case 4:
		iowrite32(data, io);
		break;
	case 2:
		iowrite16(data, io);
		break;
	default:
		iowrite8(data, io);
	}
}

/* B3: memory needs the gate open; I/O ports do not. */
static void write_gated(struct ioeventfd *ioeventfd)
{
	lockdep_assert_held_read(&ioeventfd->dev->memory_lock);

	if (ioeventfd->dev->memory_on || !ioeventfd->memory)
		store(ioeventfd->io, ioeventfd->data, ioeventfd->place.width, ioeventfd->memory);
}

/* Context: any. Whoever has the gate may be closing it. */
static bool write_now(struct vfio_pci_doorbell *doorbell)
{
	struct ioeventfd *ioeventfd = container_of(doorbell, struct ioeventfd, doorbell);

	if (!down_read_trylock(&ioeventfd->dev->memory_lock))
		return false;
	write_gated(ioeventfd);
	up_read(&ioeventfd->dev->memory_lock);
	return true;
}

static void write_later(struct work_struct *work)
{
	struct vfio_pci_device *dev = container_of(work, struct vfio_pci_device, ioeventfd_work);
	struct ioeventfd *ioeventfd;

	mutex_lock(&dev->ioeventfd_lock);
	list_for_each_entry(ioeventfd, &dev->ioeventfds, node) {
		if (!vfio_pci_doorbell_take_ring(&ioeventfd->doorbell))
			continue;
		down_read(&dev->memory_lock);
		write_gated(ioeventfd);
		up_read(&dev->memory_lock);
	}
	mutex_unlock(&dev->ioeventfd_lock);
}

static bool touches_msix_table(struct vfio_pci_device *dev, const struct place *place)
{
	return dev->msix && place->bar == dev->msix_bar &&
	       place->pos < (u64)dev->msix_table + dev->msix_table_size &&
	       place->pos + place->width > dev->msix_table;
}

static int find_place(struct vfio_pci_device *dev, const struct vfio_device_ioeventfd *args,
		      struct place *place)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;
	u64 index = args->offset >> VFIO_PCI_OFFSET_SHIFT;
	u64 size;

	if (index >= PCI_STD_NUM_BARS)
		return ovfio_refuse(refusal, OPENVFIO_REASON_IOEVENTFD_PLACE, -EINVAL,
				    "region %llu is no BAR; ioeventfds write to BARs only", index);
	place->bar = array_index_nospec(index, PCI_STD_NUM_BARS);
	place->pos = args->offset & (VFIO_PCI_OFFSET(1) - 1);
	place->width = args->flags;
	size = pci_resource_len(dev->pdev, place->bar);
	if (place->pos >= size || place->width > size - place->pos)
		return ovfio_refuse(refusal, OPENVFIO_REASON_IOEVENTFD_PLACE, -EINVAL,
				    "BAR %u has 0x%llx bytes, and 0x%llx + %u is not among them",
				    place->bar, size, place->pos, place->width);
	if (touches_msix_table(dev, place))
		return ovfio_refuse(refusal, OPENVFIO_REASON_IOEVENTFD_PLACE, -EINVAL,
				    "BAR %u + 0x%llx is in the MSI-X table, which is written by SET_IRQS only",
				    place->bar, place->pos);
	return 0;
}

static struct ioeventfd *find_ioeventfd(struct vfio_pci_device *dev, const struct place *place,
					u64 data)
{
	struct ioeventfd *ioeventfd;

	lockdep_assert_held(&dev->ioeventfd_lock);

	list_for_each_entry(ioeventfd, &dev->ioeventfds, node)
		if (ioeventfd->place.bar == place->bar && ioeventfd->place.pos == place->pos &&
		    ioeventfd->place.width == place->width && ioeventfd->data == data)
			return ioeventfd;
	return NULL;
}

static void remove_ioeventfd(struct vfio_pci_device *dev, struct ioeventfd *ioeventfd)
{
	lockdep_assert_held(&dev->ioeventfd_lock);

	vfio_pci_doorbell_clear(&ioeventfd->doorbell);
	list_del(&ioeventfd->node);
	dev->ioeventfd_count--;
	kfree(ioeventfd);
}

static int add_ioeventfd(struct vfio_pci_device *dev, const struct place *place, u64 data, int fd)
{
	struct ioeventfd *ioeventfd;
	int ret;

	lockdep_assert_held(&dev->ioeventfd_lock);

	if (dev->ioeventfd_count >= MOST_IOEVENTFDS)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IOEVENTFD_LIMIT, -ENOSPC,
				    "the device has %u ioeventfds, and no more are possible; remove some by fd -1",
				    dev->ioeventfd_count);
	ioeventfd = kzalloc(sizeof(*ioeventfd), GFP_KERNEL_ACCOUNT);
	if (!ioeventfd)
		return -ENOMEM;
	ioeventfd->dev = dev;
	ioeventfd->place = *place;
	ioeventfd->data = data;
	ioeventfd->io = dev->bar[place->bar] + place->pos;
	ioeventfd->memory = pci_resource_flags(dev->pdev, place->bar) & IORESOURCE_MEM;
	ioeventfd->doorbell.now = write_now;
	ioeventfd->doorbell.later = &dev->ioeventfd_work;
	ret = vfio_pci_doorbell_set(&ioeventfd->doorbell, fd);
	if (ret) {
		kfree(ioeventfd);
		return vfio_pci_refuse_eventfd(dev, ret, fd);
	}
	list_add(&ioeventfd->node, &dev->ioeventfds);
	dev->ioeventfd_count++;
	return 0;
}

static int change_ioeventfd(struct vfio_pci_device *dev, const struct place *place, u64 data,
			    int fd)
{
	struct ioeventfd *ioeventfd = find_ioeventfd(dev, place, data);

	if (fd >= 0 && !ioeventfd)
		return add_ioeventfd(dev, place, data, fd);
	if (fd >= 0)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IOEVENTFD_EXISTS, -EEXIST,
				    "an ioeventfd writes these %u bytes to BAR %u + 0x%llx already; remove it by fd -1",
				    place->width, place->bar, place->pos);
	if (!ioeventfd)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IOEVENTFD_NONE, -ENODEV,
				    "no ioeventfd writes these %u bytes to BAR %u + 0x%llx",
				    place->width, place->bar, place->pos);
	remove_ioeventfd(dev, ioeventfd);
	return 0;
}

static int check_args(struct vfio_pci_device *dev, const struct vfio_device_ioeventfd *args)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;

	if (args->flags & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK || hweight32(args->flags) != 1)
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "flags are 0x%x, wanted is exactly one of the sizes 8, 16, 32, 64",
				    args->flags);
	if (args->fd < -1)
		return ovfio_refuse(refusal, OPENVFIO_REASON_DESCRIPTOR, -EINVAL,
				    "fd is %d, wanted is an eventfd, or -1 to remove", args->fd);
	return 0;
}

/**
 * vfio_pci_ioeventfd() - VFIO_DEVICE_IOEVENTFD
 * @dev: the device, open
 * @arg: struct vfio_device_ioeventfd
 *
 * Return: 0; -EFAULT; -EINVAL for what rule B8 forbids; -EEXIST or -ENODEV if there is
 * one like that already, or none to be removed; -ENOSPC; -EBUSY if another driver has
 * the BAR; -EBADF; -ENOMEM.
 */
long vfio_pci_ioeventfd(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_device_ioeventfd args;
	struct place place;
	long ret;

	if (copy_from_user(&args, arg, minsz))
		return -EFAULT;
	if (args.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, args.argsz, minsz);
	ret = check_args(dev, &args);
	if (!ret)
		ret = find_place(dev, &args, &place);
	if (!ret)
		ret = vfio_pci_claim_bar(dev, place.bar);
	if (ret)
		return ret;
	mutex_lock(&dev->ioeventfd_lock);
	ret = change_ioeventfd(dev, &place, args.data, args.fd);
	mutex_unlock(&dev->ioeventfd_lock);
	return ret;
}

/**
 * vfio_pci_ioeventfds_init() - at registration
 * @dev: the device
 */
void vfio_pci_ioeventfds_init(struct vfio_pci_device *dev)
{
	mutex_init(&dev->ioeventfd_lock);
	INIT_LIST_HEAD(&dev->ioeventfds);
	INIT_WORK(&dev->ioeventfd_work, write_later);
}

/**
 * vfio_pci_ioeventfds_clear() - nothing rings any more; at the last close
 * @dev: the device
 */
void vfio_pci_ioeventfds_clear(struct vfio_pci_device *dev)
{
	struct ioeventfd *ioeventfd, *next;

	mutex_lock(&dev->ioeventfd_lock);
	list_for_each_entry_safe(ioeventfd, next, &dev->ioeventfds, node)
		remove_ioeventfd(dev, ioeventfd);
	mutex_unlock(&dev->ioeventfd_lock);
	cancel_work_sync(&dev->ioeventfd_work);
}
