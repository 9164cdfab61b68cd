// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space as the device has it, and as the user may not change it.
 */
#include "config_space.h"

#include <fcntl.h>
#include <stdio.h>

#include "harness.h"
#include "vfio.h"

uint32_t hardware(const struct pci_device *device, unsigned int offset, size_t size)
{
	uint32_t value = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", device->name);
	fd = OK(open(path, O_RDONLY | O_CLOEXEC));
	EQUAL(pread(fd, &value, size, offset), size);
	OK(close(fd));
	return value;
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
