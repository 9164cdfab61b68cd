/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's allocators on top of malloc, made to fail at will.
 */
#ifndef UNIT_ALLOCATOR_H
#define UNIT_ALLOCATOR_H

#include <stddef.h>

/* From now on @count allocations work, and then none. */
void allocator_fail_after(unsigned int count);

/* From now on none of more than @size bytes works. */
void allocator_fail_above(size_t size);

/* All work again. */
void allocator_heal(void);

/* Allocated and not yet freed. */
unsigned int allocator_live(void);

/* cmocka setup: all works, nothing is counted. */
int allocator_reset(void **state);

/* cmocka teardown: fails when something was left allocated. */
int allocator_check(void **state);

#endif
