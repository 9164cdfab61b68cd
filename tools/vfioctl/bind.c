// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl bind: give devices to user programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "guard.h"
#include "handover.h"
#include "host.h"
#include "rules.h"
#include "say.h"
#include "selection.h"
#include "signals.h"
#include "store.h"
#include "transaction.h"
#include "verbs.h"

static const char *or_none(const char *text)
{
	return text && *text ? text : "no driver";
}

static void tell_device(const struct change *change, bool dry)
{
	const struct saved *saved = &change->saved;

	if (change->is_there)
		printf("%s: %s has it already\n", saved->device, saved->driver);
	else
		printf("%s: %s%s -> %s\n", saved->device, dry ? "would go: " : "",
		       or_none(change->device->driver), saved->driver);
}

static void tell_node(const struct wish *wish, int number, bool dry)
{
	printf("group %d: /dev/vfio/%d %s %s%s%s\n", number, number,
	       dry ? "would belong to" : "belongs to",
	       *wish->owner->user ? wish->owner->user : "root",
	       *wish->owner->group ? ", for group " : "", wish->owner->group);
}

static bool is_first_of_group(const struct transaction *transaction, size_t i)
{
	const struct group *group = transaction->changes[i].device->group;

	for (size_t j = 0; j < i; j++)
		if (transaction->changes[j].device->group == group)
			return false;
	return group != NULL;
}

static void tell(const struct transaction *transaction, bool dry)
{
	for (size_t i = 0; i < transaction->count; i++)
		tell_device(&transaction->changes[i], dry);
	for (size_t i = 0; i < transaction->count && transaction->wish.owner; i++)
		if (is_first_of_group(transaction, i))
			tell_node(&transaction->wish,
				  transaction->changes[i].device->group_number, dry);
}

static bool is_in(const struct transaction *transaction, const struct device *device)
{
	for (size_t i = 0; i < transaction->count; i++)
		if (transaction->changes[i].device == device)
			return true;
	return false;
}

/* Without --group the rest of a group is left alone, and so may keep it from being used. */
static void warn_of_rest(const struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++) {
		const struct device *device = transaction->changes[i].device;
		const struct group *group = device->group;

		for (size_t j = 0; group && j < group->count; j++) {
			const struct device *other = group->members[j];

			if (other->host_driver && !is_in(transaction, other))
				say_warning(device->bdf,
					    "%s of its group %d is still with %s, and so the group cannot be used; run vfioctl bind --group %s",
					    other->bdf, group->number, other->driver, device->bdf);
		}
	}
}

static int bind_devices(const struct strings *devices, const struct host *host,
			const struct wish *wish, bool dry)
{
	struct transaction *transaction = transaction_plan(devices, host, wish);
	int status = STATUS_OK;

	if (!transaction)
		return STATUS_CANNOT;
	if (!dry && !transaction_is_empty(transaction) && transaction_run(transaction))
		status = STATUS_CANNOT;
	if (status == STATUS_OK) {
		tell(transaction, dry);
		warn_of_rest(transaction);
	}
	transaction_free(transaction);
	return status;
}

static int take_as_saved(const struct device *device, const struct saved *saved)
{
	if (same(device->driver, saved->driver))
		return STATUS_OK;
	if (!guard_allows(device, saved->force) || driver_load(saved->driver, saved->driver) ||
	    take(saved))
		return STATUS_CANNOT;
	return STATUS_OK;
}

/* The rule has set the override already: without it, the device is the host's as ever. */
static void leave_to_host(const char *device, const char *override)
{
	char *driver;

	driver_set_override(device, override);
	driver = driver_of(device);
	if (!driver)
		driver_probe(device);
	free(driver);
}

static int bind_device_at_boot(const struct device *device)
{
	struct saved saved = {};
	bool persistent;
	int error = store_load(device->bdf, &saved, &persistent);
	int status = STATUS_CANNOT;

	if (!error && persistent) {
		status = take_as_saved(device, &saved);
	} else if (!error || error == -ENOENT) {
		say_error(device->bdf, "nothing is saved of it in " STORE_ETC
			  "; its rule in /etc/udev/rules.d is removed");
		rules_drop_bind(device->bdf);
	}
	if (status != STATUS_OK)
		leave_to_host(device->bdf, error ? "" : saved.previous_override);
	return status;
}

/* A rule of udev calls for a device that has just appeared: no node is there to be given. */
static int bind_at_boot(const char *name)
{
	struct host *host = host_read();
	const struct device *device = host_device(host, name);
	int status = STATUS_CANNOT;

	if (device)
		status = bind_device_at_boot(device);
	else
		say_error(name, "no such PCI device; see vfioctl list");
	host_free(host);
	return status;
}

static int bind_as_wished(struct invocation *call, const struct wish *wish)
{
	struct host *host = host_read();
	struct strings devices = {};
	int status;

	select_devices(&devices, call, host);
	status = bind_devices(&devices, host, wish, option_given(call, "dry-run"));
	strings_free(&devices);
	host_free(host);
	return status;
}

static int bind_verb(struct invocation *call)
{
	const char *driver = option_value(call, "driver");
	struct wish wish = {
		.driver = driver ? driver : "vfio-pci",
		.persistent = option_given(call, "persist"),
		.force = option_given(call, "force"),
	};
	struct owner owner;

	if (option_given(call, "boot") && option_given(call, "dry-run")) {
		say_error("bind", "--boot does what --dry-run would not; see vfioctl bind --help");
		return STATUS_USAGE;
	}
	if (owner_asked(call)) {
		if (!owner_find(&owner, option_value(call, "user"),
				option_value(call, "group-owner")))
			return STATUS_CANNOT;
		wish.owner = &owner;
	}
	if (wish.persistent && !rules_may_bind(wish.driver))
		return STATUS_CANNOT;
	if (!option_given(call, "dry-run") && store_lock())
		return STATUS_CANNOT;
	/* Not before: who waits for the lock may be interrupted. */
	signals_hear();
	if (option_given(call, "boot"))
		return bind_at_boot(call->operands.items[0]);
	return bind_as_wished(call, &wish);
}

static const struct option_def options[] = {
	{ .name = "group", .letter = 'g', .help = "also the other members of their groups" },
	{ .name = "dry-run", .letter = 'n', .help = "only tell what would be done" },
	{ .name = "persist", .letter = 'p', .help = "also after the next boot" },
	{ .name = "user", .letter = 'u', .argument = "USER",
	  .help = "give the groups' nodes to this user" },
	{ .name = "group-owner", .letter = 'G', .argument = "GROUP",
	  .help = "give the groups' nodes to this group of users" },
	{ .name = "driver", .letter = 'd', .argument = "DRIVER",
	  .help = "to this driver instead of vfio-pci" },
	{ .name = "force", .letter = 'f',
	  .help = "also what the host uses: a mounted disk, the card of the default route" },
	{ .name = "boot", .help = "as saved by --persist; for the rule of udev that it makes" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl bind --group --user alice 0000:06:0d.1",
	  "the device and all of its group, for the programs of alice" },
	{ "vfioctl bind --dry-run --group 0000:06:0d.1", "what that would change" },
	{ "vfioctl bind --persist 01:00.0", "also after the next boot" },
	{},
};

const struct command bind_command = {
	.name = "bind",
	.operands = "BDF...",
	.operand = OPERAND_DEVICE,
	.least = 1,
	.most = ANY_NUMBER,
	.flags = COMMAND_ROOT,
	.summary = "give devices to user programs: to vfio-pci, or another driver",
	.description =
		"Takes the devices from the drivers that they have and gives them to vfio-pci, which "
		"is loaded if need be. All of them or none: if one cannot be had, or a signal ends it, "
		"all go back to where they were, with what an earlier bind has saved and made. What "
		"they had is saved before anything is changed, one file for "
		"each device, in /run/openvfio or, with --persist, in /etc/openvfio; vfioctl restore "
		"brings it back, also after a bind that was killed.\n\n"
		"Refused are bridges and, unless --force is given: a disk that is mounted, is swap "
		"space or has something built on it (LVM, dm-crypt, md), the network card of a "
		"default route, of any table, the boot display, a device whose virtual functions are in place, "
		"and one in use by a program. Other members of a group stay where they are unless "
		"--group is given; a warning names those that keep the group from being used.\n\n"
		"--user and --group-owner hold until restore, and go before what vfioctl grant gave.\n\n"
		"Only driver_override is used: no other device of the same kind is affected. "
		"With --persist a rule in /etc/udev/rules.d repeats it whenever the device appears, "
		"asking again whether the host uses it. That needs a program that only root can change, "
		"as make install and the package put it in place.",
	.options = options,
	.examples = examples,
	.run = bind_verb,
};
