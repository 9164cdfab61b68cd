/* SPDX-License-Identifier: GPL-2.0-only */
/* Foreign memory: what a process maps that is not memory of the kernel's, as BARs of devices. */
#ifndef OPENVFIO_TYPE1_FOREIGN_H
#define OPENVFIO_TYPE1_FOREIGN_H

#include <linux/types.h>

struct mm_struct;

long foreign_pfns(struct mm_struct *mm, unsigned long vaddr, unsigned long pages, bool write,
		  unsigned long *pfns);

#endif
