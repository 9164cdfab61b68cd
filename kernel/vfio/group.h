/* SPDX-License-Identifier: GPL-2.0-only */
/* The group: the devices that an IOMMU cannot tell apart, owned by one user. */
#ifndef OPENVFIO_GROUP_H
#define OPENVFIO_GROUP_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/seq_file.h>
#include <vfio.h>

struct vfio_container;

/**
 * struct vfio_group - an IOMMU group with at least one device bound to a bus driver
 * @dev: the node /dev/vfio/$GROUP; its reference count is the group's
 * @cdev: the node's file operations
 * @kind: what confines its devices; never changes
 * @node: in the list of groups; under the list's lock
 * @registered: devices registered; under the list's lock. The node is there while
 *	this is not zero.
 * @lock: guards what follows
 * @iommu_group: NULL once the last device is gone, for an open file that outlives it
 * @devices: devices that can be opened
 * @file: the one open file of the group, or NULL
 * @open_devices: open device files; each holds a reference to @file
 * @container: set while the group is in one; then its DMA ownership is ours. Changes
 *	under vfio_shown_lock, too
 * @container_node: in the container's list, under the container's lock
 * @refusal: the last one on the file; has its own lock
 * @opener: the process that opened @file
 * @kvm: the virtual machine that KVM uses the group in, or NULL. No reference: KVM takes
 *	it away before the machine's memory is freed
 */
struct vfio_group {
	struct device dev;
	struct cdev cdev;
	enum vfio_group_kind kind;
	struct list_head node;
	unsigned int registered;

	struct mutex lock;
	struct iommu_group *iommu_group;
	struct list_head devices;
	struct file *file;
	unsigned int open_devices;
	struct vfio_container *container;
	struct list_head container_node;
	struct kvm *kvm;
	struct vfio_refusal refusal;
	struct vfio_opener opener;
};

int vfio_group_init(void);
void vfio_group_exit(void);

struct vfio_group *vfio_group_register(struct iommu_group *iommu_group,
				       enum vfio_group_kind kind);
void vfio_group_unregister(struct vfio_group *group);
int vfio_group_claim(struct vfio_group *group);
void vfio_group_release(struct vfio_group *group);

struct list_head *vfio_groups_start(loff_t pos);
struct list_head *vfio_groups_next(struct list_head *node, loff_t *pos);
void vfio_groups_stop(void);

#endif
