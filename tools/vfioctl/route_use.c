// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a PCI device is the network card of a default route, by itself or below a bridge,
 * bond or VLAN that has it.
 */
#include "route_use.h"

#include <limits.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "sysfs.h"

/* Interface, destination, gateway, flags, three counters, mask. */
static bool is_default_ipv4(const char *line, char *interface)
{
	unsigned int destination, flags, mask;

	return sscanf(line, "%15s %x %*x %x %*d %*d %*d %x", interface, &destination, &flags,
		      &mask) == 4 && !destination && !mask && !(flags & RTF_REJECT);
}

/* Destination, its length, source, its length, gateway, metric, two counters, flags, interface. */
static bool is_default_ipv6(const char *line, char *interface)
{
	unsigned int length, flags;
	char destination[33];

	return sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %15s", destination, &length,
		      &flags, interface) == 4 && !length && !(flags & RTF_REJECT) &&
	       strspn(destination, "0") == strlen(destination);
}

static void add_defaults(struct strings *interfaces, const char *file,
			 bool (*is_default)(const char *line, char *interface))
{
	char *all = sysfs_read("%s", file);
	char *rest = all, *line, interface[IFNAMSIZ];

	while ((line = strsep(&rest, "\n")))
		if (is_default(line, interface) && !same(interface, "lo"))
			strings_add(interfaces, interface);
	free(all);
}

/* The interfaces of the device, then what is built on top of them. */
static void list_interfaces(struct strings *names, const char *device)
{
	char *path = sysfs_path("/sys/bus/pci/devices/%s", device);
	char *end = realpath(path, NULL);
	char *folder = end ? format("%s/", end) : NULL;
	struct strings all = {};

	sysfs_list(&all, "/sys/class/net");
	for (size_t i = 0; folder && i < all.count; i++) {
		char *link = sysfs_path("/sys/class/net/%s", all.items[i]);
		char *target = realpath(link, NULL);

		if (begins(target, folder))
			strings_add(names, all.items[i]);
		free(target);
		free(link);
	}
	strings_free(&all);
	free(folder);
	free(end);
	free(path);
}

static void add_uppers(struct strings *names)
{
	static const char upper[] = "upper_";

	for (size_t i = 0; i < names->count; i++) {
		struct strings entries = {};

		sysfs_list(&entries, "/sys/class/net/%s", names->items[i]);
		for (size_t j = 0; j < entries.count; j++) {
			const char *name = entries.items[j] + strlen(upper);

			if (begins(entries.items[j], upper) && !strings_have(names, name))
				strings_add(names, name);
		}
		strings_free(&entries);
	}
}

/**
 * route_use() - is a PCI device the network card of a default route
 * @device: its address
 *
 * Return: a sentence and its remedy ("eth0 has the default route; ...") for free(), or NULL
 * if it is not.
 */
char *route_use(const char *device)
{
	struct strings names = {}, defaults = {};
	char *use = NULL;
	size_t own;

	add_defaults(&defaults, "/proc/net/route", is_default_ipv4);
	add_defaults(&defaults, "/proc/net/ipv6_route", is_default_ipv6);
	/* A recorded machine has its files only. */
	if (!*sysfs_root())
		routes_default(&defaults);
	list_interfaces(&names, device);
	own = names.count;
	add_uppers(&names);
	for (size_t i = 0; i < names.count && !use; i++)
		if (strings_have(&defaults, names.items[i]))
			use = format("%s%s%s has the default route; give the route to another interface",
				     names.items[i], i < own ? "" : " on ",
				     i < own ? "" : names.items[0]);
	strings_free(&defaults);
	strings_free(&names);
	return use;
}
