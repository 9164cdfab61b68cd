// SPDX-License-Identifier: GPL-2.0-only
/*
 * R2, R3 and the bus reset of V3: resets that hit more than one device. The two devices of
 * the documentation's topology are on one conventional bus, which can be reset.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "edu.h"
#include "event.h"
#include "feature.h"
#include "harness.h"
#include "irq.h"
#include "textfile.h"
#include "vfio.h"

enum { MOST = 32, MOST_GROUPS = 4, HEADER = 12 };

struct hits {
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_dependent_device room[MOST];
};

static int try_hits(int device, struct hits *hits, uint32_t argsz)
{
	memset(hits, 0, sizeof(*hits));
	hits->info.argsz = argsz;
	return ioctl(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, hits);
}

static int try_reset(int device, uint32_t flags, uint32_t count, const int *groups)
{
	struct {
		struct vfio_pci_hot_reset request;
		int32_t groups[MOST_GROUPS];
	} call = { .request = { .argsz = sizeof(call), .flags = flags, .count = count } };

	for (uint32_t i = 0; i < count && i < MOST_GROUPS; i++)
		call.groups[i] = groups[i];
	return ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, &call);
}

/* Somebody else may have the devices locked for a moment. */
static int reset_now(int device, int group)
{
	int result;

	do {
		result = try_reset(device, 0, 1, &group);
	} while (result && (errno == EBUSY || errno == EAGAIN));
	return result;
}

/* Binds all that a reset hits, plugged in by whatever test, to vfio-pci. */
static void bind_all_hit(int device)
{
	struct hits hits;

	OK(try_hits(device, &hits, sizeof(hits)));
	for (uint32_t i = 0; i < hits.info.count; i++) {
		struct pci_device hit = { .group = hits.room[i].group_id };

		snprintf(hit.name, sizeof(hit.name), "%04x:%02x:%02x.%x", hits.room[i].segment,
			 hits.room[i].bus, hits.room[i].devfn >> 3, hits.room[i].devfn & 7);
		OK(pci_bind(&hit, "vfio-pci"));
	}
}

/* A register of the sound card that a reset clears: the page its memory window shows. */
enum { MEMORY_PAGE = 0x0c };

static uint32_t sound_page(int device)
{
	uint32_t value;

	EQUAL(pread64(device, &value, 4, region_info(device, 0).offset + MEMORY_PAGE), 4);
	return value;
}

static void set_sound_page(int device, uint32_t value)
{
	EQUAL(pwrite64(device, &value, 4, region_info(device, 0).offset + MEMORY_PAGE), 4);
	EQUAL(sound_page(device), value);
}

TEST(R2_root_bus, "a device on a root bus has no hot reset: ENODEV")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct hits hits;

	REFUSED(try_hits(user.device, &hits, sizeof(hits)), ENODEV);
	REFUSED(try_reset(user.device, 0, 1, &user.group), ENODEV);
}

TEST(R2_arguments, "too small an argsz is EINVAL, a bad pointer EFAULT; flags are written as 0")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct hits hits = { .info = { .argsz = sizeof(hits), .flags = ~0U, .count = 99 } };

	OK(ioctl(user.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &hits));
	EQUAL(hits.info.flags, 0);
	REFUSED(try_hits(user.device, &hits, HEADER - 1), EINVAL);
	REFUSED(ioctl(user.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, NULL), EFAULT);
}

static const struct vfio_pci_dependent_device *find_hit(const struct hits *hits, const char *name)
{
	unsigned int segment, bus, slot, function;

	EQUAL(sscanf(name, "%x:%x:%x.%x", &segment, &bus, &slot, &function), 4);
	for (uint32_t i = 0; i < hits->info.count; i++)
		if (hits->room[i].segment == segment && hits->room[i].bus == bus &&
		    hits->room[i].devfn == (slot << 3 | function))
			return &hits->room[i];
	FAIL("%s is not listed", name);
}

TEST(R2_lists_the_bus, "every device on the bus is listed, bound to whatever; ENOSPC says how many")
{
	struct pci_device sound = pci_find(ES1370, 0);
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	uint32_t count;
	struct hits hits;

	REFUSED(try_hits(user.device, &hits, HEADER), ENOSPC);
	count = hits.info.count;
	CHECK(count >= 2);
	REFUSED(try_hits(user.device, &hits, HEADER + count * 8 - 1), ENOSPC);
	EQUAL(hits.info.count, count);
	OK(try_hits(user.device, &hits, HEADER + count * 8));
	EQUAL(hits.info.count, count);
	EQUAL(find_hit(&hits, user.pci.name)->group_id, user.pci.group);
	EQUAL(find_hit(&hits, sound.name)->group_id, sound.group);
}

TEST(R2_slot, "in a PCI Express slot, that is the functions of the device there")
{
	struct assignment user = assign(vfio_device(PCI_TESTDEV, 1), VFIO_TYPE1v2_IOMMU);
	struct pci_device other = pci_find(PCI_TESTDEV, 2);
	struct hits hits;

	OK(try_hits(user.device, &hits, sizeof(hits)));
	EQUAL(hits.info.count, 2);
	find_hit(&hits, user.pci.name);
	EQUAL(find_hit(&hits, other.name)->group_id, other.group);
}

TEST(R3_arguments, "flags, no group or too many are EINVAL; bad fd EBADF; no group's fd EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct vfio_pci_hot_reset small = { .argsz = HEADER - 1, .count = 1 };
	int groups[MOST_GROUPS] = { user.group, user.group, user.group, user.group };
	struct hits hits;

	OK(try_hits(user.device, &hits, sizeof(hits)));
	bind_all_hit(user.device);
	REFUSED(ioctl(user.device, VFIO_DEVICE_PCI_HOT_RESET, &small), EINVAL);
	REFUSED(ioctl(user.device, VFIO_DEVICE_PCI_HOT_RESET, NULL), EFAULT);
	REFUSED(try_reset(user.device, 1, 1, groups), EINVAL);
	REFUSED(try_reset(user.device, 1U << 31, 1, groups), EINVAL);
	REFUSED(try_reset(user.device, 0, 0, groups), EINVAL);
	REFUSED(try_reset(user.device, 0, hits.info.count + 1, groups), EINVAL);
	REFUSED(try_reset(user.device, 0, ~0U, groups), EINVAL);
	groups[0] = 999;
	REFUSED(try_reset(user.device, 0, 1, groups), EBADF);
	groups[0] = -1;
	REFUSED(try_reset(user.device, 0, 1, groups), EBADF);
	groups[0] = user.container;
	REFUSED(try_reset(user.device, 0, 1, groups), EINVAL);
	groups[0] = user.device;
	REFUSED(try_reset(user.device, 0, 1, groups), EINVAL);
	groups[0] = event_new();
	REFUSED(try_reset(user.device, 0, 1, groups), EINVAL);
}

TEST(R3_not_ours, "a device on the bus that is not bound to vfio-pci stands in the way: EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);

	REFUSED(try_reset(user.device, 0, 1, &user.group), EINVAL);
	bind_all_hit(user.device);
	OK(reset_now(user.device, user.group));
}

TEST(R3_not_the_callers, "the group of every device hit must be shown: another group is EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct pci_device nvme = vfio_device(NVME, 0);
	int other = group_open(&nvme), both[] = { other, user.group };

	bind_all_hit(user.device);
	REFUSED(try_reset(user.device, 0, 1, &other), EINVAL);
	/* One more does no harm. */
	OK(try_reset(user.device, 0, 2, both));
}

TEST(R3_resets, "every device on the bus is reset; config, mappings and interrupts stay")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct pci_device card = pci_find(ES1370, 0);
	struct edu edu = edu_start(user.device);
	uint32_t bar = config_read32(user.device, PCI_BASE_ADDRESS_0);
	uint16_t command = config_read16(user.device, PCI_COMMAND);
	char *memory = pages(4096);
	int sound, event;

	bind_all_hit(user.device);
	sound = device_open(user.group, &card);
	map(user.container, 0, memory, 4096, READ_WRITE);
	event = irq_enable(user.device, INTX);
	for (int i = 0; i < 2; i++) {
		set_sound_page(sound, 5);
		OK(reset_now(i ? sound : user.device, user.group));
		EQUAL(sound_page(sound), 0);
		EQUAL(config_read32(user.device, PCI_BASE_ADDRESS_0), bar);
		EQUAL(config_read16(user.device, PCI_COMMAND), command);
		CHECK(edu_reaches(&edu, 0, memory, 128));
		edu_raise(&edu, 2);
		EQUAL(event_wait(event), 1);
		edu_acknowledge(&edu, 2);
		OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
		CHECK(event_quiet(event));
	}
	edu_stop(&edu);
}

struct reader {
	volatile uint32_t *identity;
	uint32_t expected;
	bool stop;
	uint32_t wrong;
};

static void *read_all_the_time(void *argument)
{
	struct reader *reader = argument;

	while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED))
		if (*reader->identity != reader->expected)
			reader->wrong++;
	return NULL;
}

TEST(R3_memory_away, "while the bus is being reset, a mapping waits: nobody reads ones from it")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct reader reader = { .identity = bar_map(user.device, 0) };
	pthread_t thread;

	bind_all_hit(user.device);
	reader.expected = *reader.identity;
	CHECK(reader.expected != ~0U);
	EQUAL(pthread_create(&thread, NULL, read_all_the_time, &reader), 0);
	for (int i = 0; i < 2; i++)
		OK(reset_now(user.device, user.group));
	__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
	EQUAL(pthread_join(thread, NULL), 0);
	EQUAL(reader.wrong, 0);
}

struct resetter {
	int device, group, result;
};

static void *reset_some_times(void *argument)
{
	struct resetter *resetter = argument;

	for (int i = 0; i < 2 && !resetter->result; i++)
		resetter->result = reset_now(resetter->device, resetter->group) ? errno : 0;
	return NULL;
}

TEST(R3_two_at_once, "two threads reset the same bus while a third opens and closes a device on it")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct resetter resetters[2] = {
		{ .device = user.device, .group = user.group },
		{ .device = user.device, .group = user.group },
	};
	struct pci_device card = pci_find(ES1370, 0);
	pthread_t threads[2];

	bind_all_hit(user.device);
	for (int i = 0; i < 2; i++)
		EQUAL(pthread_create(&threads[i], NULL, reset_some_times, &resetters[i]), 0);
	for (int i = 0; i < 10; i++) {
		int sound = try_device_fd(user.group, card.name);

		if (sound >= 0)
			OK(close(sound));
		else
			EQUAL(errno, EAGAIN);
	}
	for (int i = 0; i < 2; i++) {
		EQUAL(pthread_join(threads[i], NULL), 0);
		EQUAL(resetters[i].result, 0);
	}
}

TEST(R3_low_power, "a device in low power is reset with the others, and is still in low power")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct pci_device card = pci_find(ES1370, 0);
	struct edu edu = edu_start(user.device);
	int sound;

	bind_all_hit(user.device);
	sound = device_open(user.group, &card);
	OK(try_feature(user.device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0));
	set_sound_page(sound, 3);
	OK(reset_now(sound, user.group));
	EQUAL(sound_page(sound), 0);
	REFUSED(try_feature(user.device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0),
		EINVAL);
	OK(try_feature(user.device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0));
	edu_raise(&edu, 1);
	EQUAL(edu_raised(&edu), 1);
	edu_acknowledge(&edu, 1);
	edu_stop(&edu);
}

TEST(R3_slot, "a slot is reset likewise, or the PCI core says why not; the device is well after it")
{
	struct assignment user = assign(vfio_device(PCI_TESTDEV, 1), VFIO_TYPE1v2_IOMMU);
	uint32_t bar = config_read32(user.device, PCI_BASE_ADDRESS_0);
	uint16_t command = config_read16(user.device, PCI_COMMAND);

	bind_all_hit(user.device);
	/* The emulated root port does not say in time that its link is up again. */
	if (reset_now(user.device, user.group))
		EQUAL(errno, ENOTTY);
	EQUAL(config_read32(user.device, PCI_BASE_ADDRESS_0), bar);
	EQUAL(config_read16(user.device, PCI_COMMAND), command);
	CHECK(*(volatile uint32_t *)bar_map(user.device, 0) != ~0U);
}

TEST(V3_bus_reset, "a device without a reset of its own: the bus is reset when all on it are unused")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct pci_device card = pci_find(ES1370, 0);
	int sound;

	bind_all_hit(user.device);
	sound = device_open(user.group, &card);
	set_sound_page(sound, 7);
	/* Somebody uses the other function. */
	OK(close(sound));
	sound = device_open(user.group, &card);
	EQUAL(sound_page(sound), 7);
	OK(close(sound));
	OK(close(user.device));
	sound = device_open(user.group, &card);
	EQUAL(sound_page(sound), 0);
}
