/* SPDX-License-Identifier: GPL-2.0-only */
/* The dirty log: which pages a device may have written, for live migration (D1, D2). */
#ifndef OPENVFIO_TYPE1_DIRTY_H
#define OPENVFIO_TYPE1_DIRTY_H

#include "type1.h"

/*
 * As large as a bitmap can be, one bit a page for 8 TiB: that of the user, that of a mapping,
 * and those of all mappings of a container together.
 */
#define DIRTY_BITMAP_MAX	(1ULL << 28)

long type1_dirty_pages(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal);
int dirty_check_bitmap(struct type1 *type1, const struct vfio_bitmap *bitmap, u64 size,
		       struct vfio_refusal *refusal);
int dirty_report(struct type1 *type1, struct list_head *mappings, unsigned long start,
		 const struct vfio_bitmap *bitmap);
int dirty_log_mapping(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal);
void dirty_unlog_mapping(struct type1 *type1, struct mapping *mapping);
void dirty_all(struct type1 *type1, struct mapping *mapping);

#endif
