/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO_IOMMU_GET_INFO: what a container's IOMMUs can do. */
#ifndef OPENVFIO_TYPE1_INFO_H
#define OPENVFIO_TYPE1_INFO_H

#include "type1.h"

long type1_get_info(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal);

#endif
