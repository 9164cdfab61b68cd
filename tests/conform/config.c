// SPDX-License-Identifier: GPL-2.0-only
/*
 * K1-K8, K10: the virtual configuration space. K9 and K11 are in config_caps.c.
 */
#include <linux/pci_regs.h>
#include <openvfio.h>

#include "config_space.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "vfio.h"

static struct assignment open_edu(void)
{
	return assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
}

static ssize_t try_config(int device, unsigned int offset, void *data, size_t size, bool write)
{
	struct vfio_region_info info = region_info(device, VFIO_PCI_CONFIG_REGION_INDEX);

	return write ? pwrite64(device, data, size, info.offset + offset) :
		       pread64(device, data, size, info.offset + offset);
}

TEST(K1_outside, "config transfers past the end, even in part, are EFAULT and do nothing")
{
	struct assignment edu = open_edu();
	uint8_t line = config_read8(edu.device, PCI_INTERRUPT_LINE);
	unsigned char data[512] = {};
	static const struct { unsigned int offset; size_t size; } bad[] = {
		{ 253, 4 }, { 255, 2 }, { 256, 1 }, { 256, 4 }, { 0, 257 }, { 0, 512 }, { 4096, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		REFUSED(try_config(edu.device, bad[i].offset, data, bad[i].size, false), EFAULT);
		REFUSED(try_config(edu.device, bad[i].offset, data, bad[i].size, true), EFAULT);
	}
	EQUAL(config_read8(edu.device, PCI_INTERRUPT_LINE), line);
}

TEST(P1_config_range, "a config transfer past the end tells how large the space is")
{
	struct assignment edu = open_edu();
	struct openvfio_refusal why = { .argsz = sizeof(why) };
	uint32_t value;

	improvement("refusals have reasons that a program can ask for");
	REFUSED(try_config(edu.device, 254, &value, sizeof(value), false), EFAULT);
	OK(ioctl(edu.device, OPENVFIO_GET_REFUSAL, &why));
	EQUAL(why.reason, OPENVFIO_REASON_CONFIG);
	EQUAL(why.error, EFAULT);
	CHECK(strstr(why.text, "256 bytes; 4 from 0xfe"));
}

TEST(K1_any_size_and_place, "a transfer of any size at any place is the bytes one by one")
{
	struct assignment edu = open_edu();
	unsigned char whole[256], part[256];

	EQUAL(try_config(edu.device, 0, whole, sizeof(whole), false), sizeof(whole));
	for (unsigned int i = 0; i < sizeof(whole); i++)
		EQUAL(config_read8(edu.device, i), whole[i]);
	for (unsigned int offset = 0; offset < 70; offset++)
		for (unsigned int size = 1; size < 12; size++) {
			EQUAL(try_config(edu.device, offset, part, size, false), size);
			CHECK(!memcmp(part, whole + offset, size));
		}
}

TEST(K1_large_space, "an Express device has 4096 bytes of it, readable to the last")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned char *whole = pages(4096);

	EQUAL(try_config(nvme.device, 0, whole, 4096, false), 4096);
	EQUAL(whole[0] | whole[1] << 8, 0x1b36);
	REFUSED(try_config(nvme.device, 4095, whole, 2, false), EFAULT);
}

TEST(K2_read_only_fields, "identity, class, header type, pin and capability pointer do not change")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	static const unsigned int fields[] = {
		PCI_VENDOR_ID, PCI_VENDOR_ID + 1, PCI_DEVICE_ID, PCI_DEVICE_ID + 1,
		PCI_REVISION_ID, PCI_CLASS_PROG, PCI_CLASS_DEVICE, PCI_CLASS_DEVICE + 1,
		PCI_HEADER_TYPE, PCI_SUBSYSTEM_VENDOR_ID, PCI_SUBSYSTEM_ID,
		PCI_CAPABILITY_LIST, PCI_INTERRUPT_PIN, PCI_MIN_GNT, PCI_MAX_LAT,
		PCI_STATUS,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		expect_read_only(nic.device, fields[i]);
	EQUAL(config_read16(nic.device, PCI_VENDOR_ID), 0x8086);
	EQUAL(config_read16(nic.device, PCI_DEVICE_ID), 0x10d3);
}

TEST(K2_next_pointers, "id and next pointer of every capability are read-only")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int offset = config_read8(nic.device, PCI_CAPABILITY_LIST), count = 0;

	CHECK(offset);
	for (; offset; offset = config_read8(nic.device, offset + PCI_CAP_LIST_NEXT)) {
		expect_read_only(nic.device, offset + PCI_CAP_LIST_ID);
		expect_read_only(nic.device, offset + PCI_CAP_LIST_NEXT);
		CHECK(count++ < 48);
	}
	CHECK(count >= 4);
	for (unsigned int i = 0; i < 4; i++)
		expect_read_only(nic.device, 0x100 + i);
}

TEST(K2_interrupt_line, "INTERRUPT_LINE is the user's own, the device's stays")
{
	struct assignment edu = open_edu();
	uint32_t real = hardware(&edu.pci, PCI_INTERRUPT_LINE, 1);

	config_write8(edu.device, PCI_INTERRUPT_LINE, real ^ 0xff);
	EQUAL(config_read8(edu.device, PCI_INTERRUPT_LINE), (real ^ 0xff) & 0xff);
	EQUAL(hardware(&edu.pci, PCI_INTERRUPT_LINE, 1), real);
}

TEST(K2_written_through, "cache line size and COMMAND's bus master go to the device")
{
	struct assignment edu = open_edu();

	config_write8(edu.device, PCI_CACHE_LINE_SIZE, 0x20);
	EQUAL(hardware(&edu.pci, PCI_CACHE_LINE_SIZE, 1), 0x20);
	EQUAL(config_read8(edu.device, PCI_CACHE_LINE_SIZE), 0x20);
	bus_master(edu.device, true);
	CHECK(hardware(&edu.pci, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	CHECK(config_read16(edu.device, PCI_COMMAND) & PCI_COMMAND_MASTER);
	bus_master(edu.device, false);
	CHECK(!(hardware(&edu.pci, PCI_COMMAND, 2) & PCI_COMMAND_MASTER));
}

static uint32_t size_bar(int device, unsigned int bar)
{
	unsigned int offset = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint32_t before = config_read32(device, offset), mask;

	config_write32(device, offset, ~0U);
	mask = config_read32(device, offset);
	config_write32(device, offset, before);
	EQUAL(config_read32(device, offset), before);
	return mask;
}

TEST(K3_bar_sizing, "ones written to a BAR read back as its size and type; absent ones are 0")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	uint32_t type = config_read32(nic.device, PCI_BASE_ADDRESS_0) & 15;

	EQUAL(size_bar(nic.device, 0), 0xfffe0000 | type);
	EQUAL(size_bar(nic.device, 1), 0xfffe0000);
	EQUAL(size_bar(nic.device, 2), 0xffffffe0 | PCI_BASE_ADDRESS_SPACE_IO);
	EQUAL(size_bar(nic.device, 3), 0xffffc000);
	EQUAL(size_bar(nic.device, 4), 0);
	EQUAL(size_bar(nic.device, 5), 0);
}

TEST(K3_64_bit_bar, "both halves of a 64-bit BAR can be sized")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);

	EQUAL(size_bar(nvme.device, 0), 0xffffc000 | PCI_BASE_ADDRESS_MEM_TYPE_64);
	EQUAL(size_bar(nvme.device, 1), 0xffffffff);
}

TEST(K3_real_bars_untouched, "whatever is written to a BAR, the device's own stays, and works")
{
	struct assignment edu = open_edu();
	uint32_t real = hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4);
	volatile uint32_t *bar = bar_map(edu.device, 0);

	config_write32(edu.device, PCI_BASE_ADDRESS_0, 0xabc00000);
	EQUAL(config_read32(edu.device, PCI_BASE_ADDRESS_0), 0xabc00000);
	EQUAL(hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4), real);
	/* Also over a change of COMMAND, when virtual and real BARs are compared. */
	memory_enable(edu.device, false);
	memory_enable(edu.device, true);
	EQUAL(hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4), real);
	EQUAL(bar[0] & 0xff, 0xed);
	EQUAL(config_read32(edu.device, PCI_BASE_ADDRESS_0), 0xabc00000);
}

TEST(K3_bars_restored, "BARs lost by a reset behind the kernel's back are back with decoding")
{
	struct assignment edu = open_edu();
	uint32_t real = hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4);
	volatile uint32_t *bar = bar_map(edu.device, 0);

	hardware_write(&edu.pci, PCI_COMMAND, 2, 0);
	hardware_write(&edu.pci, PCI_BASE_ADDRESS_0, 4, 0);
	EQUAL(hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4), 0);
	memory_enable(edu.device, true);
	EQUAL(hardware(&edu.pci, PCI_BASE_ADDRESS_0, 4), real);
	EQUAL(bar[0] & 0xff, 0xed);
}

TEST(K3_rom_bar, "the ROM BAR is sized with its enable bit, which the user may set")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);

	config_write32(nic.device, PCI_ROM_ADDRESS, ~0U);
	EQUAL(config_read32(nic.device, PCI_ROM_ADDRESS), 0xfffc0000 | PCI_ROM_ADDRESS_ENABLE);
	config_write32(nic.device, PCI_ROM_ADDRESS, ~PCI_ROM_ADDRESS_ENABLE);
	EQUAL(config_read32(nic.device, PCI_ROM_ADDRESS), 0xfffc0000);
	EQUAL(hardware(&nic.pci, PCI_ROM_ADDRESS, 4) & PCI_ROM_ADDRESS_ENABLE, 0);
}

TEST(K4_command, "COMMAND shows what was written; its unknown bits stay 0")
{
	static const uint16_t bits[] = {
		PCI_COMMAND_MEMORY, PCI_COMMAND_MASTER, PCI_COMMAND_INTX_DISABLE,
	};
	struct assignment edu = open_edu();
	uint16_t first = config_read16(edu.device, PCI_COMMAND);

	EQUAL(first & PCI_COMMAND_MASTER, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		config_write16(edu.device, PCI_COMMAND, first ^ bits[i]);
		EQUAL(config_read16(edu.device, PCI_COMMAND), first ^ bits[i]);
		config_write16(edu.device, PCI_COMMAND, first);
		EQUAL(config_read16(edu.device, PCI_COMMAND), first);
	}
	config_write16(edu.device, PCI_COMMAND, first | 0xf000);
	EQUAL(config_read16(edu.device, PCI_COMMAND) & 0xf000, 0);
}

TEST(K4_command_by_bytes, "COMMAND may be written a byte at a time")
{
	struct assignment edu = open_edu();
	uint16_t first = config_read16(edu.device, PCI_COMMAND);

	config_write8(edu.device, PCI_COMMAND + 1, PCI_COMMAND_INTX_DISABLE >> 8);
	EQUAL(config_read16(edu.device, PCI_COMMAND), (first & 0xff) | PCI_COMMAND_INTX_DISABLE);
	config_write8(edu.device, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	CHECK(hardware(&edu.pci, PCI_COMMAND, 2) & PCI_COMMAND_MASTER);
	CHECK(config_read16(edu.device, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
}

TEST(K5_pin, "the interrupt pin is that of the device: INTA, or none")
{
	struct assignment edu = open_edu();
	struct assignment testdev = assign(vfio_device(PCI_TESTDEV, 0), VFIO_TYPE1v2_IOMMU);

	EQUAL(config_read8(edu.device, PCI_INTERRUPT_PIN), 1);
	EQUAL(config_read8(testdev.device, PCI_INTERRUPT_PIN), 0);
}

TEST(K6_d3hot, "in D3hot a BAR is EIO; back in D0 the device works")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(nic.device, 0);
	uint32_t value;

	EQUAL(pread64(nic.device, &value, 4, info.offset + 8), 4);
	set_power(nic.device, 3);
	EQUAL(power_state(nic.device), 3);
	REFUSED(pread64(nic.device, &value, 4, info.offset + 8), EIO);
	set_power(nic.device, 0);
	EQUAL(power_state(nic.device), 0);
	EQUAL(pread64(nic.device, &value, 4, info.offset + 8), 4);
}

TEST(K6_pme, "PME is neither announced nor enabled, whatever is written")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(nic.device, PCI_CAP_ID_PM);

	EQUAL(config_read16(nic.device, cap + PCI_PM_PMC) & PCI_PM_CAP_PME_MASK, 0);
	config_write16(nic.device, cap + PCI_PM_CTRL, PCI_PM_CTRL_PME_ENABLE);
	EQUAL(config_read16(nic.device, cap + PCI_PM_CTRL) & PCI_PM_CTRL_PME_ENABLE, 0);
	EQUAL(hardware(&nic.pci, cap + PCI_PM_CTRL, 2) & PCI_PM_CTRL_PME_ENABLE, 0);
}

TEST(K7_function_level_reset, "the FLR bit resets the device and reads as 0")
{
	enum { CONFIGURATION = 0x14 / 4 };
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(user.device, PCI_CAP_ID_EXP);
	struct nvme nvme = nvme_start(&user);
	uint16_t control = config_read16(user.device, cap + PCI_EXP_DEVCTL);

	CHECK(config_read32(user.device, cap + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	CHECK(nvme.bar[CONFIGURATION] & 1);
	config_write16(user.device, cap + PCI_EXP_DEVCTL, control | PCI_EXP_DEVCTL_BCR_FLR);
	EQUAL(config_read16(user.device, cap + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR, 0);
	EQUAL(nvme.bar[CONFIGURATION] & 1, 0);
	nvme_restart(&nvme);
	nvme_complete_one(&nvme, 0);
}

TEST(K7_payload_is_virtual, "the maximum payload size can be written, and the device keeps its own")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(user.device, PCI_CAP_ID_EXP);
	uint16_t real = hardware(&user.pci, cap + PCI_EXP_DEVCTL, 2);
	uint16_t other = (real ^ 0x20) & PCI_EXP_DEVCTL_PAYLOAD;

	config_write16(user.device, cap + PCI_EXP_DEVCTL,
		       (real & ~PCI_EXP_DEVCTL_PAYLOAD) | other);
	EQUAL(config_read16(user.device, cap + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_PAYLOAD, other);
	EQUAL(hardware(&user.pci, cap + PCI_EXP_DEVCTL, 2) & PCI_EXP_DEVCTL_PAYLOAD,
	      real & PCI_EXP_DEVCTL_PAYLOAD);
}

TEST(K8_msi_is_virtual, "MSI address and data are the user's, enable only sticks once it is on")
{
	struct assignment edu = open_edu();
	unsigned int cap = config_capability(edu.device, PCI_CAP_ID_MSI);
	uint16_t flags = config_read16(edu.device, cap + PCI_MSI_FLAGS);
	uint32_t real = hardware(&edu.pci, cap + PCI_MSI_ADDRESS_LO, 4);

	CHECK(cap);
	EQUAL(flags & PCI_MSI_FLAGS_ENABLE, 0);
	config_write32(edu.device, cap + PCI_MSI_ADDRESS_LO, 0xfee01230);
	EQUAL(config_read32(edu.device, cap + PCI_MSI_ADDRESS_LO), 0xfee01230);
	EQUAL(hardware(&edu.pci, cap + PCI_MSI_ADDRESS_LO, 4), real);
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags | PCI_MSI_FLAGS_ENABLE);
	EQUAL(config_read16(edu.device, cap + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE, 0);
	EQUAL(hardware(&edu.pci, cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE, 0);

	irq_enable(edu.device, MSI);
	CHECK(hardware(&edu.pci, cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE);
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags | PCI_MSI_FLAGS_ENABLE);
	CHECK(config_read16(edu.device, cap + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE);
	config_write16(edu.device, cap + PCI_MSI_FLAGS, flags);
	EQUAL(config_read16(edu.device, cap + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE, 0);
	OK(try_irq_disable(edu.device, MSI));
}

TEST(K8_msix_is_read_only, "the MSI-X capability shows the device and takes no write")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(user.device, PCI_CAP_ID_MSIX);
	uint16_t flags = config_read16(user.device, cap + PCI_MSIX_FLAGS);

	EQUAL(flags & PCI_MSIX_FLAGS_ENABLE, 0);
	EQUAL(flags & PCI_MSIX_FLAGS_QSIZE, 64);
	config_write16(user.device, cap + PCI_MSIX_FLAGS, flags | PCI_MSIX_FLAGS_ENABLE);
	EQUAL(config_read16(user.device, cap + PCI_MSIX_FLAGS), flags);
	irq_enable(user.device, MSIX);
	CHECK(config_read16(user.device, cap + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_ENABLE);
	config_write16(user.device, cap + PCI_MSIX_FLAGS, 0);
	CHECK(config_read16(user.device, cap + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_ENABLE);
}

static bool hidden(unsigned int id)
{
	switch (id) {
	case PCI_CAP_ID_SLOTID:
	case PCI_CAP_ID_CHSWP:
	case PCI_CAP_ID_DBG:
	case PCI_CAP_ID_CCRC:
	case PCI_CAP_ID_SHPC:
	case PCI_CAP_ID_SSVID:
	case PCI_CAP_ID_AGP3:
	case PCI_CAP_ID_SECDEV:
		return true;
	default:
		return id > PCI_CAP_ID_MAX;
	}
}

TEST(K10_capability_list, "the list is the device's own without the capabilities that are hidden")
{
	struct pci_device found[] = {
		vfio_device(EDU, 0), vfio_device(NVME, 0), vfio_device(E1000E, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct assignment user = assign(found[i], VFIO_TYPE1v2_IOMMU);
		unsigned int real = hardware(&found[i], PCI_CAPABILITY_LIST, 1);
		unsigned int shown = config_read8(user.device, PCI_CAPABILITY_LIST), count = 0;

		for (; real; real = hardware(&found[i], real + PCI_CAP_LIST_NEXT, 1)) {
			if (hidden(hardware(&found[i], real, 1)))
				continue;
			EQUAL(shown, real);
			EQUAL(config_read8(user.device, shown), hardware(&found[i], real, 1));
			shown = config_read8(user.device, shown + PCI_CAP_LIST_NEXT);
			count++;
		}
		EQUAL(shown, 0);
		CHECK(count);
		unassign(&user);
	}
}

TEST(K10_no_capabilities, "a device without capabilities has no CAP_LIST bit")
{
	struct assignment testdev = assign(vfio_device(PCI_TESTDEV, 0), VFIO_TYPE1v2_IOMMU);

	EQUAL(config_read8(testdev.device, PCI_CAPABILITY_LIST), 0);
	EQUAL(config_read16(testdev.device, PCI_STATUS) & PCI_STATUS_CAP_LIST, 0);
}

TEST(K10_extended_capabilities,
	"the extended list begins at 0x100, and every entry is the device's")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int offset = 0x100, count = 0;

	do {
		uint32_t header = config_read32(nic.device, offset);

		EQUAL(PCI_EXT_CAP_ID(header), PCI_EXT_CAP_ID(hardware(&nic.pci, offset, 4)));
		EQUAL(PCI_EXT_CAP_VER(header), PCI_EXT_CAP_VER(hardware(&nic.pci, offset, 4)));
		offset = PCI_EXT_CAP_NEXT(header);
		CHECK(count++ < 64);
	} while (offset);
	/* AER and the serial number. */
	EQUAL(count, 2);
}
