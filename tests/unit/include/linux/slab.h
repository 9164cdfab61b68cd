/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's allocators; allocator.h says how to make them fail. */
#ifndef UNIT_LINUX_SLAB_H
#define UNIT_LINUX_SLAB_H

#include <linux/errno.h>
#include <linux/types.h>

#define __GFP_NOWARN		1U
#define GFP_KERNEL		2U
#define GFP_KERNEL_ACCOUNT	4U

void *kmalloc(size_t size, gfp_t flags);
void *kvmalloc(size_t size, gfp_t flags);
void *kmemdup(const void *from, size_t size, gfp_t flags);
void *krealloc_array(void *memory, size_t count, size_t size, gfp_t flags);
void kfree(const void *memory);
void kvfree(const void *memory);

#endif
