// SPDX-License-Identifier: GPL-2.0-only
/*
 * V5, B1: the VGA region and the shadow ROM of the machine's display, which nobody looks
 * at: the console is a serial line.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "refusal.h"
#include "vfio.h"

enum {
	SEQUENCER = 0x3c4,	/* index; data behind it */
	GRAPHICS = 0x3ce,
	STATUS = 0x3da,
	TEXT = 0xb8000,
	PAGE = 4096,
};

struct vga {
	struct assignment user;
	uint64_t offset;
};

static struct vga vga_open(void)
{
	struct vga vga = { .user = assign(vfio_device(VGA, 0), VFIO_TYPE1v2_IOMMU) };

	vga.offset = region_info(vga.user.device, VFIO_PCI_VGA_REGION_INDEX).offset;
	return vga;
}

static ssize_t vga_read(const struct vga *vga, uint32_t at, void *data, size_t size)
{
	return pread64(vga->user.device, data, size, vga->offset + at);
}

static ssize_t vga_write(const struct vga *vga, uint32_t at, const void *data, size_t size)
{
	return pwrite64(vga->user.device, data, size, vga->offset + at);
}

static uint8_t port_in(const struct vga *vga, uint32_t port)
{
	uint8_t value;

	EQUAL(vga_read(vga, port, &value, 1), 1);
	return value;
}

static void port_out(const struct vga *vga, uint32_t port, uint8_t value)
{
	EQUAL(vga_write(vga, port, &value, 1), 1);
}

TEST(V5_vga_region, "the VGA region of a VGA controller: 0xc0000 bytes, READ and WRITE, no MMAP")
{
	struct vga vga = vga_open();
	struct vfio_region_info info = region_info(vga.user.device, VFIO_PCI_VGA_REGION_INDEX);

	EQUAL(info.size, 0xc0000);
	EQUAL(info.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
	EQUAL(device_info(vga.user.device).num_regions, VFIO_PCI_NUM_REGIONS);
	CHECK(mmap64(NULL, PAGE, PROT_READ, MAP_SHARED, vga.user.device, vga.offset + 0xa0000) ==
	      MAP_FAILED);
	EQUAL(errno, EINVAL);
}

TEST(B1_vga_ports, "index and data registers behind the VGA ports, by bytes and as one word")
{
	static const uint8_t pair[] = { 8, 0x5a };
	struct vga vga = vga_open();
	uint8_t mask;

	/* The bit mask register of the graphics controller holds what is written. */
	port_out(&vga, GRAPHICS, 8);
	EQUAL(port_in(&vga, GRAPHICS), 8);
	mask = port_in(&vga, GRAPHICS + 1);
	EQUAL(vga_write(&vga, GRAPHICS, pair, 2), 2);
	EQUAL(port_in(&vga, GRAPHICS + 1), 0x5a);
	port_out(&vga, GRAPHICS + 1, mask);
	/* Ports are not concerned by what the device decodes as memory. */
	memory_enable(vga.user.device, false);
	port_out(&vga, SEQUENCER, 2);
	EQUAL(port_in(&vga, SEQUENCER), 2);
}

TEST(B1_vga_memory, "the VGA memory keeps what is written, at any width and place")
{
	struct vga vga = vga_open();
	char before[64], pattern[64], after[64];

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = 'a' + i % 26;
	EQUAL(vga_read(&vga, TEXT, before, sizeof(before)), sizeof(before));
	EQUAL(vga_write(&vga, TEXT, pattern, sizeof(pattern)), sizeof(pattern));
	EQUAL(vga_read(&vga, TEXT, after, sizeof(after)), sizeof(after));
	EQUAL(memcmp(pattern, after, sizeof(pattern)), 0);
	EQUAL(vga_write(&vga, TEXT + 3, "odd", 3), 3);
	EQUAL(vga_read(&vga, TEXT + 1, after, 7), 7);
	EQUAL(memcmp(after, "bcoddgh", 7), 0);
	EQUAL(vga_write(&vga, TEXT, before, sizeof(before)), sizeof(before));
}

TEST(B1_vga_ends, "a transfer is cut at the end of a VGA range; between the ranges it is EINVAL")
{
	static const uint32_t holes[] = {
		0, 0x3af, 0x3bc, 0x3bf, 0x3e0, 0x9ffff, 0xc0000, 0xfffff,
	};
	struct vga vga = vga_open();
	void *nothing = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char data[16] = {};

	EQUAL(vga_read(&vga, STATUS, data, sizeof(data)), 6);
	EQUAL(vga_read(&vga, 0x3b8, data, sizeof(data)), 4);
	EQUAL(vga_read(&vga, 0xbfffc, data, sizeof(data)), 4);
	EQUAL(vga_read(&vga, 0, data, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		REFUSED(vga_read(&vga, holes[i], data, 1), EINVAL);
		REFUSED(vga_write(&vga, holes[i], data, 1), EINVAL);
	}
	REFUSED(vga_read(&vga, TEXT, nothing, 4), EFAULT);
	REFUSED(vga_write(&vga, TEXT, nothing, 4), EFAULT);
}

TEST(B1_vga_whole_memory, "all of the VGA memory in one transfer")
{
	enum { SIZE = 0x20000 };
	struct vga vga = vga_open();
	char *data = pages(SIZE + PAGE);

	EQUAL(vga_read(&vga, 0xa0000, data, SIZE + PAGE), SIZE);
	EQUAL(vga_write(&vga, 0xa0000, data, SIZE + PAGE), SIZE);
	EQUAL(vga_read(&vga, 0xa0000, data + 1, SIZE), SIZE);
}

TEST(V5_shadow_rom, "the boot display's ROM is what the firmware left of it: 0x20000 bytes")
{
	struct vga vga = vga_open();
	struct vfio_region_info info = region_info(vga.user.device, VFIO_PCI_ROM_REGION_INDEX);
	unsigned char whole[64], part[8];

	EQUAL(info.size, 0x20000);
	EQUAL(info.flags, VFIO_REGION_INFO_FLAG_READ);
	EQUAL(pread64(vga.user.device, whole, sizeof(whole), info.offset), sizeof(whole));
	EQUAL(whole[0], 0x55);
	EQUAL(whole[1], 0xaa);
	EQUAL(pread64(vga.user.device, part, sizeof(part), info.offset + 5), sizeof(part));
	EQUAL(memcmp(whole + 5, part, sizeof(part)), 0);
	EQUAL(pread64(vga.user.device, whole, sizeof(whole), info.offset + info.size - 4), 4);
	REFUSED(pwrite64(vga.user.device, part, 1, info.offset), EINVAL);
}

NATIVE_TEST(V5_vga_disabled, "with disable_vga there is no VGA region, and what is left works")
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_VGA_REGION_INDEX,
	};
	struct vga vga = vga_open();
	char byte;

	unassign(&vga.user);
	if (system("vfio-modules unload && modprobe vfio-pci disable_vga=1"))
		FAIL("cannot load the modules with disable_vga");
	vga.user = assign(vfio_device(VGA, 0), VFIO_TYPE1v2_IOMMU);
	REFUSED(ioctl(vga.user.device, VFIO_DEVICE_GET_REGION_INFO, &info), EINVAL);
	REFUSED(vga_read(&vga, STATUS, &byte, 1), EINVAL);
	CHECK(region_info(vga.user.device, 0).size);
	unassign(&vga.user);
	if (system("vfio-modules unload && vfio-modules load"))
		FAIL("cannot load the modules again");
}

TEST(P1_vga, "which addresses VGA controllers have is told to who asks for others")
{
	struct vga vga = vga_open();
	char byte;

	refusals_only();
	REFUSED(vga_read(&vga, 0x3e0, &byte, 1), EINVAL);
	expect_refusal(vga.user.device, OPENVFIO_REASON_VGA_RANGE, EINVAL, "0x3e0");
	expect_refusal(vga.user.device, OPENVFIO_REASON_VGA_RANGE, EINVAL, "0x3c0-0x3df");
}
