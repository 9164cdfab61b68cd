// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO half of a user-level driver. Read it top to bottom:
 *
 *   container   an I/O address space: what a device behind it can reach
 *   group       the smallest set of devices the IOMMU can tell from the others
 *   device      its regions (BARs, config space) and interrupts
 *   DMA         giving the device memory, and taking it back
 *   interrupts  delivered as eventfds
 */
#define _GNU_SOURCE
#include "vfio_device.h"

#include "group_holder.h"
#include "story.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Container. */

static int open_container(void)
{
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	int version, error = errno;

	if (container < 0) {
		complain("cannot open /dev/vfio/vfio: %s", strerror(error));
		if (error == ENOENT || error == ENODEV)
			complain("hint: load the modules: modprobe vfio-pci");
		exit(1);
	}

	version = ioctl(container, VFIO_GET_API_VERSION);
	if (version != VFIO_API_VERSION)
		fail("the kernel speaks VFIO API version %d, this program %d", version,
		     VFIO_API_VERSION);
	if (ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		fail("the kernel has no type1v2 IOMMU driver; hint: modprobe vfio_iommu_type1");

	say("container", "/dev/vfio/vfio: API version %d, type1v2 IOMMU supported", version);
	return container;
}

/* Group. */

/* The name of the directory that symbolic link @entry of PCI device @bdf points to. */
static int sysfs_link(const char *bdf, const char *entry, char name[NAME_MAX + 1])
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, entry);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -1;
	target[length] = '\0';
	snprintf(name, NAME_MAX + 1, "%s", basename(target));
	return 0;
}

/* Every member of the group of @bdf with its host driver, as "A (x), B (none)". */
static void list_group(const char *bdf, char *list, size_t size)
{
	char path[PATH_MAX], driver[NAME_MAX + 1];
	struct dirent **members;
	size_t used = 0;
	int count;

	list[0] = '\0';
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/devices", bdf);
	count = scandir(path, &members, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = members[i]->d_name;

		if (name[0] != '.' && used < size) {
			if (sysfs_link(name, "driver", driver))
				strcpy(driver, "no driver");
			used += snprintf(list + used, size - used, "%s%s (%s)", used ? ", " : "",
					 name, driver);
		}
		free(members[i]);
	}
	if (count >= 0)
		free(members);
}

/* sysfs and GET_DEVICE_FD want the full form, lspci prints the short one. */
static void parse_bdf(struct vfio_device *dev, const char *bdf)
{
	unsigned int domain, bus, slot, function;
	char rest;

	if (sscanf(bdf, "%x:%x:%x.%x%c", &domain, &bus, &slot, &function, &rest) != 4) {
		domain = 0;
		if (sscanf(bdf, "%x:%x.%x%c", &bus, &slot, &function, &rest) != 3)
			fail("'%s' is not a PCI address like 0000:06:0d.1", bdf);
	}
	if (domain > 0xffff || bus > 0xff || slot > 0x1f || function > 7)
		fail("'%s' is not a PCI address: a number in it is too large", bdf);
	snprintf(dev->bdf, sizeof(dev->bdf), "%04x:%02x:%02x.%x", domain, bus, slot, function);
}

static void find_group(struct vfio_device *dev, const char *bdf, const char *group_path)
{
	char group[NAME_MAX + 1], driver[NAME_MAX + 1];

	parse_bdf(dev, bdf);
	if (sysfs_link(dev->bdf, "iommu_group", group)) {
		complain("cannot read the IOMMU group of %s: %s", dev->bdf, strerror(errno));
		fail("hint: is the address right (lspci -D), and the IOMMU on (intel_iommu=on)?");
	}
	if (group_path)
		snprintf(dev->group_path, sizeof(dev->group_path), "%s", group_path);
	else
		snprintf(dev->group_path, sizeof(dev->group_path), "/dev/vfio/%s", group);

	/* The IOMMU group is always there; VFIO has those members that a VFIO driver has. */
	if (sysfs_link(dev->bdf, "driver", driver))
		complain("warning: %s has no driver; it must be bound to vfio-pci", dev->bdf);
	else if (strncmp(driver, "vfio", 4) != 0)
		complain("warning: %s is bound to %s instead of vfio-pci", dev->bdf, driver);
}

static void __attribute__((noreturn)) no_group(const struct vfio_device *dev, int error)
{
	complain("cannot open the group %s of %s: %s", dev->group_path, dev->bdf, strerror(error));
	if (error == ENOENT)
		complain("hint: the node appears when a member of the group is bound to vfio-pci");
	else if (error == EACCES)
		complain("hint: root must give you the group: chown USER %s", dev->group_path);
	else if (error == EBUSY)
		group_held(dev->group_path);
	exit(1);
}

static void __attribute__((noreturn)) not_attached(const struct vfio_device *dev, int error,
						   const char *members)
{
	complain("cannot put the group of %s into a container: %s", dev->bdf, strerror(error));
	if (error == EPERM)
		complain("hint: a host driver has a member of this group; bind it to vfio-pci, or "
			 "unbind it:\n     %s", members);
	else if (error == EINVAL)
		complain("hint: the group is in a container already");
	exit(1);
}

static void attach_group(struct vfio_device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char members[512];
	int viable;

	dev->group = open(dev->group_path, O_RDWR | O_CLOEXEC);
	if (dev->group < 0)
		no_group(dev, errno);

	/*
	 * Devices of one group can reach each other, or look the same to the IOMMU, so a
	 * group is ours as a whole or not at all: "viable" says that no host driver has
	 * any of it. The flag only informs; SET_CONTAINER is what claims the group.
	 */
	if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status))
		fail("cannot get the status of %s: %s", dev->group_path, strerror(errno));
	viable = !!(status.flags & VFIO_GROUP_FLAGS_VIABLE);
	list_group(dev->bdf, members, sizeof(members));
	say("group", "%s: %s", dev->group_path, viable ? "viable" : "NOT viable");
	say("", "%s", members);

	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container))
		not_attached(dev, errno, members);
}

/* IOMMU. */

static void say_ranges(const struct vfio_iommu_type1_info *info)
{
	uint32_t offset = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;

	/* A chain of capabilities; each says where in the structure the next one starts. */
	while (offset && offset + sizeof(struct vfio_info_cap_header) <= info->argsz) {
		const void *here = (const char *)info + offset;
		const struct vfio_info_cap_header *header = here;

		if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
			const struct vfio_iommu_type1_info_cap_iova_range *cap = here;

			for (uint32_t i = 0; i < cap->nr_iovas; i++)
				say("", "I/O addresses 0x%llx-0x%llx",
				    cap->iova_ranges[i].start, cap->iova_ranges[i].end);
		}
		offset = header->next;
	}
}

static void set_iommu(const struct vfio_device *dev)
{
	struct vfio_iommu_type1_info *info;
	uint32_t size = sizeof(*info);

	/* Only now: a container's IOMMU exists once a group says which one it is. */
	if (ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) {
		int error = errno;

		complain("cannot set up a type1v2 IOMMU: %s", strerror(error));
		if (error == EPERM)
			complain("hint: the IOMMU does not isolate interrupts (see dmesg)");
		exit(1);
	}

	/*
	 * The usual way with structures that may grow: argsz says how much room there is,
	 * and comes back as how much there should be.
	 */
	info = calloc(1, size);
	for (int pass = 0; info && pass < 2; pass++) {
		info->argsz = size;
		if (ioctl(dev->container, VFIO_IOMMU_GET_INFO, info))
			fail("cannot get the IOMMU's properties: %s", strerror(errno));
		if (info->argsz <= size)
			break;
		size = info->argsz;
		free(info);
		info = calloc(1, size);
	}
	if (!info)
		fail("out of memory");
	say("iommu", "type1v2, pages of %llu KiB and up (sizes 0x%llx)",
	    (info->iova_pgsizes & -info->iova_pgsizes) / 1024, info->iova_pgsizes);
	say_ranges(info);
	free(info);
}

/* Device. */

static void open_device(struct vfio_device *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	if (dev->fd < 0) {
		int error = errno;

		complain("cannot get %s from its group: %s", dev->bdf, strerror(error));
		if (error == ENODEV)
			complain("hint: the device itself must be bound to vfio-pci");
		exit(1);
	}
	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		fail("cannot get the properties of %s: %s", dev->bdf, strerror(errno));
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
		fail("%s is not a PCI device", dev->bdf);
	dev->num_regions = info.num_regions;
	dev->num_irqs = info.num_irqs;
	say("device", "%s: %u regions, %u interrupt indexes, %s", dev->bdf, info.num_regions,
	    info.num_irqs, info.flags & VFIO_DEVICE_FLAGS_RESET ? "can be reset" : "no reset");
}

void vfio_open(struct vfio_device *dev, const char *bdf, const char *group_path)
{
	find_group(dev, bdf, group_path);
	dev->container = open_container();
	attach_group(dev);
	set_iommu(dev);
	open_device(dev);
}

void vfio_close(struct vfio_device *dev)
{
	/* Any order works; this one undoes vfio_open() step by step. */
	close(dev->fd);
	if (ioctl(dev->group, VFIO_GROUP_UNSET_CONTAINER))
		fail("cannot take the group out of its container: %s", strerror(errno));
	close(dev->group);
	close(dev->container);
	say("closed", "%s and its group are free again", dev->bdf);
}

static int region_info(const struct vfio_device *dev, unsigned int index,
		       struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

static void describe_region(const struct vfio_device *dev, unsigned int index)
{
	static const char * const names[VFIO_PCI_NUM_REGIONS] = {
		"BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5", "ROM", "config", "VGA",
	};
	struct vfio_region_info info;

	/* Indexes are fixed, so most devices have gaps: size 0, or (VGA) no such region. */
	if (region_info(dev, index, &info) || !info.size)
		return;
	say("region", "%u %-7s %8llu bytes%s%s%s", index,
	    index < VFIO_PCI_NUM_REGIONS ? names[index] : "special", info.size,
	    info.flags & VFIO_REGION_INFO_FLAG_READ ? ", read" : "",
	    info.flags & VFIO_REGION_INFO_FLAG_WRITE ? ", write" : "",
	    info.flags & VFIO_REGION_INFO_FLAG_MMAP ? ", mmap" : "");
}

static void describe_irq(const struct vfio_device *dev, unsigned int index)
{
	static const char * const names[VFIO_PCI_NUM_IRQS] = {
		"INTx", "MSI", "MSI-X", "error", "request",
	};
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) || !info.count)
		return;
	say("interrupt", "%u %-7s %8u%s%s%s", index,
	    index < VFIO_PCI_NUM_IRQS ? names[index] : "special", info.count,
	    info.flags & VFIO_IRQ_INFO_EVENTFD ? " by eventfd" : "",
	    info.flags & VFIO_IRQ_INFO_MASKABLE ? ", maskable" : "",
	    info.flags & VFIO_IRQ_INFO_AUTOMASKED ? ", masks itself when it fires" : "");
}

void vfio_describe(const struct vfio_device *dev)
{
	for (unsigned int i = 0; i < dev->num_regions; i++)
		describe_region(dev, i);
	for (unsigned int i = 0; i < dev->num_irqs; i++)
		describe_irq(dev, i);
}

/* Regions are parts of the device file, at the offset that REGION_INFO tells. */

static off_t config_offset(const struct vfio_device *dev)
{
	struct vfio_region_info info;

	if (region_info(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info))
		fail("cannot find the config space of %s: %s", dev->bdf, strerror(errno));
	return info.offset;
}

uint32_t vfio_config_read(const struct vfio_device *dev, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	if (pread(dev->fd, &value, size, config_offset(dev) + offset) != (ssize_t)size)
		fail("cannot read config space of %s at 0x%x: %s", dev->bdf, offset,
		     strerror(errno));
	return value;
}

void vfio_config_write(const struct vfio_device *dev, unsigned int offset, uint32_t value,
		       unsigned int size)
{
	if (pwrite(dev->fd, &value, size, config_offset(dev) + offset) != (ssize_t)size)
		fail("cannot write config space of %s at 0x%x: %s", dev->bdf, offset,
		     strerror(errno));
}

void vfio_expect_id(const struct vfio_device *dev, uint16_t vendor, uint16_t device)
{
	uint16_t is_vendor = vfio_config_read(dev, PCI_VENDOR_ID, 2);
	uint16_t is_device = vfio_config_read(dev, PCI_DEVICE_ID, 2);

	if (is_vendor != vendor || is_device != device)
		fail("%s is %04x:%04x, but this driver is for %04x:%04x", dev->bdf, is_vendor,
		     is_device, vendor, device);
}

void vfio_enable_bus_master(const struct vfio_device *dev)
{
	uint16_t command = vfio_config_read(dev, PCI_COMMAND, 2);

	/* VFIO hands a device over silent, with bus mastering off. */
	vfio_config_write(dev, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	say("config", "vendor %04x, device %04x, command 0x%04x -> 0x%04x (bus master on)",
	    vfio_config_read(dev, PCI_VENDOR_ID, 2), vfio_config_read(dev, PCI_DEVICE_ID, 2),
	    command, vfio_config_read(dev, PCI_COMMAND, 2));
}

void *vfio_map_bar(const struct vfio_device *dev, unsigned int index, size_t *size)
{
	struct vfio_region_info info;
	void *bar;

	if (region_info(dev, index, &info))
		fail("cannot get the properties of BAR %u: %s", index, strerror(errno));
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		fail("BAR %u of %s cannot be mapped; use pread and pwrite", index, dev->bdf);
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd, info.offset);
	if (bar == MAP_FAILED)
		fail("cannot map BAR %u of %s: %s", index, dev->bdf, strerror(errno));
	*size = info.size;
	return bar;
}

void vfio_unmap_bar(void *bar, size_t size)
{
	/* A mapped BAR keeps the device in use, even after its descriptor is closed. */
	munmap(bar, size);
}

/* DMA. */

struct dma_buffer dma_alloc(size_t size, uint64_t iova)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct dma_buffer buffer = { .iova = iova, .size = (size + page - 1) / page * page };

	buffer.vaddr = mmap(NULL, buffer.size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer.vaddr == MAP_FAILED)
		fail("cannot allocate %zu bytes: %s", buffer.size, strerror(errno));
	return buffer;
}

void dma_free(struct dma_buffer *buffer)
{
	munmap(buffer->vaddr, buffer->size);
	buffer->vaddr = NULL;
}

void dma_map(const struct vfio_device *dev, const struct dma_buffer *buffer, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.vaddr = (uintptr_t)buffer->vaddr,
		.iova = buffer->iova,
		.size = buffer->size,
	};
	struct rlimit limit;
	int error;

	/*
	 * The kernel pins the pages, as a device cannot take a page fault, and counts them
	 * against RLIMIT_MEMLOCK. The I/O address is the program's own choice.
	 */
	if (!ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map))
		return;

	error = errno;
	complain("cannot map %zu bytes at I/O address 0x%llx for DMA: %s", buffer->size,
		 (unsigned long long)buffer->iova, strerror(error));
	if (error == ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur != RLIM_INFINITY)
		complain("hint: this process may lock %llu KiB of memory (RLIMIT_MEMLOCK); "
			 "raise it: ulimit -l", (unsigned long long)limit.rlim_cur / 1024);
	else if (error == EINVAL)
		complain("hint: is that address in the ranges the IOMMU offers?");
	else if (error == EEXIST)
		complain("hint: something is mapped there already");
	exit(1);
}

void dma_unmap(const struct vfio_device *dev, const struct dma_buffer *buffer)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = buffer->iova,
		.size = buffer->size,
	};

	/* "Nothing was mapped there" is success with size 0, so the size needs a look, too. */
	if (ioctl(dev->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		fail("cannot unmap I/O address 0x%llx: %s", (unsigned long long)buffer->iova,
		     strerror(errno));
	if (unmap.size != buffer->size)
		fail("unmapped %llu bytes at I/O address 0x%llx instead of %zu", unmap.size,
		     (unsigned long long)buffer->iova, buffer->size);
}

/* Interrupts. */

static int set_irqs(const struct vfio_device *dev, unsigned int index, uint32_t flags,
		    const int *eventfds, unsigned int count)
{
	size_t data = eventfds ? count * sizeof(*eventfds) : 0;
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + data);
	int result, error;

	if (!set)
		fail("out of memory");
	set->argsz = sizeof(*set) + data;
	set->flags = flags;
	set->index = index;
	set->count = count;
	if (data)
		memcpy(set->data, eventfds, data);
	result = ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set);
	error = errno;
	free(set);
	errno = error;
	return result;
}

unsigned int vfio_irq_count(const struct vfio_device *dev, unsigned int index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) ? 0 : info.count;
}

void vfio_irq_enable(const struct vfio_device *dev, unsigned int index, int *eventfds,
		     unsigned int count)
{
	int result;

	for (unsigned int i = 0; i < count; i++) {
		eventfds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (eventfds[i] < 0)
			fail("cannot create an eventfd: %s", strerror(errno));
	}

	result = set_irqs(dev, index, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			  eventfds, count);
	if (result < 0)
		fail("cannot enable interrupt index %u of %s: %s", index, dev->bdf,
		     strerror(errno));
	/* MSI and MSI-X: the number of vectors there could be, and none is enabled. */
	if (result > 0)
		fail("%s can have %d of the %u wanted vectors", dev->bdf, result, count);
}

void vfio_irq_unmask(const struct vfio_device *dev, unsigned int index)
{
	if (set_irqs(dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, NULL, 1))
		fail("cannot unmask interrupt index %u of %s: %s", index, dev->bdf,
		     strerror(errno));
}

void vfio_irq_disable(const struct vfio_device *dev, unsigned int index, int *eventfds,
		      unsigned int count)
{
	/* No data and no interrupts: all of the index. */
	if (set_irqs(dev, index, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, NULL, 0))
		fail("cannot disable interrupt index %u of %s: %s", index, dev->bdf,
		     strerror(errno));
	for (unsigned int i = 0; i < count; i++)
		close(eventfds[i]);
}

uint64_t vfio_irq_wait(int eventfd, int milliseconds)
{
	struct pollfd waiting = { .fd = eventfd, .events = POLLIN };
	uint64_t count;

	if (poll(&waiting, 1, milliseconds) < 0)
		fail("cannot wait for an interrupt: %s", strerror(errno));
	/* Reading an eventfd also sets it back to zero. */
	if (!(waiting.revents & POLLIN) || read(eventfd, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}
