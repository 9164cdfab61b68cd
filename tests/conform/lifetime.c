// SPDX-License-Identifier: GPL-2.0-only
/*
 * C14, C16: what goes away while it is in use: drivers, modules, devices.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "kernel_log.h"
#include "process.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096 };

static void unbind(void *argument)
{
	OK(pci_unbind(argument));
}

/*
 * Unbinds in another process, which must not share our device file: it would wait
 * for itself.
 */
struct unbinder {
	struct pci_device *pci;
	int start[2];
};

static void unbind_on_turn(void *argument)
{
	struct unbinder *unbinder = argument;

	await_turn(unbinder->start[0]);
	unbind(unbinder->pci);
}

static pid_t start_unbinder(struct unbinder *unbinder, struct pci_device *pci)
{
	unbinder->pci = pci;
	OK(pipe(unbinder->start));
	return start_child(unbind_on_turn, unbinder);
}

NATIVE_TEST(C14_unbind_asks_and_waits,
	"unbind signals REQ at once and returns when the device is closed")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct unbinder unbinder;
	pid_t child = start_unbinder(&unbinder, &pci);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);
	char *memory = pages(PAGE);
	struct edu edu = edu_start(user.device);

	map(user.container, 0, memory, PAGE, READ_WRITE);
	pass_turn(unbinder.start[1]);
	CHECK(event_wait(req));
	CHECK(still_waiting(child));
	/* Nothing has been taken away yet. */
	CHECK(path_exists("/dev/vfio/%d", pci.group));
	CHECK(edu_reaches(&edu, 0, memory, 128));
	edu_stop(&edu);
	OK(close(user.device));
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s/driver", pci.name));
	CHECK(!path_exists("/dev/vfio/%d", pci.group));
}

NATIVE_TEST(C14_unbind_without_req,
	"unbind of a device whose user has no REQ eventfd is told in the log")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct unbinder unbinder;
	pid_t child = start_unbinder(&unbinder, &pci);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	struct kernel_log log;

	kernel_log_open(&log);
	pass_turn(unbinder.start[1]);
	CHECK(kernel_log_shows(&log, pci.name, "blocked", NULL));
	CHECK(still_waiting(child));
	unassign(&user);
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s/driver", pci.name));
}

NATIVE_TEST(C14_bar_mapping_blocks, "a BAR mapping alone makes unbind wait")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct unbinder unbinder;
	pid_t child = start_unbinder(&unbinder, &pci);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);
	struct edu edu = edu_start(user.device);

	unassign(&user);
	pass_turn(unbinder.start[1]);
	CHECK(event_wait(req));
	CHECK(still_waiting(child));
	edu_stop(&edu);
	finish_child(child);
}

struct user_process {
	struct pci_device pci;
	int ready[2];
};

static void use_until_killed(void *argument)
{
	struct user_process *process = argument;
	struct assignment user = assign(process->pci, VFIO_TYPE1v2_IOMMU);

	edu_start(user.device);
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	pass_turn(process->ready[1]);
	for (;;)
		pause();
}

NATIVE_TEST(C14_killed_user, "killing the user's process ends the wait of unbind")
{
	struct user_process process = { .pci = vfio_device(EDU, 0) };
	struct kernel_log log;
	pid_t user, child;

	OK(pipe(process.ready));
	user = start_child(use_until_killed, &process);
	await_turn(process.ready[0]);
	kernel_log_open(&log);
	child = start_child(unbind, &process.pci);
	CHECK(kernel_log_shows(&log, process.pci.name, "blocked", NULL));
	CHECK(still_waiting(child));
	kill_child(user);
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s/driver", process.pci.name));
}

NATIVE_TEST(C14_signal_to_unbind,
	"a signal to the waiting task changes nothing: unbind still happens")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct unbinder unbinder;
	pid_t child = start_unbinder(&unbinder, &pci);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	int req = irq_enable(user.device, REQ);
	struct kernel_log log;
	int status;

	pass_turn(unbinder.start[1]);
	CHECK(event_wait(req));
	kernel_log_open(&log);
	OK(kill(child, SIGTERM));
	/* The message names the device and the task. */
	CHECK(kernel_log_shows(&log, pci.name, "vfio-conform", NULL));
	CHECK(still_waiting(child));
	unassign(&user);
	EQUAL(waitpid(child, &status, 0), child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s/driver", pci.name));
}

static void remove_device(void *argument)
{
	struct unbinder *unbinder = argument;

	await_turn(unbinder->start[0]);
	OK(text_write("1", "/sys/bus/pci/devices/%s/remove", unbinder->pci->name));
}

NATIVE_TEST(C14_removal_waits, "removal of a device in use asks and waits like unbind")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct unbinder unbinder = { .pci = &pci };
	struct assignment user;
	pid_t child;
	int req;

	OK(pipe(unbinder.start));
	child = start_child(remove_device, &unbinder);
	user = assign(pci, VFIO_TYPE1v2_IOMMU);
	req = irq_enable(user.device, REQ);
	pass_turn(unbinder.start[1]);
	CHECK(event_wait(req));
	CHECK(still_waiting(child));
	EQUAL(config_read16(user.device, 0), 0x1234);
	unassign(&user);
	finish_child(child);
	CHECK(!path_exists("/sys/bus/pci/devices/%s", pci.name));
	OK(text_write("1", "/sys/bus/pci/rescan"));
	CHECK(path_exists("/sys/bus/pci/devices/%s", pci.name));
}

static long references(const char *module)
{
	return text_number("/sys/module/%s/refcnt", module);
}

NATIVE_TEST(C16_module_references, "open files hold the modules that serve them")
{
	struct pci_device pci = vfio_device(EDU, 0);
	long vfio = references("vfio"), type1 = references("vfio_iommu_type1");
	long bus = references("vfio_pci");
	struct assignment user;
	int second;

	user.container = container_open();
	CHECK(references("vfio") > vfio);
	OK(close(user.container));
	user = assign_group(pci, VFIO_TYPE1v2_IOMMU);
	CHECK(references("vfio_iommu_type1") > type1);
	EQUAL(references("vfio_pci"), bus);
	user.device = device_open(user.group, &pci);
	EQUAL(references("vfio_pci"), bus + 1);
	second = device_open(user.group, &pci);
	CHECK(references("vfio_pci") > bus);
	OK(close(second));
	EQUAL(references("vfio_pci"), bus + 1);
	unassign(&user);
	EQUAL(references("vfio_pci"), bus);
	EQUAL(references("vfio_iommu_type1"), type1);
	EQUAL(references("vfio"), vfio);
}

NATIVE_TEST(C16_modules_in_use_stay, "no module can be removed while a device is open")
{
	static const char *const modules[] = {
		"vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "vfio",
	};
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		REFUSED_EITHER(syscall(SYS_delete_module, modules[i], O_NONBLOCK), EWOULDBLOCK,
			       EBUSY);
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	EQUAL(config_read16(user.device, 0), 0x1234);
}

NATIVE_TEST(C16_type1_in_use_stays, "type1 cannot be removed while a container uses it")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	REFUSED_EITHER(syscall(SYS_delete_module, "vfio_iommu_type1", O_NONBLOCK), EWOULDBLOCK,
		       EBUSY);
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
}

NATIVE_TEST(C16_without_type1, "without the type1 module there is no type to set: ENODEV")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	OK(syscall(SYS_delete_module, "vfio_iommu_type1", O_NONBLOCK));
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU), 0);
	OK(try_set_container(group, container));
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), ENODEV);
	OK(close(group));
	OK(close(container));
	if (system("vfio-modules unload && vfio-modules load"))
		FAIL("cannot load the modules again");
	OK(pci_bind(&edu, "vfio-pci"));
	assign(edu, VFIO_TYPE1_IOMMU);
}
