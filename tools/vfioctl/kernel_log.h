/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log, or a copy of it, line by line. */
#ifndef VFIOCTL_KERNEL_LOG_H
#define VFIOCTL_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct kernel_log {
	int fd;
	char *text;		/* read, and not yet given out */
	size_t used;
};

int kernel_log_open(struct kernel_log *log, const char *file);
bool kernel_log_line(struct kernel_log *log, char **line);
bool kernel_log_wait(struct kernel_log *log);
void kernel_log_close(struct kernel_log *log);

#endif
