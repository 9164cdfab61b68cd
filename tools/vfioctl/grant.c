// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl grant, vfioctl revoke: whose the node of a group is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "node.h"
#include "rules.h"
#include "say.h"
#include "store.h"
#include "verbs.h"

/* The group of an address or a number, if nodes of it can be given to users. */
static struct group *find_group(const struct host *host, const char *name)
{
	const struct device *device = host_device(host, name);
	struct group *group = device ? device->group : host_group(host, name);

	if (device && !group)
		say_error(device->bdf, "no IOMMU confines it, so it has no group; run vfioctl doctor");
	else if (!group)
		say_error(name, "no such PCI device or group; see vfioctl list");
	else if (group->noiommu)
		say_error(name, "no IOMMU confines group %d: only programs with CAP_SYS_RAWIO can use it, whoever has its node",
			  group->number);
	else
		return group;
	return NULL;
}

/* The one that stands for its group in a rule: numbers of groups change. */
static const char *representative(const struct host *host, const struct group *group,
				  const char *name)
{
	const struct device *device = host_device(host, name);

	for (size_t i = 0; i < group->count && !device; i++)
		if (!group->members[i]->bridge)
			device = group->members[i];
	return device ? device->bdf : NULL;
}

/* The device stays bound; its restore has no node to give back. */
static int drop_owner(const char *device)
{
	struct saved saved;
	bool persistent;
	int error = rules_drop_owner(device);

	if (error)
		return error;
	error = store_load(device, &saved, &persistent);
	if (error || (!*saved.user && !*saved.group_owner))
		return error == -ENOENT ? 0 : error;
	*saved.user = *saved.group_owner = '\0';
	return store_save(&saved, persistent);
}

/* One grant for a group: what other members had, and what bind --user gave, is void. */
static int drop_grants(const struct group *group, const char *but)
{
	int error = 0;

	for (size_t i = 0; i < group->count && !error; i++) {
		const char *device = group->members[i]->bdf;

		if (!same(device, but))
			error = rules_drop_grant(device);
		if (!error)
			error = drop_owner(device);
	}
	return error;
}

static int grant_group(const struct group *group, const char *device, const struct owner *owner)
{
	if (!device) {
		say_error("group", "%d has no PCI device that a rule could name", group->number);
		return STATUS_CANNOT;
	}
	if (store_lock() || rules_write_grant(device, owner->user, owner->group) ||
	    drop_grants(group, device) || node_give(group->number, owner))
		return STATUS_CANNOT;
	printf("group %d: /dev/vfio/%d %s %s%s%s\n", group->number, group->number,
	       group->node ? "belongs to" : "will, when a device is bound, belong to",
	       *owner->user ? owner->user : "root", *owner->group ? ", for group " : "",
	       owner->group);
	return STATUS_OK;
}

static int grant(struct invocation *call)
{
	const char *name = call->operands.items[0];
	int status = STATUS_CANNOT;
	struct owner owner;
	struct group *group;
	struct host *host;

	if (!owner_asked(call)) {
		say_error("grant", "needs --user or --group-owner; see vfioctl grant --help");
		return STATUS_USAGE;
	}
	if (!owner_find(&owner, option_value(call, "user"), option_value(call, "group-owner")))
		return STATUS_CANNOT;
	host = host_read();
	group = find_group(host, name);
	if (group)
		status = grant_group(group, representative(host, group, name), &owner);
	host_free(host);
	return status;
}

static void warn_of_holders(const struct group *group)
{
	char *name = format("group %d", group->number);
	char *holders = group_holders(group);

	if (*holders)
		say_warning(name, "%s has it open and keeps it until it ends", holders);
	free(holders);
	free(name);
}

static int revoke(struct invocation *call)
{
	static const struct owner root = { .user = "", .group = "" };
	struct host *host = host_read();
	struct group *group = find_group(host, call->operands.items[0]);
	int status = STATUS_CANNOT;

	if (group && !store_lock() && !drop_grants(group, NULL) &&
	    !node_give(group->number, &root)) {
		warn_of_holders(group);
		printf("group %d: /dev/vfio/%d belongs to root\n", group->number, group->number);
		status = STATUS_OK;
	}
	host_free(host);
	return status;
}

static const struct option_def options[] = {
	{ .name = "user", .letter = 'u', .argument = "USER", .help = "to this user" },
	{ .name = "group-owner", .letter = 'G', .argument = "GROUP",
	  .help = "to this group of users" },
	{},
};

static const struct example grant_examples[] = {
	{ "vfioctl grant 0000:06:0d.1 --user alice", "alice's programs may open its group" },
	{ "vfioctl grant 9 --group-owner kvm", "whoever is in group kvm may" },
	{},
};

static const struct example revoke_examples[] = {
	{ "vfioctl revoke 0000:06:0d.1", "only root's programs may open its group" },
	{},
};

const struct command grant_command = {
	.name = "grant",
	.operands = "BDF|GROUP",
	.operand = OPERAND_ANY,
	.least = 1,
	.most = 1,
	.flags = COMMAND_ROOT,
	.summary = "let a user open the group of a device, now and after the next boot",
	.description =
		"Gives the group's node /dev/vfio/N to a user or a group of users, at once if it is "
		"there, and whenever it appears by a rule in /etc/udev/rules.d. The rule names a "
		"device of the group, as the numbers of groups may differ at the next boot. Who may "
		"open the node has the group's devices to himself, and nothing else: the IOMMU "
		"confines them.",
	.options = options,
	.examples = grant_examples,
	.run = grant,
};

const struct command revoke_command = {
	.name = "revoke",
	.operands = "BDF|GROUP",
	.operand = OPERAND_ANY,
	.least = 1,
	.most = 1,
	.flags = COMMAND_ROOT,
	.summary = "undo grant, and what bind --user gave: the group's node is root's again",
	.description =
		"Removes the rules for the group and gives its node back to root. A program that has "
		"it open keeps it; a warning names it.",
	.examples = revoke_examples,
	.run = revoke,
};
