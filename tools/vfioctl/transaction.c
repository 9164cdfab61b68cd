// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of things: everything that can be refused is asked first; then each device is
 * saved; then they are taken one by one; only then is anything made to last or given away.
 * Whatever fails, and a signal from the terminal, undoes it all. After a kill that leaves no
 * time for that, the store has what "vfioctl restore" needs.
 */
#include "transaction.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "guard.h"
#include "handover.h"
#include "rules.h"
#include "say.h"
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
	const struct saved *before = &change->before;
	const struct device *device = change->device;

	return same(before->id, change->saved.id) &&
	       (!device->driver || same(device->driver, before->driver) ||
		same(device->driver_override, before->driver));
}

static bool set_previous(struct change *change)
{
	const struct device *device = change->device;
	struct saved *saved = &change->saved;
	char *module = NULL;
	bool fits;

	if (change->was_saved)
		return set(saved->previous_driver, change->before.previous_driver) &&
		       set(saved->previous_module, change->before.previous_module) &&
		       set(saved->previous_override, change->before.previous_override);
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
	return set(change->saved.user, owner ? owner->user : change->before.user) &&
	       set(change->saved.group_owner, owner ? owner->group : change->before.group_owner);
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
	change->grant = rules_read_owner(device->bdf, &change->grant_persistent);
	node_look(device->group_number, &change->node);
	error = store_load(device->bdf, &change->before, &change->was_persistent);
	if (error && error != -ENOENT)
		return false;
	set(saved->device, device->bdf);
	snprintf(saved->id, sizeof(saved->id), "%04x:%04x", device->vendor, device->id);
	saved->force = wish->force;
	change->was_saved = !error && is_current(change);
	if (!change->was_saved)
		memset(&change->before, 0, sizeof(change->before));
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
	return change->was_persistent && rules_have_bind(change->saved.device);
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

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	interrupted = number;
}

/* Signals that a person or a service manager ends programs with: heard, and acted on in order. */
static void hear_signals(bool hear, struct sigaction before[3])
{
	static const int numbers[3] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };

	for (int i = 0; i < 3; i++) {
		if (hear)
			sigaction(numbers[i], &action, &before[i]);
		else
			sigaction(numbers[i], &before[i], NULL);
	}
}

static int save(struct change *change, const struct wish *wish)
{
	const struct saved *saved = &change->saved;
	bool persistent = wish->persistent || change->was_persistent;
	int error;

	change->begun = true;
	error = store_save(saved, persistent);
	if (!error && wish->owner)
		error = rules_write_owner(saved->device, saved->user, saved->group_owner,
					  persistent);
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

/* Devices may have got their group only now. */
static int group_number(const char *device)
{
	char *name = sysfs_link_name("/sys/bus/pci/devices/%s/iommu_group", device);
	int number = name ? atoi(name) : NO_GROUP;

	free(name);
	return number;
}

static int give_nodes(struct transaction *transaction, struct node_watch *watch)
{
	int error = 0;

	for (size_t i = 0; i < transaction->count && !error; i++) {
		int number = group_number(transaction->changes[i].saved.device);

		node_watch_await(watch, number);
		error = node_give(number, transaction->wish.owner);
	}
	return error;
}

/* What a change did is undone; what was saved by an earlier one is saved again as it was. */
static void undo(const struct transaction *transaction, const struct change *change)
{
	if (!change->is_there || !change->was_saved) {
		give_back(&change->saved);
		return;
	}
	store_save(&change->before, change->was_persistent);
	if (!change->was_persistent)
		rules_drop_bind(change->saved.device);
	if (!transaction->wish.owner)
		return;
	rules_put_owner_back(change->saved.device, change->grant, change->grant_persistent);
	node_put_back(change->device->group_number, &change->node);
}

static int run_steps(struct transaction *transaction, struct node_watch *watch)
{
	const struct wish *wish = &transaction->wish;
	size_t count = transaction->count;
	int error = 0;

	for (size_t i = 0; i < count && !error && !interrupted; i++)
		if (!is_done(&transaction->changes[i], wish))
			error = save(&transaction->changes[i], wish);
	for (size_t i = 0; i < count && !error && !interrupted; i++)
		if (!is_done(&transaction->changes[i], wish))
			error = take_one(&transaction->changes[i]);
	for (size_t i = 0; i < count && !error && !interrupted; i++)
		error = make_last(&transaction->changes[i], wish);
	if (!error && !interrupted && wish->owner)
		error = give_nodes(transaction, watch);
	return error ? error : interrupted ? -EINTR : 0;
}

/**
 * transaction_run() - do it all
 * @transaction: from transaction_plan(); the store is locked
 *
 * Says why if it fails.
 *
 * Return: 0, or -errno and all is as it was before.
 */
int transaction_run(struct transaction *transaction)
{
	struct node_watch *watch = node_watch_begin();
	struct sigaction before[3];
	int error;

	interrupted = 0;
	hear_signals(true, before);
	error = driver_load(transaction->wish.driver, transaction->wish.driver);
	if (!error)
		error = run_steps(transaction, watch);
	if (error == -EINTR)
		say_error("interrupted", "all goes back to where it was");
	for (size_t i = transaction->count; error && i-- > 0;)
		if (transaction->changes[i].begun)
			undo(transaction, &transaction->changes[i]);
	hear_signals(false, before);
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
		free(transaction->changes[i].grant);
	free(transaction->changes);
	free(transaction);
}
