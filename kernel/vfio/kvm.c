// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glue to KVM. Neither module needs the other to be loaded: each finds the other's
 * functions by name. KVM chose the names of the four exported here.
 */
#include <linux/export.h>
#include <linux/vfio.h>
#if IS_ENABLED(CONFIG_KVM)
#include <linux/kvm_host.h>
#endif

#include "kvm.h"

/**
 * vfio_file_is_group() - is this an open group?
 * @file: any file
 */
bool vfio_file_is_group(struct file *file)
{
	return vfio_group_from_file(file);
}
EXPORT_SYMBOL_GPL(vfio_file_is_group);

/**
 * vfio_file_iommu_group() - the kernel's group behind an open group
 * @file: any file
 *
 * Return: the IOMMU group, with a reference that the caller puts; NULL if @file is no
 * group, or the group's last device is gone.
 */
struct iommu_group *vfio_file_iommu_group(struct file *file)
{
	struct vfio_group *group = vfio_group_from_file(file);

	return group ? vfio_group_iommu_group(group) : NULL;
}
EXPORT_SYMBOL_GPL(vfio_file_iommu_group);

/**
 * vfio_file_enforced_coherent() - can KVM ignore cache flushes of the guest?
 * @file: any file
 *
 * Return: false if devices behind @file may do DMA past the CPU caches, so that the guest
 * must be able to flush them. True, as the privilege is to be earned, if @file is no
 * group or is in no container.
 */
bool vfio_file_enforced_coherent(struct file *file)
{
	struct vfio_group *group = vfio_group_from_file(file);

	return !group || vfio_group_enforces_coherency(group);
}
EXPORT_SYMBOL_GPL(vfio_file_enforced_coherent);

/**
 * vfio_file_set_kvm() - tell a group which virtual machine it is used in
 * @file: any file; nothing happens unless it is a group
 * @kvm: the machine, or NULL. KVM holds @file, and calls again with NULL before the
 *	machine's memory is freed: no reference is needed to remember it.
 *
 * Devices that are opened from now on find it in &vfio_device.kvm.
 */
void vfio_file_set_kvm(struct file *file, struct kvm *kvm)
{
	struct vfio_group *group = vfio_group_from_file(file);

	if (group)
		vfio_group_set_kvm(group, kvm);
}
EXPORT_SYMBOL_GPL(vfio_file_set_kvm);

#if IS_ENABLED(CONFIG_KVM)
/**
 * vfio_kvm_get() - hold a virtual machine
 * @kvm: one whose memory stays during the call, though it may be on its way out; or NULL
 *
 * Return: @kvm with a reference, or NULL if it is on its way out.
 */
struct kvm *vfio_kvm_get(struct kvm *kvm)
{
	bool (*get)(struct kvm *kvm);

	get = kvm ? symbol_get(kvm_get_kvm_safe) : NULL;
	if (!get)
		return NULL;
	if (!get(kvm))
		kvm = NULL;
	symbol_put(kvm_get_kvm_safe);
	return kvm;
}

/**
 * vfio_kvm_put() - let go of a virtual machine
 * @kvm: from vfio_kvm_get(), perhaps NULL
 *
 * Context: Process context, with no lock of a group held: the last reference destroys the
 * machine, which calls vfio_file_set_kvm().
 */
void vfio_kvm_put(struct kvm *kvm)
{
	void (*put)(struct kvm *kvm);

	if (!kvm)
		return;
	/* Found: the machine keeps KVM's modules. And they stay while its last moments run. */
	put = symbol_get(kvm_put_kvm);
	if (WARN_ON_ONCE(!put))
		return;
	put(kvm);
	symbol_put(kvm_put_kvm);
}
#else
struct kvm *vfio_kvm_get(struct kvm *kvm)
{
	return NULL;
}

void vfio_kvm_put(struct kvm *kvm)
{
}
#endif
