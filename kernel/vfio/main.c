// SPDX-License-Identifier: GPL-2.0-only
/* vfio.ko: the core, between user programs, bus drivers and IOMMU drivers. */
#include <vfio_needed.h>

#include "container.h"
#include "debug.h"
#include "device.h"
#include "group.h"
#include "noiommu.h"

const char ovfio_version_1_0_0[] = OPENVFIO_VERSION;
EXPORT_SYMBOL_GPL(ovfio_version_1_0_0);

static int __init vfio_init(void)
{
	int ret;

	ret = vfio_group_init();
	if (ret)
		return ret;
	ret = vfio_device_init();
	if (ret)
		goto err_group;
	ret = vfio_noiommu_init();
	if (ret)
		goto err_device;
	ret = vfio_container_init();
	if (ret)
		goto err_noiommu;
	vfio_debug_init();
	return 0;

err_noiommu:
	vfio_noiommu_exit();
err_device:
	vfio_device_exit();
err_group:
	vfio_group_exit();
	return ret;
}
module_init(vfio_init);

static void __exit vfio_exit(void)
{
	vfio_debug_exit();
	vfio_container_exit();
	vfio_noiommu_exit();
	vfio_device_exit();
	vfio_group_exit();
}
module_exit(vfio_exit);

MODULE_DESCRIPTION("openvfio: secure user-level drivers, core");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
MODULE_SOFTDEP("post: vfio_iommu_type1");
