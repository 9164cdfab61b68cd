// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"
#include "libpci.h"
#include "sysfs.h"

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define GROUPS		"/sys/kernel/iommu_groups"

static uint32_t attribute(const char *bdf, const char *name)
{
	uint64_t value = 0;

	sysfs_number(&value, PCI_DEVICES "/%s/%s", bdf, name);
	return value;
}

/* A driver of VFIO: the device is offered to users, or its module stands on VFIO's. */
static bool is_vfio_driver(const char *bdf, const char *driver)
{
	char *module = sysfs_link_name("/sys/bus/pci/drivers/%s/module", driver);
	bool vfio = same(driver, "vfio-pci") || sysfs_exists(PCI_DEVICES "/%s/vfio-dev", bdf);

	if (module && !vfio)
		vfio = sysfs_exists("/sys/module/vfio/holders/%s", module) ||
		       sysfs_exists("/sys/module/vfio_pci_core/holders/%s", module);
	free(module);
	return vfio;
}

/* Drivers that leave DMA to whoever owns the group, and so are not in the way. */
static bool keeps_off_dma(const char *driver)
{
	return same(driver, "pcieport") || same(driver, "pci-stub");
}

/* "(null)" is what the kernel prints for none. */
static char *read_override(const char *bdf)
{
	char *override = sysfs_read(PCI_DEVICES "/%s/driver_override", bdf);

	if (override && (!*override || same(override, "(null)"))) {
		free(override);
		return NULL;
	}
	return override;
}

/* The link of /sys/bus/pci/devices begins with ../../../devices. */
static char *read_path(const char *bdf)
{
	char *link = sysfs_link(PCI_DEVICES "/%s", bdf);
	char *devices = link ? strstr(link, "/devices/") : NULL;
	char *path = devices ? format("/sys%s", devices) : format(PCI_DEVICES "/%s", bdf);

	free(link);
	return path;
}

static int read_group_number(const char *bdf)
{
	char *name = sysfs_link_name(PCI_DEVICES "/%s/iommu_group", bdf);
	int number = name ? atoi(name) : NO_GROUP;

	free(name);
	return number;
}

static int read_numa_node(const char *bdf)
{
	char *text = sysfs_read(PCI_DEVICES "/%s/numa_node", bdf);
	int node = text ? atoi(text) : -1;

	free(text);
	return node;
}

static struct device *read_device(const char *bdf)
{
	struct device *device = allocate(sizeof(*device));

	device->bdf = copy(bdf);
	device->path = read_path(bdf);
	device->vendor = attribute(bdf, "vendor");
	device->id = attribute(bdf, "device");
	device->subsystem_vendor = attribute(bdf, "subsystem_vendor");
	device->subsystem_id = attribute(bdf, "subsystem_device");
	device->class = attribute(bdf, "class");
	device->revision = attribute(bdf, "revision");
	device->bridge = device->class >> 8 == 0x0604 || device->class >> 8 == 0x0609;
	device->boot_display = attribute(bdf, "boot_vga") == 1;
	device->numa_node = read_numa_node(bdf);
	device->group_number = read_group_number(bdf);
	device->driver = sysfs_link_name(PCI_DEVICES "/%s/driver", bdf);
	device->driver_override = read_override(bdf);
	device->vfio = device->driver && is_vfio_driver(bdf, device->driver);
	device->host_driver = device->driver && !device->vfio && !keeps_off_dma(device->driver);
	return device;
}

static void read_devices(struct host *host)
{
	struct strings names = {};
	struct pci_access *pci;

	if (sysfs_list(&names, PCI_DEVICES))
		return;
	pci = libpci_open();
	host->devices = allocate((names.count + 1) * sizeof(*host->devices));
	for (size_t i = 0; i < names.count; i++) {
		host->devices[i] = read_device(names.items[i]);
		libpci_name(pci, host->devices[i]);
	}
	host->devices_count = names.count;
	pci_cleanup(pci);
	strings_free(&names);
}

/* In its path, a device comes after the bridge that it is behind. */
static struct device *find_parent(const struct host *host, const struct device *device)
{
	char *above = copy(device->path), *slash = strrchr(above, '/');
	struct device *parent = NULL;

	if (slash) {
		*slash = 0;
		slash = strrchr(above, '/');
		parent = slash ? host_device(host, slash + 1) : NULL;
	}
	free(above);
	return parent;
}

static struct device *find_physical(const struct host *host, const struct device *device)
{
	char *bdf = sysfs_link_name(PCI_DEVICES "/%s/physfn", device->bdf);
	struct device *physical = bdf ? host_device(host, bdf) : NULL;

	free(bdf);
	return physical;
}

static void add_members(struct host *host, struct group *group)
{
	struct strings names = {};

	sysfs_list(&names, GROUPS "/%d/devices", group->number);
	group->members = allocate((names.count + 1) * sizeof(*group->members));
	for (size_t i = 0; i < names.count; i++) {
		struct device *device = host_device(host, names.items[i]);

		if (!device) {
			strings_add(&group->others, names.items[i]);
			continue;
		}
		group->members[group->count++] = device;
		device->group = group;
	}
	strings_free(&names);
}

static struct group *read_group(struct host *host, int number)
{
	struct group *group = allocate(sizeof(*group));
	char *name = sysfs_read(GROUPS "/%d/name", number);

	group->number = number;
	group->type = sysfs_read(GROUPS "/%d/type", number);
	group->noiommu = same(name, "vfio-noiommu");
	group->node = format("/dev/vfio/%s%d", group->noiommu ? "noiommu-" : "", number);
	if (!sysfs_exists("%s", group->node)) {
		free(group->node);
		group->node = NULL;
	}
	add_members(host, group);
	group->viable = true;
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->host_driver)
			group->viable = false;
	free(name);
	return group;
}

static void read_groups(struct host *host)
{
	struct strings names = {};

	sysfs_list(&names, GROUPS);
	host->groups = allocate((names.count + 1) * sizeof(*host->groups));
	for (size_t i = 0; i < names.count; i++)
		host->groups[i] = read_group(host, atoi(names.items[i]));
	host->groups_count = names.count;
	strings_free(&names);
}

/**
 * host_read() - look at the machine
 *
 * What cannot be seen is as if it were not there; unseen_processes tells of processes.
 *
 * Return: for host_free().
 */
struct host *host_read(void)
{
	struct host *host = allocate(sizeof(*host));

	read_devices(host);
	read_groups(host);
	for (size_t i = 0; i < host->devices_count; i++) {
		host->devices[i]->parent = find_parent(host, host->devices[i]);
		host->devices[i]->physical = find_physical(host, host->devices[i]);
	}
	find_holders(host);
	return host;
}

static void free_device(struct device *device)
{
	free(device->bdf);
	free(device->path);
	free(device->name);
	free(device->class_name);
	free(device->driver);
	free(device->driver_override);
	free(device);
}

static void free_group(struct group *group)
{
	for (size_t i = 0; i < group->holders_count; i++)
		free(group->holders[i].name);
	free(group->holders);
	strings_free(&group->others);
	free(group->members);
	free(group->node);
	free(group->type);
	free(group);
}

/**
 * host_free() - forget the machine
 * @host: from host_read()
 */
void host_free(struct host *host)
{
	for (size_t i = 0; i < host->devices_count; i++)
		free_device(host->devices[i]);
	for (size_t i = 0; i < host->groups_count; i++)
		free_group(host->groups[i]);
	free(host->devices);
	free(host->groups);
	free(host);
}

/**
 * host_device() - the device at an address
 * @host: the machine
 * @bdf: "0000:06:0d.1" or "06:0d.1", in any case
 *
 * Return: NULL if there is none.
 */
struct device *host_device(const struct host *host, const char *bdf)
{
	for (size_t i = 0; i < host->devices_count; i++) {
		const char *full = host->devices[i]->bdf;

		if (strcasecmp(full, bdf) == 0 ||
		    (begins(full, "0000:") && strcasecmp(full + strlen("0000:"), bdf) == 0))
			return host->devices[i];
	}
	return NULL;
}

/**
 * host_group() - the group of a number
 * @host: the machine
 * @number: in decimal
 *
 * Return: NULL if there is none.
 */
struct group *host_group(const struct host *host, const char *number)
{
	char *end;
	long value = strtol(number, &end, 10);

	if (!*number || *end)
		return NULL;
	for (size_t i = 0; i < host->groups_count; i++)
		if (host->groups[i]->number == value)
			return host->groups[i];
	return NULL;
}
