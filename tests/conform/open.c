// SPDX-License-Identifier: GPL-2.0-only
/*
 * C11-C13, V2, V3: how a device file is had, and what the first open and the last
 * close do to the device.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "textfile.h"
#include "vfio.h"

TEST(C11_unknown_name, "GET_DEVICE_FD of a name not in the group is ENODEV, container or not")
{
	struct pci_device edu = vfio_device(EDU, 0), other = vfio_device(EDU, 1);
	static const char *const names[] = {
		"", " ", "0000", "0000:00:05", "ffff:ff:1f.7", "vfio",
	};
	int group = group_open(&edu);
	struct assignment user;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		REFUSED(try_device_fd(group, names[i]), ENODEV);
	REFUSED(try_device_fd(group, other.name), ENODEV);
	OK(close(group));
	user = assign_group(edu, VFIO_TYPE1v2_IOMMU);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		REFUSED(try_device_fd(user.group, names[i]), ENODEV);
	REFUSED(try_device_fd(user.group, other.name), ENODEV);
	device_open(user.group, &edu);
}

TEST(C11_bad_pointer, "GET_DEVICE_FD: a bad pointer is EFAULT, a name longer than a page EINVAL")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char *name = pages(2 * page_size());

	REFUSED(try_device_fd(user.group, NULL), EFAULT);
	memset(name, 'x', 2 * page_size() - 1);
	REFUSED(try_device_fd(user.group, name), EINVAL);
	/* The longest there can be is merely unknown. */
	name[page_size() - 1] = '\0';
	REFUSED(try_device_fd(user.group, name), ENODEV);
}

TEST(C11_needs_iommu, "GET_DEVICE_FD without a container or without an IOMMU is EINVAL")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu), container = container_open();

	REFUSED(try_device_fd(group, edu.name), EINVAL);
	OK(try_set_container(group, container));
	REFUSED(try_device_fd(group, edu.name), EINVAL);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	device_open(group, &edu);
}

TEST(C11_member_without_vfio, "a member of the group that is not bound to vfio is ENODEV")
{
	struct pci_device sound = pci_find(ES1370, 0);
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);

	REFUSED(try_device_fd(user.group, sound.name), ENODEV);
	OK(pci_bind(&sound, "vfio-pci"));
	device_open(user.group, &sound);
}

TEST(C12_two_device_fds, "a device may be opened again: its files share interrupts and config")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int second = device_open(user.group, &user.pci);
	int event = irq_enable(user.device, INTX);

	CHECK(second != user.device);
	OK(try_irq_none(second, TRIGGER, INTX, 0, 1));
	EQUAL(event_now(event), 1);
	config_write8(user.device, PCI_INTERRUPT_LINE, 0x5a);
	EQUAL(config_read8(second, PCI_INTERRUPT_LINE), 0x5a);
	OK(try_irq_disable(second, INTX));
	REFUSED(try_irq_disable(user.device, INTX), EINVAL);
}

TEST(C12_only_last_close_counts, "closing one of two device files changes nothing for the other")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int second = device_open(user.group, &user.pci), event = irq_enable(user.device, INTX);
	struct edu edu = edu_start(second);
	char *memory = pages(4096);

	map(user.container, 0, memory, 4096, READ_WRITE);
	OK(close(user.device));
	CHECK(config_read16(second, PCI_COMMAND) & PCI_COMMAND_MASTER);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	REFUSED(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER), EBUSY);
	OK(close(second));
	edu_stop(&edu);
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
}

TEST(C12_second_open_keeps_state, "a second open does not disturb what the first has set up")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);

	bus_master(user.device, true);
	config_write8(user.device, PCI_INTERRUPT_LINE, 0x77);
	device_open(user.group, &user.pci);
	CHECK(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MASTER);
	EQUAL(config_read8(user.device, PCI_INTERRUPT_LINE), 0x77);
}

static int try_named(int group, const char *bdf, const char *rest)
{
	char name[256];

	snprintf(name, sizeof(name), "%s%s", bdf, rest);
	return try_device_fd(group, name);
}

TEST(C13_names, "a name is the exact address; text glued to it is ENODEV, unknown options EINVAL")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const char *const glued[] = { "x", "0", ",", "\t", "vf_token=", "/" };
	static const char *const options[] = { " x", " token=1", " vf_toke", "  a b", " \t" };
	char shorter[16];

	for (size_t i = 0; i < ARRAY_SIZE(glued); i++)
		REFUSED(try_named(user.group, user.pci.name, glued[i]), ENODEV);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		REFUSED(try_named(user.group, user.pci.name, options[i]), EINVAL);
	snprintf(shorter, sizeof(shorter), "%s", user.pci.name);
	shorter[strlen(shorter) - 1] = '\0';
	REFUSED(try_device_fd(user.group, shorter), ENODEV);
	/* Spaces alone do not matter. */
	OK(close(OK(try_named(user.group, user.pci.name, "   "))));
	OK(try_named(user.group, user.pci.name, ""));
}

TEST(C13_vf_token_syntax, "a malformed or repeated vf_token is EINVAL")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const char *const tokens[] = {
		" vf_token=", " vf_token=1234", " vf_token=00000000-0000-0000-0000-00000000000",
		" vf_token=zzzzzzzz-0000-0000-0000-000000000000",
		" vf_token=00000000-0000-0000-0000-000000000000"
		" vf_token=00000000-0000-0000-0000-000000000000",
		/* Well formed, but this is no SR-IOV device. */
		" vf_token=00000000-0000-0000-0000-000000000000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
		REFUSED(try_named(user.group, user.pci.name, tokens[i]), EINVAL);
}

/* The device's real configuration, past all virtualisation. */
static uint16_t hardware_read16(const struct pci_device *device, unsigned int offset)
{
	char path[64];
	uint16_t value;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", device->name);
	fd = OK(open(path, O_RDONLY | O_CLOEXEC));
	EQUAL(pread(fd, &value, sizeof(value), offset), sizeof(value));
	OK(close(fd));
	return value;
}

TEST(V2_first_open, "after the first open memory is on, bus mastering off, in fact and in view")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint16_t command = config_read16(edu.device, PCI_COMMAND);

	EQUAL(command & (PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY), PCI_COMMAND_MEMORY);
	command = hardware_read16(&edu.pci, PCI_COMMAND);
	EQUAL(command & (PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY), PCI_COMMAND_MEMORY);
}

TEST(V3_bus_master_off, "the last close turns bus mastering off")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	bus_master(edu.device, true);
	CHECK(hardware_read16(&edu.pci, PCI_COMMAND) & PCI_COMMAND_MASTER);
	OK(close(edu.device));
	EQUAL(hardware_read16(&edu.pci, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	edu.device = device_open(edu.group, &edu.pci);
	EQUAL(config_read16(edu.device, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
}

TEST(V3_state_restored, "the last close puts back what the user wrote to the hardware")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint16_t before = hardware_read16(&edu.pci, PCI_CACHE_LINE_SIZE);

	config_write8(edu.device, PCI_CACHE_LINE_SIZE, (before ^ 0x10) & 0xff);
	EQUAL(hardware_read16(&edu.pci, PCI_CACHE_LINE_SIZE) & 0xff, (before ^ 0x10) & 0xff);
	OK(close(edu.device));
	EQUAL(hardware_read16(&edu.pci, PCI_CACHE_LINE_SIZE), before);
}

TEST(V3_virtual_config_forgotten, "the next user does not see what the last one wrote to config")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint32_t bar = config_read32(edu.device, PCI_BASE_ADDRESS_0);
	uint8_t line = config_read8(edu.device, PCI_INTERRUPT_LINE);

	config_write32(edu.device, PCI_BASE_ADDRESS_0, ~0U);
	config_write8(edu.device, PCI_INTERRUPT_LINE, line ^ 0x55);
	OK(close(edu.device));
	edu.device = device_open(edu.group, &edu.pci);
	EQUAL(config_read32(edu.device, PCI_BASE_ADDRESS_0), bar);
	EQUAL(config_read8(edu.device, PCI_INTERRUPT_LINE), line);
}

TEST(V3_interrupts_torn_down, "the last close disables interrupts and lets go of the eventfds")
{
	static const unsigned int kinds[] = { INTX, MSI };
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);

	/* From now on its line is down: no interrupt comes before the close. */
	edu_stop(&edu);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int event = irq_enable(user.device, kinds[i]), req = irq_enable(user.device, REQ);

		OK(close(user.device));
		user.device = device_open(user.group, &user.pci);
		REFUSED(try_irq_disable(user.device, kinds[i]), EINVAL);
		REFUSED(try_irq_none(user.device, TRIGGER, REQ, 0, 1), EINVAL);
		edu = edu_start(user.device);
		edu_raise(&edu, 1);
		CHECK(event_quiet(event));
		EQUAL(event_now(req), 0);
		edu_acknowledge(&edu, 1);
		edu_stop(&edu);
	}
}

TEST(V3_function_reset, "a device that can be reset is as after a reset for the next user")
{
	enum { CONFIGURATION = 0x14, ENTRY_SIZES = 0x460000 };
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(nvme.device, 0);
	uint32_t value = ENTRY_SIZES;

	EQUAL(pwrite64(nvme.device, &value, sizeof(value), info.offset + CONFIGURATION), 4);
	EQUAL(pread64(nvme.device, &value, sizeof(value), info.offset + CONFIGURATION), 4);
	EQUAL(value, ENTRY_SIZES);
	OK(close(nvme.device));
	nvme.device = device_open(nvme.group, &nvme.pci);
	EQUAL(pread64(nvme.device, &value, sizeof(value), info.offset + CONFIGURATION), 4);
	EQUAL(value, 0);
}
