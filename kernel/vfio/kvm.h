/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM: what it asks of a group, by functions it looks up by name, and the reference to a
 * virtual machine that an open device holds.
 *
 * Without any other header of ours: kvm.c includes the kernel's <linux/vfio.h>, so that
 * the compiler compares its functions with the prototypes KVM was built with, and that
 * header's structures have the names of ours.
 */
#ifndef OPENVFIO_KVM_H
#define OPENVFIO_KVM_H

#include <linux/types.h>

struct file;
struct iommu_group;
struct kvm;
struct vfio_group;

struct vfio_group *vfio_group_from_file(struct file *file);
void vfio_group_set_kvm(struct vfio_group *group, struct kvm *kvm);
bool vfio_group_enforces_coherency(struct vfio_group *group);
struct iommu_group *vfio_group_iommu_group(struct vfio_group *group);

struct kvm *vfio_kvm_get(struct kvm *kvm);
void vfio_kvm_put(struct kvm *kvm);

#endif
