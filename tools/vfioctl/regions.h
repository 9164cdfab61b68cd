/* SPDX-License-Identifier: GPL-2.0-only */
/* The BARs of a device, and who holds them. */
#ifndef VFIOCTL_REGIONS_H
#define VFIOCTL_REGIONS_H

#include "host.h"

#define REGIONS		7	/* six BARs and the ROM */
#define ROM_REGION	6

struct region {
	uint64_t start, end;	/* end is the last address; both 0 if there is no such region */
	bool io, prefetchable, wide;
};

void read_regions(const struct device *device, struct region regions[REGIONS]);
bool region_there(const struct region *region);
char *region_size(const struct region *region);
char *region_claim(const struct region *region, const char *bdf);

#endif
