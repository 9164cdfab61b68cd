/* SPDX-License-Identifier: GPL-2.0-only */
/* A device on its way to the driver it is given, and back to what was saved. */
#ifndef VFIOCTL_HANDOVER_H
#define VFIOCTL_HANDOVER_H

#include <stdbool.h>

#include "saved.h"

bool is_at(const char *device, const char *id);
int take(const struct saved *saved);
int put_driver_back(const char *device, const char *driver, const char *module,
		    const char *override);
int give_back(const struct saved *saved);

#endif
