// SPDX-License-Identifier: GPL-2.0-only
/*
 * R5 and the power part of V2, V3 and section 2: devices that sleep while nobody uses
 * them, or while their user says so.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "edu.h"
#include "event.h"
#include "feature.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "refusal.h"
#include "textfile.h"
#include "vfio.h"

#define DEVICE "/sys/bus/pci/devices/%s"

static bool is(const struct pci_device *device, const char *status)
{
	char text[32];

	OK(text_read(text, sizeof(text), DEVICE "/power/runtime_status", device->name));
	return !strcmp(text, status);
}

/* Going to sleep is a job for later, so it is waited for; waking is done at once. */
static void expect_asleep(const struct pci_device *device)
{
	for (int i = 0; i < 3000 && !is(device, "suspended"); i++)
		usleep(10000);
	if (!is(device, "suspended"))
		FAIL("%s does not go to sleep", device->name);
}

static void expect_awake(const struct pci_device *device)
{
	if (!is(device, "active"))
		FAIL("%s is not awake", device->name);
}

static uint8_t hardware_byte(const struct pci_device *device, unsigned int offset)
{
	char path[64];
	uint8_t value;
	int fd;

	snprintf(path, sizeof(path), DEVICE "/config", device->name);
	fd = OK(open(path, O_RDONLY | O_CLOEXEC));
	EQUAL(pread(fd, &value, 1, offset), 1);
	OK(close(fd));
	return value;
}

/* The D-state in the device's own register. */
static unsigned int hardware_state(const struct pci_device *device)
{
	uint8_t at = hardware_byte(device, PCI_CAPABILITY_LIST);

	while (at && hardware_byte(device, at) != PCI_CAP_ID_PM)
		at = hardware_byte(device, at + 1);
	if (!at)
		skip("%s has no power management", device->name);
	return hardware_byte(device, at + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK;
}

TEST(V3_idle_device_sleeps, "bound or closed, a device goes to D3; opening it brings it to D0")
{
	struct pci_device nvme = vfio_device(NVME, 0);
	struct assignment user;

	expect_asleep(&nvme);
	EQUAL(hardware_state(&nvme), 3);
	user = assign(nvme, VFIO_TYPE1v2_IOMMU);
	expect_awake(&nvme);
	EQUAL(hardware_state(&nvme), 0);
	unassign(&user);
	expect_asleep(&nvme);
	EQUAL(hardware_state(&nvme), 3);
}

TEST(V2_wakes, "what the host's own sleep did to the device is undone when it is opened")
{
	struct pci_device nvme = vfio_device(NVME, 0);
	struct assignment user;
	struct nvme drive;

	expect_asleep(&nvme);
	user = assign(nvme, VFIO_TYPE1v2_IOMMU);
	drive = nvme_start(&user);
	nvme_complete_one(&drive, 0);
	/* A mapping keeps the device open. */
	OK(munmap((void *)drive.bar, region_info(user.device, 0).size));
	unassign(&user);
	expect_asleep(&nvme);
	OK(pci_release(&nvme));
	EQUAL(hardware_state(&nvme), 0);
}

NATIVE_TEST(S2_disable_idle_d3, "with disable_idle_d3, unused devices stay awake")
{
	struct pci_device nvme = pci_find(NVME, 0);
	struct assignment user;

	EQUAL(system("vfio-modules unload && modprobe -a vfio_iommu_type1 && modprobe vfio-pci disable_idle_d3=1"), 0);
	user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unassign(&user);
	usleep(500000);
	expect_awake(&nvme);
	EQUAL(hardware_state(&nvme), 0);
	OK(pci_release(&nvme));
	EQUAL(system("vfio-modules unload && vfio-modules load"), 0);
	vfio_device(NVME, 0);
	expect_asleep(&nvme);
}

static sigjmp_buf after_fault;

static void jump(int signal)
{
	(void)signal;
	siglongjmp(after_fault, 1);
}

static bool touch_faults(volatile uint32_t *word)
{
	struct sigaction action = { .sa_handler = jump }, old;
	volatile bool faults = true;

	OK(sigaction(SIGBUS, &action, &old));
	if (!sigsetjmp(after_fault, 1)) {
		(void)*word;
		faults = false;
	}
	OK(sigaction(SIGBUS, &old, NULL));
	return faults;
}

static int try_enter(int device)
{
	return try_feature(device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
}

static int try_enter_with_wakeup(int device, int event)
{
	struct { int32_t event; uint32_t reserved; } data = { .event = event };

	return try_feature(device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, &data,
			   sizeof(data));
}

static int try_exit(int device)
{
	return try_feature(device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0);
}

TEST(R5_states, "ENTRY twice is EINVAL, EXIT without ENTRY does nothing")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int event = event_new();

	OK(try_exit(nvme.device));
	OK(try_enter(nvme.device));
	REFUSED(try_enter(nvme.device), EINVAL);
	expect_our_refusal(nvme.device, OPENVFIO_REASON_LOW_POWER, EINVAL, "in low power already");
	REFUSED(try_enter_with_wakeup(nvme.device, event), EINVAL);
	OK(try_exit(nvme.device));
	OK(try_exit(nvme.device));
	OK(try_enter(nvme.device));
	/* Closed in low power, it begins anew. */
	OK(close(nvme.device));
	nvme.device = device_open(nvme.group, &nvme.pci);
	CHECK(!touch_faults(bar_map(nvme.device, 0)));
	EQUAL(event_now(event), 0);
}

TEST(R5_wakeup_arguments, "WITH_WAKEUP: negative fd or no eventfd EINVAL, not open EBADF")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);

	REFUSED(try_enter_with_wakeup(nvme.device, -1), EINVAL);
	REFUSED(try_enter_with_wakeup(nvme.device, -2), EINVAL);
	REFUSED(try_enter_with_wakeup(nvme.device, nvme.container), EINVAL);
	REFUSED(try_enter_with_wakeup(nvme.device, 999), EBADF);
	/* Nothing of it counted. */
	CHECK(!touch_faults(bar_map(nvme.device, 0)));
}

TEST(R5_sleeps, "in low power the device sleeps, a touched mapping is SIGBUS, calls wake it meanwhile")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);
	uint32_t capabilities = bar[0], vendor = config_read32(user.device, PCI_VENDOR_ID), word;
	struct vfio_region_info info = region_info(user.device, 0);

	for (int i = 0; i < 2; i++) {
		OK(try_enter(user.device));
		expect_asleep(&user.pci);
		EQUAL(hardware_state(&user.pci), 3);
		CHECK(touch_faults(bar));
		expect_asleep(&user.pci);
		EQUAL(config_read32(user.device, PCI_VENDOR_ID), vendor);
		EQUAL(pread64(user.device, &word, 4, info.offset), 4);
		EQUAL(word, capabilities);
		/* Still in low power. */
		expect_asleep(&user.pci);
		CHECK(touch_faults(bar));
		OK(try_exit(user.device));
		expect_awake(&user.pci);
		CHECK(!touch_faults(bar));
		EQUAL(bar[0], capabilities);
	}
}

TEST(R5_wakeup, "with wakeup, the first access signals the eventfd and ends low power")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);
	int event = event_new();

	for (int i = 0; i < 2; i++) {
		OK(try_enter_with_wakeup(user.device, event));
		expect_asleep(&user.pci);
		EQUAL(event_now(event), 0);
		CHECK(touch_faults(bar));
		EQUAL(event_now(event), 0);
		config_read32(user.device, PCI_VENDOR_ID);
		EQUAL(event_now(event), 1);
		expect_awake(&user.pci);
		CHECK(!touch_faults(bar));
		OK(try_exit(user.device));
	}
	EQUAL(event_now(event), 0);
}

TEST(R5_host_wakes, "if the host wakes the device, its user hears of it")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);
	int event = event_new(), error = 0;

	OK(try_enter_with_wakeup(user.device, event));
	expect_asleep(&user.pci);
	OK(text_write("on", DEVICE "/power/control", user.pci.name));
	if (event_wait(event) != 1)
		error = 1;
	OK(text_write("auto", DEVICE "/power/control", user.pci.name));
	EQUAL(error, 0);
	expect_awake(&user.pci);
	CHECK(!touch_faults(bar));
}

TEST(R5_kept_awake, "low power is a promise of the user's: a mapping is SIGBUS though the host keeps the device awake")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);
	bool faults;

	OK(text_write("on", DEVICE "/power/control", user.pci.name));
	OK(try_enter(user.device));
	faults = touch_faults(bar);
	OK(text_write("auto", DEVICE "/power/control", user.pci.name));
	CHECK(faults);
	OK(try_exit(user.device));
	CHECK(!touch_faults(bar));
}

TEST(R5_interrupts_survive, "interrupts and queues set up before low power work after it")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int event = irq_enable(user.device, MSIX);
	struct nvme nvme = nvme_start(&user);

	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(event), 1);
	OK(try_enter(user.device));
	expect_asleep(&user.pci);
	OK(try_exit(user.device));
	CHECK(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MASTER);
	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(event), 1);
}

TEST(R5_decode_off, "a device with memory decoding off sleeps and wakes with its vectors and decoding off")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int event = irq_enable(user.device, MSIX);
	struct nvme nvme = nvme_start(&user);

	memory_enable(user.device, false);
	OK(try_enter(user.device));
	expect_asleep(&user.pci);
	OK(try_exit(user.device));
	EQUAL(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MEMORY, 0);
	CHECK(touch_faults(nvme.bar));
	memory_enable(user.device, true);
	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(event), 1);
}

TEST(R5_from_d3, "a device that its user put to D3 before is in D0 when low power ends")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int pm = config_capability(user.device, PCI_CAP_ID_PM);
	volatile uint32_t *bar = bar_map(user.device, 0);
	uint32_t capabilities = bar[0];

	CHECK(pm);
	config_write16(user.device, pm + PCI_PM_CTRL, 3);
	OK(try_enter(user.device));
	expect_asleep(&user.pci);
	OK(try_exit(user.device));
	EQUAL(config_read16(user.device, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK, 0);
	CHECK(!touch_faults(bar));
	EQUAL(bar[0], capabilities);
}

TEST(R5_intx_survives, "INTx is as masked after low power as before, and works")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int event = irq_enable(user.device, INTX);
	struct edu edu = edu_start(user.device);

	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	for (int i = 0; i < 2; i++) {
		OK(try_enter(user.device));
		expect_asleep(&user.pci);
		OK(try_exit(user.device));
		CHECK(event_quiet(event));
		/* The line is still up. */
		OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
		EQUAL(event_wait(event), 1);
	}
	edu_acknowledge(&edu, 1);
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	OK(try_enter(user.device));
	expect_asleep(&user.pci);
	OK(try_exit(user.device));
	edu_raise(&edu, 2);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 2);
	edu_stop(&edu);
}

TEST(R5_unmask_asleep, "an unmask by eventfd while the device sleeps is not lost")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int event = irq_enable(user.device, INTX), unmask = event_new();
	struct edu edu = edu_start(user.device);
	uint64_t one = 1;

	OK(try_irq(user.device, VFIO_IRQ_SET_DATA_EVENTFD | UNMASK, INTX, 0, 1, &unmask,
		   sizeof(unmask)));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	OK(try_enter(user.device));
	expect_asleep(&user.pci);
	EQUAL(write(unmask, &one, sizeof(one)), sizeof(one));
	OK(try_exit(user.device));
	/* The line is still up. */
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	edu_stop(&edu);
}

struct access {
	int device;
	bool stop;
	uint32_t vendor, capabilities;
	unsigned int wrong;
};

static void *access_all_the_time(void *argument)
{
	struct access *access = argument;
	uint64_t bar = region_info(access->device, 0).offset;
	uint32_t word;

	while (!__atomic_load_n(&access->stop, __ATOMIC_RELAXED)) {
		if (config_read32(access->device, PCI_VENDOR_ID) != access->vendor)
			access->wrong++;
		if (pread64(access->device, &word, 4, bar) != 4 || word != access->capabilities)
			access->wrong++;
	}
	return NULL;
}

TEST(R5_access_meanwhile, "accesses of another thread find the device awake, whenever they come")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct access access = { .device = user.device };
	pthread_t thread;

	access.vendor = config_read32(user.device, PCI_VENDOR_ID);
	access.capabilities = *(volatile uint32_t *)bar_map(user.device, 0);
	EQUAL(pthread_create(&thread, NULL, access_all_the_time, &access), 0);
	for (int i = 0; i < 50; i++) {
		OK(try_enter(user.device));
		usleep(2000);
		OK(try_exit(user.device));
	}
	__atomic_store_n(&access.stop, true, __ATOMIC_RELAXED);
	EQUAL(pthread_join(thread, NULL), 0);
	EQUAL(access.wrong, 0);
}
