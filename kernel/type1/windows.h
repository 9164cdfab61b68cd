/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOVA windows: the IOVAs that every group of a container can use. They start as the
 * whole address space and only ever shrink: to a domain's aperture, and by the
 * reserved regions in it (M4). Pure.
 */
#ifndef OPENVFIO_TYPE1_WINDOWS_H
#define OPENVFIO_TYPE1_WINDOWS_H

#include <linux/types.h>

/* First and last usable IOVA. */
struct window {
	u64 start;
	u64 last;
};

/**
 * struct windows - sorted windows that do not touch
 * @window: the windows
 * @count: how many
 */
struct windows {
	struct window *window;
	unsigned int count;
};

int windows_init(struct windows *windows);
int windows_copy(struct windows *windows, const struct windows *from);
void windows_free(struct windows *windows);
void windows_clip(struct windows *windows, u64 start, u64 last);
int windows_exclude(struct windows *windows, u64 start, u64 last);
bool windows_contain(const struct windows *windows, u64 start, u64 last);

#endif
