// SPDX-License-Identifier: GPL-2.0-only
/* Who has a group open: found in /proc, as every kernel and every VFIO has that. */
#include "holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nodes.h"
#include "sysfs.h"

static void add_holder(struct group *group, int pid)
{
	struct holder *holder;

	for (size_t i = 0; i < group->holders_count; i++)
		if (group->holders[i].pid == pid)
			return;
	group->holders = resize(group->holders,
				(group->holders_count + 1) * sizeof(*group->holders));
	holder = &group->holders[group->holders_count++];
	holder->pid = pid;
	holder->name = sysfs_read("/proc/%d/comm", pid);
	if (!holder->name)
		holder->name = copy("?");
}

/* A group's own node, 12 or noiommu-0; or that of a device in it. */
static struct group *group_of_node(const struct host *host, const char *name)
{
	char *bdf = nodes_device(name);
	const struct device *device = bdf ? host_device(host, bdf) : NULL;

	free(bdf);
	if (device)
		return device->group;
	return host_group(host, begins(name, "noiommu-") ? name + strlen("noiommu-") : name);
}

static void look_at_process(struct host *host, struct nodes *nodes, const char *pid)
{
	struct strings files = {};

	/* Gone meanwhile is no secret; not permitted is. */
	if (sysfs_list(&files, "/proc/%s/fd", pid) == -EACCES)
		host->unseen_processes++;
	for (size_t i = 0; i < files.count; i++) {
		const char *name = nodes_of_file(nodes, pid, files.items[i]);
		struct group *group = name ? group_of_node(host, name) : NULL;

		if (group)
			add_holder(group, atoi(pid));
	}
	strings_free(&files);
}

/**
 * find_holders() - fill in the holders of each group
 * @host: its groups are known
 */
void find_holders(struct host *host)
{
	struct nodes *nodes = nodes_read();
	struct strings names = {};

	sysfs_list(&names, "/proc");
	for (size_t i = 0; i < names.count; i++)
		if (names.items[i][strspn(names.items[i], "0123456789")] == 0)
			look_at_process(host, nodes, names.items[i]);
	strings_free(&names);
	nodes_free(nodes);
}

/**
 * group_busy() - does a process we can see have it open
 * @group: of the model
 *
 * Return: true if one has.
 */
bool group_busy(const struct group *group)
{
	return group->holders_count > 0;
}

/**
 * group_holders() - who has it open, in words
 * @group: of the model
 *
 * Return: "qemu (812), testpmd (900)"; for free(); "" if nobody.
 */
char *group_holders(const struct group *group)
{
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < group->holders_count; i++)
		strings_take(&words, format("%s (%d)", group->holders[i].name,
					    group->holders[i].pid));
	all = strings_join(&words, ", ");
	strings_free(&words);
	return all;
}
