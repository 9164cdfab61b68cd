// SPDX-License-Identifier: GPL-2.0-only
/*
 * R1: DEVICE_RESET, and devices that do not come back.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "refusal.h"
#include "textfile.h"
#include "vfio.h"

TEST(R1_no_method, "RESET of a device that cannot be reset is EINVAL and changes nothing")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);

	REFUSED(ioctl(user.device, VFIO_DEVICE_RESET), EINVAL);
	CHECK(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MASTER);
	edu_raise(&edu, 4);
	EQUAL(edu_raised(&edu), 4);
	edu_acknowledge(&edu, 4);
}

TEST(R1_resets, "RESET brings the device back to its first state")
{
	enum { CONFIGURATION = 0x14 / 4, STATUS = 0x1c / 4 };
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct nvme nvme = nvme_start(&user);

	nvme_complete_one(&nvme, 0);
	CHECK(nvme.bar[CONFIGURATION] & 1);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	EQUAL(nvme.bar[CONFIGURATION], 0);
	EQUAL(nvme.bar[STATUS], 0);
}

TEST(R1_mappings_come_back, "BAR mappings, DMA mappings and config survive RESET")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct nvme nvme = nvme_start(&user);
	uint32_t bar = config_read32(user.device, PCI_BASE_ADDRESS_0);
	uint32_t capabilities = nvme.bar[0];

	for (int i = 0; i < 3; i++) {
		OK(ioctl(user.device, VFIO_DEVICE_RESET));
		EQUAL(config_read32(user.device, PCI_BASE_ADDRESS_0), bar);
		EQUAL(nvme.bar[0], capabilities);
		nvme_restart(&nvme);
		nvme_complete_one(&nvme, 0);
	}
}

TEST(R1_info_agrees, "the RESET flag of GET_INFO says whether RESET works")
{
	struct pci_device found[] = {
		vfio_device(EDU, 0), vfio_device(NVME, 0), vfio_device(E1000E, 0),
		vfio_device(PCI_TESTDEV, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct assignment user = assign(found[i], VFIO_TYPE1v2_IOMMU);
		bool can = device_info(user.device).flags & VFIO_DEVICE_FLAGS_RESET;
		int result = ioctl(user.device, VFIO_DEVICE_RESET);

		if (can)
			OK(result);
		else
			REFUSED(result, EINVAL);
		unassign(&user);
	}
}

static void *unbind(void *pci)
{
	OK(pci_unbind(pci));
	return NULL;
}

TEST(R1_locked, "RESET while the device is wanted back is EAGAIN")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);
	pthread_t unbinder;

	EQUAL(pthread_create(&unbinder, NULL, unbind, &user.pci), 0);
	/* Who unbinds has locked the device, and waits for its user. */
	CHECK(event_wait(req));
	REFUSED(ioctl(user.device, VFIO_DEVICE_RESET), EAGAIN);
	expect_our_refusal(user.device, OPENVFIO_REASON_LOCKED, EAGAIN, "try again");
	unassign(&user);
	EQUAL(pthread_join(unbinder, NULL), 0);
}

static int error_of(int result)
{
	return result < 0 ? errno : 0;
}

TEST(R1_fails, "a RESET that fails is refused with the errno of the kernel, and the next may work")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int error;

	/* The administrator forbids each way to reset it. */
	OK(text_write("\n", "/sys/bus/pci/devices/%s/reset_method", user.pci.name));
	error = error_of(ioctl(user.device, VFIO_DEVICE_RESET));
	OK(text_write("default", "/sys/bus/pci/devices/%s/reset_method", user.pci.name));
	EQUAL(error, ENOTTY);
	expect_our_refusal(user.device, OPENVFIO_REASON_RESET_FAILED, ENOTTY, user.pci.name);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
}

/* The secondary bus number of the bridge above a device: where it passes configuration on. */
static uint8_t bridge_bus(const struct pci_device *device, uint8_t number)
{
	char path[96], *real;
	uint8_t former;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/..", device->name);
	real = realpath(path, NULL);
	CHECK(real);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", strrchr(real, '/') + 1);
	free(real);
	if (!path_exists("%s", path))
		skip("needs a device behind a bridge");
	fd = OK(open(path, O_RDWR | O_CLOEXEC));
	EQUAL(pread(fd, &former, 1, PCI_SECONDARY_BUS), 1);
	EQUAL(pwrite(fd, &number, 1, PCI_SECONDARY_BUS), 1);
	OK(close(fd));
	return former;
}

TEST(R1_lost_device, "a device that does not answer is not reset for a minute, but refused with a reason")
{
	struct assignment user;
	uint8_t bus;
	int error;

	improvement("in-tree waits a minute for the device, and hands it out");
	user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	bus = bridge_bus(&user.pci, 0xff);
	error = error_of(ioctl(user.device, VFIO_DEVICE_RESET));
	bridge_bus(&user.pci, bus);
	EQUAL(error, EIO);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
}

TEST(V2_lost_device, "a device that does not answer is not handed out, until it answers again")
{
	struct openvfio_refusal refusal = { .argsz = sizeof(refusal) };
	struct assignment user;
	int error;
	uint8_t bus;

	improvement("in-tree hands out a device whose registers read as all ones");
	user = assign_group(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	bus = bridge_bus(&user.pci, 0xff);
	error = error_of(try_device_fd(user.group, user.pci.name));
	bridge_bus(&user.pci, bus);
	EQUAL(error, EIO);
	OK(ioctl(user.group, OPENVFIO_GET_REFUSAL, &refusal));
	EQUAL(refusal.reason, OPENVFIO_REASON_LOST);
	CHECK(strstr(refusal.text, user.pci.name));
	user.device = device_open(user.group, &user.pci);
	EQUAL(config_read16(user.device, PCI_VENDOR_ID), 0x1b36);
}
