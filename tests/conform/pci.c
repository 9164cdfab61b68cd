// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices and their drivers through sysfs.
 */
#include "pci.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "textfile.h"

#define DEVICES "/sys/bus/pci/devices"

static int group_of(const char *name)
{
	char group[16];

	if (!link_name(group, sizeof(group), DEVICES "/%s/iommu_group", name))
		return -1;
	return atoi(group);
}

struct pci_device pci_find(unsigned int vendor, unsigned int device, unsigned int nth)
{
	struct pci_device found = { .name = "" };
	struct dirent **entries;
	int count = scandir(DEVICES, &entries, NULL, alphasort);
	unsigned int seen = 0;

	if (count < 0)
		FAIL("cannot list %s", DEVICES);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] == '.' || text_number(DEVICES "/%s/vendor", name) != vendor ||
		    text_number(DEVICES "/%s/device", name) != device || seen++ != nth)
			continue;
		snprintf(found.name, sizeof(found.name), "%.15s", name);
	}
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	if (!found.name[0])
		skip("needs PCI device %04x:%04x, number %u", vendor, device, nth);
	found.group = group_of(found.name);
	return found;
}

bool pci_driver(const struct pci_device *device, char *driver, size_t size)
{
	return link_name(driver, size, DEVICES "/%s/driver", device->name);
}

bool pci_driven_by(const struct pci_device *device, const char *driver)
{
	char current[64];

	return pci_driver(device, current, sizeof(current)) && !strcmp(current, driver);
}

int pci_unbind(const struct pci_device *device)
{
	if (!path_exists(DEVICES "/%s/driver", device->name))
		return 0;
	return text_write(device->name, DEVICES "/%s/driver/unbind", device->name);
}

int pci_release(const struct pci_device *device)
{
	return pci_unbind(device) ||
	       text_write("\n", DEVICES "/%s/driver_override", device->name) ? -1 : 0;
}

int pci_bind(const struct pci_device *device, const char *driver)
{
	if (pci_driven_by(device, driver))
		return 0;
	if (pci_unbind(device) ||
	    text_write(driver, DEVICES "/%s/driver_override", device->name))
		return -1;
	/* The driver's own bind file, as it alone tells the errno of the probe. */
	return text_write(device->name, "/sys/bus/pci/drivers/%s/bind", driver);
}

struct pci_device vfio_device(unsigned int vendor, unsigned int device, unsigned int nth)
{
	struct pci_device found = pci_find(vendor, device, nth);

	if (pci_bind(&found, "vfio-pci")) {
		int error = errno;

		if (found.group < 0)
			skip("needs a machine with an IOMMU");
		FAIL("%s does not go to vfio-pci: %s", found.name, strerrorname_np(error));
	}
	return found;
}
