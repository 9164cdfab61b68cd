/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often the calling thread, within its system calls, comes to a function of the kernel.
 */
#ifndef CONFORM_CALLS_H
#define CONFORM_CALLS_H

#include <stdint.h>

/*
 * A counter, gone when it is closed. The test is skipped on a kernel that has none, and where
 * each CPU has a thread of the emulator's.
 */
int count_calls(const char *function);

/* Calls since the counter was made. */
uint64_t calls_counted(int counter);

#endif
