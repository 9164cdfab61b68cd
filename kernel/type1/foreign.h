/* SPDX-License-Identifier: GPL-2.0-only */
/* Foreign memory: what a process maps that is not memory of the kernel's, as BARs of devices. */
#ifndef OPENVFIO_TYPE1_FOREIGN_H
#define OPENVFIO_TYPE1_FOREIGN_H

#include <linux/types.h>

struct mm_struct;

/**
 * struct frames - page frames that lie one after the other
 * @pfn: the first
 * @pages: how many
 */
struct frames {
	unsigned long pfn;
	unsigned long pages;
};

long foreign_frames(struct mm_struct *mm, unsigned long vaddr, unsigned long pages, bool write,
		    struct frames *found, unsigned long *count);

#endif
