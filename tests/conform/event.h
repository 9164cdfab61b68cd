/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventfds as the interrupt tests use them, with bounded waits.
 */
#ifndef CONFORM_EVENT_H
#define CONFORM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

int event_new(void);

/* Signals it once. */
void event_ring(int event);

/* Waits a generous time for a signal and gives the count; 0 when none came. */
uint64_t event_wait(int event);

/* The count right now, 0 for none. For what has surely happened, or must not have. */
uint64_t event_now(int event);

/*
 * No signal in a moment that is ample for one that is due. A slow machine can hide
 * a wrong signal from it, but it never invents one.
 */
bool event_quiet(int event);

#endif
