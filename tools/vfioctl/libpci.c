// SPDX-License-Identifier: GPL-2.0-only
#include "libpci.h"

#include <stdio.h>
#include <stdlib.h>

#include "say.h"
#include "sysfs.h"

static __attribute__((noreturn)) void failed(char *message, ...)
{
	va_list args;
	char *text;

	va_start(args, message);
	text = format_va(message, args);
	va_end(args);
	die("PCI", "%s", text);
}

static void ignored(char *message, ...)
{
	(void)message;
}

/**
 * libpci_open() - libpci on our root
 *
 * Its warnings are about attributes that a recorded tree need not have.
 *
 * Return: for pci_cleanup().
 */
struct pci_access *libpci_open(void)
{
	struct pci_access *pci = pci_alloc();
	char *path = sysfs_path("/sys/bus/pci");

	pci->method = PCI_ACCESS_SYS_BUS_PCI;
	pci->error = failed;
	pci->warning = ignored;
	pci_set_param(pci, "sysfs.path", path);
	free(path);
	pci_init(pci);
	return pci;
}

/**
 * libpci_name() - fill in what ids are called
 * @pci: from libpci_open()
 * @device: its ids are known; name and class_name are set
 */
void libpci_name(struct pci_access *pci, struct device *device)
{
	int name = PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB;
	int class_name = PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB;
	char text[256];

	device->name = copy(pci_lookup_name(pci, text, sizeof(text), name,
					    device->vendor, device->id));
	device->class_name = copy(pci_lookup_name(pci, text, sizeof(text), class_name,
						  device->class >> 8));
}

/**
 * libpci_device() - a device as libpci has it, for its configuration space
 * @pci: from libpci_open()
 * @device: of the model
 *
 * Return: for pci_free_dev().
 */
struct pci_dev *libpci_device(struct pci_access *pci, const struct device *device)
{
	unsigned int domain = 0, bus = 0, slot = 0, function = 0;

	sscanf(device->bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &function);
	return pci_get_dev(pci, domain, bus, slot, function);
}
