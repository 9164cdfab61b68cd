/* SPDX-License-Identifier: GPL-2.0-only */
/* A container and groups, opened by root for a program that may not open them. */
#ifndef VFIOCTL_DESCRIPTORS_H
#define VFIOCTL_DESCRIPTORS_H

#include <stddef.h>

#include "host.h"

struct descriptors {
	int container;
	int *groups;		/* in the order of the groups given */
	size_t count;
};

int descriptors_open(struct descriptors *descriptors, struct group *const *groups, size_t count);
void descriptors_tell(const struct descriptors *descriptors, struct group *const *groups);
void descriptors_close(struct descriptors *descriptors);

#endif
