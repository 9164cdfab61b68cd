// SPDX-License-Identifier: GPL-2.0-only
#include "regions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"
#include "units.h"

/* Bits of the third number in a line of "resource". */
#define RESOURCE_IO		0x00000100
#define RESOURCE_PREFETCHABLE	0x00002000
#define RESOURCE_64_BITS	0x00100000

/**
 * read_regions() - the regions of a device
 * @device: a device
 * @regions: those that are not there are all zeros
 */
void read_regions(const struct device *device, struct region regions[REGIONS])
{
	char *text = sysfs_read("/sys/bus/pci/devices/%s/resource", device->bdf);
	char *rest = text, *line;

	memset(regions, 0, REGIONS * sizeof(*regions));
	for (int i = 0; i < REGIONS && (line = strsep(&rest, "\n")); i++) {
		struct region *region = &regions[i];
		uint64_t flags;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64,
			   &region->start, &region->end, &flags) != 3)
			break;
		region->io = flags & RESOURCE_IO;
		region->prefetchable = flags & RESOURCE_PREFETCHABLE;
		region->wide = flags & RESOURCE_64_BITS;
	}
	free(text);
}

/**
 * region_there() - does the device have it
 * @region: from read_regions()
 *
 * Return: true if it has.
 */
bool region_there(const struct region *region)
{
	return region->end > region->start;
}

/**
 * region_size() - its size in words
 * @region: that is there
 *
 * Return: for free().
 */
char *region_size(const struct region *region)
{
	return format_size(region->end - region->start + 1);
}

/* A line of iomem, "  fe600000-fe603fff : vfio-pci": indented by what it is in. */
static bool parse(const char *line, uint64_t *start, uint64_t *end, const char **name)
{
	const char *colon = strstr(line, " : ");

	if (!colon || sscanf(line, " %" SCNx64 "-%" SCNx64, start, end) != 2)
		return false;
	*name = colon + strlen(" : ");
	return true;
}

/**
 * region_claim() - who holds a region, or a part of it
 * @region: that is there
 * @bdf: of its device
 *
 * Return: the name under which it is claimed, for free(); NULL if it is free, or if the
 * addresses are not visible, as without root.
 */
char *region_claim(const struct region *region, const char *bdf)
{
	char *text = sysfs_read(region->io ? "/proc/ioports" : "/proc/iomem");
	char *rest = text, *line, *claim = NULL;

	while (!claim && (line = strsep(&rest, "\n"))) {
		uint64_t start, end;
		const char *name;

		if (!parse(line, &start, &end, &name))
			continue;
		if (start >= region->start && end <= region->end && !same(name, bdf))
			claim = copy(name);
	}
	free(text);
	return claim;
}
