// SPDX-License-Identifier: GPL-2.0-only
#include "guard.h"

#include <stdlib.h>

#include "block_use.h"
#include "route_use.h"
#include "say.h"
#include "sysfs.h"

static char *busy_group(const struct device *device)
{
	char *holders, *reason;

	if (!device->vfio || !device->group || !group_busy(device->group))
		return NULL;
	holders = group_holders(device->group);
	reason = format("group %d is in use by %s; end that first", device->group_number, holders);
	free(holders);
	return reason;
}

static char *virtual_functions(const struct device *device)
{
	uint64_t count;

	if (!sysfs_number(&count, "%s/sriov_numvfs", device->path) || !count)
		return NULL;
	return format("its %llu virtual functions would go with its driver; "
		      "echo 0 >/sys/bus/pci/devices/%s/sriov_numvfs removes them in order",
		      (unsigned long long)count, device->bdf);
}

static void add(struct strings *reasons, char *reason)
{
	if (reason)
		strings_take(reasons, reason);
}

/**
 * guard_reasons() - why a device should stay with the driver that it has
 * @device: of the model
 * @reasons: sentences are added: what is the matter, and after a semicolon the remedy
 */
void guard_reasons(const struct device *device, struct strings *reasons)
{
	/* Of any driver: the one of VFIO can have some, too. */
	if (device->driver)
		add(reasons, virtual_functions(device));
	if (device->vfio) {
		add(reasons, busy_group(device));
		return;
	}
	if (device->boot_display)
		strings_add(reasons, "it is the boot display; leave it to the host");
	add(reasons, block_use(device->bdf));
	add(reasons, route_use(device->bdf));
}

/**
 * guard_allows() - may a device be taken from the driver that it has
 * @device: of the model
 * @force: the user has said so; reasons are only told
 *
 * Says why not.
 *
 * Return: true if it may.
 */
bool guard_allows(const struct device *device, bool force)
{
	struct strings reasons = {};
	bool allows;

	guard_reasons(device, &reasons);
	for (size_t i = 0; i < reasons.count; i++) {
		if (force)
			say_warning(device->bdf, "%s; goes on, as --force was given",
				    reasons.items[i]);
		else
			say_error(device->bdf, "%s, or give --force", reasons.items[i]);
	}
	allows = force || !reasons.count;
	strings_free(&reasons);
	return allows;
}
