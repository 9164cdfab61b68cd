/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Touching mapped memory that may not be there.
 */
#ifndef CONFORM_TOUCH_H
#define CONFORM_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

/* Whether reading the word is a SIGBUS. For one thread at a time. */
bool touch_faults(volatile uint32_t *word);

#endif
