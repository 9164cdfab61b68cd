// SPDX-License-Identifier: GPL-2.0-only
#include "selection.h"

/* Members that a driver of the host has, or could get; not those that are in nobody's way. */
static void add_group(struct strings *devices, const struct group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct device *member = group->members[i];
		bool harmless = member->driver && !member->host_driver && !member->vfio;

		if (!member->bridge && !harmless && !strings_have(devices, member->bdf))
			strings_add(devices, member->bdf);
	}
}

/**
 * select_devices() - the devices of a command line, each once
 * @devices: their addresses are added, in full; what is no device is added as it was typed
 * @call: the command line; its operands, and --group
 * @host: the machine
 */
void select_devices(struct strings *devices, const struct invocation *call,
		    const struct host *host)
{
	for (size_t i = 0; i < call->operands.count; i++) {
		const struct device *device = host_device(host, call->operands.items[i]);
		const char *name = device ? device->bdf : call->operands.items[i];

		if (!strings_have(devices, name))
			strings_add(devices, name);
		if (device && device->group && option_given(call, "group"))
			add_group(devices, device->group);
	}
}
