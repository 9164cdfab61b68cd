/* SPDX-License-Identifier: GPL-2.0-only */
/* The container: groups that share one set of IOMMU mappings. */
#ifndef OPENVFIO_CONTAINER_H
#define OPENVFIO_CONTAINER_H

#include <vfio.h>

struct vfio_container;

/**
 * struct vfio_iommu - an IOMMU driver at work for one container
 * @ops: the driver; its module is held
 * @data: the driver's instance
 * @users: one for being published in the container, one for each call in flight
 * @unused: completed by the last user
 * @node: in the list of all
 * @rcu: frees it after the last reader that might still look at @users
 */
struct vfio_iommu {
	const struct vfio_iommu_driver_ops *ops;
	void *data;
	refcount_t users;
	struct completion unused;
	struct list_head node;
	struct rcu_head rcu;
};

int vfio_container_init(void);
void vfio_container_exit(void);

struct vfio_container *vfio_container_from_file(struct file *file);
int vfio_container_add_group(struct vfio_container *container, struct vfio_group *group);
void vfio_container_remove_group(struct vfio_container *container, struct vfio_group *group);
bool vfio_container_has_iommu(struct vfio_container *container);
long vfio_container_check_extension(struct vfio_container *container, unsigned long extension);

struct vfio_iommu *vfio_iommu_get(struct vfio_container *container);
void vfio_iommu_put(struct vfio_iommu *iommu);

#endif
