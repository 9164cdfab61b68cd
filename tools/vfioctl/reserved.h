/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O addresses that a group cannot use: interrupts, firmware and bridges have them. */
#ifndef VFIOCTL_RESERVED_H
#define VFIOCTL_RESERVED_H

#include "host.h"
#include "units.h"

struct reserved {
	struct range range;
	char type[32];		/* "msi", "direct", "direct-relaxable", "reserved" */
	bool firmware;		/* the firmware goes on using it: nobody else can have the device */
	bool blocks;		/* cannot be mapped by users */
};

struct reserved *read_reserved(const struct group *group, size_t *count);
const struct reserved *find_reserved(const struct reserved *all, size_t count,
				     const struct range *range);
bool find_free(const struct reserved *all, size_t count, uint64_t size, struct range *range);

#endif
