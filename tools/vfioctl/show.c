// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl show BDF: all about one device. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capabilities.h"
#include "describe.h"
#include "regions.h"
#include "sysfs.h"
#include "verbs.h"

static void describe_identity(struct json_object *object, const struct device *device)
{
	char *subsystem = format("%04x:%04x", device->subsystem_vendor, device->subsystem_id);
	char *cpus = sysfs_read("/sys/bus/pci/devices/%s/local_cpulist", device->bdf);

	describe_device(object, device);
	add_text(object, "subsystem", subsystem);
	add_number(object, "revision", device->revision);
	add_bool(object, "boot_display", device->boot_display);
	add_text(object, "parent", device->parent ? device->parent->bdf : NULL);
	add_text(object, "physical_function", device->physical ? device->physical->bdf : NULL);
	add_number(object, "numa_node", device->numa_node);
	add_text(object, "cpus", cpus);
	free(cpus);
	free(subsystem);
}

static void describe_region(struct json_object *object, const struct region *region, int index,
			    const char *bdf)
{
	char *name = index == ROM_REGION ? copy("ROM") : format("BAR %d", index);
	char *address = format("0x%" PRIx64, region->start);
	char *words = region_size(region);
	char *claim = region_claim(region, bdf);

	add_text(object, "name", name);
	add_text(object, "kind", region->io ? "io" : "memory");
	add_text(object, "address", address);
	add_number(object, "size", region->end - region->start + 1);
	add_text(object, "size_in_words", words);
	add_bool(object, "prefetchable", region->prefetchable);
	add_bool(object, "64_bits", region->wide);
	add_text(object, "held_by", claim);
	free(claim);
	free(words);
	free(address);
	free(name);
}

static void describe_regions(struct json_object *object, const struct device *device)
{
	struct json_object *array = add_array(object, "regions");
	struct region regions[REGIONS];

	read_regions(device, regions);
	for (int i = 0; i < REGIONS; i++)
		if (region_there(&regions[i]))
			describe_region(append_object(array), &regions[i], i, device->bdf);
}

static void describe_interrupts(struct json_object *object, struct pci_dev *space)
{
	struct json_object *member = add_object(object, "interrupts");
	struct interrupts interrupts;

	read_interrupts(space, &interrupts);
	add_bool(member, "intx", interrupts.intx);
	add_number(member, "msi", interrupts.msi);
	add_number(member, "msix", interrupts.msix);
	add_number(member, "msix_bar", interrupts.msix_bar);
}

static void describe_capability(struct json_object *object, const struct pci_cap *capability)
{
	const char *name = capability_name(capability);
	char *number = format("capability 0x%x", capability->id);

	add_text(object, "name", name ? name : number);
	add_number(object, "id", capability->id);
	add_number(object, "offset", capability->addr);
	add_bool(object, "extended", capability->type == PCI_CAP_EXTENDED);
	free(number);
}

static void describe_space(struct json_object *all, struct json_object *object,
			   const struct device *device)
{
	struct json_object *array = add_array(object, "capabilities");
	struct pci_access *pci = libpci_open();
	struct pci_dev *space = libpci_device(pci, device);

	pci_fill_info(space, PCI_FILL_CAPS | PCI_FILL_EXT_CAPS);
	describe_interrupts(object, space);
	for (struct pci_cap *capability = space->first_cap; capability;
	     capability = capability->next)
		describe_capability(append_object(array), capability);
	if (!capabilities_seen(space))
		document_unseen(all, "capabilities and message interrupts of %s: configuration "
				"space beyond 64 bytes is for root", device->bdf);
	pci_free_dev(space);
	pci_cleanup(pci);
}

static void describe_resets(struct json_object *object, const struct device *device)
{
	struct json_object *array = add_array(object, "reset_methods");
	char *text = sysfs_read("/sys/bus/pci/devices/%s/reset_method", device->bdf);
	char *rest = text, *word;

	while ((word = strsep(&rest, " \n")))
		if (*word)
			append_text(array, word);
	free(text);
}

static struct json_object *describe(struct invocation *call, const struct host *host,
				    const struct device *device)
{
	struct json_object *all = document(call, host);
	struct json_object *object = add_object(all, "device");

	describe_identity(object, device);
	describe_regions(object, device);
	describe_space(all, object, device);
	describe_resets(object, device);
	if (device->group) {
		struct json_object *group = add_object(all, "group");

		describe_group(group, device->group);
		describe_reserved(group, device->group);
	} else {
		add_text(all, "group", NULL);
	}
	return all;
}

static void line(const char *key, const char *value, ...)
	__attribute__((format(printf, 2, 3)));

static void line(const char *key, const char *value, ...)
{
	va_list args;

	printf("%s%-18s%s", colour_on(MARKED), key, colour_off(MARKED));
	va_start(args, value);
	vprintf(value, args);
	va_end(args);
	putchar('\n');
}

static void print_regions(const struct json_object *device)
{
	struct json_object *regions = get(device, "regions");

	for (size_t i = 0; i < length(regions); i++) {
		struct json_object *region = at(regions, i);
		const char *claim = get_text(region, "held_by");

		line(i ? "" : "regions", "%-6s %-7s %10s at %s%s%s%s%s", get_text(region, "name"),
		     get_text(region, "kind"), get_text(region, "size_in_words"),
		     get_text(region, "address"), get_bool(region, "64_bits") ? ", 64 bits" : "",
		     get_bool(region, "prefetchable") ? ", prefetchable" : "",
		     claim ? ", held by " : "", claim ? claim : "");
	}
}

static void print_interrupts(const struct json_object *device)
{
	struct json_object *interrupts = get(device, "interrupts");
	struct strings words = {};
	char *all;

	if (get_bool(interrupts, "intx"))
		strings_add(&words, "INTx");
	if (get_number(interrupts, "msi"))
		strings_take(&words, format("MSI (%d)", (int)get_number(interrupts, "msi")));
	if (get_number(interrupts, "msix"))
		strings_take(&words, format("MSI-X (%d, table in BAR %d)",
					    (int)get_number(interrupts, "msix"),
					    (int)get_number(interrupts, "msix_bar")));
	all = strings_join(&words, ", ");
	line("interrupts", "%s", words.count ? all : "none");
	free(all);
	strings_free(&words);
}

static void print_capabilities(const struct json_object *device)
{
	struct json_object *capabilities = get(device, "capabilities");

	for (size_t i = 0; i < length(capabilities); i++)
		line(i ? "" : "capabilities", "%03x %s",
		     (unsigned int)get_number(at(capabilities, i), "offset"),
		     get_text(at(capabilities, i), "name"));
}

static void print_resets(const struct json_object *device)
{
	struct json_object *methods = get(device, "reset_methods");
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < length(methods); i++)
		strings_add(&words, json_object_get_string(at(methods, i)));
	all = strings_join(&words, ", ");
	line("reset", "%s", words.count ? all : "none");
	free(all);
	strings_free(&words);
}

static void print_group(const struct json_object *group)
{
	struct json_object *regions = get(group, "reserved_regions");
	struct json_object *devices = get(group, "devices");
	char *holders = holders_in_words(group);

	line("group", "%d, %s, used by %s", (int)get_number(group, "group"),
	     get_bool(group, "viable") ? "viable" : "not viable", holders);
	for (size_t i = 0; i < length(devices); i++)
		line(i ? "" : "members", "%s %s", get_text(at(devices, i), "bdf"),
		     or_dash(get_text(at(devices, i), "driver")));
	for (size_t i = 0; i < length(regions); i++)
		line(i ? "" : "reserved IOVAs", "%s %s", get_text(at(regions, i), "range"),
		     get_text(at(regions, i), "type"));
	free(holders);
}

static void print(const struct json_object *all)
{
	struct json_object *device = get(all, "device");
	const char *override = get_text(device, "driver_override");
	const char *physical = get_text(device, "physical_function");

	line("device", "%s%s", get_text(device, "bdf"),
	     get_bool(device, "boot_display") ? ", the boot display" : "");
	line("name", "%s [%s], revision %d", get_text(device, "name"), get_text(device, "ids"),
	     (int)get_number(device, "revision"));
	line("class", "%s", get_text(device, "class"));
	line("subsystem", "%s", get_text(device, "subsystem"));
	line("driver", "%s%s%s", or_dash(get_text(device, "driver")),
	     override ? ", override " : "", override ? override : "");
	line("behind", "%s", or_dash(get_text(device, "parent")));
	if (physical)
		line("virtual function", "of %s", physical);
	print_regions(device);
	print_interrupts(device);
	print_capabilities(device);
	print_resets(device);
	if (get_number(device, "numa_node") >= 0)
		line("NUMA node", "%d, CPUs %s", (int)get_number(device, "numa_node"),
		     or_dash(get_text(device, "cpus")));
	else
		line("NUMA node", "none, CPUs %s", or_dash(get_text(device, "cpus")));
	if (get(all, "group"))
		print_group(get(all, "group"));
	else
		line("group", "none: no IOMMU confines it");
}

static int show(struct invocation *call)
{
	struct host *host = host_read();
	struct device *device = find_device_or_say(host, call->operands.items[0]);

	if (device)
		document_deliver(call, describe(call, host, device), print);
	host_free(host);
	return device ? STATUS_OK : STATUS_CANNOT;
}

static const struct example examples[] = {
	{ "vfioctl show 01:00.0", "regions, interrupts, capabilities and more" },
	{},
};

const struct command show_command = {
	.name = "show",
	.operands = "BDF",
	.operand = OPERAND_DEVICE,
	.least = 1,
	.most = 1,
	.flags = COMMAND_READS,
	.summary = "all about one device: regions, interrupts, capabilities, group",
	.description =
		"Shows what a user-level driver would get: the regions and who holds them, the "
		"interrupts, the capabilities, the ways to reset the device in the order in which "
		"the kernel tries them, its group and the I/O addresses that cannot be used, and "
		"the NUMA node and CPUs that are near.",
	.examples = examples,
	.run = show,
};
