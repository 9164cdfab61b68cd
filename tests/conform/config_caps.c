// SPDX-License-Identifier: GPL-2.0-only
/*
 * K9, K11: what of the capabilities a user may write, and virtual functions.
 */
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>

#include "config_space.h"
#include "harness.h"
#include "irq.h"
#include "textfile.h"
#include "vfio.h"

/* The vendor capability of a virtio device with this type: its offset. */
static unsigned int virtio_capability(int device, uint8_t type)
{
	unsigned int at = config_read8(device, PCI_CAPABILITY_LIST);

	for (; at; at = config_read8(device, at + PCI_CAP_LIST_NEXT))
		if (config_read8(device, at) == PCI_CAP_ID_VNDR &&
		    config_read8(device, at + VIRTIO_PCI_CAP_CFG_TYPE) == type)
			return at;
	FAIL("no virtio capability of type %u", type);
}

TEST(K9_vendor_capability, "a vendor's capability is written through: it reaches into a BAR")
{
	struct assignment user = assign(vfio_device(VIRTIO_RNG, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int common = virtio_capability(user.device, VIRTIO_PCI_CAP_COMMON_CFG);
	unsigned int window = virtio_capability(user.device, VIRTIO_PCI_CAP_PCI_CFG);
	unsigned int bar = config_read8(user.device, common + VIRTIO_PCI_CAP_BAR);
	uint32_t offset = config_read32(user.device, common + VIRTIO_PCI_CAP_OFFSET);
	struct vfio_region_info info = region_info(user.device, bar);
	uint32_t direct;

	offset += VIRTIO_PCI_COMMON_GFSELECT;
	config_write8(user.device, window + VIRTIO_PCI_CAP_BAR, bar);
	config_write32(user.device, window + VIRTIO_PCI_CAP_OFFSET, offset);
	config_write32(user.device, window + VIRTIO_PCI_CAP_LENGTH, 4);
	EQUAL(config_read32(user.device, window + VIRTIO_PCI_CAP_OFFSET), offset);
	config_write32(user.device, window + sizeof(struct virtio_pci_cap), 0x1234);
	EQUAL(pread64(user.device, &direct, 4, info.offset + offset), 4);
	EQUAL(direct, 0x1234);
	for (unsigned int i = 0; i < 3; i++)
		expect_read_only(user.device, window + i);
}

TEST(K9_no_capability, "bytes that belong to no capability are written through")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(edu.device, PCI_CAP_ID_MSI);
	/* One with no neighbour; and two beside the data of MSI, in its dword. */
	unsigned int alone = 0x80, beside = cap + PCI_MSI_DATA_64 + 2;

	EQUAL(config_read16(edu.device, cap + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_64BIT,
	      PCI_MSI_FLAGS_64BIT);
	config_write32(edu.device, alone, 0x11223344);
	EQUAL(hardware(&edu.pci, alone, 4), 0x11223344);
	EQUAL(config_read32(edu.device, alone), 0x11223344);
	config_write8(edu.device, alone + 1, 0xff);
	EQUAL(hardware(&edu.pci, alone, 4), 0x1122ff44);
	config_write32(edu.device, beside - 2, 0x55667788);
	EQUAL(hardware(&edu.pci, beside, 2), 0x5566);
	EQUAL(hardware(&edu.pci, beside - 2, 2), 0);
	EQUAL(config_read32(edu.device, beside - 2), 0x55667788);
	config_write32(edu.device, alone, 0);
	config_write32(edu.device, beside - 2, 0);
}

static unsigned int ext_capability(int device, uint16_t id)
{
	unsigned int at = 0x100;

	for (; at; at = PCI_EXT_CAP_NEXT(config_read32(device, at)))
		if (PCI_EXT_CAP_ID(config_read32(device, at)) == id)
			return at;
	FAIL("no extended capability 0x%x", id);
}

/* The bits are the device's and the user's; the others stay. */
static void expect_writable(const struct assignment *user, unsigned int at, uint32_t bits)
{
	uint32_t before = config_read32(user->device, at);

	config_write32(user->device, at, before ^ bits);
	EQUAL(config_read32(user->device, at), before ^ bits);
	EQUAL(hardware(&user->pci, at, 4), before ^ bits);
	config_write32(user->device, at, before);
	EQUAL(hardware(&user->pci, at, 4), before);
}

TEST(K9_error_reporting, "masks and severity of errors are the user's, what happened is not")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = ext_capability(nic.device, PCI_EXT_CAP_ID_ERR);

	/* The uncorrectable errors' mask, writable too, is a constant in this device. */
	expect_writable(&nic, cap + PCI_ERR_UNCOR_SEVER, PCI_ERR_UNC_COMP_TIME);
	expect_writable(&nic, cap + PCI_ERR_COR_MASK, PCI_ERR_COR_RCVR);
	expect_writable(&nic, cap + PCI_ERR_CAP, PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE);
	/* Ones only ever clear. */
	config_write32(nic.device, cap + PCI_ERR_UNCOR_STATUS, ~0U);
	config_write32(nic.device, cap + PCI_ERR_COR_STATUS, ~0U);
	EQUAL(config_read32(nic.device, cap + PCI_ERR_UNCOR_STATUS), 0);
	EQUAL(config_read32(nic.device, cap + PCI_ERR_COR_STATUS), 0);
	for (unsigned int i = 0; i < 16; i++)
		expect_read_only(nic.device, cap + PCI_ERR_HEADER_LOG + i);
}

TEST(K8_enable_by_hand, "MSI that is on can be switched off and on in the capability")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(edu.device, PCI_CAP_ID_MSI);
	uint16_t flags = config_read16(edu.device, cap + PCI_MSI_FLAGS);

	irq_enable(edu.device, MSI);
	CHECK(hardware(&edu.pci, cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE);
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags | PCI_MSI_FLAGS_ENABLE);
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags);
	CHECK(!(hardware(&edu.pci, cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE));
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags | PCI_MSI_FLAGS_ENABLE);
	CHECK(hardware(&edu.pci, cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE);
}

TEST(K11_virtual_function, "a virtual function has ids, memory always on, and no pin")
{
	struct pci_device pf = pci_find(NVME, 1), vf;
	struct assignment user;
	uint32_t version;

	if (text_write("0", "/sys/bus/pci/devices/%s/sriov_drivers_autoprobe", pf.name))
		skip("needs a physical function whose driver offers virtual ones");
	CHECK(!system("modprobe nvme"));
	OK(pci_bind(&pf, "nvme"));
	OK(text_write("1", "/sys/bus/pci/devices/%s/sriov_numvfs", pf.name));
	vf = vfio_device(NVME, 2);
	EQUAL(hardware(&vf, PCI_VENDOR_ID, 4), 0xffffffff);

	user = assign(vf, VFIO_TYPE1v2_IOMMU);
	EQUAL(config_read16(user.device, PCI_VENDOR_ID), 0x1b36);
	EQUAL(config_read16(user.device, PCI_DEVICE_ID), 0x0010);
	EQUAL(config_read8(user.device, PCI_INTERRUPT_PIN), 0);
	EQUAL(irq_info(user.device, INTX).count, 0);
	CHECK(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MEMORY);
	/* A note of the user's, as the memory cannot be switched off. */
	config_write16(user.device, PCI_COMMAND, 0);
	EQUAL(config_read16(user.device, PCI_COMMAND), 0);
	EQUAL(pread64(user.device, &version, 4, region_info(user.device, 0).offset + 8), 4);
	CHECK(version != ~0U);
	/* The BAR's size and type are what the physical function says of it. */
	config_write32(user.device, PCI_BASE_ADDRESS_0, ~0U);
	EQUAL(config_read32(user.device, PCI_BASE_ADDRESS_0) & 15, PCI_BASE_ADDRESS_MEM_TYPE_64);
	unassign(&user);
	OK(pci_release(&vf));
	OK(text_write("0", "/sys/bus/pci/devices/%s/sriov_numvfs", pf.name));
}
