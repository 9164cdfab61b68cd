// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: what there is (VFIO_DEVICE_GET_REGION_INFO), and read and write of it.
 * Bytes go through a buffer, so that the gate in front of the device's memory is passed
 * once for many of them and never while user memory is touched.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "pci.h"
#include "window.h"

/**
 * struct bounce - the buffer between a region and user memory
 * @page: for long transfers; NULL for short ones, or if there is none to be had
 * @small: without a page
 */
struct bounce {
	u8 *page;
	u8 small[256] __aligned(8);
};

static const char *const region_names[VFIO_PCI_NUM_REGIONS] = {
	"BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5",
	"the ROM", "the configuration space", "the VGA region",
};

/* A page costs more than it saves for less than a page. */
static void bounce_init(struct bounce *bounce, size_t count)
{
	bounce->page = NULL;
	if (count >= PAGE_SIZE)
		bounce->page = (u8 *)__get_free_page(GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

static void bounce_free(struct bounce *bounce)
{
	if (bounce->page)
		free_page((unsigned long)bounce->page);
}

/* B3: memory needs the gate open; I/O ports do not. */
static int transfer_gated(struct vfio_pci_device *dev, const struct window *w, u8 *buf,
			  size_t count, bool write, bool memory)
{
	int ret = 0;

	down_read(&dev->memory_lock);
	if (memory && !dev->memory_on)
		ret = vfio_pci_memory_refuse(dev);
	else
		window_transfer(w, buf, count, write);
	up_read(&dev->memory_lock);
	return ret;
}

/* As much of a write as user memory has, but no part of a register that goes on beyond it. */
static size_t fetch(const struct window *w, u8 *buf, const char __user *user, size_t count)
{
	size_t missing = copy_from_user(buf, user, count);

	if (!missing)
		return count;
	return max(ALIGN_DOWN(w->pos + count - missing, 4), w->pos) - w->pos;
}

/* Returns bytes: less than @count only where user memory ends; or an errno. */
static ssize_t copy_part(struct vfio_pci_device *dev, const struct window *w, u8 *buf,
			 char __user *user, size_t count, bool write, bool memory)
{
	int ret;

	if (write)
		count = fetch(w, buf, user, count);
	if (!count)
		return -EFAULT;
	ret = transfer_gated(dev, w, buf, count, write, memory);
	if (ret)
		return ret;
	if (!write)
		count -= copy_to_user(user, buf, count);
	return count ? count : -EFAULT;
}

/* A register, which is what most accesses are: nothing of them is of unknown length. */
static ssize_t copy_register(struct vfio_pci_device *dev, const struct window *w,
			     char __user *user, bool write, bool memory)
{
	__le32 value;
	int ret;

	if (write && copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;
	ret = transfer_gated(dev, w, (u8 *)&value, sizeof(value), write, memory);
	if (!ret && !write && copy_to_user(user, &value, sizeof(value)))
		ret = -EFAULT;
	return ret ? ret : sizeof(value);
}

static ssize_t copy_window(struct vfio_pci_device *dev, struct window *w, char __user *user,
			   size_t count, bool write, bool memory)
{
	size_t room, done = 0;
	/* Cleared by the compiler if it were not for this. */
	struct bounce bounce __uninitialized;
	ssize_t ret = 0;
	u8 *buf;

	bounce_init(&bounce, count);
	buf = bounce.page ? bounce.page : bounce.small;
	room = bounce.page ? PAGE_SIZE : sizeof(bounce.small);
	while (done < count) {
		unsigned int skew = w->pos & 3;
		size_t part = min(count - done, room - skew);

		ret = copy_part(dev, w, buf + skew, user + done, part, write, memory);
		if (ret < 0)
			break;
		done += ret;
		w->pos += ret;
		if (ret < part)
			break;
		/* C14: who is to die does not read to the end of a BAR of gigabytes. */
		ret = fatal_signal_pending(current) ? -EINTR : 0;
		if (ret)
			break;
	}
	bounce_free(&bounce);
	return done ? done : ret;
}

static ssize_t bar_access(struct vfio_pci_device *dev, unsigned int bar, char __user *user,
			  size_t count, u64 pos, bool write)
{
	bool memory = pci_resource_flags(dev->pdev, bar) & IORESOURCE_MEM;
	struct window w = { .pos = pos, .bulk = memory };
	int ret;

	ret = vfio_pci_claim_bar(dev, bar);
	if (ret)
		return ret;
	w.io = dev->bar[bar];
	if (dev->msix && bar == dev->msix_bar) {
		w.hole = dev->msix_table;
		w.hole_end = w.hole + dev->msix_table_size;
	}
	if (count == sizeof(u32) && IS_ALIGNED(pos, sizeof(u32)))
		return copy_register(dev, &w, user, write, memory);
	return copy_window(dev, &w, user, count, write, memory);
}

/*
 * The ROM is mapped for each read, as its decoder may be shared with a BAR. Two readers
 * would switch it off under each other, hence the lock, and hence the copy.
 */
static int rom_fetch(struct vfio_pci_device *dev, u8 *buf, size_t count, u64 pos)
{
	struct window w = { .pos = pos, .hole_end = U64_MAX };
	int ret = 0;
	size_t size;

	down_read(&dev->memory_lock);
	if (!dev->memory_on) {
		ret = vfio_pci_memory_refuse(dev);
		goto out;
	}
	mutex_lock(&dev->bar_lock);
	w.io = pci_map_rom(dev->pdev, &size);
	if (w.io) {
		w.hole = size;
		window_transfer(&w, buf, count, false);
		pci_unmap_rom(dev->pdev, w.io);
	} else {
		ret = ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_ROM, -ENXIO,
				   "the ROM of %s has no valid contents any more",
				   pci_name(dev->pdev));
	}
	mutex_unlock(&dev->bar_lock);
out:
	up_read(&dev->memory_lock);
	return ret;
}

static ssize_t rom_access(struct vfio_pci_device *dev, char __user *user, size_t count, u64 pos,
			  bool write)
{
	unsigned int skew = pos & 3;
	ssize_t ret;
	u8 *buf;

	if (write)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_READ_ONLY, -EINVAL,
				    "the ROM of %s can only be read", pci_name(dev->pdev));
	buf = kvmalloc(skew + count, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	ret = rom_fetch(dev, buf + skew, count, pos);
	if (!ret)
		ret = copy_to_user(user, buf + skew, count) ? -EFAULT : count;
	kvfree(buf);
	return ret;
}

/**
 * vfio_pci_find_rom() - is there a ROM with something in it? (V5)
 * @dev: open in progress; irq_lock held, memory_lock for writing
 */
void vfio_pci_find_rom(struct vfio_pci_device *dev)
{
	struct vfio_pci_loan loan;
	void __iomem *rom;
	size_t size;

	dev->rom_size = 0;
	if (!pci_resource_len(dev->pdev, PCI_ROM_RESOURCE))
		return;
	vfio_pci_memory_borrow(dev, &loan);
	rom = pci_map_rom(dev->pdev, &size);
	if (rom) {
		dev->rom_size = pci_resource_len(dev->pdev, PCI_ROM_RESOURCE);
		pci_unmap_rom(dev->pdev, rom);
	}
	vfio_pci_memory_return(dev, &loan);
}

static u64 region_size(struct vfio_pci_device *dev, unsigned int index)
{
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return vfio_pci_config_size(dev);
	if (index == VFIO_PCI_ROM_REGION_INDEX)
		return dev->rom_size;
	if (index == VFIO_PCI_VGA_REGION_INDEX)
		return vfio_pci_has_vga(dev) ? VFIO_PCI_VGA_SIZE : 0;
	return index < PCI_STD_NUM_BARS ? pci_resource_len(dev->pdev, index) : 0;
}

static int refuse_position(struct vfio_pci_device *dev, unsigned int index, u64 pos, u64 size)
{
	if (size)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_BEYOND_END, -EINVAL,
				    "offset 0x%llx is beyond the end of %s of %s, which has 0x%llx bytes",
				    pos, region_names[index], pci_name(dev->pdev), size);
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_REGION, -EINVAL,
			    "%s has nothing in %s", pci_name(dev->pdev), region_names[index]);
}

/* B1: past the end is an error, across the end a short transfer. */
static ssize_t region_access(struct vfio_pci_device *dev, char __user *user, size_t count,
			     loff_t *ppos, bool write)
{
	unsigned int index = *ppos >> VFIO_PCI_OFFSET_SHIFT;
	u64 pos = *ppos & (VFIO_PCI_OFFSET(1) - 1);
	ssize_t ret;

	if (*ppos < 0 || index >= VFIO_PCI_NUM_REGIONS)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_REGION, -EINVAL,
				    "position 0x%llx is in no region of %s; GET_REGION_INFO tells where they are",
				    *ppos, pci_name(dev->pdev));
	index = array_index_nospec(index, VFIO_PCI_NUM_REGIONS);
	if (!count)
		return 0;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
		ret = write ? vfio_pci_config_write(dev, user, count, pos)
			    : vfio_pci_config_read(dev, user, count, pos);
	} else {
		u64 size = region_size(dev, index);

		if (pos >= size)
			return refuse_position(dev, index, pos, size);
		count = min_t(u64, count, size - pos);
		if (index == VFIO_PCI_ROM_REGION_INDEX)
			ret = rom_access(dev, user, count, pos, write);
		else if (index == VFIO_PCI_VGA_REGION_INDEX)
			ret = vfio_pci_vga_access(dev, user, count, pos, write);
		else
			ret = bar_access(dev, index, user, count, pos, write);
	}
	if (ret > 0)
		*ppos += ret;
	return ret;
}

/**
 * ovfio_pci_read() - read from a region
 * @vdev: the device
 * @buf: user memory
 * @count: bytes
 * @pos: file position: region and offset in it
 *
 * Return: bytes read; -EINVAL outside any region; -EIO while memory decoding is off, or
 * when the device is gone; -EBUSY if another driver has the BAR; -EFAULT.
 */
ssize_t ovfio_pci_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	ssize_t ret = vfio_pci_wake(dev);

	if (ret)
		return ret;
	ret = region_access(dev, buf, count, pos, false);
	vfio_pci_rest(dev);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pci_read);

/**
 * ovfio_pci_write() - write to a region
 * @vdev: the device
 * @buf: user memory
 * @count: bytes
 * @pos: file position: region and offset in it
 *
 * Return: as ovfio_pci_read(); -EINVAL also for the ROM.
 */
ssize_t ovfio_pci_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	ssize_t ret = vfio_pci_wake(dev);

	if (ret)
		return ret;
	/* Only ever read from when writing. */
	ret = region_access(dev, (char __user *)buf, count, pos, true);
	vfio_pci_rest(dev);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pci_write);

static void describe_bar(struct vfio_pci_device *dev, struct vfio_region_info *info)
{
	info->size = pci_resource_len(dev->pdev, info->index);
	if (!info->size)
		return;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (vfio_pci_bar_mappable(dev, info->index))
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
}

/* V5 */
static int describe_region(struct vfio_pci_device *dev, struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_REGION, -EINVAL,
				    "region %u of %s: there are only 0 to %u", info->index,
				    pci_name(dev->pdev), VFIO_PCI_NUM_REGIONS - 1);
	info->index = array_index_nospec(info->index, VFIO_PCI_NUM_REGIONS);
	info->offset = VFIO_PCI_OFFSET(info->index);
	info->size = 0;
	info->flags = 0;

	switch (info->index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		describe_bar(dev, info);
		return 0;
	case VFIO_PCI_ROM_REGION_INDEX:
		info->size = dev->rom_size;
		info->flags = dev->rom_size ? VFIO_REGION_INFO_FLAG_READ : 0;
		return 0;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		info->size = vfio_pci_config_size(dev);
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	default:
		if (!vfio_pci_has_vga(dev))
			return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_REGION, -EINVAL,
					    "%s has no VGA region: it is no VGA controller, or the parameter disable_vga is on",
					    pci_name(dev->pdev));
		info->size = VFIO_PCI_VGA_SIZE;
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return 0;
	}
}

/* Says that mapping the BAR with the MSI-X table gives all of it, table included (B4). */
static int add_msix_mappable(struct vfio_pci_device *dev, struct vfio_region_info *info,
			     void __user *arg)
{
	struct vfio_info_caps caps = {};
	int ret = -ENOMEM;

	if (!dev->msix || info->index != dev->msix_bar ||
	    !(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	if (ovfio_info_cap_add(&caps, sizeof(struct vfio_info_cap_header),
			       VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1)) {
		info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
		ret = ovfio_info_caps_copy(&caps, arg, sizeof(*info), &info->argsz,
					   &info->cap_offset);
	}
	ovfio_info_caps_free(&caps);
	return ret;
}

/**
 * vfio_pci_region_info() - VFIO_DEVICE_GET_REGION_INFO
 * @dev: the device, open
 * @arg: struct vfio_region_info
 *
 * Return: 0, -EFAULT, -EINVAL (argsz, index) or -ENOMEM.
 */
long vfio_pci_region_info(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, info.argsz, minsz);
	ret = describe_region(dev, &info);
	if (!ret)
		ret = add_msix_mappable(dev, &info, arg);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
