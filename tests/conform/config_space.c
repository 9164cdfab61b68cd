// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space as the device has it, and as the user may not change it.
 */
#include "config_space.h"

#include <fcntl.h>
#include <stdio.h>

#include "harness.h"
#include "vfio.h"

static int config_open(const struct pci_device *device, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", device->name);
	return OK(open(path, flags | O_CLOEXEC));
}

uint32_t hardware(const struct pci_device *device, unsigned int offset, size_t size)
{
	int fd = config_open(device, O_RDONLY);
	uint32_t value = 0;

	EQUAL(pread(fd, &value, size, offset), size);
	OK(close(fd));
	return value;
}

void hardware_write(const struct pci_device *device, unsigned int offset, size_t size,
		    uint32_t value)
{
	int fd = config_open(device, O_WRONLY);

	EQUAL(pwrite(fd, &value, size, offset), size);
	OK(close(fd));
}

void expect_read_only(int device, unsigned int offset)
{
	uint8_t before = config_read8(device, offset);

	config_write8(device, offset, ~before);
	EQUAL(config_read8(device, offset), before);
	config_write8(device, offset, 0xff);
	EQUAL(config_read8(device, offset), before);
	config_write8(device, offset, 0);
	EQUAL(config_read8(device, offset), before);
}
