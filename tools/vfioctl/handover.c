// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two ways of a device: to the driver it is given, and back to what was saved. Each looks
 * at where the device is and does what is left to do, so that it can follow after itself or
 * after the other was stopped anywhere.
 */
#include "handover.h"

#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "node.h"
#include "rules.h"
#include "say.h"
#include "store.h"
#include "sysfs.h"

/**
 * take() - give a device to the driver it is to have
 * @saved: is in the store; the driver is loaded
 *
 * The override comes first: once the device is without a driver, no other can take it. Says
 * why if it fails.
 *
 * Return: 0 or -errno.
 */
int take(const struct saved *saved)
{
	char *now;
	int error = driver_set_override(saved->device, saved->driver);

	if (error)
		return error;
	now = driver_of(saved->device);
	if (!same(now, saved->driver)) {
		error = driver_unbind(saved->device);
		if (!error)
			error = driver_bind(saved->device, saved->driver);
	}
	free(now);
	return error;
}

static int move_back(const char *device, const char *driver, const char *module,
		     const char *override)
{
	/* The override may be for another driver, and would keep this one away. */
	int error = driver_set_override(device, *driver && *override ? driver : override);

	if (!error)
		error = driver_unbind(device);
	if (!error && *driver)
		error = driver_load(driver, module);
	if (!error && *driver)
		error = driver_bind(device, driver);
	return error;
}

/**
 * put_driver_back() - have a device at the driver, and with the override, that it had
 * @device: its address
 * @driver: "" for none
 * @module: of the driver; "" if it is built in
 * @override: "" for none
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int put_driver_back(const char *device, const char *driver, const char *module,
		    const char *override)
{
	char *now = driver_of(device);
	bool is_back = now ? same(now, driver) : !*driver;
	int error = is_back ? 0 : move_back(device, driver, module, override);

	free(now);
	return error ? error : driver_set_override(device, override);
}

/* The node may still be there, for another device of the group, or be granted to somebody. */
static int give_node_back(const char *device)
{
	char *number = sysfs_link_name("/sys/bus/pci/devices/%s/iommu_group", device);
	struct strings members = {};
	struct node_state state;
	int error = 0;

	if (number)
		sysfs_list(&members, "/sys/kernel/iommu_groups/%s/devices", number);
	rules_node_state(&members, &state);
	if (number)
		error = node_put_back(atoi(number), &state);
	strings_free(&members);
	free(number);
	return error;
}

/**
 * is_at() - is a device still the one at its address
 * @device: the address
 * @id: vendor and device, as 1274:5000
 *
 * Return: true if it is.
 */
bool is_at(const char *device, const char *id)
{
	char *vendor = sysfs_read("/sys/bus/pci/devices/%s/vendor", device);
	char *number = sysfs_read("/sys/bus/pci/devices/%s/device", device);
	char *ids = vendor && number && begins(vendor, "0x") && begins(number, "0x") ?
		    format("%s:%s", vendor + 2, number + 2) : NULL;
	bool is = same(ids, id);

	free(ids);
	free(number);
	free(vendor);
	return is;
}

/**
 * give_back() - bring a device to what was saved, and forget that
 * @saved: is in the store
 *
 * The file in the store goes last: until then, this can be done again. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int give_back(const struct saved *saved)
{
	int error = 0;

	/* No rule is to act on it while, and after, it is on its way. */
	error = rules_drop_bind(saved->device);
	if (!error && (*saved->user || *saved->group_owner))
		error = rules_drop_owner(saved->device);
	if (!error && !is_at(saved->device, saved->id)) {
		say_warning(saved->device, "%s is not there any more; what was saved is forgotten",
			    saved->id);
		return store_drop(saved->device);
	}
	if (!error)
		error = put_driver_back(saved->device, saved->previous_driver,
					saved->previous_module, saved->previous_override);
	if (!error && (*saved->user || *saved->group_owner))
		error = give_node_back(saved->device);
	return error ? error : store_drop(saved->device);
}
