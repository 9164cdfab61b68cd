// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"
#include "say.h"
#include "sysfs.h"

/* Before 80-drivers.rules, which has the driver loaded that the device would have else. */
#define OUR_RULES	"70-openvfio-"
#define BIND_RULES	OUR_RULES "bind-%s.rules"
#define GRANT_RULES	OUR_RULES "grant-%s.rules"
/* Of bind --user. After those of grant, which hold again when these are gone. */
#define OWNER_RULES	OUR_RULES "owner-%s.rules"

#define RULES_ETC	"/etc/udev/rules.d"
#define RULES_RUN	"/run/udev/rules.d"

static int drop(const char *folder, char *name)
{
	int error = durable_remove(folder, name);

	free(name);
	return error;
}

/* A rule names the program that made it, wherever it is installed. */
static char *own_path(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	return copy(path);
}

/* Only root may change what is at the path, and at those that lead to it. */
static bool is_roots(char *path)
{
	struct stat found;
	char *slash = strrchr(path, '/');
	bool fine;

	if (stat(*path ? path : "/", &found))
		return false;
	fine = !found.st_uid && !(found.st_mode & S_IWOTH) &&
	       (!(found.st_mode & S_IWGRP) || !found.st_gid);
	if (!fine || !slash)
		return fine;
	*slash = '\0';
	fine = is_roots(path);
	*slash = '/';
	return fine;
}

/* What stands for itself in a rule, within quotes and as a word of RUN. */
static bool is_plain(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789/._-+")];
}

/**
 * rules_may_bind() - is all that rules_write_bind() would write safe to be in a rule
 * @driver: what devices would be given to
 *
 * At boot the program runs as root: then nobody else is to have had his hands on it. Says why
 * if it is not.
 *
 * Return: true if it is.
 */
bool rules_may_bind(const char *driver)
{
	char *program = own_path();
	bool fine = false;

	if (!program)
		say_error("/proc/self/exe", "cannot be read: %s", strerror(errno));
	else if (!is_plain(program) || !is_roots(program))
		say_error(program,
			  "--persist would have root run it at boot, but others than root can change it, or its path has characters that a rule cannot have; use the one of make install or of the package openvfio-tools");
	else if (driver[strcspn(driver, "\"\\%$")])
		say_error(driver, "has a character that a rule of udev cannot have; leave out --persist");
	else
		fine = true;
	free(program);
	return fine;
}

/**
 * rules_write_bind() - have a device bound whenever it appears, so at each boot
 * @saved: the device, and what it is given to
 *
 * The override is set by the rule itself, before any driver can be loaded for the device;
 * what is left to do, and whether it may be done, is up to "vfioctl bind --boot". Without the
 * program, the rule does nothing. Says why if it fails. rules_may_bind() was asked.
 *
 * Return: 0 or -errno.
 */
int rules_write_bind(const struct saved *saved)
{
	char *name = format(BIND_RULES, saved->device);
	char *program = own_path();
	char *text;
	int error;

	if (!program) {
		error = -errno;
		say_error("/proc/self/exe", "cannot be read: %s", strerror(-error));
		free(name);
		return error;
	}
	text = format("# Made by vfioctl bind --persist; vfioctl restore %s removes it.\n"
		      "ACTION==\"add\", SUBSYSTEM==\"pci\", KERNEL==\"%s\", "
		      "ATTR{vendor}==\"0x%.4s\", ATTR{device}==\"0x%s\", TEST==\"%s\", "
		      "ATTR{driver_override}=\"%s\", RUN+=\"%s bind --boot %s\"\n",
		      saved->device, saved->device, saved->id, saved->id + strlen("1234:"),
		      program, saved->driver, program, saved->device);
	error = durable_write(text, RULES_ETC, name);
	free(text);
	free(program);
	free(name);
	return error;
}

/**
 * rules_drop_bind() - have a device left alone at the next boot
 * @device: its address
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_drop_bind(const char *device)
{
	return drop(RULES_ETC, format(BIND_RULES, device));
}

/**
 * rules_have_bind() - is there a rule that has a device bound when it appears
 * @device: its address
 *
 * Return: true if there is.
 */
bool rules_have_bind(const char *device)
{
	return sysfs_exists(RULES_ETC "/" BIND_RULES, device);
}

/**
 * rules_read_bind() - the rule that has a device bound when it appears, to be put back
 * @device: its address
 *
 * Return: its text for free(), or NULL if there is none.
 */
char *rules_read_bind(const char *device)
{
	return sysfs_read(RULES_ETC "/" BIND_RULES, device);
}

/**
 * rules_put_bind_back() - have the rule that has a device bound when it appears as it was
 * @device: its address
 * @text: from rules_read_bind()
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_put_bind_back(const char *device, const char *text)
{
	char *name, *whole;
	int error;

	if (!text)
		return rules_drop_bind(device);
	name = format(BIND_RULES, device);
	whole = format("%s\n", text);
	error = durable_write(whole, RULES_ETC, name);
	free(whole);
	free(name);
	return error;
}

/* By numbers: names have characters that are special in rules. */
static char *node_rule(const char *device, const char *user, const char *group_owner)
{
	struct owner owner;

	if (!owner_find(&owner, user, group_owner))
		return NULL;
	return format("# Made by vfioctl; vfioctl revoke %s removes it.\n"
		      "SUBSYSTEM==\"vfio\", "
		      "TEST==\"/sys/kernel/iommu_groups/%%k/devices/%s\", "
		      "OWNER=\"%u\", GROUP=\"%u\", MODE=\"%s\"\n",
		      device, device, owner.uid, owner.gid, *group_owner ? "0660" : "0600");
}

/**
 * rules_write_grant() - have the node of a device's group belong to a user, for good
 * @device: the device's address; the number of its group may differ at the next boot
 * @user: or ""
 * @group_owner: of users, or ""
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_write_grant(const char *device, const char *user, const char *group_owner)
{
	char *text = node_rule(device, user, group_owner);
	char *name = format(GRANT_RULES, device);
	int error = text ? durable_write(text, RULES_ETC, name) : -EINVAL;

	free(name);
	free(text);
	return error;
}

/**
 * rules_drop_grant() - undo rules_write_grant()
 * @device: its address
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_drop_grant(const char *device)
{
	return drop(RULES_ETC, format(GRANT_RULES, device));
}

/* It is in one of the two folders, and first in the new one. */
static int put_owner(const char *device, const char *text, bool persistent)
{
	char *name = format(OWNER_RULES, device);
	int error = durable_write(text, persistent ? RULES_ETC : RULES_RUN, name);

	if (!error)
		error = durable_remove(persistent ? RULES_RUN : RULES_ETC, name);
	free(name);
	return error;
}

/**
 * rules_write_owner() - have the node of a device's group belong to a user while it is bound
 * @device: the device's address
 * @user: or ""
 * @group_owner: of users, or ""
 * @persistent: also after the next boot
 *
 * Goes before what was granted. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_write_owner(const char *device, const char *user, const char *group_owner,
		      bool persistent)
{
	char *text = node_rule(device, user, group_owner);
	int error = text ? put_owner(device, text, persistent) : -EINVAL;

	free(text);
	return error;
}

/**
 * rules_drop_owner() - undo rules_write_owner()
 * @device: its address
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_drop_owner(const char *device)
{
	int error = drop(RULES_ETC, format(OWNER_RULES, device));
	int another = drop(RULES_RUN, format(OWNER_RULES, device));

	return error ? error : another;
}

/**
 * rules_read_owner() - the rule of rules_write_owner(), to be put back
 * @device: its address
 * @persistent: whether it holds for good
 *
 * Return: its text for free(), or NULL if there is none.
 */
char *rules_read_owner(const char *device, bool *persistent)
{
	char *text = sysfs_read(RULES_ETC "/" OWNER_RULES, device);

	*persistent = text != NULL;
	return text ? text : sysfs_read(RULES_RUN "/" OWNER_RULES, device);
}

/**
 * rules_put_owner_back() - have the rule of rules_write_owner() as it was
 * @device: its address
 * @text: from rules_read_owner()
 * @persistent: likewise
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_put_owner_back(const char *device, const char *text, bool persistent)
{
	char *whole;
	int error;

	if (!text)
		return rules_drop_owner(device);
	whole = format("%s\n", text);
	error = put_owner(device, whole, persistent);
	free(whole);
	return error;
}

/* The number in a rule that node_rule() made. */
static bool read_number(const char *text, const char *key, int base, unsigned int *number)
{
	const char *at = strstr(text, key);

	if (at)
		*number = strtoul(at + strlen(key), NULL, base);
	return at != NULL;
}

static bool read_node_rule(char *text, struct node_state *state)
{
	bool fine = text && read_number(text, "OWNER=\"", 10, &state->uid) &&
		    read_number(text, "GROUP=\"", 10, &state->gid) &&
		    read_number(text, "MODE=\"", 8, &state->mode);

	state->is_there = fine;
	free(text);
	return fine;
}

/**
 * rules_node_state() - whose the node of a group is to be, as far as rules of ours say
 * @members: the addresses of the group's devices
 * @state: is filled in, for node_put_back(); root's if no rule says more
 *
 * As udev would: of several rules, the one whose file has the last name.
 */
void rules_node_state(const struct strings *members, struct node_state *state)
{
	bool persistent;

	for (size_t i = members->count; i-- > 0;)
		if (read_node_rule(rules_read_owner(members->items[i], &persistent), state))
			return;
	for (size_t i = members->count; i-- > 0;)
		if (read_node_rule(sysfs_read(RULES_ETC "/" GRANT_RULES, members->items[i]), state))
			return;
	*state = (struct node_state){};
}

/**
 * rules_sweep() - remove what is left of rules that were being written when we were killed
 */
void rules_sweep(void)
{
	durable_sweep(RULES_ETC, OUR_RULES);
	durable_sweep(RULES_RUN, OUR_RULES);
}
