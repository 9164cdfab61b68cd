/* SPDX-License-Identifier: GPL-2.0-only */
/* The container: groups that share one set of IOMMU mappings. */
#ifndef OPENVFIO_CONTAINER_H
#define OPENVFIO_CONTAINER_H

#include <vfio.h>

struct vfio_container;

int vfio_container_init(void);
void vfio_container_exit(void);

struct vfio_container *vfio_container_from_file(struct file *file);
int vfio_container_add_group(struct vfio_container *container, struct vfio_group *group);
void vfio_container_remove_group(struct vfio_container *container, struct vfio_group *group);
bool vfio_container_has_iommu(struct vfio_container *container);

#endif
