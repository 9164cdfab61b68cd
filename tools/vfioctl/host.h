/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in the machine: PCI devices and IOMMU groups, read once per run. */
#ifndef VFIOCTL_HOST_H
#define VFIOCTL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define NO_GROUP	(-1)

struct group;

struct device {
	char *bdf;			/* 0000:06:0d.1 */
	char *path;			/* /sys/devices/pci0000:00/..., without the root folder */
	uint16_t vendor, id;
	uint16_t subsystem_vendor, subsystem_id;
	uint32_t class;			/* 24 bits: class, subclass, interface */
	uint8_t revision;
	char *name;			/* "Intel Corporation 82574L ...", from pci.ids; never NULL */
	char *class_name;		/* "Ethernet controller"; never NULL */
	char *driver;			/* NULL if there is none */
	char *driver_override;		/* NULL if there is none */
	bool vfio;			/* its driver offers it to user programs */
	bool host_driver;		/* its driver keeps the group from being used */
	bool bridge;			/* has buses below */
	bool boot_display;
	int numa_node;			/* -1 if there are none */
	int group_number;		/* NO_GROUP if no IOMMU confines it */
	struct group *group;
	struct device *parent;		/* the bridge above it, NULL on a root bus */
	struct device *physical;	/* of a virtual function: the physical one */
};

/* Members that are no PCI devices are known by name only. */
struct group {
	int number;
	char *type;			/* "DMA", "DMA-FQ", "identity"; NULL if not visible */
	bool noiommu;			/* VFIO's own, for a device that no IOMMU confines */
	bool viable;			/* no member has a host driver */
	char *node;			/* /dev/vfio/12 if it is there, else NULL */
	struct device **members;
	size_t count;
	struct strings others;		/* names of members that are no PCI devices */
	struct holder *holders;
	size_t holders_count;
};

/* A process that has a group open. */
struct holder {
	int pid;
	char *name;
};

struct host {
	struct device **devices;	/* sorted by address */
	size_t devices_count;
	struct group **groups;		/* sorted by number */
	size_t groups_count;
	size_t unseen_processes;	/* whose files we may not see */
};

struct host *host_read(void);
void host_free(struct host *host);
struct device *host_device(const struct host *host, const char *bdf);
struct group *host_group(const struct host *host, const char *number);
bool group_busy(const struct group *group);
char *group_holders(const struct group *group);

#endif
