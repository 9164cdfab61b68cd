// SPDX-License-Identifier: GPL-2.0-only
#include "nearest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "text.h"
#include "units.h"

static struct nearest relate(const struct mapping *mapping, uint64_t iova)
{
	struct nearest nearest = { .mapping = mapping, .relation = INSIDE };

	if (iova < mapping->iova) {
		nearest.relation = BEFORE;
		nearest.distance = mapping->iova - iova;
	} else if (iova > mapping->last) {
		nearest.relation = PAST;
		nearest.distance = iova - mapping->last - 1;
	}
	return nearest;
}

/* Of two that are as far away the one before the IOVA: running over an end is more common. */
static bool nearer(const struct nearest *a, const struct nearest *b)
{
	if (!b->mapping || a->relation == INSIDE)
		return true;
	if (b->relation == INSIDE)
		return false;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->relation == PAST;
}

/**
 * find_nearest() - the mapping that an IOVA is in, or next to
 * @mappings: of all containers
 * @count: how many
 * @container: the one that counts
 * @iova: the address
 *
 * Return: with no mapping if the container has none.
 */
struct nearest find_nearest(const struct mapping *mappings, size_t count, uint64_t container,
			    uint64_t iova)
{
	struct nearest best = {};

	for (size_t i = 0; i < count; i++) {
		struct nearest nearest;

		if (mappings[i].container != container)
			continue;
		nearest = relate(&mappings[i], iova);
		if (nearer(&nearest, &best))
			best = nearest;
	}
	return best;
}

static char *place(const struct nearest *nearest)
{
	char *size, *words;

	if (nearest->relation == INSIDE)
		return copy("inside");
	if (nearest->relation == PAST && !nearest->distance)
		return copy("the first byte past the end of");
	size = format_size(nearest->distance);
	words = format("%s %s of", size, nearest->relation == PAST ? "past the end" :
		       "before the start");
	free(size);
	return words;
}

/* Of a fault inside a mapping: how could that be? */
static const char *remark(const struct nearest *nearest, bool read, bool write)
{
	const struct mapping *mapping = nearest->mapping;

	if (nearest->relation != INSIDE)
		return "";
	if (write && !mapping->write)
		return ", which a device may only read";
	if (read && !mapping->read)
		return ", which a device may only write";
	return ", which was mapped since";
}

/**
 * describe_nearest() - in words
 * @nearest: of the IOVA
 * @iova: the address that faulted
 * @read: by a read
 * @write: by a write
 *
 * Return: "iova 0x22000 is 4 KiB past the end of mapping 0x20000-0x20fff of pid 812
 * (testpmd)"; for free().
 */
char *describe_nearest(const struct nearest *nearest, uint64_t iova, bool read, bool write)
{
	const struct mapping *mapping = nearest->mapping;
	char *words, *where;

	if (!mapping)
		return format("iova 0x%" PRIx64 ": the container has no mapping", iova);
	where = place(nearest);
	words = format("iova 0x%" PRIx64 " is %s mapping 0x%" PRIx64 "-0x%" PRIx64
		       " of pid %d (%s)%s", iova, where, mapping->iova, mapping->last,
		       mapping->pid, mapping->name, remark(nearest, read, write));
	free(where);
	return words;
}

/**
 * relation_name() - for programs
 * @relation: of an IOVA to a mapping
 *
 * Return: one word.
 */
const char *relation_name(enum relation relation)
{
	switch (relation) {
	case BEFORE:
		return "before";
	case PAST:
		return "past";
	default:
		return "inside";
	}
}
