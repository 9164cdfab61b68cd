// SPDX-License-Identifier: GPL-2.0-only
#include "reserved.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"

static bool parse(const char *line, struct reserved *reserved)
{
	*reserved = (struct reserved){};
	if (sscanf(line, "%" SCNx64 " %" SCNx64 " %31s", &reserved->range.start,
		   &reserved->range.end, reserved->type) != 3)
		return false;
	reserved->firmware = same(reserved->type, "direct");
	/* Relaxed ones are for the time before the device has a driver. */
	reserved->blocks = !same(reserved->type, "direct-relaxable");
	return true;
}

/**
 * read_reserved() - the reserved regions of a group
 * @group: of the model
 * @count: how many there are
 *
 * Return: sorted by address, as the kernel has them; for free().
 */
struct reserved *read_reserved(const struct group *group, size_t *count)
{
	char *text = sysfs_read("/sys/kernel/iommu_groups/%d/reserved_regions", group->number);
	char *rest = text, *line;
	struct reserved *all = NULL, one;

	*count = 0;
	while ((line = strsep(&rest, "\n")))
		if (parse(line, &one)) {
			all = resize(all, (*count + 1) * sizeof(*all));
			all[(*count)++] = one;
		}
	free(text);
	return all;
}

/**
 * find_reserved() - what is in the way of a range
 * @all: of the group
 * @count: how many
 * @range: wanted for mappings
 *
 * Return: the first one in the way, NULL if there is none.
 */
const struct reserved *find_reserved(const struct reserved *all, size_t count,
				     const struct range *range)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].blocks && ranges_meet(&all[i].range, range))
			return &all[i];
	return NULL;
}

/**
 * find_free() - a range that nothing is in the way of
 * @all: of the group
 * @count: how many
 * @size: wanted, in bytes
 * @range: the lowest one at 1 MiB or above, at a multiple of 2 MiB once it is higher
 *
 * Return: false if there is none.
 */
bool find_free(const struct reserved *all, size_t count, uint64_t size, struct range *range)
{
	const uint64_t huge = 2 << 20;
	const struct reserved *hit;

	range->start = 1 << 20;
	for (size_t tries = 0; tries <= count; tries++) {
		range->end = range->start + size - 1;
		if (range->end < range->start)
			return false;
		hit = find_reserved(all, count, range);
		if (!hit)
			return true;
		if (hit->range.end > UINT64_MAX - huge)
			return false;
		range->start = (hit->range.end + huge) & ~(huge - 1);
	}
	return false;
}
