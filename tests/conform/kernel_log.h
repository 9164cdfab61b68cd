/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log from a moment on: for tests that expect a line, and for the
 * harness, which expects no complaint.
 */
#ifndef CONFORM_KERNEL_LOG_H
#define CONFORM_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct kernel_log {
	int fd;
};

/* Only lines from now on are seen. */
void kernel_log_open(struct kernel_log *log);

/* The next line without its prefix; false when there is none yet. */
bool kernel_log_read(struct kernel_log *log, char *line, size_t size);

/* Reads all there is; the first line no healthy kernel says goes to words. */
bool kernel_complained(struct kernel_log *log, char *words, size_t size);

/* Waits a bounded time for a line with all of the texts, a NULL-ended list. */
bool kernel_log_shows(struct kernel_log *log, const char *text, ...);

#endif
