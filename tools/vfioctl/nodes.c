// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever may make files may make one that is called .../vfio/12: only the number of the
 * device says that it is the group's node. A recorded machine has no devices: there, it is
 * the path.
 */
#include "nodes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sysfs.h"

#define FOLDER	"/dev/vfio/"

struct nodes {
	struct strings names;		/* below /dev/vfio: "12", "noiommu-0", "devices/vfio0" */
	dev_t *numbers;
	char *found;
};

/* Nothing is asked of a file system's server, which may be gone. False: no character device. */
static bool number_of(const char *path, dev_t *number)
{
	struct statx found;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &found) ||
	    !S_ISCHR(found.stx_mode))
		return false;
	*number = makedev(found.stx_rdev_major, found.stx_rdev_minor);
	return true;
}

static void add_folder(struct nodes *nodes, const char *below)
{
	struct strings names = {};
	dev_t number;

	sysfs_list(&names, FOLDER "%s", below);
	for (size_t i = 0; i < names.count; i++) {
		char *path = format(FOLDER "%s%s", below, names.items[i]);

		if (number_of(path, &number)) {
			strings_add(&nodes->names, path + strlen(FOLDER));
			nodes->numbers = resize(nodes->numbers,
						nodes->names.count * sizeof(*nodes->numbers));
			nodes->numbers[nodes->names.count - 1] = number;
		}
		free(path);
	}
	strings_free(&names);
}

/**
 * nodes_read() - the nodes that there are
 *
 * Return: for nodes_free().
 */
struct nodes *nodes_read(void)
{
	struct nodes *nodes = allocate(sizeof(*nodes));

	if (*sysfs_root())
		return nodes;
	add_folder(nodes, "");
	add_folder(nodes, "devices/");
	return nodes;
}

static const char *of_recorded_file(struct nodes *nodes, const char *pid, const char *file)
{
	free(nodes->found);
	nodes->found = sysfs_link("/proc/%s/fd/%s", pid, file);
	return begins(nodes->found, FOLDER) ? nodes->found + strlen(FOLDER) : NULL;
}

/**
 * nodes_of_file() - the node that a descriptor of a process is of
 * @nodes: from nodes_read()
 * @pid: the process
 * @file: the descriptor
 *
 * Return: its name below /dev/vfio: "vfio", "12", "noiommu-0" or "devices/vfio0"; NULL if it
 * is of none, or not to be seen. Holds until the next call.
 */
const char *nodes_of_file(struct nodes *nodes, const char *pid, const char *file)
{
	dev_t number;
	char *path;
	bool fine;

	if (*sysfs_root())
		return of_recorded_file(nodes, pid, file);
	path = format("/proc/%s/fd/%s", pid, file);
	fine = number_of(path, &number);
	free(path);
	for (size_t i = 0; fine && i < nodes->names.count; i++)
		if (nodes->numbers[i] == number)
			return nodes->names.items[i];
	return NULL;
}

/**
 * nodes_device() - the device that a node of newer kernels is of
 * @name: from nodes_of_file()
 *
 * Return: its address, for free(); NULL if it is a node of another kind.
 */
char *nodes_device(const char *name)
{
	if (!begins(name, "devices/"))
		return NULL;
	return sysfs_link_name("/sys/class/vfio-dev/%s/device", name + strlen("devices/"));
}

/**
 * nodes_free() - the end of it
 * @nodes: from nodes_read()
 */
void nodes_free(struct nodes *nodes)
{
	strings_free(&nodes->names);
	free(nodes->numbers);
	free(nodes->found);
	free(nodes);
}
