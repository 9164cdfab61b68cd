/* SPDX-License-Identifier: GPL-2.0-only */
/* The container: groups that share one set of IOMMU mappings. */
#ifndef OPENVFIO_CONTAINER_H
#define OPENVFIO_CONTAINER_H

#include <linux/kref.h>
#include <vfio.h>

#include "iommu_driver.h"

/**
 * struct vfio_iommu - an IOMMU driver at work for one container
 * @ops: the driver; its module is held
 * @data: the driver's instance
 * @type: as given to VFIO_SET_IOMMU
 * @users: one for being published in the container, one for each call in flight
 * @unused: completed by the last user
 * @node: in the list of all
 * @rcu: frees it after the last reader that might still look at @users
 */
struct vfio_iommu {
	const struct vfio_iommu_driver_ops *ops;
	void *data;
	unsigned long type;
	refcount_t users;
	struct completion unused;
	struct list_head node;
	struct rcu_head rcu;
};

/**
 * struct vfio_container - an open container
 * @ref: the file and each group
 * @lock: serialises SET_IOMMU, attach and detach; guards @groups and writes of @iommu
 * @groups: vfio_group.container_node; changes under vfio_shown_lock, too
 * @refusal: the last one on the file
 * @iommu: NULL until SET_IOMMU and after the last group left
 * @choice: IOMMU drivers possible with @groups; written under @lock
 * @id: what debugfs calls it: counts from 1, and is never used again
 * @opener: of the file; never changes
 * @shown_node: in the list of all: debug_container.c
 */
struct vfio_container {
	struct kref ref;
	struct mutex lock;
	struct list_head groups;
	struct vfio_iommu __rcu *iommu;
	enum vfio_iommu_choice choice;
	struct vfio_refusal refusal;
	u64 id;
	struct vfio_opener opener;
	struct list_head shown_node;
};

int vfio_container_init(void);
void vfio_container_exit(void);

struct vfio_container *vfio_container_from_file(struct file *file);
void vfio_container_put(struct vfio_container *container);
int vfio_container_add_group(struct vfio_container *container, struct vfio_group *group);
void vfio_container_remove_group(struct vfio_container *container, struct vfio_group *group);
bool vfio_container_has_iommu(struct vfio_container *container);
long vfio_container_check_extension(struct vfio_container *container, unsigned long extension);

struct vfio_iommu *vfio_iommu_get(struct vfio_container *container);
void vfio_iommu_put(struct vfio_iommu *iommu);

#endif
