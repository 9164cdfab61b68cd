// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why devices share a group: because the IOMMU cannot tell them apart, or because they can
 * reach one another without passing it. There are three ways, and each shows in the
 * configuration space of a member:
 *
 * - a bridge to a conventional bus gives its own name to the requests of all behind it;
 * - a port without Access Control Services passes requests from one device behind it to
 *   another, or to itself;
 * - so do the functions of one device, inside of it.
 */
#include "capabilities.h"
#include "why.h"

#include <stdlib.h>
#include <string.h>

static struct pci_dev *open_space(struct pci_access *pci, const struct device *device)
{
	struct pci_dev *space = libpci_device(pci, device);

	pci_fill_info(space, PCI_FILL_CAPS | PCI_FILL_EXT_CAPS);
	return space;
}

static void list_members(struct json_object *reason, const struct group *group,
			 bool (*concerned)(const struct device *, const struct device *),
			 const struct device *cause)
{
	struct json_object *array = add_array(reason, "devices");

	for (size_t i = 0; i < group->count; i++)
		if (group->members[i] != cause && concerned(group->members[i], cause))
			append_text(array, group->members[i]->bdf);
}

static void add_reason(struct json_object *why, const char *cause, const struct device *device,
		       const struct group *group,
		       bool (*concerned)(const struct device *, const struct device *),
		       const char *text)
{
	struct json_object *reason = append_object(why);
	char *sentence = format("%s %s", device->bdf, text);

	add_text(reason, "cause", cause);
	add_text(reason, "device", device->bdf);
	add_text(reason, "text", sentence);
	list_members(reason, group, concerned, device);
	free(sentence);
}

static bool is_behind(const struct device *device, const struct device *bridge)
{
	for (device = device->parent; device; device = device->parent)
		if (device == bridge)
			return true;
	return false;
}

static bool in_same_slot(const struct device *a, const struct device *b)
{
	const char *dot = strrchr(a->bdf, '.');

	return dot && strncmp(a->bdf, b->bdf, dot - a->bdf + 1) == 0;
}

static bool any(const struct group *group, const struct device *cause,
		bool (*concerned)(const struct device *, const struct device *))
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i] != cause && concerned(group->members[i], cause))
			return true;
	return false;
}

static const char *state_of(enum isolation isolation)
{
	switch (isolation) {
	case ISOLATION_NONE:
		return "has no Access Control Services";
	case ISOLATION_OFF:
		return "has Access Control Services, but they are off";
	case ISOLATION_UNSEEN:
		return "has, as it seems, no Access Control Services (not visible without root)";
	default:
		return "has Access Control Services";
	}
}

static void why_bridge(struct json_object *why, const struct group *group,
		       const struct device *bridge, enum express express,
		       enum isolation isolation)
{
	char *text;

	if (express == EXPRESS_TO_CONVENTIONAL || express == EXPRESS_NO) {
		add_reason(why, "conventional-bridge", bridge, group, is_behind,
			   "is a bridge to a conventional PCI bus: the IOMMU takes the requests of all "
			   "devices behind it for the bridge's own");
		return;
	}
	if (isolation == ISOLATION_ON)
		return;
	text = format("is a port that %s: what is behind it can reach its neighbours without "
		      "passing the IOMMU", state_of(isolation));
	add_reason(why, "port-without-acs", bridge, group, is_behind, text);
	free(text);
}

static void why_function(struct json_object *why, const struct group *group,
			 const struct device *device, enum isolation isolation)
{
	char *text = format("is one of several functions and %s: they can reach one another "
			    "without passing the IOMMU", state_of(isolation));

	add_reason(why, "functions-without-acs", device, group, in_same_slot, text);
	free(text);
}

/* Once for each slot: by its lowest function in the group. */
static bool first_of_slot(const struct group *group, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (in_same_slot(group->members[i], group->members[index]))
			return false;
	return true;
}

/* On a conventional bus, the bridge above is the reason, whatever the functions can do. */
static bool on_conventional_bus(const struct device *device, struct pci_access *pci)
{
	struct pci_dev *above;
	enum express express;
	bool conventional;

	if (!device->parent)
		return false;
	above = open_space(pci, device->parent);
	express = read_express(above);
	conventional = capabilities_seen(above) &&
		       (express == EXPRESS_NO || express == EXPRESS_TO_CONVENTIONAL);
	pci_free_dev(above);
	return conventional;
}

/* Returns whether its configuration space could be seen. */
static bool why_member(struct json_object *why, const struct group *group, size_t index,
		       struct pci_access *pci)
{
	const struct device *device = group->members[index];
	struct pci_dev *space = open_space(pci, device);
	enum isolation isolation = read_isolation(space);
	bool seen = isolation != ISOLATION_UNSEEN;

	if (device->bridge && any(group, device, is_behind) && seen)
		why_bridge(why, group, device, read_express(space), isolation);
	if (read_multifunction(space) && isolation != ISOLATION_ON && first_of_slot(group, index) &&
	    any(group, device, in_same_slot) && !on_conventional_bus(device, pci))
		why_function(why, group, device, isolation);
	pci_free_dev(space);
	return seen;
}

/*
 * The bridge itself may be confined and not a member, as a port with all its services is;
 * a bridge to a conventional bus can also stand outside of the group of what is behind it.
 */
static bool why_parent(struct json_object *why, const struct group *group,
		       struct pci_access *pci)
{
	struct device *parent = group->members[0]->parent;
	struct pci_dev *space;
	enum express express;
	bool seen;

	if (!parent || parent->group == group)
		return true;
	space = open_space(pci, parent);
	express = read_express(space);
	seen = capabilities_seen(space);
	if (seen && (express == EXPRESS_TO_CONVENTIONAL || express == EXPRESS_NO))
		why_bridge(why, group, parent, express, ISOLATION_NONE);
	pci_free_dev(space);
	return seen;
}

/**
 * describe_why() - why the members of a group are together
 * @group: gets the reasons, as "why"; none for a group of one
 * @members: the group
 * @pci: from libpci_open()
 *
 * Return: false if something could not be seen.
 */
bool describe_why(struct json_object *group, const struct group *members, struct pci_access *pci)
{
	struct json_object *why = add_array(group, "why");
	bool seen = true;

	if (members->count < 2)
		return true;
	for (size_t i = 0; i < members->count; i++)
		if (!why_member(why, members, i, pci))
			seen = false;
	if (!why_parent(why, members, pci))
		seen = false;
	return seen;
}
