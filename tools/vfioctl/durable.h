/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are there as a whole or not at all, whenever the program or the machine stops. */
#ifndef VFIOCTL_DURABLE_H
#define VFIOCTL_DURABLE_H

int durable_write(const char *text, const char *folder, const char *name);
int durable_remove(const char *folder, const char *name);
void durable_sweep(const char *folder, const char *prefix);

#endif
