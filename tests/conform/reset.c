// SPDX-License-Identifier: GPL-2.0-only
/*
 * R1: DEVICE_RESET.
 */
#include <linux/pci_regs.h>

#include "edu.h"
#include "harness.h"
#include "nvme.h"
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
