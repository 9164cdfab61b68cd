/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the host use the disks of a PCI device? */
#ifndef VFIOCTL_BLOCK_USE_H
#define VFIOCTL_BLOCK_USE_H

char *block_use(const char *device);
char *block_release(const char *device);

#endif
