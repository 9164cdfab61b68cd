/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fuzz target gets and says. A target is a file with LLVMFuzzerTestOneInput(), as
 * libFuzzer calls it; without libFuzzer, main.c makes the inputs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)							\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: %s is false\n", __FILE__,	\
				__LINE__, #condition);				\
			abort();						\
		}								\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input that is used up from the front; behind its end it is zeros. */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline uint32_t take(struct input *input, unsigned int bytes)
{
	uint32_t value = 0;

	for (; bytes && input->left; bytes--, input->left--)
		value = value << 8 | *input->data++;
	return value;
}

#endif
