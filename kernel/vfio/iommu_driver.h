/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry of IOMMU drivers. */
#ifndef OPENVFIO_IOMMU_DRIVER_H
#define OPENVFIO_IOMMU_DRIVER_H

#include <vfio.h>

/**
 * enum vfio_iommu_choice - the IOMMU drivers a container may have, by its groups (C6)
 * @VFIO_IOMMU_ANY: no group is in it yet
 * @VFIO_IOMMU_SOME: groups whose DMA is confined: every driver but that of no-IOMMU mode
 * @VFIO_IOMMU_NONE: no-IOMMU groups: that one only
 */
enum vfio_iommu_choice {
	VFIO_IOMMU_ANY,
	VFIO_IOMMU_SOME,
	VFIO_IOMMU_NONE,
};

long vfio_iommu_drivers_check(unsigned long extension, enum vfio_iommu_choice choice);
int vfio_iommu_drivers_try(unsigned long type, enum vfio_iommu_choice choice,
			   int (*try)(const struct vfio_iommu_driver_ops *ops, void *arg),
			   void *arg);

#endif
