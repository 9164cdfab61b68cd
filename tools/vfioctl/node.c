// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "say.h"
#include "sysfs.h"
#include "units.h"
#include "waiting.h"

/* How long udevd may take to make a node known, in milliseconds. */
#define UDEV_PATIENCE	10000

/**
 * owner_asked() - does the command line name an owner
 * @call: the command line
 *
 * Return: true if it has --user or --group-owner.
 */
bool owner_asked(const struct invocation *call)
{
	return option_given(call, "user") || option_given(call, "group-owner");
}

/**
 * owner_find() - who a name is
 * @owner: is filled in
 * @user: name or number of a user, "" or NULL for root
 * @group: name or number of a group of users, "" or NULL for none
 *
 * Says so if there is nobody of that name.
 *
 * Return: true if found.
 */
bool owner_find(struct owner *owner, const char *user, const char *group)
{
	const struct passwd *account;
	unsigned int number;

	*owner = (struct owner){ .user = user ? user : "", .group = group ? group : "" };
	if (parse_id(owner->user, &number)) {
		owner->uid = number;
	} else if (*owner->user) {
		account = getpwnam(owner->user);
		if (!account) {
			say_error(owner->user, "no such user; see getent passwd");
			return false;
		}
		owner->uid = account->pw_uid;
	}
	if (parse_id(owner->group, &number)) {
		owner->gid = number;
	} else if (*owner->group) {
		if (account_group(owner->group, &owner->gid))
			return true;
		say_error(owner->group, "no such group of users; see getent group");
		return false;
	}
	return true;
}

static int change_owner(int group_number, uid_t uid, gid_t gid, mode_t mode)
{
	char *path = sysfs_path("/dev/vfio/%d", group_number);
	int error = 0;

	/* First what takes away, so that nobody has it in between who is not to. */
	if (chmod(path, 0600) || chown(path, uid, gid) || chmod(path, mode))
		error = errno == ENOENT ? 0 : -errno;
	if (error)
		say_error(path, "its owner cannot be changed: %s", strerror(-error));
	free(path);
	return error;
}

/**
 * node_give() - give the node of a group to somebody
 * @group_number: of the IOMMU group
 * @owner: to whom; all empty is root
 *
 * Without a node, nothing is to do. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int node_give(int group_number, const struct owner *owner)
{
	return change_owner(group_number, owner->uid, owner->gid, *owner->group ? 0660 : 0600);
}

/**
 * node_look() - see whose the node of a group is
 * @group_number: of the IOMMU group
 * @state: is filled in
 */
void node_look(int group_number, struct node_state *state)
{
	char *path = sysfs_path("/dev/vfio/%d", group_number);
	struct stat now = {};

	*state = (struct node_state){ .is_there = !stat(path, &now) };
	state->uid = now.st_uid;
	state->gid = now.st_gid;
	state->mode = now.st_mode & 07777;
	free(path);
}

/**
 * node_is() - does a node still belong to whom it did
 * @group_number: of the IOMMU group
 * @state: from node_look()
 *
 * Return: true if it does.
 */
bool node_is(int group_number, const struct node_state *state)
{
	struct node_state now;

	node_look(group_number, &now);
	return now.is_there == state->is_there && now.uid == state->uid &&
	       now.gid == state->gid && now.mode == state->mode;
}

/**
 * node_put_back() - undo node_give()
 * @group_number: of the IOMMU group
 * @state: from node_look(); a node that was not there becomes root's
 *
 * Return: 0 or -errno.
 */
int node_put_back(int group_number, const struct node_state *state)
{
	return change_owner(group_number, state->uid, state->gid,
			    state->is_there ? state->mode : 0600);
}

/*
 * A node that appears is root's, and udevd sees to it that it is: after the kernel made it,
 * and so perhaps after us. Whoever wants to give it away waits until udevd is done with it.
 */
struct node_watch {
	struct udev *udev;
	struct udev_monitor *monitor;
	struct strings done;		/* the nodes that were there, or that udevd told of */
};

/**
 * node_watch_begin() - before nodes may appear
 *
 * Return: for node_watch_end().
 */
struct node_watch *node_watch_begin(void)
{
	struct node_watch *watch = allocate(sizeof(*watch));

	sysfs_list(&watch->done, "/dev/vfio");
	if (!sysfs_exists("/run/udev/control"))
		return watch;
	watch->udev = udev_new();
	if (watch->udev)
		watch->monitor = udev_monitor_new_from_netlink(watch->udev, "udev");
	if (watch->monitor) {
		udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "vfio", NULL);
		udev_monitor_enable_receiving(watch->monitor);
	}
	return watch;
}

static void note(struct node_watch *watch, struct udev_device *device)
{
	if (device && same(udev_device_get_action(device), "add"))
		strings_add(&watch->done, udev_device_get_sysname(device));
	udev_device_unref(device);
}

/**
 * node_watch_await() - wait until udevd is done with the node of a group
 * @watch: was begun before the node appeared
 * @group_number: of the IOMMU group, or NO_GROUP
 *
 * Returns at once if the node was there before or is not there now, or if there is no udevd.
 */
void node_watch_await(struct node_watch *watch, int group_number)
{
	char *name = format("%d", group_number), *path = format("/dev/vfio/%d", group_number);
	struct waiting *waiting = waiting_begin(path, NULL, "waits for udevd to be done with it");
	struct pollfd ready = { .events = POLLIN };

	if (watch->monitor)
		ready.fd = udev_monitor_get_fd(watch->monitor);
	/* The kernel has made it by now, or never will: another driver, or no IOMMU. */
	while (watch->monitor && sysfs_exists("/dev/vfio/%d", group_number) && !strings_have(&watch->done, name) &&
	       poll(&ready, 1, UDEV_PATIENCE) > 0)
		note(watch, udev_monitor_receive_device(watch->monitor));
	waiting_end(waiting);
	free(path);
	free(name);
}

/**
 * node_watch_end() - after the nodes were given away
 * @watch: from node_watch_begin()
 */
void node_watch_end(struct node_watch *watch)
{
	udev_monitor_unref(watch->monitor);
	udev_unref(watch->udev);
	strings_free(&watch->done);
	free(watch);
}
