/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel declares kvmalloc and kvfree. */
#ifndef UNIT_LINUX_MM_H
#define UNIT_LINUX_MM_H

#include <linux/slab.h>

#define PAGE_SIZE	4096UL

#endif
