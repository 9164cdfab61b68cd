// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl exec: devices for one program, for as long as it runs. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "child.h"
#include "descriptors.h"
#include "driver.h"
#include "host.h"
#include "node.h"
#include "privileges.h"
#include "say.h"
#include "selection.h"
#include "signals.h"
#include "store.h"
#include "transaction.h"
#include "verbs.h"

/* What the program gets, and what is given back after it. */
struct loan {
	struct passwd *account;		/* NULL: the program stays root */
	struct owner owner;
	bool by_descriptor;
	struct strings devices;
	struct host *before;		/* the machine before anything was bound */
	struct host *host;		/* and after */
	struct transaction *transaction;
	struct group **groups;
	struct node_state *nodes;	/* whose the groups' nodes were */
	struct node_state *as_lent;	/* and whose they are meanwhile */
	size_t count;
	size_t lent;			/* how many of the nodes are the user's by now */
	struct descriptors descriptors;
};

/* Devices that are bound stay so; the others are given back when the program has ended. */
static int bind_devices(struct loan *loan, const struct invocation *call)
{
	const struct wish wish = {
		.driver = "vfio-pci", .force = option_given(call, "force"),
	};
	struct node_watch *watch;
	int error;

	loan->before = host_read();
	select_devices(&loan->devices, call, loan->before);
	loan->transaction = transaction_plan(&loan->devices, loan->before, &wish);
	if (!loan->transaction)
		return -EPERM;
	watch = node_watch_begin();
	error = transaction_run(loan->transaction);
	for (size_t i = 0; i < loan->transaction->count && !error; i++)
		node_watch_await(watch, group_of(loan->transaction->changes[i].saved.device));
	node_watch_end(watch);
	if (error) {
		transaction_free(loan->transaction);
		loan->transaction = NULL;
	}
	return error;
}

static bool has_group(const struct loan *loan, const struct group *group)
{
	for (size_t i = 0; i < loan->count; i++)
		if (loan->groups[i] == group)
			return true;
	return false;
}

static int add_group(struct loan *loan, const char *name)
{
	const struct device *device = host_device(loan->host, name);

	if (!device || !device->group) {
		say_error(name, "is in no group; run vfioctl doctor");
		return -ENODEV;
	}
	if (has_group(loan, device->group))
		return 0;
	if (!device->group->viable) {
		say_error(name, "a driver of the host has another device of its group %d; give --group, or see vfioctl explain %s",
			  device->group->number, name);
		return -EPERM;
	}
	if (group_busy(device->group)) {
		char *holders = group_holders(device->group);

		say_error(name, "%s has its group %d open; end that first", holders,
			  device->group->number);
		free(holders);
		return -EBUSY;
	}
	loan->groups[loan->count++] = device->group;
	return 0;
}

static int find_groups(struct loan *loan)
{
	int error = 0;

	loan->host = host_read();
	loan->groups = allocate(loan->devices.count * sizeof(*loan->groups));
	loan->nodes = allocate(loan->devices.count * sizeof(*loan->nodes));
	loan->as_lent = allocate(loan->devices.count * sizeof(*loan->as_lent));
	for (size_t i = 0; i < loan->devices.count && !error; i++)
		error = add_group(loan, loan->devices.items[i]);
	return error;
}

static int lend_nodes(struct loan *loan)
{
	int error = 0;

	while (loan->lent < loan->count && !error) {
		int number = loan->groups[loan->lent]->number;

		node_look(number, &loan->nodes[loan->lent]);
		error = node_give(number, &loan->owner);
		node_look(number, &loan->as_lent[loan->lent++]);
	}
	return error;
}

static int lend(struct loan *loan)
{
	if (loan->by_descriptor)
		return descriptors_open(&loan->descriptors, loan->groups, loan->count);
	return loan->account ? lend_nodes(loan) : 0;
}

/* What others did meanwhile is theirs; a program that is still there keeps what it has. */
static int take_back(const struct change *change, const struct host *now)
{
	const char *name = change->saved.device;
	const struct device *device = host_device(now, name);
	char *holders;

	if (!change->begun)
		return 0;
	if (!store_has(&change->saved, change->persistent)) {
		say_warning(name, "was changed by another vfioctl meanwhile; it stays as it is");
		return 0;
	}
	if (!device || !device->group || !group_busy(device->group))
		return change_undo(change);
	holders = group_holders(device->group);
	say_error(name, "%s still has its group %d open; end that, then run vfioctl restore %s",
		  holders, device->group->number, name);
	free(holders);
	return -EBUSY;
}

static int take_devices_back(const struct transaction *transaction)
{
	struct host *now = host_read();
	int error = 0;

	for (size_t i = transaction->count; i-- > 0;)
		if (take_back(&transaction->changes[i], now))
			error = -EIO;
	host_free(now);
	return error;
}

/* A node that somebody has given away meanwhile, or that was made anew, is left alone. */
static int take_nodes_back(const struct loan *loan)
{
	int error = 0;

	for (size_t i = loan->lent; i-- > 0;) {
		int number = loan->groups[i]->number;

		if (node_is(number, &loan->as_lent[i]) && node_put_back(number, &loan->nodes[i]))
			error = -EIO;
	}
	return error;
}

static void free_loan(struct loan *loan)
{
	if (loan->transaction)
		transaction_free(loan->transaction);
	strings_free(&loan->devices);
	free(loan->as_lent);
	free(loan->nodes);
	free(loan->groups);
	if (loan->host)
		host_free(loan->host);
	host_free(loan->before);
}

/* Undoes as much as was done, in the opposite order. The store is locked. */
static int end_loan(struct loan *loan)
{
	int error;

	if (loan->by_descriptor && loan->descriptors.groups)
		descriptors_close(&loan->descriptors);
	error = take_nodes_back(loan);
	if (loan->transaction && take_devices_back(loan->transaction))
		error = -EIO;
	free_loan(loan);
	return error;
}

/* In the new process. */
static int become_program(void *argument)
{
	struct loan *loan = argument;
	char *devices = strings_join(&loan->devices, ",");

	setenv("VFIO_DEVICES", devices, 1);
	free(devices);
	if (loan->by_descriptor)
		descriptors_tell(&loan->descriptors, loan->groups);
	return loan->account ? privileges_drop(loan->account) : 0;
}

static int run_program(struct loan *loan, struct invocation *call)
{
	/* Who has root's terminal can type there, and the shell behind it is root's. */
	const struct program program = {
		.words = call->tail, .apart = loan->account,
		.prepare = become_program, .argument = loan,
	};
	int status = STATUS_CANNOT;

	if (!bind_devices(loan, call) && !find_groups(loan) && !lend(loan)) {
		store_unlock();
		status = child_run(&program);
		if (store_lock()) {
			say_error("exec", "devices are not given back; run vfioctl restore --all");
			free_loan(loan);
			return STATUS_CANNOT;
		}
	}
	if (end_loan(loan) && status == STATUS_OK)
		status = STATUS_CANNOT;
	return status;
}

static int exec(struct invocation *call)
{
	const char *user = option_value(call, "user");
	struct loan loan = { .by_descriptor = option_given(call, "descriptors") };
	int status = STATUS_CANNOT;

	if (!call->tail || !call->tail[0]) {
		say_error("exec", "needs \"-- PROGRAM\"; see vfioctl exec --help");
		return STATUS_USAGE;
	}
	if (!user)
		user = getenv("SUDO_USER");
	if (user) {
		loan.account = account_find(user);
		if (!loan.account)
			return STATUS_CANNOT;
		loan.owner = (struct owner){
			.user = loan.account->pw_name, .group = "", .uid = loan.account->pw_uid,
		};
	}
	if (!store_lock()) {
		signals_hear();
		status = run_program(&loan, call);
	}
	account_free(loan.account);
	return status;
}

static const struct option_def options[] = {
	{ .name = "user", .letter = 'u', .argument = "USER",
	  .help = "who runs the program; else whoever called sudo, else root" },
	{ .name = "group", .letter = 'g', .help = "also the other members of the devices' groups" },
	{ .name = "descriptors", .letter = 'd',
	  .help = "pass open descriptors instead of the ownership of the nodes" },
	{ .name = "force", .letter = 'f', .help = "also devices that the host uses" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl exec --group --user alice 0000:06:0d.1 -- ./driver 0000:06:0d.1",
	  "bind, run as alice, and give everything back" },
	{ "vfioctl exec --descriptors --user alice 01:00.0 -- ./driver",
	  "the same for a program that takes descriptors" },
	{},
};

const struct command exec_command = {
	.name = "exec",
	.operands = "BDF... -- PROGRAM [ARGUMENT...]",
	.operand = OPERAND_DEVICE,
	.least = 1,
	.most = ANY_NUMBER,
	.flags = COMMAND_ROOT | COMMAND_TAIL,
	.summary = "run a program as a user with devices of its own, and take them back after it",
	.description =
		"Binds the devices that are not bound yet, as vfioctl bind does and refuses, gives the "
		"program what it needs to use them, and when it has ended brings everything back to "
		"what it was. A group that is in use, or of which a driver of the host has a member, "
		"is refused. The program runs without privileges as the user, and, as by su -c, in a "
		"session of its own: it reads and writes the terminal, but cannot type into it, and "
		"is not stopped by ^Z. One that wants a terminal of its own gets it by script(1), as "
		"in -- script -qc bash /dev/null.\n\n"
		"By default the nodes of the groups belong to the user meanwhile, which any program "
		"can use. With --descriptors they stay root's, and the program finds in its "
		"environment VFIO_CONTAINER_FD, a container that all the groups are in and that has "
		"no IOMMU set yet, and VFIO_GROUP_FDS, as in \"9=4,12=5\": number of the group and "
		"descriptor. VFIO_DEVICES has the addresses of the devices, with commas, in both "
		"cases.\n\n"
		"SIGTERM and SIGHUP, and ^C of the terminal, are passed on to the program, which "
		"decides; before it is started they end exec, with all given back. What another "
		"vfioctl has changed meanwhile stays as that left it. Where a process that the program "
		"left behind still has a group open, its devices stay bound: end it, then run vfioctl "
		"restore.\n\n"
		"The exit status is the program's; 128 and the number of a signal that ended it; 127 "
		"if it was not found, 126 if it cannot be run; 3 if the devices cannot be had, or "
		"not be given back. After a vfioctl exec that was killed, vfioctl restore --all.",
	.options = options,
	.examples = examples,
	.run = exec,
};
