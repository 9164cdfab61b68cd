/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel declares kvmalloc and kvfree. */
#include <linux/slab.h>
