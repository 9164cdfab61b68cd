/* SPDX-License-Identifier: GPL-2.0-only */
/* Which mapping is next to an IOVA, and how far away. Pure. */
#ifndef VFIOCTL_NEAREST_H
#define VFIOCTL_NEAREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	uint64_t container;
	uint64_t iova, last;
	bool read, write;		/* what a device may do */
	int pid;
	char *name;			/* of the process whose memory it is */
};

/* Where the IOVA is, seen from the mapping. */
enum relation { INSIDE, BEFORE, PAST };

struct nearest {
	const struct mapping *mapping;	/* NULL if the container has none */
	enum relation relation;
	uint64_t distance;		/* bytes to the start, or from behind the end */
};

struct nearest find_nearest(const struct mapping *mappings, size_t count, uint64_t container,
			    uint64_t iova);
char *describe_nearest(const struct nearest *nearest, uint64_t iova, bool read, bool write);
const char *relation_name(enum relation relation);

#endif
