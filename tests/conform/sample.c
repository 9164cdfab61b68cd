// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sample device of examples/sample.
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

void sample_load(const char *parameters)
{
	char command[128];

	improvement("the in-tree core offers no API to bus drivers out of its tree");
	if (system("modprobe -n vfio_sample 2>/dev/null") != 0)
		skip("the module vfio_sample is not built");
	snprintf(command, sizeof(command), "modprobe vfio_sample %s", parameters);
	EQUAL(system(command), 0);
}

void sample_unload(void)
{
	EQUAL(system("rmmod vfio_sample"), 0);
}

struct pci_device sample_device(unsigned int number)
{
	struct pci_device sample;
	char group[16];

	snprintf(sample.name, sizeof(sample.name), "vfio-sample.%u", number);
	CHECK(link_name(group, sizeof(group), "/sys/devices/vfio-sample/%s/iommu_group",
			sample.name));
	sample.group = atoi(group);
	return sample;
}

struct assignment sample_assign(void)
{
	struct assignment user = { .device = -1 };

	sample_load("");
	user.pci = sample_device(0);
	user.container = container_open();
	user.group = group_open(&user.pci);
	OK(try_set_container(user.group, user.container));
	OK(ioctl(user.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	user.device = device_open(user.group, &user.pci);
	return user;
}

void sample_read(int device, size_t offset, void *value, size_t size)
{
	EQUAL(pread(device, value, size, offset), size);
}

void sample_write(int device, size_t offset, const void *value, size_t size)
{
	EQUAL(pwrite(device, value, size, offset), size);
}

int sample_run(int device, enum sample_command command)
{
	SAMPLE_SET(device, command, command);
	return SAMPLE_GET(device, status);
}

int sample_copy(int device, uint64_t source, uint64_t destination, uint32_t length)
{
	SAMPLE_SET(device, source, source);
	SAMPLE_SET(device, destination, destination);
	SAMPLE_SET(device, length, length);
	return sample_run(device, SAMPLE_COPY);
}

int sample_hold(int device, uint64_t source, uint32_t length)
{
	SAMPLE_SET(device, source, source);
	SAMPLE_SET(device, length, length);
	return sample_run(device, SAMPLE_HOLD);
}

int sample_fill(int device, uint8_t value)
{
	SAMPLE_SET(device, value, value);
	return sample_run(device, SAMPLE_FILL);
}
