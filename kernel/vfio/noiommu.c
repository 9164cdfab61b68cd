// SPDX-License-Identifier: GPL-2.0-only
/*
 * No-IOMMU mode. Its IOMMU driver maps nothing: the user gives the device physical
 * addresses, of which it must not make a mistake. So it is off until the administrator
 * switches it on, needs CAP_SYS_RAWIO at each step and taints the kernel (N1, N2).
 */
#include <linux/capability.h>
#include <linux/moduleparam.h>

#include "noiommu.h"

static bool enable_unsafe_noiommu_mode;
module_param(enable_unsafe_noiommu_mode, bool, 0644);
MODULE_PARM_DESC(enable_unsafe_noiommu_mode,
		 "UNSAFE: offer devices that no IOMMU confines; their users can reach all memory");

/**
 * vfio_noiommu_enabled() - is no-IOMMU mode switched on?
 *
 * Return: the parameter as it is now. What was registered or set while it was on stays.
 */
bool vfio_noiommu_enabled(void)
{
	return READ_ONCE(enable_unsafe_noiommu_mode);
}

static long noiommu_check_extension(void *data, unsigned long extension)
{
	return extension == VFIO_NOIOMMU_IOMMU && vfio_noiommu_enabled();
}

static void *noiommu_open(unsigned long type)
{
	return capable(CAP_SYS_RAWIO) ? NULL : ERR_PTR(-EPERM);
}

static void noiommu_release(void *data)
{
}

/* The core lets only no-IOMMU groups come here (C6). */
static int noiommu_attach_group(void *data, struct iommu_group *group, enum vfio_group_kind kind,
				struct vfio_refusal *refusal)
{
	return kind == VFIO_GROUP_NOIOMMU ? 0 : -EINVAL;
}

static void noiommu_detach_group(void *data, struct iommu_group *group)
{
}

static long noiommu_ioctl(void *data, unsigned int cmd, unsigned long arg,
			  struct vfio_refusal *refusal)
{
	return -ENOTTY;
}

const struct vfio_iommu_driver_ops vfio_noiommu_ops = {
	.owner = THIS_MODULE,
	.name = "noiommu",
	.check_extension = noiommu_check_extension,
	.open = noiommu_open,
	.release = noiommu_release,
	.attach_group = noiommu_attach_group,
	.detach_group = noiommu_detach_group,
	.ioctl = noiommu_ioctl,
};

static struct vfio_iommu_driver noiommu_driver = { .ops = &vfio_noiommu_ops };

int __init vfio_noiommu_init(void)
{
	return ovfio_register_iommu_driver(&noiommu_driver);
}

void vfio_noiommu_exit(void)
{
	ovfio_unregister_iommu_driver(&noiommu_driver);
}
