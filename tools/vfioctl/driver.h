/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which driver, and thereby group, a PCI device has now, and changing it: by driver_override
 * only.
 */
#ifndef VFIOCTL_DRIVER_H
#define VFIOCTL_DRIVER_H

#include <stdbool.h>

char *driver_of(const char *device);
char *driver_override_of(const char *device);
int group_of(const char *device);
int driver_load(const char *driver, const char *module);
int driver_set_override(const char *device, const char *override);
int driver_unbind(const char *device);
int driver_probe(const char *device);
int driver_bind(const char *device, const char *driver);

#endif
