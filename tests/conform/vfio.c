// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO calls as the tests use them: containers, groups, devices, mappings,
 * regions.
 */
#include "vfio.h"

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "textfile.h"

int container_open(void)
{
	return OK(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
}

int try_group_open(int group)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	return open(path, O_RDWR | O_CLOEXEC);
}

int group_open(const struct pci_device *device)
{
	return OK(try_group_open(device->group));
}

int try_set_container(int group, int container)
{
	return ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);
}

int try_device_fd(int group, const char *name)
{
	return ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
}

int device_open(int group, const struct pci_device *device)
{
	return OK(try_device_fd(group, device->name));
}

uint32_t group_flags(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	OK(ioctl(group, VFIO_GROUP_GET_STATUS, &status));
	return status.flags;
}

struct assignment assign_group(struct pci_device pci, int iommu_type)
{
	struct assignment assignment = { .pci = pci, .device = -1 };

	assignment.container = container_open();
	assignment.group = group_open(&pci);
	OK(try_set_container(assignment.group, assignment.container));
	OK(ioctl(assignment.container, VFIO_SET_IOMMU, iommu_type));
	return assignment;
}

struct assignment assign(struct pci_device pci, int iommu_type)
{
	struct assignment assignment = assign_group(pci, iommu_type);

	assignment.device = device_open(assignment.group, &pci);
	return assignment;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		OK(close(*fd));
	*fd = -1;
}

void unassign(struct assignment *assignment)
{
	close_if_open(&assignment->device);
	close_if_open(&assignment->group);
	close_if_open(&assignment->container);
}

int try_map(int container, uint64_t iova, const void *memory, uint64_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map request = {
		.argsz = sizeof(request), .flags = flags, .vaddr = (uintptr_t)memory,
		.iova = iova, .size = size,
	};

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &request);
}

void map(int container, uint64_t iova, const void *memory, uint64_t size, uint32_t flags)
{
	OK(try_map(container, iova, memory, size, flags));
}

int64_t try_unmap(int container, uint64_t iova, uint64_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request), .flags = flags, .iova = iova, .size = size,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request))
		return -1;
	return request.size;
}

int64_t unmap(int container, uint64_t iova, uint64_t size)
{
	return OK(try_unmap(container, iova, size, 0));
}

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

void *pages(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		FAIL("mmap of %zu bytes: %s", size, strerror(errno));
	return memory;
}

void *huge_pages(size_t size)
{
	void *memory;

	if (text_write("8", "/proc/sys/vm/nr_hugepages"))
		skip("needs huge pages");
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (memory == MAP_FAILED)
		skip("needs %zu bytes of huge pages", size);
	return memory;
}

void huge_pages_end(void *memory, size_t size)
{
	OK(munmap(memory, size));
	OK(text_write("0", "/proc/sys/vm/nr_hugepages"));
}

struct vfio_iommu_type1_info *iommu_info(int container)
{
	struct vfio_iommu_type1_info probe = { .argsz = sizeof(probe) };
	struct vfio_iommu_type1_info *info;

	OK(ioctl(container, VFIO_IOMMU_GET_INFO, &probe));
	info = calloc(1, probe.argsz);
	CHECK(info);
	info->argsz = probe.argsz;
	OK(ioctl(container, VFIO_IOMMU_GET_INFO, info));
	return info;
}

const void *iommu_cap(const struct vfio_iommu_type1_info *info, uint16_t id)
{
	const struct vfio_info_cap_header *cap;
	uint32_t offset = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;

	for (; offset; offset = cap->next) {
		CHECK(offset + sizeof(*cap) <= info->argsz);
		cap = (const void *)((const char *)info + offset);
		if (cap->id == id)
			return cap;
	}
	return NULL;
}

struct vfio_device_info device_info(int device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	OK(ioctl(device, VFIO_DEVICE_GET_INFO, &info));
	return info;
}

struct vfio_region_info region_info(int device, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	OK(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info));
	return info;
}

struct vfio_irq_info irq_info(int device, unsigned int index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	OK(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info));
	return info;
}

void *try_bar_map(int device, unsigned int index, int prot, int flags)
{
	struct vfio_region_info info = region_info(device, index);

	return mmap64(NULL, info.size, prot, flags, device, info.offset);
}

void *bar_map(int device, unsigned int index)
{
	void *bar = try_bar_map(device, index, PROT_READ | PROT_WRITE, MAP_SHARED);

	if (bar == MAP_FAILED)
		FAIL("mmap of BAR %u: %s", index, strerror(errno));
	return bar;
}

static off64_t config_position(int device, unsigned int offset)
{
	return region_info(device, VFIO_PCI_CONFIG_REGION_INDEX).offset + offset;
}

static void config_read(int device, unsigned int offset, void *value, size_t size)
{
	EQUAL(pread64(device, value, size, config_position(device, offset)), size);
}

static void config_write(int device, unsigned int offset, const void *value, size_t size)
{
	EQUAL(pwrite64(device, value, size, config_position(device, offset)), size);
}

uint8_t config_read8(int device, unsigned int offset)
{
	uint8_t value;

	config_read(device, offset, &value, sizeof(value));
	return value;
}

uint16_t config_read16(int device, unsigned int offset)
{
	uint16_t value;

	config_read(device, offset, &value, sizeof(value));
	return value;
}

uint32_t config_read32(int device, unsigned int offset)
{
	uint32_t value;

	config_read(device, offset, &value, sizeof(value));
	return value;
}

void config_write8(int device, unsigned int offset, uint8_t value)
{
	config_write(device, offset, &value, sizeof(value));
}

void config_write16(int device, unsigned int offset, uint16_t value)
{
	config_write(device, offset, &value, sizeof(value));
}

void config_write32(int device, unsigned int offset, uint32_t value)
{
	config_write(device, offset, &value, sizeof(value));
}

unsigned int config_capability(int device, uint8_t id)
{
	unsigned int offset, left = 48;

	if (!(config_read16(device, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	offset = config_read8(device, PCI_CAPABILITY_LIST);
	for (; offset && left; left--) {
		if (config_read8(device, offset + PCI_CAP_LIST_ID) == id)
			return offset;
		offset = config_read8(device, offset + PCI_CAP_LIST_NEXT);
	}
	CHECK(left);
	return 0;
}

static unsigned int power_control(int device)
{
	unsigned int capability = config_capability(device, PCI_CAP_ID_PM);

	CHECK(capability);
	return capability + PCI_PM_CTRL;
}

void set_power(int device, unsigned int state)
{
	unsigned int at = power_control(device);

	config_write16(device, at, (config_read16(device, at) & ~PCI_PM_CTRL_STATE_MASK) | state);
}

unsigned int power_state(int device)
{
	return config_read16(device, power_control(device)) & PCI_PM_CTRL_STATE_MASK;
}

static void command_bit(int device, uint16_t bit, bool on)
{
	uint16_t command = config_read16(device, PCI_COMMAND);

	config_write16(device, PCI_COMMAND, on ? command | bit : command & ~bit);
}

void bus_master(int device, bool on)
{
	command_bit(device, PCI_COMMAND_MASTER, on);
}

void memory_enable(int device, bool on)
{
	command_bit(device, PCI_COMMAND_MEMORY, on);
}
