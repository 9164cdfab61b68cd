/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices whose DMA is done by their driver, through the container's IOMMU driver. */
#ifndef OPENVFIO_EMULATED_H
#define OPENVFIO_EMULATED_H

#include <vfio.h>

void vfio_emulated_register(struct vfio_device *device);
void vfio_emulated_unregister(struct vfio_device *device);

#endif
