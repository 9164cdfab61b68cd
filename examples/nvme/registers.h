/* SPDX-License-Identifier: GPL-2.0-only */
/* The controller's registers: enabled, disabled, shut down, each with the time it may take. */
#ifndef NVME_REGISTERS_H
#define NVME_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offset of the @n-th doorbell: tail of queue 0, its head, tail of queue 1, ... */
size_t doorbell(uint64_t cap, unsigned int n);
/* Both rings of @entries. */
void set_admin_queue(volatile void *bar, unsigned int entries, uint64_t sq, uint64_t cq);

/* Each waits until the controller is there, and fails if that takes longer than it may. */
void controller_enable(volatile void *bar, uint64_t cap, size_t page);
void controller_disable(volatile void *bar, uint64_t cap);
/* @us: what the controller says it may take; 0: it does not say. */
void controller_shutdown(volatile void *bar, uint64_t cap, uint32_t us);

bool controller_gone(const volatile void *bar);
/* In words, valid until the next call. */
const char *controller_state(const volatile void *bar);

#endif
