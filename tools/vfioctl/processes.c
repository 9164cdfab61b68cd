// SPDX-License-Identifier: GPL-2.0-only
#include "processes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nodes.h"
#include "sysfs.h"

static void add_once(struct strings *strings, const char *text)
{
	if (!strings_have(strings, text))
		strings_add(strings, text);
}

/* The rest of a line of /proc/PID/fdinfo/FD or /proc/PID/status, for free(); NULL if none. */
static char *field(const char *text, const char *name)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (begins(line, name)) {
			line += strlen(name);
			line += strspn(line, " \t");
			return format("%.*s", (int)strcspn(line, "\n"), line);
		}
	}
	return NULL;
}

static char *field_of_file(const char *pid, const char *file, const char *name)
{
	char *text = sysfs_read("/proc/%s/fdinfo/%s", pid, file);
	char *value = text ? field(text, name) : NULL;

	free(text);
	return value;
}

static uint64_t kibibytes(const char *status, const char *name)
{
	char *value = status ? field(status, name) : NULL;
	uint64_t bytes = value ? strtoull(value, NULL, 10) << 10 : 0;

	free(value);
	return bytes;
}

static void add_container(struct process *process, const char *pid, const char *file)
{
	char *number = field_of_file(pid, file, "vfio-container:");

	process->container_files++;
	if (number)
		add_once(&process->containers, number);
	free(number);
}

static void add_device(struct process *process, const char *pid, const char *file)
{
	char *path = field_of_file(pid, file, "vfio-device-syspath:");
	const char *name = path ? strrchr(path, '/') : NULL;

	process->device_files++;
	if (name)
		add_once(&process->devices, name + 1);
	free(path);
}

/* Of a device that is opened without its group. */
static void add_device_node(struct process *process, const char *name)
{
	char *device = nodes_device(name);

	process->device_files++;
	if (device)
		add_once(&process->devices, device);
	free(device);
}

static void look_at_file(struct process *process, struct nodes *nodes, const char *pid,
			 const char *file)
{
	const char *name = nodes_of_file(nodes, pid, file);
	char *target;

	if (same(name, "vfio")) {
		add_container(process, pid, file);
	} else if (begins(name, "devices/")) {
		add_device_node(process, name);
	} else if (name) {
		add_once(&process->groups, name);
	} else {
		target = sysfs_link("/proc/%s/fd/%s", pid, file);
		if (same(target, "anon_inode:[vfio-device]"))
			add_device(process, pid, file);
		free(target);
	}
}

static void describe(struct process *process, const char *pid)
{
	char *status = sysfs_read("/proc/%s/status", pid);

	process->pid = atoi(pid);
	process->name = sysfs_read("/proc/%s/comm", pid);
	if (!process->name)
		process->name = copy("?");
	process->locked = kibibytes(status, "VmLck:");
	process->pinned = kibibytes(status, "VmPin:");
	free(status);
}

static void look_at_process(struct processes *processes, struct nodes *nodes, const char *pid)
{
	struct process process = {};
	struct strings files = {};

	/* Gone meanwhile is no secret; not permitted is. */
	if (sysfs_list(&files, "/proc/%s/fd", pid) == -EACCES)
		processes->unseen++;
	for (size_t i = 0; i < files.count; i++)
		look_at_file(&process, nodes, pid, files.items[i]);
	strings_free(&files);
	if (!process.container_files && !process.device_files && !process.groups.count)
		return;
	describe(&process, pid);
	processes->items = resize(processes->items,
				  (processes->count + 1) * sizeof(*processes->items));
	processes->items[processes->count++] = process;
}

static int by_pid(const void *a, const void *b)
{
	return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

/**
 * process_owner() - who started a process
 * @pid: its number
 * @owner: the number of the user
 *
 * Return: false if it is not there.
 */
bool process_owner(const char *pid, uid_t *owner)
{
	char *status = sysfs_read("/proc/%s/status", pid);
	char *users = status ? field(status, "Uid:") : NULL;
	bool found = users && sscanf(users, "%u", owner) == 1;

	free(users);
	free(status);
	return found;
}

/**
 * processes_read() - find them
 * @processes: zeroed; gets them, by number
 */
void processes_read(struct processes *processes)
{
	struct nodes *nodes = nodes_read();
	struct strings names = {};

	sysfs_list(&names, "/proc");
	for (size_t i = 0; i < names.count; i++)
		if (names.items[i][strspn(names.items[i], "0123456789")] == 0)
			look_at_process(processes, nodes, names.items[i]);
	strings_free(&names);
	nodes_free(nodes);
	if (processes->count)
		qsort(processes->items, processes->count, sizeof(*processes->items), by_pid);
}

/**
 * group_number_of() - the number that the kernel knows a group by
 * @name: of its file below /dev/vfio
 *
 * Return: 12 of "12" and of "noiommu-12".
 */
int group_number_of(const char *name)
{
	return atoi(begins(name, "noiommu-") ? name + strlen("noiommu-") : name);
}

static bool has_group(const struct process *process, int number)
{
	for (size_t i = 0; i < process->groups.count; i++)
		if (group_number_of(process->groups.items[i]) == number)
			return true;
	return false;
}

/* A device's file tells whose it is on our modules only; else one of the group's is meant. */
static bool has_device(const struct process *process, const char *device, int group_number)
{
	if (process->devices.count)
		return strings_have(&process->devices, device);
	return process->device_files && has_group(process, group_number);
}

/**
 * processes_with_device() - who has a device open now
 * @device: its address
 * @group_number: of its IOMMU group, or NO_GROUP
 *
 * Return: "qemu (812), testpmd (900)"; for free(); NULL if nobody is seen to have it.
 */
char *processes_with_device(const char *device, int group_number)
{
	struct processes processes = {};
	struct strings words = {};
	char *all;

	processes_read(&processes);
	for (size_t i = 0; i < processes.count; i++) {
		const struct process *process = &processes.items[i];

		if (has_device(process, device, group_number))
			strings_take(&words, format("%s (%d)", process->name, process->pid));
	}
	all = words.count ? strings_join(&words, ", ") : NULL;
	strings_free(&words);
	processes_free(&processes);
	return all;
}

/**
 * processes_free() - the end of it
 * @processes: empty then
 */
void processes_free(struct processes *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		free(processes->items[i].name);
		strings_free(&processes->items[i].containers);
		strings_free(&processes->items[i].groups);
		strings_free(&processes->items[i].devices);
	}
	free(processes->items);
	*processes = (struct processes){};
}
