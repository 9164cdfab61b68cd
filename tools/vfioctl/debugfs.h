/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of openvfio in debugfs: docs/abi.md. The in-tree modules have none. */
#ifndef VFIOCTL_DEBUGFS_H
#define VFIOCTL_DEBUGFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nearest.h"

struct container_row {
	uint64_t id;
	char *iommu;			/* the IOMMU driver, "-" before SET_IOMMU */
	unsigned int type;
	char *groups;			/* "12,13", "-" for none */
	uint64_t mappings, mapped, pinned, maps, unmaps;
	int pid;
	char *name;
};

struct group_row {
	char *group;
	uint64_t container;		/* 0: none */
	int open;
	int pid;			/* 0: not open */
	char *name;
};

struct device_row {
	char *bdf;
	char *group;
	char *driver;
	int open;
	char *interrupts;
	int pid;
	char *name;
};

struct debugfs {
	char *why_not;			/* why there is nothing; NULL if there is */
	struct container_row *containers;
	struct group_row *groups;
	struct device_row *devices;
	struct mapping *mappings;
	size_t containers_count, groups_count, devices_count, mappings_count;
};

struct debugfs *debugfs_read(bool with_mappings);
void debugfs_free(struct debugfs *debugfs);
const struct group_row *debugfs_group(const struct debugfs *debugfs, const char *group);
const struct device_row *debugfs_device(const struct debugfs *debugfs, const char *bdf);

#endif
