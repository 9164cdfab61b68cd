/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_BITMAP_H
#define UNIT_LINUX_BITMAP_H

#include <stdbool.h>

#define BITS_PER_LONG	(8 * sizeof(long))
#define DECLARE_BITMAP(name, bits) \
	unsigned long name[((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG]

static inline void __set_bit(unsigned long bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
}

static inline bool test_bit(unsigned long bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long size,
					  unsigned long bit)
{
	while (bit < size && !test_bit(bit, map))
		bit++;
	return bit < size ? bit : size;
}

#endif
