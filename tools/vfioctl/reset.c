// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl reset: put a device into the state that it has after power-on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "host.h"
#include "say.h"
#include "sysfs.h"
#include "verbs.h"

static bool is_below(const struct device *device, const struct device *bridge)
{
	for (device = device->parent; device; device = device->parent)
		if (device == bridge)
			return true;
	return false;
}

/* A bus reset cannot tell devices apart: whoever is on the bus, or behind a bridge on it. */
static void tell_bus_reset(const struct host *host, const struct device *device)
{
	size_t others = 0;

	if (!device->parent) {
		printf("%s: on a root bus, which cannot be reset\n", device->bdf);
		return;
	}
	for (size_t i = 0; i < host->devices_count; i++) {
		const struct device *other = host->devices[i];

		if (other == device || !is_below(other, device->parent))
			continue;
		if (!others++)
			printf("%s: a reset of its bus, behind %s, would also hit:\n",
			       device->bdf, device->parent->bdf);
		printf("  %s %s (%s)\n", other->bdf, other->name,
		       other->driver ? other->driver : "no driver");
	}
	if (!others)
		printf("%s: a reset of its bus, behind %s, would hit nothing else\n", device->bdf,
		       device->parent->bdf);
}

static bool is_alone_on_bus(const struct host *host, const struct device *device)
{
	for (size_t i = 0; i < host->devices_count; i++)
		if (host->devices[i] != device && host->devices[i]->parent == device->parent)
			return false;
	return device->parent != NULL;
}

/*
 * What the kernel tries, in its order; NULL if there is nothing. It looked at the bus when the
 * device was found, perhaps before its neighbours; it looks again when it is to reset the bus.
 */
static char *read_methods(const struct host *host, const struct device *device)
{
	char *all = sysfs_read("%s/reset_method", device->path);
	char *rest = all, *word, *methods = NULL;
	struct strings words = {};

	while ((word = strsep(&rest, " ")))
		if (*word && (!same(word, "bus") || is_alone_on_bus(host, device)))
			strings_add(&words, word);
	if (words.count)
		methods = strings_join(&words, " ");
	strings_free(&words);
	free(all);
	return methods;
}

static void tell_methods(const struct device *device, const char *methods)
{
	if (methods)
		printf("%s: can be reset by itself; methods, the first is tried first: %s\n",
		       device->bdf, methods);
	else
		printf("%s: cannot be reset by itself: it has no function level reset, and none by power management or bus\n",
		       device->bdf);
}

static bool may_reset(const struct device *device, bool force)
{
	struct strings reasons = {};
	bool may;

	guard_reasons(device, &reasons);
	if (device->host_driver && !reasons.count)
		strings_take(&reasons, format("%s of the host has it and would not expect that; vfioctl bind it first",
					      device->driver));
	for (size_t i = 0; i < reasons.count && !force; i++)
		say_error(device->bdf, "%s, or give --force", reasons.items[i]);
	may = force || !reasons.count;
	strings_free(&reasons);
	return may;
}

static int reset_now(const struct device *device, const char *methods, bool force)
{
	if (!methods) {
		say_error(device->bdf, "cannot be reset by itself; see vfioctl reset --dry-run %s",
			  device->bdf);
		return STATUS_NO;
	}
	if (!may_reset(device, force) || sysfs_write("1", "%s/reset", device->path))
		return STATUS_CANNOT;
	printf("%s: was reset, by the first of %s that did\n", device->bdf, methods);
	return STATUS_OK;
}

static int reset(struct invocation *call)
{
	struct host *host = host_read();
	const struct device *device = host_device(host, call->operands.items[0]);
	int status = STATUS_CANNOT;
	char *methods;

	if (!device) {
		say_error(call->operands.items[0], "no such PCI device; see vfioctl list");
	} else {
		methods = read_methods(host, device);
		if (option_given(call, "dry-run")) {
			tell_methods(device, methods);
			tell_bus_reset(host, device);
			status = methods ? STATUS_OK : STATUS_NO;
		} else {
			status = reset_now(device, methods, option_given(call, "force"));
		}
		free(methods);
	}
	host_free(host);
	return status;
}

static const struct option_def options[] = {
	{ .name = "dry-run", .letter = 'n',
	  .help = "tell the methods, and which devices a reset of the bus would hit" },
	{ .name = "force", .letter = 'f', .help = "also a device that the host or a program uses" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl reset --dry-run 01:00.0", "how it would be reset" },
	{ "vfioctl reset 01:00.0", "reset it" },
	{},
};

const struct command reset_command = {
	.name = "reset",
	.operands = "BDF",
	.operand = OPERAND_DEVICE,
	.least = 1,
	.most = 1,
	.flags = COMMAND_ROOT,
	.summary = "reset a device; or tell how, and what else a reset of its bus would hit",
	.description =
		"Resets one function and nothing else, by whichever way the kernel knows for it: "
		"function level reset, power management, or its bus where it is alone there. "
		"Refused, unless --force is given, for a device that a driver of the host has or "
		"that a program uses.",
	.options = options,
	.examples = examples,
	.no = "the device cannot be reset by itself",
	.run = reset,
};
