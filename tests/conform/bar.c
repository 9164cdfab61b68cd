// SPDX-License-Identifier: GPL-2.0-only
/*
 * B1-B7: BARs and ROM through read, write and mmap.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "process.h"
#include "touch.h"
#include "vfio.h"

enum { PAGE = 4096, EDU_IDENTITY = 0x010000ed };

static ssize_t try_read(int device, const struct vfio_region_info *info, uint64_t offset,
			void *data, size_t size)
{
	return pread64(device, data, size, info->offset + offset);
}

static ssize_t try_write(int device, const struct vfio_region_info *info, uint64_t offset,
			 const void *data, size_t size)
{
	return pwrite64(device, data, size, info->offset + offset);
}

static uint32_t read32(int device, const struct vfio_region_info *info, uint64_t offset)
{
	uint32_t value;

	EQUAL(try_read(device, info, offset, &value, sizeof(value)), sizeof(value));
	return value;
}

static void write32(int device, const struct vfio_region_info *info, uint64_t offset,
		    uint32_t value)
{
	EQUAL(try_write(device, info, offset, &value, sizeof(value)), sizeof(value));
}

TEST(B1_read_and_write, "pread and pwrite reach the registers that mmap shows")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	volatile uint32_t *bar = bar_map(user.device, 0);

	EQUAL(read32(user.device, &info, 0), EDU_IDENTITY);
	EQUAL(bar[0], EDU_IDENTITY);
	write32(user.device, &info, 4, 0x0f0f0f0f);
	EQUAL(bar[1], 0xf0f0f0f0);
	bar[1] = 0x12345678;
	EQUAL(read32(user.device, &info, 4), ~0x12345678U);
}

TEST(B1_ends_of_a_region, "size 0 gives 0, a transfer over the end is cut, one past it EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	char data[16] = {};

	EQUAL(try_read(user.device, &info, 0, data, 0), 0);
	EQUAL(try_write(user.device, &info, 0, data, 0), 0);
	EQUAL(try_read(user.device, &info, info.size - 8, data, 16), 8);
	EQUAL(try_write(user.device, &info, info.size - 8, data, 16), 8);
	REFUSED(try_read(user.device, &info, info.size, data, 4), EINVAL);
	REFUSED(try_write(user.device, &info, info.size, data, 4), EINVAL);
	REFUSED(try_read(user.device, &info, info.size + MIB, data, 4), EINVAL);
}

TEST(B1_absent_regions, "transfers to a BAR, ROM, VGA or index that is not there are EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint64_t apart = region_info(user.device, 1).offset - region_info(user.device, 0).offset;
	static const unsigned int absent[] = { 1, 2, 3, 4, 5, 6, 8, 9, 10, 100, 1000 };
	uint32_t value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		REFUSED(pread64(user.device, &value, 4, absent[i] * apart), EINVAL);
		REFUSED(pwrite64(user.device, &value, 4, absent[i] * apart), EINVAL);
	}
}

TEST(B1_no_seeking, "lseek is ESPIPE, plain read begins at 0, the first BAR")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint32_t value;

	REFUSED(lseek(user.device, 0, SEEK_SET), ESPIPE);
	REFUSED(lseek(user.device, 4, SEEK_CUR), ESPIPE);
	EQUAL(region_info(user.device, 0).offset, 0);
	EQUAL(read(user.device, &value, sizeof(value)), sizeof(value));
	EQUAL(value, EDU_IDENTITY);
}

TEST(B1_bad_memory, "a transfer from or to memory that is not there is EFAULT")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *nothing = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_region_info info = region_info(user.device, 0);

	REFUSED(try_read(user.device, &info, 0, nothing, 4), EFAULT);
	REFUSED(try_write(user.device, &info, 4, nothing, 4), EFAULT);
}

TEST(B1_rom, "the ROM can be read, cut at its end; writing it is EINVAL")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(nic.device, VFIO_PCI_ROM_REGION_INDEX);
	unsigned char data[64];

	EQUAL(try_read(nic.device, &info, 0, data, sizeof(data)), sizeof(data));
	EQUAL(data[0], 0x55);
	EQUAL(data[1], 0xaa);
	EQUAL(try_read(nic.device, &info, info.size - 16, data, sizeof(data)), 16);
	REFUSED(try_read(nic.device, &info, info.size, data, sizeof(data)), EINVAL);
	REFUSED(try_write(nic.device, &info, 0, data, sizeof(data)), EINVAL);
}

TEST(B2_long_transfers, "a long transfer is made of aligned accesses, each at its place")
{
	enum { TABLE = 0x2000 };
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(nvme.device, 0);
	uint32_t words[8];

	/* The controller's capabilities, version and so on, word by word and at once. */
	EQUAL(try_read(nvme.device, &info, 0, words, sizeof(words)), sizeof(words));
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		EQUAL(words[i], read32(nvme.device, &info, 4 * i));
	/* Parts of a word. */
	for (unsigned int i = 0; i < 4; i++) {
		uint8_t byte;

		EQUAL(try_read(nvme.device, &info, 8 + i, &byte, 1), 1);
		EQUAL(byte, words[2] >> 8 * i & 0xff);
	}
	/* From an odd place over several words. */
	EQUAL(try_read(nvme.device, &info, 1, (char *)words, 7), 7);
	EQUAL(words[0] & 0xffffff, read32(nvme.device, &info, 0) >> 8);
}

TEST(B2_io_bar, "an I/O BAR takes single bytes: the scratch register of a UART")
{
	enum { SCRATCH = 7 };
	struct assignment serial = assign(vfio_device(PCI_SERIAL, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(serial.device, 0);
	uint8_t byte;

	for (int value = 0x11; value < 0x100; value += 0x44) {
		byte = value;
		EQUAL(try_write(serial.device, &info, SCRATCH, &byte, 1), 1);
		byte = 0;
		EQUAL(try_read(serial.device, &info, SCRATCH, &byte, 1), 1);
		EQUAL(byte, value);
	}
	/* Cut at the end of the eight registers. */
	EQUAL(try_read(serial.device, &info, SCRATCH, (char [4]){}, 4), 1);
}

TEST(B3_memory_disabled, "with memory off in the virtual COMMAND a memory BAR is EIO")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	uint32_t value = 0;

	memory_enable(user.device, false);
	REFUSED(try_read(user.device, &info, 0, &value, 4), EIO);
	REFUSED(try_write(user.device, &info, 4, &value, 4), EIO);
	/* Configuration space is not concerned. */
	EQUAL(config_read16(user.device, PCI_VENDOR_ID), 0x1234);
	memory_enable(user.device, true);
	EQUAL(read32(user.device, &info, 0), EDU_IDENTITY);
}

TEST(B3_io_disabled, "an I/O BAR is not refused with I/O off; nothing answers there")
{
	struct assignment serial = assign(vfio_device(PCI_SERIAL, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(serial.device, 0);
	uint16_t command = config_read16(serial.device, PCI_COMMAND);
	uint8_t byte = 0x3c;

	EQUAL(try_write(serial.device, &info, 7, &byte, 1), 1);
	config_write16(serial.device, PCI_COMMAND, command & ~PCI_COMMAND_IO);
	EQUAL(try_read(serial.device, &info, 7, &byte, 1), 1);
	EQUAL(byte, 0xff);
	config_write16(serial.device, PCI_COMMAND, command | PCI_COMMAND_IO);
	EQUAL(try_read(serial.device, &info, 7, &byte, 1), 1);
	EQUAL(byte, 0x3c);
}

TEST(B4_msix_table, "the MSI-X table reads as ones and drops writes, though both count")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(nvme.device, PCI_CAP_ID_MSIX);
	uint32_t table = config_read32(nvme.device, cap + PCI_MSIX_TABLE);
	uint32_t pending = config_read32(nvme.device, cap + PCI_MSIX_PBA);
	struct vfio_region_info info = region_info(nvme.device, table & PCI_MSIX_TABLE_BIR);
	volatile uint32_t *bar = bar_map(nvme.device, info.index);
	unsigned char data[65 * 16];
	uint32_t real;

	table &= PCI_MSIX_TABLE_OFFSET;
	memset(data, 0x11, sizeof(data));
	EQUAL(try_read(nvme.device, &info, table, data, sizeof(data)), sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++)
		EQUAL(data[i], 0xff);
	/* The mapping shows the real table: it may be mapped, and no write got through. */
	real = bar[table / 4];
	memset(data, 0x5a, sizeof(data));
	EQUAL(try_write(nvme.device, &info, table, data, sizeof(data)), sizeof(data));
	EQUAL(bar[table / 4], real);
	EQUAL(read32(nvme.device, &info, pending & PCI_MSIX_PBA_OFFSET), 0);
}

TEST(B4_transfer_over_table, "a transfer that begins before the table reads the device up to it")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(nvme.device, PCI_CAP_ID_MSIX);
	uint32_t table = config_read32(nvme.device, cap + PCI_MSIX_TABLE);
	struct vfio_region_info info = region_info(nvme.device, table & PCI_MSIX_TABLE_BIR);
	uint32_t words[4];

	table &= PCI_MSIX_TABLE_OFFSET;
	EQUAL(try_read(nvme.device, &info, table - 8, words, sizeof(words)), sizeof(words));
	EQUAL(words[0], read32(nvme.device, &info, table - 8));
	EQUAL(words[1], read32(nvme.device, &info, table - 4));
	EQUAL(words[2], 0xffffffff);
	EQUAL(words[3], 0xffffffff);
}

static void refuse_mmap(int device, uint64_t offset, size_t size, int flags)
{
	CHECK(mmap64(NULL, size, PROT_READ, flags, device, offset) == MAP_FAILED);
	EQUAL(errno, EINVAL);
}

TEST(B5_mmap_refused, "mmap: only shared, only inside a memory BAR, else EINVAL")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(nic.device, 0);
	uint64_t apart = region_info(nic.device, 1).offset - info.offset;
	static const unsigned int others[] = { 2, 4, 5, 6, 7, 8, 9, 10, 100 };

	refuse_mmap(nic.device, info.offset, PAGE, MAP_PRIVATE);
	refuse_mmap(nic.device, info.offset, info.size + PAGE, MAP_SHARED);
	refuse_mmap(nic.device, info.offset + info.size, PAGE, MAP_SHARED);
	refuse_mmap(nic.device, info.offset + info.size - PAGE, 2 * PAGE, MAP_SHARED);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		refuse_mmap(nic.device, others[i] * apart, PAGE, MAP_SHARED);
}

TEST(B5_mmap_parts, "any run of pages of a BAR can be mapped, also executable")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	volatile uint32_t *bar;

	bar = mmap64(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, user.device,
		     info.offset);
	CHECK(bar != MAP_FAILED);
	EQUAL(bar[0], EDU_IDENTITY);
	bar = mmap64(NULL, PAGE, PROT_READ, MAP_SHARED, user.device,
		     info.offset + info.size - PAGE);
	CHECK(bar != MAP_FAILED);
	/* Less than a page is a page. */
	bar = mmap64(NULL, 100, PROT_READ, MAP_SHARED, user.device, info.offset);
	CHECK(bar != MAP_FAILED);
	EQUAL(bar[0], EDU_IDENTITY);
}

static bool vm_flags(const void *address, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	bool inside = false, found = false;
	unsigned long long start;
	char line[512];

	CHECK(maps);
	while (fgets(line, sizeof(line), maps)) {
		char dash;

		if (sscanf(line, "%llx%c", &start, &dash) == 2 && dash == '-')
			inside = start == (uintptr_t)address;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, flag);
	}
	fclose(maps);
	return found;
}

TEST(B5_vm_flags, "a BAR mapping is marked as I/O of bare pages, not to be grown or dumped")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const char *const flags[] = { " io ", " pf ", " de ", " dd " };
	volatile uint32_t *bar = bar_map(user.device, 0);

	EQUAL(bar[0], EDU_IDENTITY);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (!vm_flags((void *)bar, flags[i]))
			FAIL("the mapping has no flag%s", flags[i]);
}

TEST(B6_memory_disabled, "turning memory off takes mappings away: SIGBUS, until it is on again")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);

	EQUAL(bar[0], EDU_IDENTITY);
	for (int i = 0; i < 3; i++) {
		memory_enable(user.device, false);
		CHECK(touch_faults(bar));
		memory_enable(user.device, true);
		CHECK(!touch_faults(bar));
		EQUAL(bar[0], EDU_IDENTITY);
	}
}

TEST(B6_mapped_while_disabled, "a mapping may be made with memory off; it faults in later")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar;

	memory_enable(user.device, false);
	bar = bar_map(user.device, 0);
	CHECK(touch_faults(bar));
	memory_enable(user.device, true);
	EQUAL(bar[0], EDU_IDENTITY);
}

TEST(B6_asleep, "in D3hot a touch is SIGBUS; awake again the mapping is back")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int control = config_capability(nvme.device, PCI_CAP_ID_PM) + PCI_PM_CTRL;
	volatile uint32_t *bar = bar_map(nvme.device, 0);
	uint32_t version = bar[2];

	CHECK(version);
	config_write16(nvme.device, control, 3);
	CHECK(touch_faults(bar));
	config_write16(nvme.device, control, 0);
	EQUAL(bar[2], version);
}

struct toucher {
	volatile uint32_t *bar;
	volatile bool done;
};

static void *touch_until_done(void *argument)
{
	struct toucher *toucher = argument;

	while (!toucher->done)
		(void)toucher->bar[2];
	return NULL;
}

TEST(B6_touched_during_reset, "who touches a BAR during a reset waits for its end: no SIGBUS")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct toucher toucher = { .bar = bar_map(nvme.device, 0) };
	pthread_t thread;

	EQUAL(pthread_create(&thread, NULL, touch_until_done, &toucher), 0);
	for (int i = 0; i < 5; i++)
		OK(ioctl(nvme.device, VFIO_DEVICE_RESET));
	toucher.done = true;
	EQUAL(pthread_join(thread, NULL), 0);
}

struct forked_bar {
	int device;
	volatile uint32_t *bar;
};

static void touch_forked_bar(void *argument)
{
	struct forked_bar *forked = argument;

	EQUAL(forked->bar[0], EDU_IDENTITY);
}

TEST(B6_fork, "a forked process has the mapping too, and the parent's goes as ever")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct forked_bar forked = { user.device, bar_map(user.device, 0) };

	EQUAL(forked.bar[0], EDU_IDENTITY);
	in_child(touch_forked_bar, &forked);
	memory_enable(user.device, false);
	CHECK(touch_faults(forked.bar));
	memory_enable(user.device, true);
	in_child(touch_forked_bar, &forked);
}

static void lose_forked_bar(void *argument)
{
	struct forked_bar *forked = argument;

	EQUAL(forked->bar[0], EDU_IDENTITY);
	memory_enable(forked->device, false);
	CHECK(touch_faults(forked->bar));
}

TEST(B6_fork_loses_mapping, "memory off takes the mapping from a forked process too")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct forked_bar forked = { user.device, bar_map(user.device, 0) };

	improvement("a forked copy of a mapping that was in use before outlives memory off");
	EQUAL(forked.bar[0], EDU_IDENTITY);
	in_child(lose_forked_bar, &forked);
	CHECK(touch_faults(forked.bar));
}

TEST(B6_other_devices_untouched, "memory off of one device leaves the mappings of another alone")
{
	struct assignment one = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment two = assign(vfio_device(EDU, 1), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *first = bar_map(one.device, 0), *second = bar_map(two.device, 0);

	EQUAL(first[0] + second[0], 2 * EDU_IDENTITY);
	memory_enable(one.device, false);
	CHECK(touch_faults(first));
	EQUAL(second[0], EDU_IDENTITY);
}

static bool iomem_claimed(const struct pci_device *device)
{
	FILE *iomem = fopen("/proc/iomem", "re");
	bool inside = false, claimed = false;
	char line[256];

	CHECK(iomem);
	while (fgets(line, sizeof(line), iomem)) {
		if (strstr(line, device->name))
			inside = true;
		else if (inside) {
			claimed |= !!strstr(line, ": vfio");
			inside = false;
		}
	}
	fclose(iomem);
	return claimed;
}

NATIVE_TEST(B7_claim, "a BAR in use is claimed in /proc/iomem, by reads and mappings together")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	volatile uint32_t *bar = bar_map(user.device, 0);
	int second = device_open(user.group, &user.pci);

	EQUAL(read32(user.device, &info, 0), EDU_IDENTITY);
	EQUAL(read32(second, &info, 0), EDU_IDENTITY);
	EQUAL(bar[0], EDU_IDENTITY);
	CHECK(iomem_claimed(&user.pci));
	OK(munmap((void *)bar, info.size));
	OK(close(second));
	CHECK(iomem_claimed(&user.pci));
	OK(close(user.device));
	CHECK(!iomem_claimed(&user.pci));
}
