// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfioctl faults: what the IOMMU blocked, in terms of whose device and which memory. The log
 * has a requester and an address; the rest is as it is now, so a fault is best looked at
 * while its program runs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debugfs.h"
#include "fault.h"
#include "kernel_log.h"
#include "output.h"
#include "say.h"
#include "text.h"
#include "verbs.h"

/* The machine at the time of a fault, or as soon after it as we could look. */
struct scene {
	struct host *host;
	struct debugfs *debugfs;
};

static struct scene look(void)
{
	return (struct scene){ .host = host_read(), .debugfs = debugfs_read(true) };
}

static void look_away(struct scene *scene)
{
	debugfs_free(scene->debugfs);
	host_free(scene->host);
}

/* Some logs leave out the segment: if there is only one device of that name, it is meant. */
static const struct device *find_device(const struct host *host, const struct fault *fault)
{
	const struct device *device = host_device(host, fault->bdf), *found = NULL;

	if (device || !fault->segment_unknown)
		return device;
	for (size_t i = 0; i < host->devices_count; i++)
		if (same(strchr(host->devices[i]->bdf, ':') + 1, strchr(fault->bdf, ':') + 1)) {
			if (found)
				return NULL;
			found = host->devices[i];
		}
	return found;
}

/* A bridge speaks for those behind it, and so may another function: who of them is in use? */
static void add_suspects(struct json_object *object, const struct scene *scene,
			 const struct device *device)
{
	struct json_object *array = add_array(object, "suspects");
	const struct group *group = device ? device->group : NULL;

	for (size_t i = 0; group && i < group->count; i++) {
		const struct device *member = group->members[i];
		const struct device_row *row = debugfs_device(scene->debugfs, member->bdf);

		if (member != device && !member->bridge && (row ? row->open : member->vfio))
			append_text(array, member->bdf);
	}
}

static void add_user(struct json_object *object, int pid, const char *name)
{
	struct json_object *user = add_object(object, "process");

	add_number(user, "pid", pid);
	add_text(user, "name", name);
}

/* Who has the device, or at least its group. */
static void add_process(struct json_object *object, const struct scene *scene,
			const struct device *device, const struct group_row *row)
{
	const struct group *group = device ? device->group : NULL;
	const struct device_row *open = device ? debugfs_device(scene->debugfs, device->bdf) : NULL;

	if (open && open->open)
		add_user(object, open->pid, open->name);
	else if (row && row->pid)
		add_user(object, row->pid, row->name);
	else if (group && group->holders_count)
		add_user(object, group->holders[0].pid, group->holders[0].name);
	else
		add_text(object, "process", NULL);
}

static void add_nearest(struct json_object *object, const struct scene *scene,
			const struct fault *fault, uint64_t container)
{
	const struct debugfs *debugfs = scene->debugfs;
	struct nearest nearest = find_nearest(debugfs->mappings, debugfs->mappings_count,
					      container, fault->iova);
	char *words = describe_nearest(&nearest, fault->iova, fault->read, fault->write);
	struct json_object *mapping;

	add_text(object, "text", words);
	free(words);
	if (!nearest.mapping) {
		add_text(object, "nearest", NULL);
		return;
	}
	mapping = add_object(object, "nearest");
	add_address(mapping, "iova", nearest.mapping->iova);
	add_address(mapping, "last", nearest.mapping->last);
	add_bool(mapping, "read", nearest.mapping->read);
	add_bool(mapping, "write", nearest.mapping->write);
	add_number(mapping, "pid", nearest.mapping->pid);
	add_text(mapping, "name", nearest.mapping->name);
	add_text(mapping, "relation", relation_name(nearest.relation));
	add_address(mapping, "distance", nearest.distance);
}

static void explain(struct json_object *object, const struct scene *scene,
		    const struct fault *fault)
{
	const struct device *device = find_device(scene->host, fault);
	const struct group *group = device ? device->group : NULL;
	char *number = group ? format("%d", group->number) : NULL;
	const struct group_row *row = number ? debugfs_group(scene->debugfs, number) : NULL;

	add_text(object, "iommu", fault->iommu);
	if (fault->time < 0)
		add_text(object, "time", NULL);
	else
		add_real(object, "time", fault->time);
	add_text(object, "bdf", device ? device->bdf : *fault->bdf ? fault->bdf : NULL);
	add_text(object, "device", device ? device->name : NULL);
	if (group)
		add_number(object, "group", group->number);
	else
		add_text(object, "group", NULL);
	add_text(object, "driver", device ? device->driver : NULL);
	add_text(object, "access", fault->write ? "write" : fault->read ? "read" : NULL);
	add_address(object, "iova", fault->iova);
	add_text(object, "reason", fault->reason);
	add_suspects(object, scene, device);
	add_process(object, scene, device, row);
	if (row && row->container) {
		add_number(object, "container", (int64_t)row->container);
		add_nearest(object, scene, fault, row->container);
	} else {
		add_text(object, "container", NULL);
		add_text(object, "nearest", NULL);
		add_text(object, "text", NULL);
	}
	free(number);
}

static void print_place(const struct json_object *fault)
{
	const char *bdf = get_text(fault, "bdf"), *device = get_text(fault, "device");
	const char *driver = get_text(fault, "driver");

	printf("%s%s%s", colour_on(MARKED), bdf ? bdf : "an unknown device", colour_off(MARKED));
	if (device)
		printf(" (%s, driver %s)", device, driver ? driver : "none");
	if (get(fault, "group"))
		printf(" of group %d", (int)get_number(fault, "group"));
}

static void print_suspects(const struct json_object *fault)
{
	struct json_object *suspects = get(fault, "suspects");

	if (!length(suspects))
		return;
	printf("    or a device that it speaks for, in the same group:");
	for (size_t i = 0; i < length(suspects); i++)
		printf(" %s", json_object_get_string(at(suspects, i)));
	putchar('\n');
}

static void print_fault(const struct json_object *fault)
{
	const struct json_object *process = get(fault, "process");
	const char *access = get_text(fault, "access"), *text = get_text(fault, "text");

	if (get(fault, "time"))
		printf("[%.6f] ", json_object_get_double(get(fault, "time")));
	print_place(fault);
	printf(": %s of iova 0x%" PRIx64 " blocked: %s\n", access ? access : "access",
	       json_object_get_uint64(get(fault, "iova")), get_text(fault, "reason"));
	print_suspects(fault);
	if (process)
		printf("    used by pid %d (%s)\n", (int)get_number(process, "pid"),
		       get_text(process, "name"));
	else if (get(fault, "group"))
		printf("    nobody has group %d open now\n", (int)get_number(fault, "group"));
	if (text)
		printf("    %s\n", text);
}

static void add_fault(struct json_object *array, struct scene *scene, const struct fault *fault)
{
	/* What is told better, in place of what there is; too late if that was printed already. */
	if (fault->again && !length(array))
		return;
	if (fault->again)
		json_object_array_del_idx(array, length(array) - 1, 1);
	if (!scene->host)
		*scene = look();
	explain(append_object(array), scene, fault);
}

/* All that the log has by now. */
static void collect(struct json_object *array, struct kernel_log *log, struct fault_reader *reader)
{
	struct scene scene = {};
	struct fault fault;
	char *line;

	while (kernel_log_line(log, &line)) {
		if (fault_read_line(reader, line, &fault))
			add_fault(array, &scene, &fault);
		free(line);
	}
	if (scene.host)
		look_away(&scene);
}

/* One line for each fault, so that who reads them need not wait for an end. */
static void print_json_lines(const struct json_object *array)
{
	for (size_t i = 0; i < length(array); i++)
		print_json_line(at(array, i));
}

static void print_all(const struct json_object *array)
{
	for (size_t i = 0; i < length(array); i++)
		print_fault(at(array, i));
}

static int follow(const struct invocation *call, struct kernel_log *log)
{
	struct fault_reader reader = {};

	do {
		struct json_object *all = document(call, NULL);
		struct json_object *array = add_array(all, "faults");

		collect(array, log, &reader);
		if (call->json)
			print_json_lines(array);
		else
			print_all(array);
		json_object_put(all);
		if (fflush(stdout))
			return STATUS_CANNOT;
	} while (kernel_log_wait(log));
	return STATUS_CANNOT;
}

static void note_unseen(struct json_object *all)
{
	struct debugfs *debugfs = debugfs_read(false);

	if (debugfs->why_not)
		document_unseen(all, "%s", debugfs->why_not);
	debugfs_free(debugfs);
}

static void print_document(const struct json_object *all)
{
	const struct json_object *array = get(all, "faults");

	if (length(array))
		print_all(array);
	else
		puts("no faults in the kernel's log");
}

static int read_once(const struct invocation *call, struct kernel_log *log)
{
	struct json_object *all = document(call, NULL);
	struct json_object *array = add_array(all, "faults");
	struct fault_reader reader = {};

	collect(array, log, &reader);
	note_unseen(all);
	document_deliver(call, all, print_document);
	return STATUS_OK;
}

static int faults(struct invocation *call)
{
	const char *file = option_value(call, "log");
	bool goes_on = option_given(call, "follow");
	struct kernel_log log;
	int error, status;

	if (file && goes_on) {
		say_error("--follow", "a copy of the log does not grow; leave out --log");
		return STATUS_USAGE;
	}
	error = kernel_log_open(&log, file);
	if (error) {
		say_error(file ? file : "/dev/kmsg", "%s%s", strerror(-error),
			  error == -EPERM || error == -EACCES ? "; run it as root" : "");
		return STATUS_CANNOT;
	}
	status = goes_on ? follow(call, &log) : read_once(call, &log);
	kernel_log_close(&log);
	return status;
}

static const struct option_def options[] = {
	{ .name = "follow", .letter = 'f', .help = "go on with faults as they come" },
	{ .name = "log", .argument = "FILE",
	  .help = "read a copy of the log, as dmesg or journalctl -k print it" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl faults", "all faults in the kernel's log" },
	{ "vfioctl faults --follow", "the same, and then those to come" },
	{ "vfioctl faults --log messages.txt", "those of a log that somebody sent" },
	{},
};

const struct command faults_command = {
	.name = "faults",
	.operands = "",
	.flags = COMMAND_READS | COMMAND_ROOT,
	.summary = "DMA that the IOMMU blocked: whose device, which mapping is next to it",
	.description =
		"Decodes the fault reports of Intel, AMD and Arm IOMMUs in the kernel's log into "
		"device, group, process and the mapping nearest to the address.\n\n"
		"A process and its mappings are those of now: look while the program runs, or use "
		"--follow before. Mappings are told by openvfio's modules only. The kernel leaves "
		"out reports when there are many.\n\n"
		"With --follow, --json prints one line for each fault.",
	.options = options,
	.examples = examples,
	.run = faults,
};
