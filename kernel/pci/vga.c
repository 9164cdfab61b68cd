// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGA region: memory and ports at fixed addresses that every VGA controller answers
 * at (V5, B1). Which of several gets them is for the kernel's VGA arbiter to say, for the
 * time of one transfer; it switches decoding of the others off.
 */
#include <linux/aperture.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vgaarb.h>

#include "intx.h"
#include "pci.h"
#include "window.h"

#define OWN_RESOURCES	(VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM)
#define ALL_RESOURCES	(OWN_RESOURCES | VGA_RSRC_LEGACY_MASK)

/**
 * struct legacy_range - what VGA controllers answer at
 * @start: address or port, and offset in the region
 * @end: the one behind it
 * @resource: what the arbiter calls it
 */
struct legacy_range {
	u32 start;
	u32 end;
	unsigned int resource;
};

static const struct legacy_range ranges[] = {
	{ 0x3b0, 0x3bc, VGA_RSRC_LEGACY_IO },
	{ 0x3c0, 0x3e0, VGA_RSRC_LEGACY_IO },
	{ 0xa0000, 0xc0000, VGA_RSRC_LEGACY_MEM },
};

static bool is_vga(const struct pci_dev *pdev)
{
	return pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA;
}

/**
 * vfio_pci_has_vga() - does the device have the VGA region?
 * @dev: the device
 */
bool vfio_pci_has_vga(struct vfio_pci_device *dev)
{
	return is_vga(dev->pdev) && !dev->disable_vga;
}

/* Another VGA controller that gets whatever the bridge above this one passes down. */
static bool shares_bridge(struct pci_dev *pdev)
{
	struct pci_dev *other = NULL;
	struct pci_bus *bus;

	while ((other = pci_get_class(PCI_CLASS_DISPLAY_VGA << 8, other))) {
		if (other == pdev)
			continue;
		for (bus = other->bus; bus && bus != pdev->bus; bus = bus->parent)
			;
		if (bus) {
			pci_dev_put(other);
			return true;
		}
	}
	return false;
}

/*
 * What the arbiter is to think the device answers at. A device whose user may not use the
 * legacy ranges stays out of their arbitration, so that nobody switches its decoding off
 * under the user's feet: if it can be shut off from them at a bridge of its own.
 *
 * Context: any; the arbiter calls it under its spinlock when controllers come and go.
 */
static unsigned int decodes(struct pci_dev *pdev, bool only_one)
{
	struct vfio_pci_device *dev = pci_get_drvdata(pdev);

	if (only_one || !dev->disable_vga || pci_is_root_bus(pdev->bus) || shares_bridge(pdev))
		return ALL_RESOURCES;
	return OWN_RESOURCES;
}

/**
 * vfio_pci_vga_register() - take a VGA controller over from the console, and meet the arbiter
 * @dev: being registered, driver data of its PCI device; nothing is done if it is no VGA
 *	controller
 *
 * Return: 0 or the errno of the framebuffer that does not let go, or of the arbiter.
 */
int vfio_pci_vga_register(struct vfio_pci_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int ret;

	if (!is_vga(pdev))
		return 0;
	ret = aperture_remove_conflicting_pci_devices(pdev, dev->vdev.ops->name);
	if (ret)
		return ret;
	ret = vga_client_register(pdev, decodes);
	if (ret)
		return ret;
	vga_set_legacy_decoding(pdev, decodes(pdev, false));
	return 0;
}

/**
 * vfio_pci_vga_unregister() - undo vfio_pci_vga_register()
 * @dev: the device
 */
void vfio_pci_vga_unregister(struct vfio_pci_device *dev)
{
	if (!is_vga(dev->pdev))
		return;
	vga_client_unregister(dev->pdev);
	vga_set_legacy_decoding(dev->pdev, ALL_RESOURCES);
}

/*
 * The arbiter may switch decoding on by COMMAND, which is otherwise written under irq_lock
 * only. So what follows from COMMAND is looked at anew if it changed.
 */
static int get_legacy(struct vfio_pci_device *dev, unsigned int resource)
{
	u16 before, after;
	int ret;

	pci_read_config_word(dev->pdev, PCI_COMMAND, &before);
	ret = vga_get_interruptible(dev->pdev, resource);
	pci_read_config_word(dev->pdev, PCI_COMMAND, &after);
	if (before == after)
		return ret;
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	vfio_pci_intx_reapply(dev);
	vfio_pci_memory_update(dev);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
	return ret;
}

/* With no user memory touched while others wait for the ranges, nor during a reset. */
static int transfer(struct vfio_pci_device *dev, const struct legacy_range *range, u8 *buf,
		    size_t count, u64 pos, bool write)
{
	bool memory = range->resource == VGA_RSRC_LEGACY_MEM;
	u32 size = range->end - range->start;
	struct window w = { .pos = pos - range->start };
	int ret;

	w.io = memory ? ioremap(range->start, size) : ioport_map(range->start, size);
	if (!w.io)
		return -ENOMEM;
	ret = get_legacy(dev, range->resource);
	if (!ret) {
		down_read(&dev->memory_lock);
		window_transfer(&w, buf, count, write);
		up_read(&dev->memory_lock);
		vga_put(dev->pdev, range->resource);
	}
	if (memory)
		iounmap(w.io);
	else
		ioport_unmap(w.io);
	return ret;
}

static const struct legacy_range *find_range(u64 pos)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (pos >= ranges[i].start && pos < ranges[i].end)
			return &ranges[i];
	return NULL;
}

/**
 * vfio_pci_vga_access() - read and write of the VGA region
 * @dev: the device, open, with a VGA region
 * @user: user memory
 * @count: bytes, greater 0
 * @pos: offset in the region
 * @write: to the device
 *
 * Return: bytes, cut short at the end of a range; -EINVAL between the ranges; -ENOMEM;
 * -EFAULT; or the errno of the arbiter, -ERESTARTSYS for a signal among them.
 */
ssize_t vfio_pci_vga_access(struct vfio_pci_device *dev, char __user *user, size_t count, u64 pos,
			    bool write)
{
	const struct legacy_range *range = find_range(pos);
	unsigned int skew = pos & 3;
	ssize_t ret;
	u8 *buf;

	if (!range)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_VGA_RANGE, -EINVAL,
				    "no VGA controller answers at 0x%llx: memory is at 0xa0000-0xbffff, ports at 0x3b0-0x3bb and 0x3c0-0x3df",
				    pos);
	count = min_t(u64, count, range->end - pos);
	buf = kvmalloc(skew + count, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	ret = -EFAULT;
	if (write && copy_from_user(buf + skew, user, count))
		goto out;
	ret = transfer(dev, range, buf + skew, count, pos, write);
	if (ret)
		goto out;
	ret = count;
	if (!write && copy_to_user(user, buf + skew, count))
		ret = -EFAULT;
out:
	kvfree(buf);
	return ret;
}
