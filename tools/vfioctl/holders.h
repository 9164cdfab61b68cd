/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIOCTL_HOLDERS_H
#define VFIOCTL_HOLDERS_H

#include "host.h"

void find_holders(struct host *host);

#endif
