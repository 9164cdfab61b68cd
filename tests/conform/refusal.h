/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusals with reasons, as tests of any call ask for them.
 */
#ifndef CONFORM_REFUSAL_H
#define CONFORM_REFUSAL_H

#include <openvfio.h>

/* The test is about sentences, which in-tree does not have. */
void refusals_only(void);

/* The last refusal on a file. */
struct openvfio_refusal refusal_of(int file);

/* The last refusal on a file is this one, and its sentence has these words. */
void expect_refusal(int file, unsigned int reason, int error, const char *words);

#endif
