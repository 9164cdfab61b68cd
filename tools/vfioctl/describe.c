// SPDX-License-Identifier: GPL-2.0-only
#include "describe.h"

#include <stdlib.h>

#include "reserved.h"
#include "say.h"

/**
 * describe_device() - what every verb says of a device
 * @object: gets it
 * @device: of the model
 */
void describe_device(struct json_object *object, const struct device *device)
{
	char *ids = format("%04x:%04x", device->vendor, device->id);

	add_text(object, "bdf", device->bdf);
	add_text(object, "ids", ids);
	add_text(object, "name", device->name);
	add_text(object, "class", device->class_name);
	add_text(object, "driver", device->driver);
	add_text(object, "driver_override", device->driver_override);
	add_bool(object, "vfio", device->vfio);
	add_bool(object, "blocks_group", device->host_driver);
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

/**
 * describe_group() - what every verb says of a group
 * @object: gets it
 * @group: of the model
 */
void describe_group(struct json_object *object, const struct group *group)
{
	struct json_object *devices, *others;

	add_number(object, "group", group->number);
	add_text(object, "type", group->type);
	add_bool(object, "noiommu", group->noiommu);
	add_bool(object, "viable", group->viable);
	add_text(object, "node", group->node);
	others = add_array(object, "other_members");
	for (size_t i = 0; i < group->others.count; i++)
		append_text(others, group->others.items[i]);
	describe_holders(object, group);
	devices = add_array(object, "devices");
	for (size_t i = 0; i < group->count; i++)
		describe_device(append_object(devices), group->members[i]);
}

/**
 * describe_reserved() - I/O addresses that a group cannot use
 * @object: gets them, as "reserved_regions"
 * @group: of the model
 */
void describe_reserved(struct json_object *object, const struct group *group)
{
	struct json_object *array = add_array(object, "reserved_regions");
	size_t count;
	struct reserved *all = read_reserved(group, &count);

	for (size_t i = 0; i < count; i++) {
		struct json_object *region = append_object(array);
		char *range = format_range(&all[i].range);

		add_text(region, "range", range);
		add_text(region, "type", all[i].type);
		free(range);
	}
	free(all);
}

/**
 * holders_in_words() - who has a group open
 * @group: from describe_group()
 *
 * Return: "qemu (812), testpmd (900)", or "-"; for free().
 */
char *holders_in_words(const struct json_object *group)
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

/**
 * or_dash() - a text, or what stands for none
 * @text: or NULL
 *
 * Return: "-" for NULL.
 */
const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/**
 * find_device_or_say() - the device at an address, or a complaint
 * @host: the machine
 * @bdf: as typed
 *
 * Return: NULL if there is none, which was said.
 */
struct device *find_device_or_say(const struct host *host, const char *bdf)
{
	struct device *device = host_device(host, bdf);

	if (!device)
		say_error(bdf, "no such PCI device; vfioctl list shows those there are");
	return device;
}
