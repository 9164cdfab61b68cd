/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFIO calls as the tests use them: containers, groups, devices, mappings,
 * regions. Calls named try_... return what the kernel says; the others must work.
 */
#ifndef CONFORM_VFIO_H
#define CONFORM_VFIO_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pci.h"

#define READ_WRITE (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define MIB (1ULL << 20)

/* The usual way in: a container, a group and one of its devices, as fds. */
struct assignment {
	struct pci_device pci;
	int container;
	int group;
	int device;
};

int container_open(void);
int try_group_open(int group);
int group_open(const struct pci_device *device);
int try_set_container(int group, int container);
int try_device_fd(int group, const char *name);
int device_open(int group, const struct pci_device *device);
uint32_t group_flags(int group);

/* A group in a new container with an IOMMU; .device is -1. */
struct assignment assign_group(struct pci_device pci, int iommu_type);

/* The same with the device open. */
struct assignment assign(struct pci_device pci, int iommu_type);

/* Closes what is open of it, device first. */
void unassign(struct assignment *assignment);

int try_map(int container, uint64_t iova, const void *memory, uint64_t size, uint32_t flags);
void map(int container, uint64_t iova, const void *memory, uint64_t size, uint32_t flags);

/* The number of bytes unmapped, or -1. */
int64_t try_unmap(int container, uint64_t iova, uint64_t size, uint32_t flags);
int64_t unmap(int container, uint64_t iova, uint64_t size);

/* Page-aligned, zeroed, private anonymous memory. */
void *pages(size_t size);

/* Hugetlb memory, as its pages are contiguous for certain; skips the test where there is none. */
void *huge_pages(size_t size);
void huge_pages_end(void *memory, size_t size);
size_t page_size(void);

/*
 * VFIO_IOMMU_GET_INFO with its capabilities, which the caller frees; a capability
 * by id, or NULL.
 */
struct vfio_iommu_type1_info *iommu_info(int container);
const void *iommu_cap(const struct vfio_iommu_type1_info *info, uint16_t id);

struct vfio_device_info device_info(int device);
struct vfio_region_info region_info(int device, unsigned int index);
struct vfio_irq_info irq_info(int device, unsigned int index);

/* A whole BAR, shared; try_... with errno instead of a failed test. */
void *bar_map(int device, unsigned int index);
void *try_bar_map(int device, unsigned int index, int prot, int flags);

/* Configuration space of the device, by width. */
uint8_t config_read8(int device, unsigned int offset);
uint16_t config_read16(int device, unsigned int offset);
uint32_t config_read32(int device, unsigned int offset);
void config_write8(int device, unsigned int offset, uint8_t value);
void config_write16(int device, unsigned int offset, uint16_t value);
void config_write32(int device, unsigned int offset, uint32_t value);

/* The standard capability with this id: its offset, or 0. */
unsigned int config_capability(int device, uint8_t id);

/* By its PM capability, which it must have: 0 is D0, 3 is D3hot. */
void set_power(int device, unsigned int state);
unsigned int power_state(int device);

void bus_master(int device, bool on);
void memory_enable(int device, bool on);

#endif
