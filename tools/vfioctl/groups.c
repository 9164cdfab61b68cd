// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl groups: IOMMU groups, and why their devices are together. */
#include <stdio.h>
#include <stdlib.h>

#include "describe.h"
#include "libpci.h"
#include "say.h"
#include "verbs.h"
#include "why.h"

static struct json_object *describe(struct invocation *call, const struct host *host)
{
	struct json_object *all = document(call, host);
	struct json_object *groups = add_array(all, "groups");
	struct pci_access *pci = libpci_open();
	bool seen = true;

	for (size_t i = 0; i < host->groups_count; i++) {
		struct json_object *object = append_object(groups);

		describe_group(object, host->groups[i]);
		if (!describe_why(object, host->groups[i], pci))
			seen = false;
	}
	if (!seen)
		document_unseen(all, "reasons for groups: configuration space beyond 64 bytes is "
				"for root");
	pci_cleanup(pci);
	return all;
}

static char *members_in_words(const struct json_object *group)
{
	struct json_object *devices = get(group, "devices");
	struct json_object *others = get(group, "other_members");
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < length(devices); i++) {
		const char *driver = get_text(at(devices, i), "driver");

		strings_take(&words, format("%s%s%s%s", get_text(at(devices, i), "bdf"),
					    driver ? " (" : "", driver ? driver : "",
					    driver ? ")" : ""));
	}
	for (size_t i = 0; i < length(others); i++)
		strings_add(&words, json_object_get_string(at(others, i)));
	all = strings_join(&words, ", ");
	strings_free(&words);
	return all;
}

static void row(struct table *table, const struct json_object *group)
{
	bool viable = get_bool(group, "viable");
	char *users = holders_in_words(group);
	char *members = members_in_words(group);

	table_cell(table, PLAIN, "%d", (int)get_number(group, "group"));
	table_cell(table, viable ? GOOD : BAD, "%s", viable ? "yes" : "no");
	table_cell(table, PLAIN, "%s", or_dash(get_text(group, "type")));
	table_cell(table, PLAIN, "%s", or_dash(get_text(group, "node")));
	table_cell(table, PLAIN, "%s", users);
	table_cell(table, PLAIN, "%s", members);
	free(members);
	free(users);
}

static void print_table(const struct json_object *all)
{
	static const char *const heads[] = {
		"GROUP", "VIABLE", "TYPE", "NODE", "USED BY", "DEVICES", NULL,
	};
	const struct json_object *groups = get(all, "groups");
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < length(groups); i++)
		row(&table, at(groups, i));
	table_end(&table);
}

static void print_reasons(const struct json_object *group)
{
	struct json_object *why = get(group, "why");
	char *members = members_in_words(group);

	printf("%sgroup %d%s: %s\n", colour_on(MARKED), (int)get_number(group, "group"),
	       colour_off(MARKED), members);
	for (size_t i = 0; i < length(why); i++)
		printf("    %s\n", get_text(at(why, i), "text"));
	if (length(get(group, "devices")) < 2)
		puts("    alone");
	else if (!length(why))
		puts("    the kernel put them together for a reason that configuration space does not show");
	free(members);
}

static void print_why(const struct json_object *all)
{
	const struct json_object *groups = get(all, "groups");

	for (size_t i = 0; i < length(groups); i++)
		print_reasons(at(groups, i));
}

static int groups(struct invocation *call)
{
	struct host *host = host_read();
	struct json_object *all = describe(call, host);

	if (!call->json && !host->groups_count)
		say_warning("groups", "there are none, as no IOMMU is on; see vfioctl doctor");
	document_deliver(call, all, option_given(call, "why") ? print_why : print_table);
	host_free(host);
	return STATUS_OK;
}

static const struct option_def options[] = {
	{ .name = "why", .letter = 'w', .help = "say why the devices of each group are together" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl groups", "which groups a user-level driver could have" },
	{ "vfioctl groups --why", "which port or function keeps devices together" },
	{},
};

const struct command groups_command = {
	.name = "groups",
	.operands = "",
	.flags = COMMAND_READS,
	.summary = "IOMMU groups, and why devices share one",
	.description =
		"Lists the IOMMU groups. A group is viable if no member has a driver of the host: "
		"only then can a program have it.\n\n"
		"Devices share a group if the IOMMU cannot tell them apart, as behind a bridge to a "
		"conventional PCI bus, or if they can reach one another without passing it, as "
		"behind a port, or as functions of one device, without Access Control Services "
		"(ACS). With --json the reasons are always there.",
	.options = options,
	.examples = examples,
	.run = groups,
};
