// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "durable.h"
#include "say.h"
#include "sysfs.h"

/* Before 80-drivers.rules, which has the driver loaded that the device would have else. */
#define OUR_RULES	"70-openvfio-"
#define BIND_RULES	OUR_RULES "bind-%s.rules"
#define GRANT_RULES	OUR_RULES "grant-%s.rules"

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

/**
 * rules_write_bind() - have a device bound whenever it appears, so at each boot
 * @saved: the device, and what it is given to
 *
 * The override is set by the rule itself, before any driver can be loaded for the device;
 * what is left to do, and whether it may be done, is up to "vfioctl bind --boot". Says why if
 * it fails.
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
		      "ATTR{vendor}==\"0x%.4s\", ATTR{device}==\"0x%s\", "
		      "ATTR{driver_override}=\"%s\", RUN+=\"%s bind --boot %s\"\n",
		      saved->device, saved->device, saved->id, saved->id + strlen("1234:"),
		      saved->driver, program, saved->device);
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

/* It is in one of the two folders, and first in the new one. */
static int put_grant(const char *device, const char *text, bool persistent)
{
	char *name = format(GRANT_RULES, device);
	int error = durable_write(text, persistent ? RULES_ETC : RULES_RUN, name);

	if (!error)
		error = durable_remove(persistent ? RULES_RUN : RULES_ETC, name);
	free(name);
	return error;
}

/**
 * rules_write_grant() - have the node of a device's group belong to a user when it appears
 * @device: the device's address; the number of its group may differ at the next boot
 * @user: or ""
 * @group_owner: of users, or ""
 * @persistent: for good, or until the next boot
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_write_grant(const char *device, const char *user, const char *group_owner,
		      bool persistent)
{
	char *text;
	int error;

	text = format("# Made by vfioctl; vfioctl revoke %s removes it.\n"
		      "SUBSYSTEM==\"vfio\", "
		      "TEST==\"/sys/kernel/iommu_groups/%%k/devices/%s\"%s%s%s%s%s%s, MODE=\"%s\"\n",
		      device, device, *user ? ", OWNER=\"" : "", user, *user ? "\"" : "",
		      *group_owner ? ", GROUP=\"" : "", group_owner, *group_owner ? "\"" : "",
		      *group_owner ? "0660" : "0600");
	error = put_grant(device, text, persistent);
	free(text);
	return error;
}

/**
 * rules_drop_grant() - have the node of a device's group be root's again when it appears
 * @device: its address
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_drop_grant(const char *device)
{
	int error = drop(RULES_ETC, format(GRANT_RULES, device));
	int another = drop(RULES_RUN, format(GRANT_RULES, device));

	return error ? error : another;
}

/**
 * rules_have_grant() - is there a rule for the node of a device's group
 * @device: its address
 *
 * Return: true if there is.
 */
bool rules_have_grant(const char *device)
{
	return sysfs_exists(RULES_ETC "/" GRANT_RULES, device) ||
	       sysfs_exists(RULES_RUN "/" GRANT_RULES, device);
}

/**
 * rules_read_grant() - the rule for the node of a device's group, to be put back
 * @device: its address
 * @persistent: whether it holds for good
 *
 * Return: its text for free(), or NULL if there is none.
 */
char *rules_read_grant(const char *device, bool *persistent)
{
	char *text = sysfs_read(RULES_ETC "/" GRANT_RULES, device);

	*persistent = text != NULL;
	return text ? text : sysfs_read(RULES_RUN "/" GRANT_RULES, device);
}

/**
 * rules_put_grant_back() - have the rule for the node of a device's group as it was
 * @device: its address
 * @text: from rules_read_grant()
 * @persistent: likewise
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int rules_put_grant_back(const char *device, const char *text, bool persistent)
{
	char *whole;
	int error;

	if (!text)
		return rules_drop_grant(device);
	whole = format("%s\n", text);
	error = put_grant(device, whole, persistent);
	free(whole);
	return error;
}

/**
 * rules_sweep() - remove what is left of rules that were being written when we were killed
 */
void rules_sweep(void)
{
	durable_sweep(RULES_ETC, OUR_RULES);
	durable_sweep(RULES_RUN, OUR_RULES);
}
