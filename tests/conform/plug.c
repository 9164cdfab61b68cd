// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices plugged into the machine and pulled out of it, by the emulator's monitor.
 */
#include "plug.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

#define DEVICES "/sys/bus/pci/devices"

enum { ATTEMPTS = 3, PATIENCE = 100, PERIOD_US = 100000 };

static void __attribute__((format(printf, 1, 2))) monitor(const char *format, ...)
{
	char words[128], command[192];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "monitor %s >/dev/null", words);
	if (system(command))
		skip("no way to plug devices in and out here");
}

static bool appears(const char *address)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (path_exists(DEVICES "/%s/iommu_group", address))
			return true;
		usleep(PERIOD_US);
	}
	return false;
}

struct pci_device plug_in(const char *address, const char *device)
{
	struct pci_device plugged;
	char group[32];

	if (!path_exists("/sys/class/pci_bus/%.7s", address))
		skip("needs a PCI bus %.7s", address);
	/* More than once, as the slot may just be busy letting the last one go. */
	for (int i = 0; i < ATTEMPTS && !path_exists(DEVICES "/%s", address); i++) {
		monitor("device_add %s", device);
		if (appears(address))
			break;
	}
	CHECK(link_name(group, sizeof(group), DEVICES "/%s/iommu_group", address));
	snprintf(plugged.name, sizeof(plugged.name), "%s", address);
	plugged.group = atoi(group);
	return plugged;
}

int plug_bind(const struct pci_device *device, const char *driver)
{
	int result = pci_bind(device, driver);

	for (int i = 0; result && (errno == ENODEV || errno == EBUSY) && i < PATIENCE; i++) {
		usleep(PERIOD_US);
		result = pci_bind(device, driver);
	}
	return result;
}

void plug_out(const char *id)
{
	monitor("device_del %s", id);
}

bool plug_gone(const struct pci_device *device)
{
	for (int i = 0; i < 3 * PATIENCE; i++) {
		if (!path_exists(DEVICES "/%s", device->name))
			return true;
		usleep(PERIOD_US);
	}
	return false;
}

/* The root port above a device, or above what was one: bus n is below the nth port. */
static int open_port(const struct pci_device *device)
{
	char path[PATH_MAX], resolved[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/pci_bus/%.7s/device/config", device->name);
	CHECK(realpath(path, resolved));
	return OK(open(resolved, O_RDWR | O_CLOEXEC));
}

static unsigned int express_capability(int config)
{
	uint8_t at, entry[2];

	EQUAL(pread(config, &at, 1, PCI_CAPABILITY_LIST), 1);
	while (at) {
		EQUAL(pread(config, entry, 2, at), 2);
		if (entry[0] == PCI_CAP_ID_EXP)
			return at;
		at = entry[1];
	}
	FAIL("the device is behind no root port");
}

static void slot_power(const struct pci_device *device, bool on)
{
	int config = open_port(device);
	unsigned int at = express_capability(config) + PCI_EXP_SLTCTL;
	uint16_t control;

	EQUAL(pread(config, &control, 2, at), 2);
	control &= ~(PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC);
	control |= on ? PCI_EXP_SLTCTL_PWR_IND_ON | PCI_EXP_SLTCTL_PWR_ON :
			PCI_EXP_SLTCTL_PWR_IND_OFF | PCI_EXP_SLTCTL_PWR_OFF;
	EQUAL(pwrite(config, &control, 2, at), 2);
	OK(close(config));
}

void plug_pull(const struct pci_device *device)
{
	slot_power(device, false);
}

void plug_back(const struct pci_device *device)
{
	slot_power(device, true);
	OK(text_write("1", "/sys/bus/pci/rescan"));
}

/* The firmware may have kept the reports to itself: then the port's service has no driver. */
static bool errors_are_told(const struct pci_device *device)
{
	char path[64], port[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/..", device->name);
	return realpath(path, port) &&
	       path_exists("/sys/bus/pci_express/drivers/aer/%s:pcie002", basename(port));
}

void plug_error(const struct pci_device *device, const char *port)
{
	if (!errors_are_told(device))
		skip("needs a root port above the device whose errors the kernel is told of (AER)");
	monitor("pcie_aer_inject_error %s COMP_TIME", port);
}
