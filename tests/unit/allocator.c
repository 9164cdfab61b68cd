// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static unsigned int left = UINT_MAX;
static size_t most = SIZE_MAX;
static unsigned int live;

static bool fails(void)
{
	if (left == UINT_MAX)
		return false;
	if (!left)
		return true;
	left--;
	return false;
}

/* Filled with rubbish, as the kernel's is not zero either. */
static void *allocate(size_t size)
{
	void *memory;

	if (size > most || fails())
		return NULL;
	memory = malloc(size);
	assert_non_null(memory);
	memset(memory, 0xa5, size);
	live++;
	return memory;
}

static bool product(size_t count, size_t size, size_t *bytes)
{
	return !__builtin_mul_overflow(count, size, bytes);
}

void *kmalloc(size_t size, gfp_t flags)
{
	assert_int_not_equal(flags & (GFP_KERNEL | GFP_KERNEL_ACCOUNT), 0);
	return allocate(size);
}

void *kvmalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags);
}

void *kmemdup(const void *from, size_t size, gfp_t flags)
{
	void *copy = kmalloc(size, flags);

	return copy ? memcpy(copy, from, size) : NULL;
}

/* Always moves, so that the sanitizer sees whoever keeps the old address. */
void *krealloc_array(void *memory, size_t count, size_t size, gfp_t flags)
{
	size_t bytes;
	void *moved;

	moved = product(count, size, &bytes) ? kmalloc(bytes, flags) : NULL;
	if (!moved)
		return NULL;
	if (memory) {
		memcpy(moved, memory, min(malloc_usable_size(memory), bytes));
		kfree(memory);
	}
	return moved;
}

void kfree(const void *memory)
{
	if (memory)
		live--;
	free((void *)memory);
}

void kvfree(const void *memory)
{
	kfree(memory);
}

void allocator_fail_after(unsigned int count)
{
	left = count;
}

void allocator_fail_above(size_t size)
{
	most = size;
}

void allocator_heal(void)
{
	left = UINT_MAX;
	most = SIZE_MAX;
}

unsigned int allocator_live(void)
{
	return live;
}

int allocator_reset(void **state)
{
	(void)state;
	allocator_heal();
	live = 0;
	return 0;
}

int allocator_check(void **state)
{
	(void)state;
	if (live)
		print_error("%u allocations left behind\n", live);
	return live ? -1 : 0;
}
