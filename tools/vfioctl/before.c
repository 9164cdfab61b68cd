// SPDX-License-Identifier: GPL-2.0-only
#include "before.h"

#include <stdlib.h>

#include "handover.h"
#include "rules.h"
#include "say.h"
#include "sysfs.h"

/**
 * before_look() - remember a device as it is, before anything about it is changed
 * @before: is filled in; for before_free()
 * @device: of the model
 */
void before_look(struct before *before, const struct device *device)
{
	*before = (struct before){
		.device = copy(device->bdf),
		.id = format("%04x:%04x", device->vendor, device->id),
		.driver = copy(device->driver),
		.override = copy(device->driver_override ? device->driver_override : ""),
		.group_number = device->group_number,
	};
	if (device->driver)
		before->module = sysfs_link_name("/sys/bus/pci/drivers/%s/module", device->driver);
	store_read(device->bdf, &before->stored);
	before->bind_rule = rules_read_bind(device->bdf);
	before->owner_rule = rules_read_owner(device->bdf, &before->owner_persistent);
	node_look(device->group_number, &before->node);
}

static int put_device_back(const struct before *before)
{
	if (!is_at(before->device, before->id)) {
		say_warning(before->device, "%s is not there any more; only files are put back",
			    before->id);
		return 0;
	}
	return put_driver_back(before->device, before->driver ? before->driver : "",
			       before->module ? before->module : "", before->override);
}

/**
 * before_put_back() - have everything about a device as it was
 * @before: from before_look(); the store is locked
 *
 * What is in the store goes last: until then, "vfioctl restore" can bring the device back if
 * this is stopped, or fails. Says why if it does.
 *
 * Return: 0 or -errno.
 */
int before_put_back(const struct before *before)
{
	/* First, so that no rule of the change acts on the device on its way. */
	int error = rules_put_bind_back(before->device, before->bind_rule);
	int another = rules_put_owner_back(before->device, before->owner_rule,
					   before->owner_persistent);

	if (!error)
		error = another;
	another = put_device_back(before);
	if (!error)
		error = another;
	another = node_put_back(before->group_number, &before->node);
	if (!error)
		error = another;
	return error ? error : store_put_back(before->device, &before->stored);
}

/**
 * before_free() - forget how it was
 * @before: from before_look(), or zeroed
 */
void before_free(struct before *before)
{
	free(before->device);
	free(before->id);
	free(before->driver);
	free(before->module);
	free(before->override);
	store_text_free(&before->stored);
	free(before->bind_rule);
	free(before->owner_rule);
}
