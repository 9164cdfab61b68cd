/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers for the tests that compare with a model: the same ones every time,
 * unless the environment says UNIT_SEED=number.
 */
#ifndef UNIT_CHANCE_H
#define UNIT_CHANCE_H

#include <linux/types.h>
#include <stdlib.h>

struct chance {
	u64 state;
};

static inline struct chance chance_new(void)
{
	const char *seed = getenv("UNIT_SEED");

	return (struct chance) { seed ? strtoull(seed, NULL, 0) : 1 };
}

/* A Weyl sequence, stirred. */
static inline u64 chance_next(struct chance *chance)
{
	u64 value = chance->state += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
	value = (value ^ value >> 32) * 0xd6e8feb86659fd93;
	return value ^ value >> 32;
}

/* From 0 to @count - 1. */
static inline u32 chance_below(struct chance *chance, u32 count)
{
	return chance_next(chance) % count;
}

/* Once in @count times. */
static inline bool chance_once_in(struct chance *chance, u32 count)
{
	return !chance_below(chance, count);
}

#endif
