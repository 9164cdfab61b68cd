/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that are not for user programs. */
#ifndef OPENVFIO_PCI_DENYLIST_H
#define OPENVFIO_PCI_DENYLIST_H

#include <linux/types.h>

bool denylist_has(u16 vendor, u16 device);

#endif
