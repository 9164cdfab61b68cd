/* SPDX-License-Identifier: GPL-2.0-only */
/* No-IOMMU mode: devices that nothing confines, for those who may do anything anyway. */
#ifndef OPENVFIO_NOIOMMU_H
#define OPENVFIO_NOIOMMU_H

#include <vfio.h>

extern const struct vfio_iommu_driver_ops vfio_noiommu_ops;

int vfio_noiommu_init(void);
void vfio_noiommu_exit(void);
bool vfio_noiommu_enabled(void);

#endif
