/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry of IOMMU drivers. */
#ifndef OPENVFIO_IOMMU_DRIVER_H
#define OPENVFIO_IOMMU_DRIVER_H

#include <vfio.h>

long vfio_iommu_drivers_check(unsigned long extension);
int vfio_iommu_drivers_try(unsigned long type,
			   int (*try)(const struct vfio_iommu_driver_ops *ops, void *arg),
			   void *arg);

#endif
