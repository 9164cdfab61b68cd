// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl list: devices by group. */
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "output.h"
#include "verbs.h"

static void describe_device(struct json_object *array, const struct device *device)
{
	struct json_object *object = append_object(array);
	char *ids = format("%04x:%04x", device->vendor, device->id);

	add_text(object, "bdf", device->bdf);
	add_text(object, "ids", ids);
	add_text(object, "name", device->name);
	add_text(object, "class", device->class_name);
	add_text(object, "driver", device->driver);
	add_text(object, "driver_override", device->driver_override);
	add_bool(object, "vfio", device->vfio);
	free(ids);
}

static void describe_holders(struct json_object *object, const struct group *group)
{
	struct json_object *array = add_array(object, "holders");

	for (size_t i = 0; i < group->holders_count; i++) {
		struct json_object *holder = append_object(array);

		add_number(holder, "pid", group->holders[i].pid);
		add_text(holder, "name", group->holders[i].name);
	}
}

static void describe_group(struct json_object *groups, const struct group *group)
{
	struct json_object *object = append_object(groups), *devices;

	add_number(object, "group", group->number);
	add_bool(object, "viable", group->viable);
	describe_holders(object, group);
	devices = add_array(object, "devices");
	for (size_t i = 0; i < group->count; i++)
		describe_device(devices, group->members[i]);
}

static struct json_object *describe(struct invocation *call, const struct host *host)
{
	struct json_object *all = document(call, host);
	struct json_object *groups = add_array(all, "groups");
	struct json_object *without = add_array(all, "without_iommu");

	for (size_t i = 0; i < host->groups_count; i++)
		describe_group(groups, host->groups[i]);
	for (size_t i = 0; i < host->devices_count; i++)
		if (!host->devices[i]->group)
			describe_device(without, host->devices[i]);
	return all;
}

static char *users_of(const struct json_object *group)
{
	struct json_object *holders = get(group, "holders");
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < length(holders); i++)
		strings_take(&words, format("%s (%d)", get_text(at(holders, i), "name"),
					    (int)get_number(at(holders, i), "pid")));
	all = words.count ? strings_join(&words, ", ") : copy("-");
	strings_free(&words);
	return all;
}

static void row(struct table *table, const struct json_object *device, const char *group,
		const char *users)
{
	const char *driver = get_text(device, "driver");

	table_cell(table, PLAIN, "%s", group);
	table_cell(table, PLAIN, "%s", get_text(device, "bdf"));
	table_cell(table, get_bool(device, "vfio") ? GOOD : PLAIN, "%s", driver ? driver : "-");
	table_cell(table, PLAIN, "%s", users);
	table_cell(table, PLAIN, "%s", get_text(device, "class"));
	table_cell(table, PLAIN, "%s", get_text(device, "name"));
}

static void rows_of_group(struct table *table, const struct json_object *group)
{
	struct json_object *devices = get(group, "devices");
	char *number = format("%d", (int)get_number(group, "group"));
	char *users = users_of(group);

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

	if (call->json)
		document_print(all);
	else
		print(all);
	document_finish(all);
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
