// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfioctl users: who has what open, and how much memory it keeps. Who opened a container need
 * not have it any more, as descriptors can be passed on: so both are told, and of memory
 * whose it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debugfs.h"
#include "interrupts.h"
#include "output.h"
#include "processes.h"
#include "text.h"
#include "units.h"
#include "verbs.h"

struct view {
	struct debugfs *debugfs;
	struct processes processes;
	struct vectors vectors;
};

static void add_process(struct json_object *object, const char *key, int pid, const char *name)
{
	struct json_object *process;

	if (!pid) {
		add_text(object, key, NULL);
		return;
	}
	process = add_object(object, key);
	add_number(process, "pid", pid);
	add_text(process, "name", name);
}

/* Not told: null. */
static void add_count(struct json_object *object, const char *key, int64_t count)
{
	if (count < 0)
		add_text(object, key, NULL);
	else
		add_number(object, key, count);
}

/* "12" and "noiommu-12" are both number 12 to the kernel. */
static int group_number(const char *name)
{
	return atoi(begins(name, "noiommu-") ? name + strlen("noiommu-") : name);
}

static void append_group(struct json_object *array, const char *name)
{
	json_object_array_add(array, json_object_new_int(group_number(name)));
}

static void add_words(struct json_object *object, const char *key, const struct strings *words)
{
	struct json_object *array = add_array(object, key);

	for (size_t i = 0; i < words->count; i++)
		append_text(array, words->items[i]);
}

/* The words of a list with commas, "-" for none. */
static void add_list(struct json_object *object, const char *key, const char *list,
		     void (*append)(struct json_object *array, const char *word))
{
	struct json_object *array = add_array(object, key);
	const char *at = list;

	while (*at && !same(list, "-")) {
		int length = 0;
		char *word;

		while (at[length] && at[length] != ',')
			length++;
		word = format("%.*s", length, at);
		append(array, word);
		free(word);
		at += length + (at[length] == ',');
	}
}

/* Processes that have a file of the container open. */
static void add_container_holders(struct json_object *object, const struct view *view,
				  const struct container_row *row)
{
	struct json_object *array = add_array(object, "holders");
	char *id = format("%llu", (unsigned long long)row->id);

	for (size_t i = 0; i < view->processes.count; i++) {
		const struct process *process = &view->processes.items[i];
		struct json_object *holder;

		if (!strings_have(&process->containers, id))
			continue;
		holder = append_object(array);
		add_number(holder, "pid", process->pid);
		add_text(holder, "name", process->name);
	}
	free(id);
}

static void describe_container(struct json_object *array, const struct view *view,
			       const struct container_row *row)
{
	struct json_object *object = append_object(array);

	add_number(object, "container", (int64_t)row->id);
	add_text(object, "iommu", same(row->iommu, "-") ? NULL : row->iommu);
	add_number(object, "type", row->type);
	add_process(object, "opener", row->pid, row->name);
	add_container_holders(object, view, row);
	add_list(object, "groups", row->groups, append_group);
	add_number(object, "mappings", (int64_t)row->mappings);
	add_number(object, "mapped", (int64_t)row->mapped);
	add_number(object, "pinned", (int64_t)row->pinned);
	add_number(object, "maps", (int64_t)row->maps);
	add_number(object, "unmaps", (int64_t)row->unmaps);
}

static void add_group_holders(struct json_object *object, const struct view *view,
			      const char *group)
{
	struct json_object *array = add_array(object, "holders");

	for (size_t i = 0; i < view->processes.count; i++) {
		const struct process *process = &view->processes.items[i];
		struct json_object *holder;

		if (!strings_have(&process->groups, group))
			continue;
		holder = append_object(array);
		add_number(holder, "pid", process->pid);
		add_text(holder, "name", process->name);
	}
}

static void describe_group(struct json_object *array, const struct view *view, const char *name,
			   const struct group_row *row)
{
	struct json_object *object = append_object(array);

	add_number(object, "group", group_number(name));
	add_count(object, "container", row && row->container ? (int64_t)row->container : -1);
	add_count(object, "open_devices", row ? row->open : -1);
	add_process(object, "opener", row ? row->pid : 0, row ? row->name : NULL);
	add_group_holders(object, view, name);
}

/* What the kernel says is open, and else what a process is seen to have open. */
static void describe_groups(struct json_object *array, const struct view *view)
{
	struct strings seen = {};

	for (size_t i = 0; i < view->debugfs->groups_count; i++) {
		const struct group_row *row = &view->debugfs->groups[i];

		if (row->pid) {
			describe_group(array, view, row->group, row);
			strings_add(&seen, row->group);
		}
	}
	for (size_t i = 0; i < view->processes.count; i++) {
		const struct strings *groups = &view->processes.items[i].groups;

		for (size_t j = 0; j < groups->count; j++) {
			if (strings_have(&seen, groups->items[j]))
				continue;
			describe_group(array, view, groups->items[j], NULL);
			strings_add(&seen, groups->items[j]);
		}
	}
	strings_free(&seen);
}

static void add_vectors(struct json_object *object, const struct view *view, const char *bdf)
{
	struct json_object *array = add_array(object, "vectors");

	for (size_t i = 0; i < view->vectors.count; i++) {
		const struct vector *vector = &view->vectors.items[i];
		struct json_object *element;

		if (!same(vector->bdf, bdf))
			continue;
		element = append_object(array);
		add_text(element, "kind", vector->kind);
		add_number(element, "vector", vector->number);
		add_number(element, "irq", vector->irq);
		add_number(element, "count", (int64_t)vector->count);
	}
}

static void describe_device(struct json_object *array, const struct view *view, const char *bdf,
			    int group, const struct device_row *row)
{
	struct json_object *object = append_object(array);

	add_text(object, "bdf", bdf);
	add_count(object, "group", group);
	add_text(object, "driver", row ? row->driver : NULL);
	add_count(object, "open", row ? row->open : -1);
	add_process(object, "opener", row && row->open ? row->pid : 0, row ? row->name : NULL);
	if (row)
		add_list(object, "interrupts", row->interrupts, append_text);
	else
		add_text(object, "interrupts", NULL);
	add_vectors(object, view, bdf);
}

/* Devices in use; without the tables, those that are seen to have interrupts enabled. */
static void describe_devices(struct json_object *array, const struct view *view,
			     const struct host *host)
{
	struct strings seen = {};

	for (size_t i = 0; i < view->debugfs->devices_count; i++) {
		const struct device_row *row = &view->debugfs->devices[i];

		if (row->open) {
			describe_device(array, view, row->bdf, group_number(row->group), row);
			strings_add(&seen, row->bdf);
		}
	}
	for (size_t i = 0; i < view->vectors.count; i++) {
		const char *bdf = view->vectors.items[i].bdf;
		const struct device *device = host_device(host, bdf);

		if (strings_have(&seen, bdf))
			continue;
		describe_device(array, view, bdf, device ? device->group_number : NO_GROUP, NULL);
		strings_add(&seen, bdf);
	}
	strings_free(&seen);
}

static void describe_process(struct json_object *array, const struct process *process)
{
	struct json_object *object = append_object(array), *groups;

	add_number(object, "pid", process->pid);
	add_text(object, "name", process->name);
	add_number(object, "locked", (int64_t)process->locked);
	add_number(object, "pinned", (int64_t)process->pinned);
	add_number(object, "container_files", (int64_t)process->container_files);
	add_number(object, "device_files", (int64_t)process->device_files);
	add_words(object, "containers", &process->containers);
	groups = add_array(object, "groups");
	for (size_t i = 0; i < process->groups.count; i++)
		append_group(groups, process->groups.items[i]);
	add_words(object, "devices", &process->devices);
}

static struct json_object *describe(struct invocation *call, const struct host *host,
				    const struct view *view)
{
	struct json_object *all = document(call, host), *array;

	add_text(all, "source", view->debugfs->why_not ? "proc" : "debugfs");
	if (view->debugfs->why_not)
		document_unseen(all, "%s", view->debugfs->why_not);
	array = add_array(all, "containers");
	for (size_t i = 0; i < view->debugfs->containers_count; i++)
		describe_container(array, view, &view->debugfs->containers[i]);
	describe_groups(add_array(all, "groups"), view);
	describe_devices(add_array(all, "devices"), view, host);
	array = add_array(all, "processes");
	for (size_t i = 0; i < view->processes.count; i++)
		describe_process(array, &view->processes.items[i]);
	return all;
}

/* "testpmd (812)", "-" for nobody. */
static void process_cell(struct table *table, const struct json_object *process)
{
	if (process)
		table_cell(table, PLAIN, "%s (%d)", get_text(process, "name"),
			   (int)get_number(process, "pid"));
	else
		table_cell(table, DIM, "-");
}

static void words_cell(struct table *table, const struct json_object *array)
{
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < length(array); i++)
		strings_add(&words, json_object_get_string(at(array, i)));
	all = strings_join(&words, ",");
	table_cell(table, PLAIN, "%s", words.count ? all : "-");
	free(all);
	strings_free(&words);
}

static void size_cell(struct table *table, int64_t bytes)
{
	char *size = format_size((uint64_t)bytes);

	table_cell(table, PLAIN, "%s", bytes ? size : "0");
	free(size);
}

/* Who holds it, as far as that can be seen, or else who opened it. */
static void holder_cell(struct table *table, const struct json_object *object)
{
	struct json_object *holders = get(object, "holders");
	struct strings words = {};
	char *all;

	if (!length(holders)) {
		process_cell(table, get(object, "opener"));
		return;
	}
	for (size_t i = 0; i < length(holders); i++)
		strings_take(&words, format("%s (%d)", get_text(at(holders, i), "name"),
					    (int)get_number(at(holders, i), "pid")));
	all = strings_join(&words, ", ");
	table_cell(table, PLAIN, "%s", all);
	free(all);
	strings_free(&words);
}

static void print_containers(const struct json_object *array)
{
	static const char *const heads[] = {
		"CONTAINER", "USED BY", "IOMMU", "GROUPS", "MAPPINGS", "MAPPED", "PINNED", NULL,
	};
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(array); i++) {
		const struct json_object *row = at(array, i);
		const char *iommu = get_text(row, "iommu");

		table_cell(&table, PLAIN, "%d", (int)get_number(row, "container"));
		holder_cell(&table, row);
		table_cell(&table, PLAIN, "%s", iommu ? iommu : "-");
		words_cell(&table, get(row, "groups"));
		table_cell(&table, PLAIN, "%lld", (long long)get_number(row, "mappings"));
		size_cell(&table, get_number(row, "mapped"));
		size_cell(&table, get_number(row, "pinned"));
	}
	table_end(&table);
}

static void number_cell(struct table *table, const struct json_object *row, const char *key)
{
	if (get(row, key))
		table_cell(table, PLAIN, "%lld", (long long)get_number(row, key));
	else
		table_cell(table, DIM, "-");
}

static void print_groups(const struct json_object *array)
{
	static const char *const heads[] = {
		"GROUP", "USED BY", "CONTAINER", "DEVICE FILES", NULL,
	};
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(array); i++) {
		const struct json_object *row = at(array, i);

		number_cell(&table, row, "group");
		holder_cell(&table, row);
		number_cell(&table, row, "container");
		number_cell(&table, row, "open_devices");
	}
	table_end(&table);
}

static void vectors_cell(struct table *table, const struct json_object *array)
{
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < length(array); i++) {
		const struct json_object *vector = at(array, i);

		strings_take(&words, format("%s[%d]=%lld", get_text(vector, "kind"),
					    (int)get_number(vector, "vector"),
					    (long long)get_number(vector, "count")));
	}
	all = strings_join(&words, " ");
	table_cell(table, PLAIN, "%s", words.count ? all : "-");
	free(all);
	strings_free(&words);
}

static void print_devices(const struct json_object *array)
{
	static const char *const heads[] = {
		"DEVICE", "GROUP", "OPENED BY", "INTERRUPTS", "VECTORS", NULL,
	};
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(array); i++) {
		const struct json_object *row = at(array, i);

		table_cell(&table, PLAIN, "%s", get_text(row, "bdf"));
		number_cell(&table, row, "group");
		process_cell(&table, get(row, "opener"));
		words_cell(&table, get(row, "interrupts"));
		vectors_cell(&table, get(row, "vectors"));
	}
	table_end(&table);
}

static void print_processes(const struct json_object *array)
{
	static const char *const heads[] = {
		"PROCESS", "LOCKED", "CONTAINER FILES", "DEVICE FILES", "GROUPS", "DEVICES", NULL,
	};
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(array); i++) {
		const struct json_object *row = at(array, i);

		process_cell(&table, row);
		size_cell(&table, get_number(row, "locked"));
		number_cell(&table, row, "container_files");
		number_cell(&table, row, "device_files");
		words_cell(&table, get(row, "groups"));
		words_cell(&table, get(row, "devices"));
	}
	table_end(&table);
}

static void print(const struct json_object *all)
{
	static const struct {
		const char *key;
		void (*print)(const struct json_object *array);
	} parts[] = {
		{ "containers", print_containers }, { "groups", print_groups },
		{ "devices", print_devices }, { "processes", print_processes },
	};
	bool first = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct json_object *array = get(all, parts[i].key);

		if (!length(array))
			continue;
		if (!first)
			putchar('\n');
		parts[i].print(array);
		first = false;
	}
	if (first)
		puts("nobody uses VFIO");
}

static int users(struct invocation *call)
{
	struct host *host = host_read();
	struct view view = { .debugfs = debugfs_read(false) };
	struct json_object *all;

	processes_read(&view.processes);
	vectors_read(&view.vectors);
	all = describe(call, host, &view);
	document_deliver(call, all, print);
	vectors_free(&view.vectors);
	processes_free(&view.processes);
	debugfs_free(view.debugfs);
	host_free(host);
	return STATUS_OK;
}

static const struct example examples[] = {
	{ "vfioctl users", "who has what open" },
	{ "vfioctl users --json | jq -r '.containers[] | \"\\(.container) \\(.pinned)\"'",
	  "bytes pinned by each container" },
	{},
};

const struct command users_command = {
	.name = "users",
	.operands = "",
	.flags = COMMAND_READS | COMMAND_ROOT,
	.summary = "who has which container, group and device, and how much memory",
	.description =
		"Lists containers with the memory they map and pin, groups, devices with their "
		"interrupts, and the processes that have them open.\n\n"
		"Containers and their mappings are told by openvfio's modules only. With others, "
		"what is in /proc is shown: open files, locked memory, interrupts.",
	.examples = examples,
	.run = users,
};
