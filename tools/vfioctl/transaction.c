// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of things: everything that can be refused is asked first; then each device is
 * saved; then they are taken one by one; only then is anything made to last or given away.
 * Whatever fails, and a signal from the terminal, undoes it all. After a kill that leaves no
 * time for that, the store has what "vfioctl restore" needs.
 */
#include "transaction.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "guard.h"
#include "handover.h"
#include "rules.h"
#include "say.h"
#include "signals.h"
#include "store.h"
#include "sysfs.h"

/* False: it is too long. */
static bool set(char field[SAVED_NAME], const char *value)
{
	return snprintf(field, SAVED_NAME, "%s", value ? value : "") < SAVED_NAME;
}

static bool needs_iommu(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

/* On some machines a device has no group before it has a driver: then one sees an IOMMU. */
static bool has_iommu(const struct device *device)
{
	struct strings iommus = {};
	bool has;

	sysfs_list(&iommus, "/sys/class/iommu");
	has = device->group_number != NO_GROUP || iommus.count;
	strings_free(&iommus);
	return has;
}

static bool noiommu_mode(void)
{
	char *value = sysfs_read("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	bool on = same(value, "Y");

	free(value);
	return on;
}

static bool may_change(const struct change *change, const struct wish *wish)
{
	const struct device *device = change->device;

	if (device->bridge) {
		say_error(device->bdf,
			  "is a bridge: it stays with the host, and keeps no group from being used; leave it out");
		return false;
	}
	if (needs_iommu(wish->driver) && !has_iommu(device) && !noiommu_mode()) {
		say_error(device->bdf, "no IOMMU confines it; run vfioctl doctor");
		return false;
	}
	return change->is_there || guard_allows(device, wish->force);
}

/*
 * Is the file still the one to go back to? Not if somebody else gave the device back to a
 * driver meanwhile. Without a driver it may be anywhere on its way, in either direction.
 */
static bool is_current(const struct change *change)
{
	const struct saved *earlier = &change->earlier;
	const struct device *device = change->device;

	if (!same(earlier->id, change->saved.id))
		return false;
	return !device->driver || same(device->driver, earlier->driver) ||
	       same(device->driver_override, earlier->driver) ||
	       /* Back, but for the override: see put_driver_back(). */
	       (same(device->driver, earlier->previous_driver) &&
		same(device->driver_override, earlier->previous_driver));
}

static bool set_previous(struct change *change)
{
	const struct device *device = change->device;
	struct saved *saved = &change->saved;
	char *module = NULL;
	bool fits;

	if (change->was_saved)
		return set(saved->previous_driver, change->earlier.previous_driver) &&
		       set(saved->previous_module, change->earlier.previous_module) &&
		       set(saved->previous_override, change->earlier.previous_override);
	if (device->driver)
		module = sysfs_link_name("/sys/bus/pci/drivers/%s/module", device->driver);
	fits = set(saved->previous_driver, device->driver) &&
	       set(saved->previous_module, module) &&
	       set(saved->previous_override, device->driver_override);
	free(module);
	return fits;
}

static bool set_owner(struct change *change, const struct owner *owner)
{
	return set(change->saved.user, owner ? owner->user : change->earlier.user) &&
	       set(change->saved.group_owner, owner ? owner->group : change->earlier.group_owner);
}

/* What could not be read again could not be given back. */
static bool set_names(struct change *change, const struct wish *wish)
{
	bool fits = set(change->saved.driver, wish->driver) && set_previous(change) &&
		    set_owner(change, wish->owner);
	const char *unfit = fits ? saved_unfit(&change->saved) : "a name";

	if (!unfit)
		return true;
	say_error(change->device->bdf,
		  "cannot be saved, and so not be restored later: %s is %s; nothing was changed",
		  unfit, fits ? "not one that a file or a path can hold" : "too long");
	return false;
}

static bool plan_change(struct change *change, const struct device *device,
			const struct wish *wish)
{
	struct saved *saved = &change->saved;
	int error;

	change->device = device;
	change->is_there = same(device->driver, wish->driver);
	before_look(&change->before, device);
	error = store_load(device->bdf, &change->earlier, &change->was_persistent);
	if (error && error != -ENOENT)
		return false;
	set(saved->device, device->bdf);
	snprintf(saved->id, sizeof(saved->id), "%04x:%04x", device->vendor, device->id);
	saved->force = wish->force;
	change->was_saved = !error && is_current(change);
	if (!change->was_saved)
		memset(&change->earlier, 0, sizeof(change->earlier));
	change->persistent = wish->persistent || change->was_persistent;
	return set_names(change, wish) && may_change(change, wish);
}

static const struct device *find(const struct host *host, const char *name)
{
	const struct device *device = host_device(host, name);

	if (!device)
		say_error(name, "no such PCI device; see vfioctl list");
	return device;
}

/**
 * transaction_plan() - ask everything that can be asked before anything is changed
 * @devices: addresses; each is looked up
 * @host: the machine as it is; outlives the transaction
 * @wish: what is asked for; what it points to outlives the transaction
 *
 * Says why if it cannot be.
 *
 * Return: for transaction_free(); NULL if it cannot be.
 */
struct transaction *transaction_plan(const struct strings *devices, const struct host *host,
				     const struct wish *wish)
{
	struct transaction *transaction = allocate(sizeof(*transaction));
	bool fine = true;

	transaction->wish = *wish;
	transaction->changes = allocate((devices->count + 1) * sizeof(struct change));
	for (size_t i = 0; i < devices->count; i++) {
		const struct device *device = find(host, devices->items[i]);

		if (!device ||
		    !plan_change(&transaction->changes[transaction->count++], device, wish))
			fine = false;
	}
	if (fine)
		return transaction;
	transaction_free(transaction);
	return NULL;
}

static bool lasts(const struct change *change)
{
	return change->was_persistent && change->before.bind_rule;
}

/* A node's owner is not looked at, but set: that takes no more. */
static bool is_done(const struct change *change, const struct wish *wish)
{
	return change->is_there && !wish->owner && (!wish->persistent || lasts(change));
}

/**
 * transaction_is_empty() - is nothing to do
 * @transaction: from transaction_plan()
 *
 * Return: true if everything is as wished.
 */
bool transaction_is_empty(const struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++)
		if (!is_done(&transaction->changes[i], &transaction->wish))
			return false;
	return true;
}

static int save(struct change *change, const struct wish *wish)
{
	const struct saved *saved = &change->saved;
	int error;

	change->begun = true;
	error = store_save(saved, change->persistent);
	if (!error && wish->owner)
		error = rules_write_owner(saved->device, saved->user, saved->group_owner,
					  change->persistent);
	return error;
}

static int take_one(struct change *change)
{
	return take(&change->saved);
}

static int make_last(struct change *change, const struct wish *wish)
{
	return wish->persistent ? rules_write_bind(&change->saved) : 0;
}

static int give_nodes(struct transaction *transaction, struct node_watch *watch)
{
	int error = 0;

	for (size_t i = 0; i < transaction->count && !error; i++) {
		int number = group_of(transaction->changes[i].saved.device);

		node_watch_await(watch, number);
		error = node_give(number, transaction->wish.owner);
	}
	return error;
}

/**
 * change_undo() - have a device as it was before the transaction
 * @change: of a transaction that was run; the store is locked
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int change_undo(const struct change *change)
{
	return change->begun ? before_put_back(&change->before) : 0;
}

static int run_steps(struct transaction *transaction, struct node_watch *watch)
{
	const struct wish *wish = &transaction->wish;
	size_t count = transaction->count;
	int error = 0;

	for (size_t i = 0; i < count && !error && !signals_heard(); i++)
		if (!is_done(&transaction->changes[i], wish))
			error = save(&transaction->changes[i], wish);
	for (size_t i = 0; i < count && !error && !signals_heard(); i++)
		if (!is_done(&transaction->changes[i], wish))
			error = take_one(&transaction->changes[i]);
	for (size_t i = 0; i < count && !error && !signals_heard(); i++)
		if (!is_done(&transaction->changes[i], wish))
			error = make_last(&transaction->changes[i], wish);
	if (!error && !signals_heard() && wish->owner)
		error = give_nodes(transaction, watch);
	return error ? error : signals_heard() ? -EINTR : 0;
}

/**
 * transaction_run() - do it all
 * @transaction: from transaction_plan(); the store is locked, and signals are heard
 *
 * Says why if it fails.
 *
 * Return: 0, or -errno and all is as it was before.
 */
int transaction_run(struct transaction *transaction)
{
	struct node_watch *watch = node_watch_begin();
	int error;

	error = driver_load(transaction->wish.driver, transaction->wish.driver);
	if (!error)
		error = run_steps(transaction, watch);
	if (error == -EINTR)
		say_error("interrupted", "all goes back to where it was");
	for (size_t i = transaction->count; error && i-- > 0;)
		change_undo(&transaction->changes[i]);
	node_watch_end(watch);
	return error;
}

/**
 * transaction_free() - forget a transaction
 * @transaction: from transaction_plan()
 */
void transaction_free(struct transaction *transaction)
{
	for (size_t i = 0; i < transaction->count; i++)
		before_free(&transaction->changes[i].before);
	free(transaction->changes);
	free(transaction);
}
