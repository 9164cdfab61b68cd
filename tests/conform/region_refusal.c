// SPDX-License-Identifier: GPL-2.0-only
/*
 * P1: what regions refuse, and why.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "harness.h"
#include "refusal.h"
#include "vfio.h"

enum { PAGE = 4096 };

static void map_refused(int device, uint64_t offset, size_t size, int flags)
{
	CHECK(mmap64(NULL, size, PROT_READ, flags, device, offset) == MAP_FAILED);
	EQUAL(errno, EINVAL);
}

TEST(P1_mmap, "the many EINVAL of mmap are told apart")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	int device = nic.device;
	struct vfio_region_info bar = region_info(device, 0);
	struct vfio_region_info rom = region_info(device, VFIO_PCI_ROM_REGION_INDEX);

	refusals_only();
	map_refused(device, rom.offset, PAGE, MAP_SHARED);
	expect_refusal(device, OPENVFIO_REASON_NO_MMAP, EINVAL, "only BARs");
	map_refused(device, region_info(device, 2).offset, PAGE, MAP_SHARED);
	expect_refusal(device, OPENVFIO_REASON_NO_MMAP, EINVAL, "BAR 2");
	map_refused(device, bar.offset, PAGE, MAP_PRIVATE);
	expect_refusal(device, OPENVFIO_REASON_PRIVATE, EINVAL, "MAP_SHARED");
	map_refused(device, bar.offset + bar.size - PAGE, 2 * PAGE, MAP_SHARED);
	expect_refusal(device, OPENVFIO_REASON_BEYOND_END, EINVAL, "2 pages from page 31");
}

TEST(P1_regions, "so are the EINVAL and EIO of reads and writes")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	int device = nic.device;
	struct vfio_region_info bar = region_info(device, 0), none = { .argsz = sizeof(none) };
	struct vfio_region_info rom = region_info(device, VFIO_PCI_ROM_REGION_INDEX);
	uint32_t value = 0;

	refusals_only();
	REFUSED(pread64(device, &value, 4, bar.offset + bar.size), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_BEYOND_END, EINVAL, "0x20000 bytes");
	REFUSED(pread64(device, &value, 4, region_info(device, 5).offset), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_REGION, EINVAL, "nothing in BAR 5");
	REFUSED(pread64(device, &value, 4, 100 * region_info(device, 1).offset), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_REGION, EINVAL, "GET_REGION_INFO");
	REFUSED(pwrite64(device, &value, 4, rom.offset), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_READ_ONLY, EINVAL, "ROM");
	none.index = VFIO_PCI_VGA_REGION_INDEX;
	REFUSED(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &none), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_REGION, EINVAL, "no VGA controller");
	none.index = 9;
	REFUSED(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &none), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_REGION, EINVAL, "region 9");
	memory_enable(device, false);
	REFUSED(pread64(device, &value, 4, bar.offset), EIO);
	expect_refusal(device, OPENVFIO_REASON_MEMORY_OFF, EIO, "COMMAND");
	REFUSED(pread64(device, &value, 4, rom.offset), EIO);
	expect_refusal(device, OPENVFIO_REASON_MEMORY_OFF, EIO, "COMMAND");
}
