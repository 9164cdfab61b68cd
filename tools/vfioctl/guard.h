/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host would lose with a device. */
#ifndef VFIOCTL_GUARD_H
#define VFIOCTL_GUARD_H

#include "host.h"

void guard_reasons(const struct device *device, struct strings *reasons);
bool guard_allows(const struct device *device, bool force);

#endif
