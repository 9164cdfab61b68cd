// SPDX-License-Identifier: GPL-2.0-only
/*
 * V1, V4-V6: which devices vfio-pci takes, and what it tells about their regions
 * and interrupts.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "harness.h"
#include "textfile.h"
#include "vfio.h"

#define READABLE (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)
#define MAPPABLE (READABLE | VFIO_REGION_INFO_FLAG_MMAP)
#define ANY_IRQ_BUT_INTX (VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE)

NATIVE_TEST(V1_bridges_are_refused, "vfio-pci does not take a bridge: the probe is EINVAL")
{
	struct pci_device bridge = pci_find(0x8086, 0x244e, 0);

	REFUSED(pci_bind(&bridge, "vfio-pci"), EINVAL);
	CHECK(!pci_driven_by(&bridge, "vfio-pci"));
	CHECK(!path_exists("/dev/vfio/%d", bridge.group));
}

NATIVE_TEST(V1_needs_override, "vfio-pci takes no device without an override or a dynamic id")
{
	struct pci_device edu = pci_find(EDU, 0);

	OK(pci_release(&edu));
	REFUSED(text_write(edu.name, "/sys/bus/pci/drivers/vfio-pci/bind"), ENODEV);
	CHECK(!pci_driven_by(&edu, "vfio-pci"));
}

NATIVE_TEST(V1_physical_function_in_use, "a function whose virtual functions are enabled is EBUSY")
{
	struct pci_device pf = pci_find(NVME, 1);
	int error;

	if (system("modprobe nvme"))
		skip("needs the driver nvme");
	OK(pci_bind(&pf, "nvme"));
	OK(text_write("1", "/sys/bus/pci/devices/%s/sriov_numvfs", pf.name));
	error = pci_bind(&pf, "vfio-pci") ? errno : 0;
	/* Its host driver left them enabled when it was unbound. */
	OK(pci_bind(&pf, "nvme"));
	OK(text_write("0", "/sys/bus/pci/devices/%s/sriov_numvfs", pf.name));
	EQUAL(error, EBUSY);
	OK(pci_bind(&pf, "vfio-pci"));
}

TEST(V4_device_info, "GET_INFO: PCI, 9 regions, 5 interrupts; RESET iff the device has a method")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_device_info info = device_info(edu.device);

	EQUAL(info.flags, VFIO_DEVICE_FLAGS_PCI);
	EQUAL(info.num_regions, VFIO_PCI_NUM_REGIONS);
	EQUAL(info.num_irqs, VFIO_PCI_NUM_IRQS);
	info = device_info(nvme.device);
	EQUAL(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	EQUAL(info.num_regions, VFIO_PCI_NUM_REGIONS);
	EQUAL(info.num_irqs, VFIO_PCI_NUM_IRQS);
}

static void expect_region(int device, unsigned int index, uint64_t size, uint32_t flags)
{
	struct vfio_region_info info = region_info(device, index);

	EQUAL(info.index, index);
	if (info.size != size || (info.flags & ~VFIO_REGION_INFO_FLAG_CAPS) != flags)
		FAIL("region %u: size 0x%llx flags 0x%x, not 0x%llx 0x%x", index,
		     (unsigned long long)info.size, info.flags, (unsigned long long)size, flags);
}

TEST(V5_memory_bar, "a memory BAR of at least a page: READ, WRITE and MMAP, absent ones size 0")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	expect_region(edu.device, VFIO_PCI_BAR0_REGION_INDEX, MIB, MAPPABLE);
	for (unsigned int i = VFIO_PCI_BAR1_REGION_INDEX; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		expect_region(edu.device, i, 0, 0);
	expect_region(edu.device, VFIO_PCI_ROM_REGION_INDEX, 0, 0);
	/* A conventional device has the small configuration space. */
	expect_region(edu.device, VFIO_PCI_CONFIG_REGION_INDEX, 256, READABLE);
}

TEST(V5_mixed_bars, "memory, I/O and ROM of one device; I/O is never mappable, a ROM only readable")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);

	expect_region(nic.device, VFIO_PCI_BAR0_REGION_INDEX, 0x20000, MAPPABLE);
	expect_region(nic.device, VFIO_PCI_BAR1_REGION_INDEX, 0x20000, MAPPABLE);
	expect_region(nic.device, VFIO_PCI_BAR2_REGION_INDEX, 32, READABLE);
	expect_region(nic.device, VFIO_PCI_BAR3_REGION_INDEX, 0x4000, MAPPABLE);
	expect_region(nic.device, VFIO_PCI_BAR4_REGION_INDEX, 0, 0);
	expect_region(nic.device, VFIO_PCI_ROM_REGION_INDEX, 0x40000,
		      VFIO_REGION_INFO_FLAG_READ);
	expect_region(nic.device, VFIO_PCI_CONFIG_REGION_INDEX, 4096, READABLE);
}

TEST(V5_64_bit_bar, "the upper half of a 64-bit BAR is an empty region")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);

	expect_region(nvme.device, VFIO_PCI_BAR0_REGION_INDEX, 0x4000, MAPPABLE);
	expect_region(nvme.device, VFIO_PCI_BAR1_REGION_INDEX, 0, 0);
	expect_region(nvme.device, VFIO_PCI_CONFIG_REGION_INDEX, 4096, READABLE);
}

TEST(V5_small_io_bar, "an I/O BAR smaller than a page is readable and writable")
{
	struct assignment serial = assign(vfio_device(PCI_SERIAL, 0), VFIO_TYPE1v2_IOMMU);

	expect_region(serial.device, VFIO_PCI_BAR0_REGION_INDEX, 8, READABLE);
}

TEST(V5_no_such_region, "the VGA region of another device and every index from 9 on are EINVAL")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const unsigned int indices[] = {
		VFIO_PCI_VGA_REGION_INDEX, VFIO_PCI_NUM_REGIONS, 10, 255, 0x80000000, ~0U,
	};

	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		struct vfio_region_info info = {
			.argsz = sizeof(info), .index = indices[i], .size = 0xaa,
		};

		REFUSED(ioctl(edu.device, VFIO_DEVICE_GET_REGION_INFO, &info), EINVAL);
		EQUAL(info.size, 0xaa);
	}
}

TEST(V5_offsets_do_not_overlap, "each region has a place of its own in the device file")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);

	for (unsigned int i = 0; i < VFIO_PCI_VGA_REGION_INDEX; i++) {
		struct vfio_region_info a = region_info(nic.device, i);

		for (unsigned int j = 0; j < i; j++) {
			struct vfio_region_info b = region_info(nic.device, j);

			CHECK(a.offset != b.offset);
			CHECK(a.offset >= b.offset + b.size || b.offset >= a.offset + a.size);
		}
	}
}

static void expect_irq(int device, unsigned int index, uint32_t count, uint32_t flags)
{
	struct vfio_irq_info info = irq_info(device, index);

	EQUAL(info.index, index);
	if (info.count != count || info.flags != flags)
		FAIL("interrupt %u: count %u flags 0x%x, not %u 0x%x", index, info.count,
		     info.flags, count, flags);
}

#define INTX_FLAGS \
	(VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED)

TEST(V6_conventional_device, "edu: one INTx, one MSI, no MSI-X, no ERR, one REQ")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_irq_info err = { .argsz = sizeof(err), .index = VFIO_PCI_ERR_IRQ_INDEX };

	expect_irq(edu.device, VFIO_PCI_INTX_IRQ_INDEX, 1, INTX_FLAGS);
	expect_irq(edu.device, VFIO_PCI_MSI_IRQ_INDEX, 1, ANY_IRQ_BUT_INTX);
	/* Absent, but not an error. */
	expect_irq(edu.device, VFIO_PCI_MSIX_IRQ_INDEX, 0, ANY_IRQ_BUT_INTX);
	expect_irq(edu.device, VFIO_PCI_REQ_IRQ_INDEX, 1, ANY_IRQ_BUT_INTX);
	REFUSED(ioctl(edu.device, VFIO_DEVICE_GET_IRQ_INFO, &err), EINVAL);
}

TEST(V6_express_device, "PCI Express devices have ERR; MSI-X counts the table")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);

	expect_irq(nvme.device, VFIO_PCI_INTX_IRQ_INDEX, 1, INTX_FLAGS);
	expect_irq(nvme.device, VFIO_PCI_MSI_IRQ_INDEX, 0, ANY_IRQ_BUT_INTX);
	expect_irq(nvme.device, VFIO_PCI_MSIX_IRQ_INDEX, 65, ANY_IRQ_BUT_INTX);
	expect_irq(nvme.device, VFIO_PCI_ERR_IRQ_INDEX, 1, ANY_IRQ_BUT_INTX);
	expect_irq(nvme.device, VFIO_PCI_REQ_IRQ_INDEX, 1, ANY_IRQ_BUT_INTX);
	expect_irq(nic.device, VFIO_PCI_MSI_IRQ_INDEX, 1, ANY_IRQ_BUT_INTX);
	expect_irq(nic.device, VFIO_PCI_MSIX_IRQ_INDEX, 5, ANY_IRQ_BUT_INTX);
}

TEST(V6_device_without_interrupts, "a device with no interrupt pin has INTx count 0")
{
	struct assignment testdev = assign(vfio_device(PCI_TESTDEV, 0), VFIO_TYPE1v2_IOMMU);

	expect_irq(testdev.device, VFIO_PCI_INTX_IRQ_INDEX, 0, INTX_FLAGS);
	expect_irq(testdev.device, VFIO_PCI_MSI_IRQ_INDEX, 0, ANY_IRQ_BUT_INTX);
	EQUAL(config_read8(testdev.device, PCI_INTERRUPT_PIN), 0);
}

TEST(V6_no_such_interrupt, "every index from 5 on is EINVAL")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const unsigned int indices[] = { VFIO_PCI_NUM_IRQS, 6, 255, 0x80000000, ~0U };

	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = indices[i] };

		REFUSED(ioctl(edu.device, VFIO_DEVICE_GET_IRQ_INFO, &info), EINVAL);
	}
}
