/* SPDX-License-Identifier: GPL-2.0-only */
/* The device file: every operation goes straight to the bus driver. */
#ifndef OPENVFIO_DEVICE_H
#define OPENVFIO_DEVICE_H

#include <vfio.h>

int vfio_device_init(void);
void vfio_device_exit(void);

bool vfio_device_try_get(struct vfio_device *device);
void vfio_device_put(struct vfio_device *device);
struct file *vfio_device_open(struct vfio_device *device, struct file *group_file,
			      struct kvm *kvm);

#endif
