// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of IOMMU drivers. While a container has no IOMMU set, its questions
 * go to every registered driver and the first that affirms wins (rule C2).
 */
#include "iommu_driver.h"
#include "noiommu.h"

static DEFINE_MUTEX(registry_lock);
static LIST_HEAD(registry);

static bool is_registered(const char *name)
{
	struct vfio_iommu_driver *driver;

	lockdep_assert_held(&registry_lock);

	list_for_each_entry(driver, &registry, node)
		if (!strcmp(driver->ops->name, name))
			return true;
	return false;
}

/**
 * ovfio_register_iommu_driver() - offer an IOMMU driver to containers
 * @driver: with @driver->ops set; stays the caller's, until unregistered
 *
 * Return: 0, or -EBUSY if a driver of that name is registered.
 */
int ovfio_register_iommu_driver(struct vfio_iommu_driver *driver)
{
	int ret = 0;

	mutex_lock(&registry_lock);
	if (is_registered(driver->ops->name))
		ret = -EBUSY;
	else
		list_add_tail(&driver->node, &registry);
	mutex_unlock(&registry_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_register_iommu_driver);

/**
 * ovfio_unregister_iommu_driver() - no container gets this driver any more
 * @driver: a registered driver
 *
 * Containers that have it set hold its module, so at module exit there are none.
 */
void ovfio_unregister_iommu_driver(struct vfio_iommu_driver *driver)
{
	mutex_lock(&registry_lock);
	list_del(&driver->node);
	mutex_unlock(&registry_lock);
}
EXPORT_SYMBOL_GPL(ovfio_unregister_iommu_driver);

static bool eligible(const struct vfio_iommu_driver *driver, enum vfio_iommu_choice choice)
{
	if (choice == VFIO_IOMMU_ANY)
		return true;
	return (choice == VFIO_IOMMU_NONE) == (driver->ops == &vfio_noiommu_ops);
}

/**
 * vfio_iommu_drivers_check() - what do the registered drivers say to an extension?
 * @extension: argument of VFIO_CHECK_EXTENSION
 * @choice: which of them are asked
 *
 * Return: the first positive answer, else 0.
 */
long vfio_iommu_drivers_check(unsigned long extension, enum vfio_iommu_choice choice)
{
	struct vfio_iommu_driver *driver;
	long ret = 0;

	mutex_lock(&registry_lock);
	list_for_each_entry(driver, &registry, node) {
		if (!eligible(driver, choice))
			continue;
		ret = driver->ops->check_extension(NULL, extension);
		if (ret > 0)
			break;
		ret = 0;
	}
	mutex_unlock(&registry_lock);
	return ret;
}

/**
 * vfio_iommu_drivers_try() - try each driver for an IOMMU type until one does
 * @type: argument of VFIO_SET_IOMMU
 * @choice: which of them are tried
 * @try: takes a driver into use; 0 or a negative errno
 * @arg: for @try
 *
 * Return: 0 with a reference held to the module of the driver taken; else the errno
 * of the last driver tried, -ENODEV if none affirmed @type.
 */
int vfio_iommu_drivers_try(unsigned long type, enum vfio_iommu_choice choice,
			   int (*try)(const struct vfio_iommu_driver_ops *ops, void *arg),
			   void *arg)
{
	struct vfio_iommu_driver *driver;
	int ret = -ENODEV;

	mutex_lock(&registry_lock);
	list_for_each_entry(driver, &registry, node) {
		if (!eligible(driver, choice) || !try_module_get(driver->ops->owner))
			continue;
		if (driver->ops->check_extension(NULL, type) > 0) {
			ret = try(driver->ops, arg);
			if (!ret)
				break;
		}
		module_put(driver->ops->owner);
	}
	mutex_unlock(&registry_lock);
	return ret;
}
