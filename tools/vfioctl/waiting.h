/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells what is waited for, where a call into the kernel may take long. */
#ifndef VFIOCTL_WAITING_H
#define VFIOCTL_WAITING_H

struct waiting;

struct waiting *waiting_begin(const char *object, char *(*who)(const char *object),
			      const char *words, ...) __attribute__((format(printf, 3, 4)));
void waiting_end(struct waiting *waiting);

#endif
