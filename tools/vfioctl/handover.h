/* SPDX-License-Identifier: GPL-2.0-only */
/* A device on its way to the driver it is given, and back to what was saved. */
#ifndef VFIOCTL_HANDOVER_H
#define VFIOCTL_HANDOVER_H

#include "saved.h"

int take(const struct saved *saved);
int give_back(const struct saved *saved);

#endif
