/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusals with reasons, as tests of any call ask for them.
 */
#ifndef CONFORM_REFUSAL_H
#define CONFORM_REFUSAL_H

#include <openvfio.h>
#include <stdbool.h>
#include <stdio.h>

/* The test is about sentences, which in-tree does not have. */
void refusals_only(void);

/* The last refusal on a file. */
struct openvfio_refusal refusal_of(int file);

/* The last refusal on a file is this one, and its sentence has these words. */
void expect_refusal(int file, unsigned int reason, int error, const char *words);

/* The same on our modules; in a test that in-tree runs too, which has no reasons. */
void expect_our_refusal(int file, unsigned int reason, int error, const char *words);

/* The tracepoint of refusals, for those that have no file to ask. */
#define REFUSAL_EVENT "vfio/vfio_refusal"

/* The trace has the event of this refusal, and its sentence begins with these words. */
bool refusal_traced(FILE *trace, unsigned int reason, int error, const char *words);

#endif
