/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the host reach the world through a PCI device? */
#ifndef VFIOCTL_ROUTE_USE_H
#define VFIOCTL_ROUTE_USE_H

char *route_use(const char *device);

#endif
