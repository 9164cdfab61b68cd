/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIOCTL_SECURE_BOOT_H
#define VFIOCTL_SECURE_BOOT_H

#include "system.h"

enum answer secure_boot(void);

#endif
