/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO_DEVICE_FEATURE as the tests use it.
 */
#ifndef CONFORM_FEATURE_H
#define CONFORM_FEATURE_H

#include <linux/vfio.h>
#include <stddef.h>

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

/* Since Linux 6.1; the headers of the host may be older. */
#ifndef VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
#define VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY		3
#define VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP	4
#define VFIO_DEVICE_FEATURE_LOW_POWER_EXIT		5
#endif

/* The feature with what is to be done with it, and its data. */
int try_feature(int device, unsigned int flags, const void *data, size_t size);

#endif
