// SPDX-License-Identifier: GPL-2.0-only
#include "driver.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "processes.h"
#include "say.h"
#include "sysfs.h"
#include "waiting.h"

#define DEVICES	"/sys/bus/pci/devices"
#define DRIVERS	"/sys/bus/pci/drivers"

/**
 * driver_of() - the driver that a device has now
 * @device: its address
 *
 * Return: for free(); NULL if it has none.
 */
char *driver_of(const char *device)
{
	return sysfs_link_name(DEVICES "/%s/driver", device);
}

/**
 * driver_override_of() - the only driver that a device may have
 * @device: its address
 *
 * Return: for free(); "" if it may have any.
 */
char *driver_override_of(const char *device)
{
	char *override = sysfs_read(DEVICES "/%s/driver_override", device);

	/* The kernel's way to print no override. */
	if (!override || same(override, "(null)")) {
		free(override);
		override = copy("");
	}
	return override;
}

/**
 * group_of() - which group a device is in now: some get theirs only with a driver
 * @device: its address
 *
 * Return: its number, or NO_GROUP.
 */
int group_of(const char *device)
{
	char *name = sysfs_link_name(DEVICES "/%s/iommu_group", device);
	int number = name ? atoi(name) : NO_GROUP;

	free(name);
	return number;
}

static int insert(const char *module)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_list *found = NULL, *entry;
	int error;

	if (!context)
		return -ENOMEM;
	error = kmod_module_new_from_lookup(context, module, &found);
	if (!error && !found)
		error = -ENOENT;
	kmod_list_foreach(entry, found) {
		struct kmod_module *one = kmod_module_get_module(entry);

		if (!error)
			error = kmod_module_probe_insert_module(one, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(one);
	}
	kmod_module_unref_list(found);
	kmod_unref(context);
	return error;
}

/**
 * driver_load() - see to it that a driver is there
 * @driver: its name
 * @module: the module it is in
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int driver_load(const char *driver, const char *module)
{
	struct waiting *waiting;
	int error;

	if (sysfs_exists(DRIVERS "/%s", driver))
		return 0;
	waiting = waiting_begin(driver, NULL, "waits for module %s to be loaded", module);
	error = insert(module);
	waiting_end(waiting);
	if (error == -ENOENT)
		say_error(driver, "there is no such driver, and no module %s; see modinfo %s", module,
			  module);
	else if (error)
		say_error(driver, "module %s cannot be loaded: %s; see dmesg", module,
			  strerror(-error));
	else if (!sysfs_exists(DRIVERS "/%s", driver)) {
		say_error(driver, "module %s is loaded, but has no PCI driver of this name", module);
		error = -ENOENT;
	}
	return error;
}

/**
 * driver_set_override() - say which driver alone a device may have
 * @device: its address
 * @override: the driver; "" for any
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int driver_set_override(const char *device, const char *override)
{
	char *now = driver_override_of(device);
	struct waiting *waiting;
	int error = 0;

	if (!same(now, override)) {
		waiting = waiting_begin(device, NULL, "waits for whoever is changing its driver");
		error = sysfs_write(override, DEVICES "/%s/driver_override", device);
		waiting_end(waiting);
	}
	free(now);
	return error;
}

/* Who keeps a driver of VFIO from letting a device go. */
static char *users_of(const char *device)
{
	char *users = processes_with_device(device, group_of(device));
	char *words = users ? format("waits for %s to close it", users) : NULL;

	free(users);
	return words;
}

/**
 * driver_unbind() - take a device away from its driver, if it has one
 * @device: its address
 *
 * Waits until whoever uses the device through VFIO has closed it, and says for whom. Says why
 * if it fails.
 *
 * Return: 0 or -errno.
 */
int driver_unbind(const char *device)
{
	char *driver = driver_of(device);
	struct waiting *waiting;
	int error = 0;

	if (driver) {
		waiting = waiting_begin(device, users_of, "waits for %s to let it go", driver);
		error = sysfs_write(device, DRIVERS "/%s/unbind", driver);
		waiting_end(waiting);
	}
	free(driver);
	return error;
}

/**
 * driver_probe() - give a device that has no driver to whichever takes it
 * @device: its address
 *
 * Says why if it fails; that none took it is no failure.
 *
 * Return: 0 or -errno.
 */
int driver_probe(const char *device)
{
	struct waiting *waiting = waiting_begin(device, NULL, "waits for a driver to take it");
	int error = sysfs_write(device, "/sys/bus/pci/drivers_probe");

	waiting_end(waiting);
	return error;
}

/**
 * driver_bind() - give a device that has no driver to one
 * @device: its address
 * @driver: is there
 *
 * Not by drivers_probe, which does not tell that the driver refused. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int driver_bind(const char *device, const char *driver)
{
	struct waiting *waiting = waiting_begin(device, NULL, "waits for %s to take it", driver);
	int error = sysfs_write(device, DRIVERS "/%s/bind", driver);

	waiting_end(waiting);
	if (error)
		say_error(device, "%s does not take it; see dmesg", driver);
	return error;
}
