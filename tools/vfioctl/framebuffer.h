/* SPDX-License-Identifier: GPL-2.0-only */
/* The framebuffer that the firmware left, with the console in it. */
#ifndef VFIOCTL_FRAMEBUFFER_H
#define VFIOCTL_FRAMEBUFFER_H

#include "host.h"

char *framebuffer_of(const struct device *device);
char *framebuffer_release(const char *name);

#endif
