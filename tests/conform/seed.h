/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONFORM_SEED_H
#define CONFORM_SEED_H

/* For rand_r(). Printed, and taken from $SEED, so that a failure can be had again. */
unsigned int choose_seed(void);

#endif
