// SPDX-License-Identifier: GPL-2.0-only
/*
 * C14: devices that are to leave the machine while they are in use: asked for by hot
 * unplug, or pulled out without a word. They sit behind a root port of their own, never
 * behind the conventional bridge (see hotadd.c).
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <sys/mman.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "kernel_log.h"
#include "nvme.h"
#include "plug.h"
#include "process.h"
#include "refusal.h"
#include "textfile.h"
#include "touch.h"
#include "vfio.h"

enum { PAGE = 4096 };

#define BUS "0000:04"

/* A drive without a disk, behind a root port with no other use, bound to vfio-pci. */
static struct pci_device plug_drive(void)
{
	struct pci_device drive = plug_in(BUS ":00.0", "nvme,serial=unplug,id=unplug,bus=port4");

	OK(plug_bind(&drive, "vfio-pci"));
	return drive;
}

/* Removes a PCI device by sysfs in another process, which must not share our files. */
struct remover {
	char name[16];
	int start[2];
};

static void remove_on_turn(void *argument)
{
	struct remover *remover = argument;

	await_turn(remover->start[0]);
	OK(text_write("1", "/sys/bus/pci/devices/%s/remove", remover->name));
}

static pid_t start_remover(struct remover *remover, const char *name)
{
	snprintf(remover->name, sizeof(remover->name), "%.15s", name);
	OK(pipe(remover->start));
	return start_child(remove_on_turn, remover);
}

NATIVE_TEST(C14_unplug_asks_and_waits,
	    "hot unplug signals REQ; the device works on until it is closed, and then goes")
{
	struct assignment user = assign(plug_drive(), VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);
	struct nvme nvme = nvme_start(&user);

	plug_out("unplug");
	CHECK(event_wait(req));
	nvme_complete_one(&nvme, 0);
	CHECK(path_exists("/dev/vfio/%d", user.pci.group));
	OK(munmap((void *)nvme.bar, region_info(user.device, 0).size));
	unassign(&user);
	CHECK(plug_gone(&user.pci));
	CHECK(!path_exists("/dev/vfio/%d", user.pci.group));
}

struct user_process {
	struct pci_device pci;
	int ready[2];
};

static void use_until_killed(void *argument)
{
	struct user_process *process = argument;
	struct assignment user = assign(process->pci, VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);

	(void)bar[0];
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	pass_turn(process->ready[1]);
	for (;;)
		pause();
}

static pid_t start_user(struct user_process *process, struct pci_device pci)
{
	pid_t user;

	process->pci = pci;
	OK(pipe(process->ready));
	user = start_child(use_until_killed, process);
	await_turn(process->ready[0]);
	return user;
}

NATIVE_TEST(C14_unplug_killed_user, "killing the user's process ends the wait of hot unplug")
{
	struct user_process process;
	pid_t user = start_user(&process, plug_drive());
	struct kernel_log log;

	kernel_log_open(&log);
	plug_out("unplug");
	CHECK(kernel_log_shows(&log, process.pci.name, "blocked", NULL));
	CHECK(path_exists("/sys/bus/pci/devices/%s", process.pci.name));
	kill_child(user);
	CHECK(plug_gone(&process.pci));
}

NATIVE_TEST(C14_unplug_names_user, "the log tells whose process hot unplug waits for")
{
	struct user_process process;
	struct kernel_log log;
	char words[32];
	pid_t user;

	improvement("the log names the process that keeps a device from being removed");
	user = start_user(&process, plug_drive());
	snprintf(words, sizeof(words), "(pid %d)", user);
	kernel_log_open(&log);
	plug_out("unplug");
	CHECK(kernel_log_shows(&log, process.pci.name, "vfio-conform", words, NULL));
	kill_child(user);
	CHECK(plug_gone(&process.pci));
}

NATIVE_TEST(C14_removal_killed_user, "killing the user's process ends the wait of sysfs remove")
{
	struct remover remover;
	struct user_process process;
	struct pci_device edu = vfio_device(EDU, 0);
	pid_t child = start_remover(&remover, edu.name), user = start_user(&process, edu);
	struct kernel_log log;

	kernel_log_open(&log);
	pass_turn(remover.start[1]);
	CHECK(kernel_log_shows(&log, edu.name, "blocked", NULL));
	CHECK(still_waiting(child));
	kill_child(user);
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s", edu.name));
	OK(text_write("1", "/sys/bus/pci/rescan"));
	CHECK(path_exists("/sys/bus/pci/devices/%s", edu.name));
}

NATIVE_TEST(C14_asks_again, "a user that takes no notice of REQ is asked again")
{
	struct remover remover;
	struct pci_device edu = vfio_device(EDU, 0);
	pid_t child = start_remover(&remover, edu.name);
	struct assignment user = assign(edu, VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);

	pass_turn(remover.start[1]);
	CHECK(event_wait(req));
	CHECK(event_wait(req));
	CHECK(still_waiting(child));
	unassign(&user);
	finish_child(child);
	OK(text_write("1", "/sys/bus/pci/rescan"));
}

NATIVE_TEST(C14_port_removed, "removal of the root port above a device asks and waits, too")
{
	struct pci_device drive = plug_drive();
	struct remover remover;
	struct assignment user;
	char port[32];
	pid_t child;
	int req;

	CHECK(link_name(port, sizeof(port), "/sys/class/pci_bus/" BUS "/device"));
	child = start_remover(&remover, port);
	user = assign(drive, VFIO_TYPE1v2_IOMMU);
	req = irq_enable(user.device, REQ);
	pass_turn(remover.start[1]);
	CHECK(event_wait(req));
	CHECK(still_waiting(child));
	EQUAL(config_read16(user.device, PCI_VENDOR_ID), 0x1b36);
	unassign(&user);
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s", port));
	CHECK(!path_exists("/sys/bus/pci/devices/%s", drive.name));
	OK(text_write("1", "/sys/bus/pci/rescan"));
	CHECK(path_exists("/sys/bus/pci/devices/%s", drive.name));
	plug_out("unplug");
	CHECK(plug_gone(&drive));
}

/* A device in use, and somebody who will remove what is left of it. */
struct pulled {
	struct remover remover;
	pid_t child;
	struct assignment user;
	int req;
	volatile uint32_t *bar;
};

static struct pulled use_and_pull(void)
{
	struct pci_device drive = plug_drive();
	struct pulled pulled;

	pulled.child = start_remover(&pulled.remover, drive.name);
	pulled.user = assign(drive, VFIO_TYPE1v2_IOMMU);
	pulled.req = irq_enable(pulled.user.device, REQ);
	pulled.bar = bar_map(pulled.user.device, 0);
	CHECK(pulled.bar[2]);
	map(pulled.user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	plug_pull(&drive);
	/* Not virtual, so this comes from the device, or from nobody. */
	EQUAL(config_read32(pulled.user.device, PCI_CLASS_REVISION), ~0U);
	return pulled;
}

static void close_pulled(struct pulled *pulled)
{
	OK(munmap((void *)pulled->bar, region_info(pulled->user.device, 0).size));
	unassign(&pulled->user);
}

static void clean_slot(const struct pci_device *drive)
{
	CHECK(plug_gone(drive));
	plug_back(drive);
	CHECK(path_exists("/sys/bus/pci/devices/%s", drive->name));
	plug_out("unplug");
	CHECK(plug_gone(drive));
}

NATIVE_TEST(C14_pulled_out, "a device pulled out in use reads as ones; its removal asks and waits")
{
	struct pulled pulled = use_and_pull();
	int device = pulled.user.device;

	memory_enable(device, true);
	config_write16(device, PCI_COMMAND, 0);
	EQUAL(config_read32(device, PCI_CLASS_REVISION), ~0U);
	/* Whatever it says, or that it says nothing: the process survives. */
	touch_faults(pulled.bar);
	pass_turn(pulled.remover.start[1]);
	CHECK(event_wait(pulled.req));
	CHECK(still_waiting(pulled.child));
	EQUAL(config_read32(device, PCI_CLASS_REVISION), ~0U);
	EQUAL(unmap(pulled.user.container, 0, PAGE), PAGE);
	EQUAL(try_irq_disable(device, REQ), 0);
	close_pulled(&pulled);
	finish_child(pulled.child);
	clean_slot(&pulled.user.pci);
}

NATIVE_TEST(C14_pulled_out_killed_user, "killing the user of a device that was pulled out ends the wait")
{
	struct pci_device drive = plug_drive();
	struct user_process process;
	struct remover remover;
	pid_t child = start_remover(&remover, drive.name), user = start_user(&process, drive);
	struct kernel_log log;

	kernel_log_open(&log);
	plug_pull(&drive);
	pass_turn(remover.start[1]);
	CHECK(kernel_log_shows(&log, drive.name, "blocked", NULL));
	kill_child(user);
	finish_child(child);
	clean_slot(&drive);
}

NATIVE_TEST(C14_pulled_out_zapped, "the mappings of a device that was pulled out go: SIGBUS; reads are EIO")
{
	struct pulled pulled;
	struct kernel_log log;
	int device;
	uint32_t value;

	improvement("a device that is gone stays mapped, and addresses nobody");
	kernel_log_open(&log);
	pulled = use_and_pull();
	device = pulled.user.device;
	pass_turn(pulled.remover.start[1]);
	CHECK(event_wait(pulled.req));
	CHECK(touch_faults(pulled.bar));
	REFUSED(pread64(device, &value, 4, region_info(device, 0).offset), EIO);
	expect_refusal(device, OPENVFIO_REASON_LOST, EIO, pulled.user.pci.name);
	/* Nothing that a program writes to what is left opens the way again. */
	memory_enable(device, true);
	CHECK(touch_faults(pulled.bar));
	CHECK(kernel_log_shows(&log, pulled.user.pci.name, "is gone", "vfio-conform", NULL));
	close_pulled(&pulled);
	finish_child(pulled.child);
	clean_slot(&pulled.user.pci);
}

NATIVE_TEST(C14_pulled_out_closed, "the last close of a device that was pulled out tries no reset")
{
	struct pulled pulled;
	struct kernel_log log;
	char line[512];

	improvement("a device that is gone is reset, and waited for, for a minute");
	kernel_log_open(&log);
	pulled = use_and_pull();
	close_pulled(&pulled);
	pass_turn(pulled.remover.start[1]);
	finish_child(pulled.child);
	clean_slot(&pulled.user.pci);
	while (kernel_log_read(&log, line, sizeof(line)))
		if (strstr(line, "not ready"))
			FAIL("the kernel log says '%s'", line);
}
