// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl users: who has what open, and how much memory it keeps. */
#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "text.h"
#include "units.h"
#include "usage.h"
#include "verbs.h"

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
	struct sample *sample = sample_take();
	struct json_object *all = document(call, host);

	usage_describe(all, sample, host);
	document_deliver(call, all, print);
	sample_free(sample);
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
