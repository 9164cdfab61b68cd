// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl restore: give devices back to the drivers that they had. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "guard.h"
#include "handover.h"
#include "host.h"
#include "say.h"
#include "store.h"
#include "verbs.h"

/* Neither where bind left it nor on its way: then somebody else has given it to a driver. */
static bool is_elsewhere(const struct device *device, const struct saved *saved)
{
	return device->driver && !same(device->driver, saved->driver) &&
	       !same(device->driver, saved->previous_driver);
}

static bool may_restore(const struct device *device, const struct saved *saved, bool force)
{
	/*
	 * Back already, or not there any more: only files are left to remove. And from no driver
	 * nothing is taken.
	 */
	if (!device || !device->driver || same(device->driver, saved->previous_driver))
		return true;
	if (is_elsewhere(device, saved) && !force) {
		say_error(device->bdf,
			  "was given to %s by somebody else since; give --force to have %s back",
			  device->driver,
			  *saved->previous_driver ? saved->previous_driver : "no driver");
		return false;
	}
	return guard_allows(device, force);
}

static int restore_device(const char *name, const struct host *host, bool force)
{
	const struct device *device = host_device(host, name);
	struct saved saved;
	bool persistent;
	int error = store_load(device ? device->bdf : name, &saved, &persistent);

	if (error == -ENOENT) {
		if (!device)
			say_error(name, "no such PCI device; see vfioctl list");
		else
			printf("%s: nothing was saved, nothing to restore\n", device->bdf);
		return device ? STATUS_OK : STATUS_CANNOT;
	}
	if (error || !may_restore(device, &saved, force) || give_back(&saved))
		return STATUS_CANNOT;
	printf("%s: %s -> %s\n", saved.device, saved.driver,
	       *saved.previous_driver ? saved.previous_driver : "no driver");
	return STATUS_OK;
}

static int restore(struct invocation *call)
{
	bool force = option_given(call, "force");
	struct strings all = {};
	const struct strings *names = &call->operands;
	int status = STATUS_OK;
	struct host *host;

	if (option_given(call, "all") == !!names->count) {
		say_error("restore", "needs either devices or --all; see vfioctl restore --help");
		return STATUS_USAGE;
	}
	if (store_lock())
		return STATUS_CANNOT;
	host = host_read();
	if (!names->count) {
		store_list(&all);
		names = &all;
	}
	/* One that cannot be restored does not keep the others from it. */
	for (size_t i = 0; i < names->count; i++)
		if (restore_device(names->items[i], host, force) != STATUS_OK)
			status = STATUS_CANNOT;
	strings_free(&all);
	host_free(host);
	return status;
}

static const struct option_def options[] = {
	{ .name = "all", .letter = 'a', .help = "every device of which something is saved" },
	{ .name = "force", .letter = 'f',
	  .help = "also devices in use, or given to another driver meanwhile" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl restore 0000:06:0d.1", "give one device back" },
	{ "vfioctl restore --all", "give all back; also after a bind that was killed" },
	{},
};

const struct command restore_command = {
	.name = "restore",
	.operands = "[BDF...]",
	.operand = OPERAND_DEVICE,
	.least = 0,
	.most = ANY_NUMBER,
	.flags = COMMAND_ROOT,
	.summary = "give devices back to the drivers that they had before bind",
	.description =
		"Brings back the driver and the driver_override that vfioctl bind saved, and removes "
		"what --persist and --user made: the group's node is root's again, or of whom vfioctl "
		"grant has given it to. A device of which nothing is saved is left as it is; what is "
		"saved of one that is not there any more is forgotten.\n\n"
		"Refused, unless --force is given, is a device that somebody else gave to another "
		"driver meanwhile, and one in use by a program: with --force the program is asked for "
		"it, and restore waits until it has closed it, and says for whom.",
	.options = options,
	.examples = examples,
	.run = restore,
};
