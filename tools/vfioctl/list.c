// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl list: devices by group. */
#include <stdlib.h>

#include "describe.h"
#include "verbs.h"

static struct json_object *describe(struct invocation *call, const struct host *host)
{
	struct json_object *all = document(call, host);
	struct json_object *groups = add_array(all, "groups");
	struct json_object *without = add_array(all, "without_iommu");

	for (size_t i = 0; i < host->groups_count; i++)
		describe_group(append_object(groups), host->groups[i]);
	for (size_t i = 0; i < host->devices_count; i++)
		if (!host->devices[i]->group)
			describe_device(append_object(without), host->devices[i]);
	return all;
}

static void row(struct table *table, const struct json_object *device, const char *group,
		const char *users)
{
	enum colour colour = get_bool(device, "vfio") ? GOOD : PLAIN;

	table_cell(table, PLAIN, "%s", group);
	table_cell(table, PLAIN, "%s", get_text(device, "bdf"));
	table_cell(table, colour, "%s", or_dash(get_text(device, "driver")));
	table_cell(table, PLAIN, "%s", users);
	table_cell(table, PLAIN, "%s", get_text(device, "class"));
	table_cell(table, PLAIN, "%s", get_text(device, "name"));
}

static void rows_of_group(struct table *table, const struct json_object *group)
{
	struct json_object *devices = get(group, "devices");
	char *number = format("%d", (int)get_number(group, "group"));
	char *users = holders_in_words(group);

	for (size_t i = 0; i < length(devices); i++)
		row(table, at(devices, i), number, users);
	free(number);
	free(users);
}

static void print(const struct json_object *all)
{
	static const char *const heads[] = {
		"GROUP", "DEVICE", "DRIVER", "USED BY", "CLASS", "NAME", NULL,
	};
	struct json_object *groups = get(all, "groups");
	struct json_object *without = get(all, "without_iommu");
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(groups); i++)
		rows_of_group(&table, at(groups, i));
	for (size_t i = 0; i < length(without); i++)
		row(&table, at(without, i), "-", "-");
	table_end(&table);
}

static int list(struct invocation *call)
{
	struct host *host = host_read();
	struct json_object *all = describe(call, host);

	document_deliver(call, all, print);
	host_free(host);
	return STATUS_OK;
}

static const struct example examples[] = {
	{ "vfioctl list", "all PCI devices" },
	{ "vfioctl list --json | jq -r '.groups[].devices[] | select(.vfio).bdf'",
	  "the addresses of those that user programs can have" },
	{},
};

const struct command list_command = {
	.name = "list",
	.operands = "",
	.flags = COMMAND_READS,
	.summary = "devices by group: names, drivers, who uses them",
	.description =
		"Lists all PCI devices, those of a group together: a user-level driver gets whole "
		"groups only. A group of \"-\" means that no IOMMU confines the device.",
	.examples = examples,
	.run = list,
};
