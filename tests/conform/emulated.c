// SPDX-License-Identifier: GPL-2.0-only
/*
 * E1 to E4: devices without an IOMMU of their own, whose DMA their driver does: the sample
 * device, on the test IOMMU driver vfio_iommu_page, whose memory is one page at IOVA 0,
 * and on type1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "process.h"
#include "sample.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096, PAGE_IOMMU = 0x7f01, WORDS = 16 };
#define PAGE_IOMMU_DEVICES _IO(VFIO_TYPE, 0xf1)
#define PAGE_IOMMU_UNMAP _IO(VFIO_TYPE, 0xf2)
#define PAGE_IOMMU_PINNED _IO(VFIO_TYPE, 0xf3)

static void load(const char *parameters)
{
	sample_load(parameters);
	EQUAL(system("modprobe vfio_iommu_page"), 0);
	OK(text_write("2", "/sys/module/vfio_iommu_page/parameters/max_groups"));
}

static void unload(void)
{
	sample_unload();
	EQUAL(system("rmmod vfio_iommu_page"), 0);
}

static struct assignment sample_on_page(void)
{
	load("");
	return assign(sample_device(0), PAGE_IOMMU);
}

static void done(struct assignment *user)
{
	unassign(user);
	unload();
}

TEST(E1_group, "an emulated device has a group of its own, an ordinary node, always viable")
{
	struct pci_device first, second;
	struct stat status;
	char text[64];
	int group;

	load("count=2");
	first = sample_device(0);
	second = sample_device(1);
	CHECK(first.group != second.group);
	snprintf(text, sizeof(text), "/dev/vfio/%d", first.group);
	OK(stat(text, &status));
	EQUAL(status.st_mode & 07777, 0600);
	OK(text_read(text, sizeof(text), "/sys/kernel/iommu_groups/%d/name", first.group));
	CHECK(!strcmp(text, "vfio-emulated"));
	group = group_open(&first);
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	REFUSED(try_group_open(first.group), EBUSY);
	REFUSED(try_device_fd(group, second.name), ENODEV);
	REFUSED(try_device_fd(group, first.name), EINVAL);
	OK(close(group));
	unload();
	CHECK(!path_exists("/dev/vfio/%d", first.group));
	CHECK(!path_exists("/sys/kernel/iommu_groups/%d", first.group));
}

TEST(E1_open_group_outlives_device, "a group file whose emulated device is gone answers ENODEV")
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct pci_device sample;
	int group, container = container_open();

	load("");
	sample = sample_device(0);
	group = group_open(&sample);
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU));
	sample_unload();
	REFUSED(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	REFUSED(try_set_container(group, container), ENODEV);
	REFUSED(ioctl(container, PAGE_IOMMU_DEVICES), EINVAL);
	OK(close(group));
	EQUAL(system("rmmod vfio_iommu_page"), 0);
}

TEST(E1_module_in_use, "an open device keeps its driver's module")
{
	struct assignment user = sample_on_page();

	EQUAL(group_flags(user.group),
	      VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	CHECK(system("rmmod vfio_sample 2>/dev/null") != 0);
	done(&user);
}

TEST(E1_device_interface, "info, region, interrupt and reset of a device on no bus")
{
	struct assignment user = sample_on_page();
	struct vfio_device_info info = device_info(user.device);
	struct vfio_region_info region = region_info(user.device, 0);
	struct vfio_irq_info irq = irq_info(user.device, 0);
	volatile struct sample_registers *mapped;
	char text[16] = "kept";

	EQUAL(info.flags, VFIO_DEVICE_FLAGS_RESET);
	EQUAL(info.num_regions, 1);
	EQUAL(info.num_irqs, 1);
	EQUAL(region.size, SAMPLE_REGION_SIZE);
	EQUAL(region.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
	      VFIO_REGION_INFO_FLAG_MMAP);
	EQUAL(irq.count, 1);
	EQUAL(irq.flags, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE);
	region.index = 1;
	REFUSED(ioctl(user.device, VFIO_DEVICE_GET_REGION_INFO, &region), EINVAL);
	irq.index = 1;
	REFUSED(ioctl(user.device, VFIO_DEVICE_GET_IRQ_INFO, &irq), EINVAL);
	REFUSED(ioctl(user.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, text), ENOTTY);

	mapped = bar_map(user.device, 0);
	EQUAL(mapped->id, SAMPLE_ID);
	REFUSED(pread(user.device, text, 1, SAMPLE_REGION_SIZE), EINVAL);
	sample_write(user.device, SAMPLE_REGION_SIZE - sizeof(text), text, sizeof(text));
	CHECK(!strcmp((char *)mapped + SAMPLE_REGION_SIZE - sizeof(text), "kept"));
	CHECK(try_bar_map(user.device, 0, PROT_READ, MAP_PRIVATE) == MAP_FAILED);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	EQUAL(((char *)mapped)[SAMPLE_REGION_SIZE - sizeof(text)], 0);
	EQUAL(mapped->id, SAMPLE_ID);
	/* A mapping holds the device file. */
	OK(close(user.device));
	REFUSED(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER), EBUSY);
	OK(munmap((void *)mapped, SAMPLE_REGION_SIZE));
	user.device = -1;
	done(&user);
}

TEST(E1_interrupt, "the doorbell and the end of a command signal the eventfd")
{
	struct assignment user = sample_on_page();
	int event = irq_enable(user.device, 0);
	uint8_t no = 0;

	SAMPLE_SET(user.device, doorbell, 1);
	EQUAL(event_now(event), 1);
	EQUAL(sample_copy(user.device, 0, 64, 64), 0);
	EQUAL(event_now(event), 1);
	OK(try_irq_none(user.device, TRIGGER, 0, 0, 1));
	EQUAL(event_now(event), 1);
	OK(try_irq_bool(user.device, TRIGGER, 0, 0, 1, &no));
	EQUAL(event_now(event), 0);
	REFUSED(try_irq_none(user.device, MASK, 0, 0, 1), ENOTTY);
	REFUSED(try_irq_none(user.device, TRIGGER, 0, 1, 1), EINVAL);
	REFUSED(try_irq_none(user.device, TRIGGER, 1, 0, 1), EINVAL);
	REFUSED(try_irq_events(user.device, 0, 0, 1, &user.container), EINVAL);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	SAMPLE_SET(user.device, doorbell, 1);
	EQUAL(event_now(event), 1);
	OK(try_irq_disable(user.device, 0));
	SAMPLE_SET(user.device, doorbell, 1);
	EQUAL(event_now(event), 0);
	done(&user);
}

TEST(E2_copies, "the driver copies to and from IOVAs; what is not mapped is refused")
{
	struct assignment user = sample_on_page();
	char text[] = "by the driver's hand", back[sizeof(text)] = "";

	EQUAL(pwrite(user.container, text, sizeof(text), 100), sizeof(text));
	EQUAL(sample_copy(user.device, 100, 2001, sizeof(text)), 0);
	EQUAL(pread(user.container, back, sizeof(back), 2001), sizeof(back));
	CHECK(!strcmp(back, text));
	EQUAL(sample_copy(user.device, 0, PAGE - 1, 2), -EINVAL);
	EQUAL(sample_copy(user.device, PAGE, 0, 1), -EINVAL);
	/* Over the top of the address space. */
	EQUAL(sample_copy(user.device, UINT64_MAX, 0, 2), -EINVAL);
	EQUAL(sample_copy(user.device, 0, 0, 0), -EINVAL);
	EQUAL(sample_run(user.device, 99), -EINVAL);
	done(&user);
}

TEST(E3_pins, "pages are pinned until the driver, an unmap, a reset or the close lets go")
{
	struct assignment user = sample_on_page();
	char byte;

	EQUAL(ioctl(user.container, PAGE_IOMMU_DEVICES), 1);
	EQUAL(sample_fill(user.device, 1), -EINVAL);
	EQUAL(sample_hold(user.device, 0, PAGE), 0);
	EQUAL(SAMPLE_GET(user.device, held), 1);
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 1);
	EQUAL(sample_hold(user.device, 0, PAGE), -EBUSY);
	EQUAL(sample_fill(user.device, 0xa5), 0);
	EQUAL(pread(user.container, &byte, 1, PAGE - 1), 1);
	EQUAL((uint8_t)byte, 0xa5);
	EQUAL(sample_run(user.device, SAMPLE_DROP), 0);
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 0);

	EQUAL(sample_hold(user.device, 0, PAGE), 0);
	EQUAL(ioctl(user.container, PAGE_IOMMU_UNMAP), 0);
	EQUAL(SAMPLE_GET(user.device, held), 0);
	EQUAL(SAMPLE_GET(user.device, lost), 1);
	EQUAL(sample_run(user.device, SAMPLE_DROP), -EINVAL);

	EQUAL(sample_hold(user.device, 0, PAGE), 0);
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 0);

	EQUAL(sample_hold(user.device, 0, PAGE), 0);
	OK(close(user.device));
	user.device = -1;
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 0);
	EQUAL(ioctl(user.container, PAGE_IOMMU_DEVICES), 0);
	done(&user);
}

TEST(E3_pin_arguments, "only whole pages that are all mapped can be pinned")
{
	struct assignment user = sample_on_page();

	EQUAL(sample_hold(user.device, 1, PAGE), -EINVAL);
	EQUAL(sample_hold(user.device, 0, 2 * PAGE), -EINVAL);
	EQUAL(sample_hold(user.device, PAGE, PAGE), -EINVAL);
	EQUAL(sample_hold(user.device, -PAGE, 2 * PAGE), -EINVAL);
	EQUAL(sample_hold(user.device, 0, 0), -EINVAL);
	EQUAL(sample_hold(user.device, 0, PAGE / 2), -EINVAL);
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 0);
	done(&user);
}

TEST(E3_first_open_last_close, "only the first open and the last close tell the IOMMU driver")
{
	struct assignment user = sample_on_page();
	int second = device_open(user.group, &user.pci);

	EQUAL(ioctl(user.container, PAGE_IOMMU_DEVICES), 1);
	EQUAL(sample_hold(user.device, 0, PAGE), 0);
	OK(close(user.device));
	EQUAL(ioctl(user.container, PAGE_IOMMU_DEVICES), 1);
	EQUAL(ioctl(user.container, PAGE_IOMMU_PINNED), 1);
	EQUAL(sample_fill(second, 2), 0);
	/* The container's file is not needed either. */
	OK(close(user.container));
	EQUAL(sample_copy(second, 0, 8, 8), 0);
	OK(close(second));
	user.device = user.container = -1;
	done(&user);
}

TEST(E4_shares_container, "emulated and real groups may share a container")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct assignment user = sample_on_page();
	int group = group_open(&edu), device;

	OK(try_set_container(group, user.container));
	device = device_open(group, &edu);
	EQUAL(sample_copy(user.device, 0, 8, 8), 0);
	/* The real group keeps the IOMMU driver when the emulated one leaves. */
	OK(close(user.device));
	OK(close(user.group));
	user.device = user.group = -1;
	EQUAL(ioctl(user.container, PAGE_IOMMU_DEVICES), 0);
	/* And a new emulated group finds it at work. */
	sample_unload();
	EQUAL(system("modprobe vfio_sample"), 0);
	user.pci = sample_device(0);
	user.group = group_open(&user.pci);
	OK(try_set_container(user.group, user.container));
	user.device = device_open(user.group, &user.pci);
	EQUAL(sample_copy(user.device, 0, 8, 8), 0);
	OK(close(device));
	OK(close(group));
	done(&user);
}

static void fill_words(uint32_t *memory, uint32_t seed)
{
	for (int i = 0; i < WORDS; i++)
		memory[i] = seed + i;
}

TEST(E2_type1_copies, "type1: the driver reaches what is mapped, in the way it is mapped")
{
	struct assignment user = sample_assign();
	uint32_t *memory = pages(4 * PAGE);

	fill_words(memory, 100);
	map(user.container, 0x100000, memory, 2 * PAGE, READ_WRITE);
	map(user.container, 0x200000, memory + 2 * PAGE / 4, PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(user.container, 0x300000, memory + 3 * PAGE / 4, PAGE, VFIO_DMA_MAP_FLAG_WRITE);
	/* Over a page boundary, unaligned, and from one mapping to another. */
	EQUAL(sample_copy(user.device, 0x100000, 0x100ff2, WORDS * 4), 0);
	EQUAL(memcmp((char *)memory + 0xff2, memory, WORDS * 4), 0);
	EQUAL(sample_copy(user.device, 0x100000, 0x300000, WORDS * 4), 0);
	EQUAL(memcmp((char *)memory + 3 * PAGE, memory, WORDS * 4), 0);
	EQUAL(sample_copy(user.device, 0x200000, 0x100000, PAGE), 0);
	EQUAL(memory[0], 0);
	EQUAL(sample_copy(user.device, 0x100000, 0x200000, 4), -EPERM);
	EQUAL(sample_copy(user.device, 0x300000, 0x100000, 4), -EPERM);
	EQUAL(sample_copy(user.device, 0x101000, 0x100000, PAGE + 1), -EINVAL);
	EQUAL(sample_copy(user.device, 0x400000, 0x100000, 1), -EINVAL);
	EQUAL(unmap(user.container, 0x100000, 2 * PAGE), 2 * PAGE);
	EQUAL(sample_copy(user.device, 0x200000, 0x100000, 4), -EINVAL);
	unassign(&user);
	sample_unload();
}

TEST(E3_type1_pins, "type1: an unmap takes pinned pages back from the driver")
{
	struct assignment user = sample_assign();
	unsigned char *memory = pages(4 * PAGE);

	map(user.container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(sample_hold(user.device, PAGE, 2 * PAGE), 0);
	EQUAL(sample_fill(user.device, 0x5a), 0);
	EQUAL(memory[PAGE - 1], 0);
	EQUAL(memory[PAGE], 0x5a);
	EQUAL(memory[3 * PAGE - 1], 0x5a);
	EQUAL(memory[3 * PAGE], 0);
	EQUAL(unmap(user.container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(SAMPLE_GET(user.device, held), 0);
	EQUAL(SAMPLE_GET(user.device, lost), 1);
	EQUAL(sample_hold(user.device, 0, PAGE), -EINVAL);
	/* Held to the end: the close lets go, and nothing stays pinned. */
	map(user.container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(sample_hold(user.device, 0, 4 * PAGE), 0);
	unassign(&user);
	sample_unload();
}

TEST(E3_type1_pins_for_direction, "type1: pages mapped for one direction cannot be pinned for both")
{
	struct assignment user = sample_assign();

	map(user.container, 0, pages(PAGE), PAGE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(sample_hold(user.device, 0, PAGE), -EPERM);
	unassign(&user);
	sample_unload();
}

TEST(E4_type1_real_beside_emulated, "type1: both kinds of device see the same mappings")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct assignment user = sample_assign();
	uint32_t *memory = pages(2 * PAGE);
	int group = group_open(&pci), device;
	struct edu edu;

	fill_words(memory, 1);
	map(user.container, 0, memory, PAGE, READ_WRITE);
	/* The group that needs page tables comes after the mapping. */
	OK(try_set_container(group, user.container));
	map(user.container, PAGE, memory + PAGE / 4, PAGE, READ_WRITE);
	device = device_open(group, &pci);
	edu = edu_start(device);
	EQUAL(sample_copy(user.device, 0, PAGE, WORDS * 4), 0);
	edu_copy(&edu, PAGE, 1024, WORDS * 4);
	EQUAL(memcmp((char *)memory + 1024, memory, WORDS * 4), 0);
	edu_stop(&edu);
	OK(close(device));
	OK(close(group));
	EQUAL(sample_copy(user.device, 0, 2048, WORDS * 4), 0);
	EQUAL(memcmp((char *)memory + 2048, memory, WORDS * 4), 0);
	unassign(&user);
	sample_unload();
}

TEST(C5_mappings_outside, "a group whose IOMMU cannot have what is mapped stays out: EINVAL")
{
	/* Where interrupts are written to, and where the IOMMU has no bits for. */
	static const uint64_t outside[] = { 0xfee00000, 1ULL << 62, 0xfeeff000 };
	struct pci_device pci = vfio_device(EDU, 0);
	struct assignment user = sample_assign();
	int group = group_open(&pci);
	char *memory = pages(PAGE);
	struct edu edu;

	map(user.container, 0, memory, PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		map(user.container, outside[i], memory, PAGE, READ_WRITE);
		REFUSED(try_set_container(group, user.container), EINVAL);
		EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
		/* For the emulated device nothing changed, and nothing was pinned. */
		EQUAL(sample_copy(user.device, outside[i], 0, PAGE), 0);
		EQUAL(locked_pages(), 0);
		EQUAL(unmap(user.container, outside[i], PAGE), PAGE);
	}
	OK(try_set_container(group, user.container));
	REFUSED(try_map(user.container, outside[0], memory, PAGE, READ_WRITE), EINVAL);
	edu = edu_start(device_open(group, &pci));
	CHECK(edu_reaches(&edu, 0, memory, 128));
	unassign(&user);
	sample_unload();
}
