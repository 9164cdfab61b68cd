// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl reset: put a device into the state that it has after power-on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "guard.h"
#include "host.h"
#include "output.h"
#include "say.h"
#include "sysfs.h"
#include "verbs.h"
#include "waiting.h"

static bool is_below(const struct device *device, const struct device *bridge)
{
	for (device = device->parent; device; device = device->parent)
		if (device == bridge)
			return true;
	return false;
}

static bool is_alone_on_bus(const struct host *host, const struct device *device)
{
	for (size_t i = 0; i < host->devices_count; i++)
		if (host->devices[i] != device && host->devices[i]->parent == device->parent)
			return false;
	return device->parent != NULL;
}

/*
 * What the kernel tries, in its order. It looked at the bus when the
 * device was found, perhaps before its neighbours; it looks again when it is to reset the bus.
 */
static void read_methods(const struct host *host, const struct device *device,
			 struct strings *methods)
{
	char *all = sysfs_read("%s/reset_method", device->path);
	char *rest = all, *word;

	while ((word = strsep(&rest, " ")))
		if (*word && (!same(word, "bus") || is_alone_on_bus(host, device)))
			strings_add(methods, word);
	free(all);
}

/* A bus reset cannot tell devices apart: whoever is on the bus, or behind a bridge on it. */
static void describe_bus_reset(struct json_object *all, const struct host *host,
			       const struct device *device)
{
	struct json_object *bus, *others;

	if (!device->parent) {
		add_text(all, "bus", NULL);
		return;
	}
	bus = add_object(all, "bus");
	add_text(bus, "behind", device->parent->bdf);
	others = add_array(bus, "would_hit");
	for (size_t i = 0; i < host->devices_count; i++)
		if (host->devices[i] != device && is_below(host->devices[i], device->parent))
			describe_device(append_object(others), host->devices[i]);
}

static struct json_object *describe(const struct invocation *call, const struct host *host,
				    const struct device *device, const struct strings *methods)
{
	struct json_object *all = document(call, NULL), *array;

	add_text(all, "bdf", device->bdf);
	array = add_array(all, "methods");
	for (size_t i = 0; i < methods->count; i++)
		append_text(array, methods->items[i]);
	describe_bus_reset(all, host, device);
	return all;
}

static void print_methods(const struct json_object *all)
{
	struct json_object *methods = get(all, "methods");

	if (!length(methods)) {
		printf("%s: cannot be reset by itself: it has no function level reset, and none by power management or bus\n",
		       get_text(all, "bdf"));
		return;
	}
	printf("%s: can be reset by itself; methods, the first is tried first:",
	       get_text(all, "bdf"));
	for (size_t i = 0; i < length(methods); i++)
		printf(" %s", json_object_get_string(at(methods, i)));
	putchar('\n');
}

static void print_bus_reset(const struct json_object *all)
{
	struct json_object *bus = get(all, "bus"), *others;
	const char *bdf = get_text(all, "bdf");

	if (!bus) {
		printf("%s: on a root bus, which cannot be reset\n", bdf);
		return;
	}
	others = get(bus, "would_hit");
	printf("%s: a reset of its bus, behind %s, would %s\n", bdf, get_text(bus, "behind"),
	       length(others) ? "also hit:" : "hit nothing else");
	for (size_t i = 0; i < length(others); i++) {
		const struct json_object *other = at(others, i);
		const char *driver = get_text(other, "driver");

		printf("  %s %s (%s)\n", get_text(other, "bdf"), get_text(other, "name"),
		       driver ? driver : "no driver");
	}
}

static void print(const struct json_object *all)
{
	print_methods(all);
	print_bus_reset(all);
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

static int reset_now(const struct device *device, const struct strings *methods, bool force)
{
	struct waiting *waiting;
	char *words;
	int error;

	if (!methods->count) {
		say_error(device->bdf, "cannot be reset by itself; see vfioctl reset --dry-run %s",
			  device->bdf);
		return STATUS_NO;
	}
	if (!may_reset(device, force))
		return STATUS_CANNOT;
	waiting = waiting_begin(device->bdf, NULL, "waits until it is ready again");
	error = sysfs_write("1", "%s/reset", device->path);
	waiting_end(waiting);
	if (error)
		return STATUS_CANNOT;
	words = strings_join(methods, " ");
	printf("%s: was reset, by the first of %s that did\n", device->bdf, words);
	free(words);
	return STATUS_OK;
}

static int reset_device(const struct invocation *call, const struct host *host,
			const struct device *device)
{
	struct strings methods = {};
	int status;

	read_methods(host, device, &methods);
	if (option_given(call, "dry-run")) {
		document_deliver(call, describe(call, host, device, &methods), print);
		status = methods.count ? STATUS_OK : STATUS_NO;
	} else {
		status = reset_now(device, &methods, option_given(call, "force"));
	}
	strings_free(&methods);
	return status;
}

static int reset(struct invocation *call)
{
	const struct device *device;
	int status = STATUS_CANNOT;
	struct host *host;

	if (call->json && !option_given(call, "dry-run")) {
		say_error("--json", "a reset prints nothing to be read; give --dry-run too, or leave it out");
		return STATUS_USAGE;
	}
	host = host_read();
	device = host_device(host, call->operands.items[0]);
	if (device)
		status = reset_device(call, host, device);
	else
		say_error(call->operands.items[0], "no such PCI device; see vfioctl list");
	host_free(host);
	return status;
}

static const struct option_def options[] = {
	{ .name = "dry-run", .letter = 'n',
	  .help = "tell the methods, and which devices a reset of the bus would hit" },
	{ .name = "json", .help = "with --dry-run: print JSON, for programs" },
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
