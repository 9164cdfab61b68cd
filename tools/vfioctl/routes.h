/* SPDX-License-Identifier: GPL-2.0-only */
/* Default routes of all tables, as the kernel tells them by netlink. */
#ifndef VFIOCTL_ROUTES_H
#define VFIOCTL_ROUTES_H

#include "text.h"

void routes_default(struct strings *interfaces);

#endif
