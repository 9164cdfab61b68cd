/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that a command line names. */
#ifndef VFIOCTL_SELECTION_H
#define VFIOCTL_SELECTION_H

#include "commands.h"
#include "host.h"

void select_devices(struct strings *devices, const struct invocation *call,
		    const struct host *host);

#endif
