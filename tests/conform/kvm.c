// SPDX-License-Identifier: GPL-2.0-only
/*
 * E5: KVM's VFIO device, through which a virtual machine monitor tells KVM which groups its
 * machine uses. The lab's CPU can run KVM; no guest is run.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "sample.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE_IOMMU = 0x7f01 };

struct machine {
	int vm;
	int vfio;
};

static struct machine machine_new(void)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	struct machine machine;
	int kvm;

	/* A machine that comes or goes has the kernel rewrite its scheduler's code. */
	needs_one_thread();
	if (system("modprobe -q kvm_amd || modprobe -q kvm_intel") != 0)
		skip("no KVM on this CPU");
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		skip("no /dev/kvm");
	machine.vm = OK(ioctl(kvm, KVM_CREATE_VM, 0));
	OK(ioctl(machine.vm, KVM_CREATE_DEVICE, &create));
	machine.vfio = create.fd;
	OK(close(kvm));
	return machine;
}

/* Its last file closed, the machine goes unless something holds it. */
static void machine_close(struct machine *machine)
{
	OK(close(machine->vfio));
	OK(close(machine->vm));
}

static int try_group(const struct machine *machine, uint64_t what, int32_t group)
{
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP, .attr = what, .addr = (uintptr_t)&group,
	};

	return ioctl(machine->vfio, KVM_SET_DEVICE_ATTR, &attr);
}

/* KVM has a folder for each machine of a process. */
static bool machine_lives(const struct machine *machine)
{
	return path_exists("/sys/kernel/debug/kvm/%d-%d", getpid(), machine->vm);
}

static bool machine_ends(const struct machine *machine)
{
	for (int tries = 0; machine_lives(machine) && tries < 1000; tries++)
		usleep(10000);
	return !machine_lives(machine);
}

TEST(E5_takes_groups, "KVM takes a group, in a container or not, once, and nothing else")
{
	struct machine machine = machine_new();
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct pci_device other = vfio_device(EDU, 1);
	int idle = group_open(&other);

	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, edu.group));
	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, idle));
	REFUSED(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, edu.group), EEXIST);
	REFUSED(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, edu.container), EINVAL);
	REFUSED(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, edu.device), EINVAL);
	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_DEL, edu.group));
	REFUSED(try_group(&machine, KVM_DEV_VFIO_GROUP_DEL, edu.group), ENOENT);
	machine_close(&machine);
	CHECK(machine_ends(&machine));
}

TEST(E5_holds_group, "KVM holds the group's file until the machine is gone")
{
	struct machine machine = machine_new();
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);

	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, group));
	OK(close(group));
	REFUSED(try_group_open(edu.group), EBUSY);
	machine_close(&machine);
	CHECK(machine_ends(&machine));
	for (int tries = 0; (group = try_group_open(edu.group)) < 0 && tries < 1000; tries++)
		usleep(10000);
	OK(group);
}

static struct assignment sample_group(void)
{
	sample_load("");
	EQUAL(system("modprobe vfio_iommu_page"), 0);
	return assign_group(sample_device(0), PAGE_IOMMU);
}

static void done(struct assignment *user)
{
	unassign(user);
	sample_unload();
	EQUAL(system("rmmod vfio_iommu_page"), 0);
}

TEST(E5_device_knows_machine, "a device finds the machine its group was given to before it was opened")
{
	struct machine machine = machine_new();
	struct assignment user = sample_group();

	user.device = device_open(user.group, &user.pci);
	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, user.group));
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	EQUAL(SAMPLE_GET(user.device, machine), 0);
	OK(close(user.device));
	user.device = device_open(user.group, &user.pci);
	EQUAL(SAMPLE_GET(user.device, machine), 1);
	OK(close(user.device));
	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_DEL, user.group));
	user.device = device_open(user.group, &user.pci);
	EQUAL(SAMPLE_GET(user.device, machine), 0);
	machine_close(&machine);
	CHECK(machine_ends(&machine));
	done(&user);
}

TEST(E5_device_holds_machine, "the machine stays as long as a device opened for it, and no longer")
{
	struct machine machine = machine_new();
	struct assignment user = sample_group();
	int second;

	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, user.group));
	user.device = device_open(user.group, &user.pci);
	second = device_open(user.group, &user.pci);
	CHECK(machine_lives(&machine));
	machine_close(&machine);
	/* A moment for a machine that wrongly goes. */
	usleep(100000);
	CHECK(machine_lives(&machine));
	CHECK(system("rmmod kvm_amd 2>/dev/null || rmmod kvm_intel 2>/dev/null") != 0);
	OK(close(user.device));
	EQUAL(SAMPLE_GET(second, machine), 1);
	CHECK(machine_lives(&machine));
	/* The end of the machine comes back to the group while the device is closed. */
	OK(close(second));
	CHECK(machine_ends(&machine));
	user.device = device_open(user.group, &user.pci);
	EQUAL(SAMPLE_GET(user.device, machine), 0);
	done(&user);
}

TEST(E5_machine_gone_first, "a machine that is gone is not found, nor is one of another opener")
{
	struct machine machine = machine_new();
	struct assignment user = sample_group();

	OK(try_group(&machine, KVM_DEV_VFIO_GROUP_ADD, user.group));
	machine_close(&machine);
	CHECK(machine_ends(&machine));
	user.device = device_open(user.group, &user.pci);
	EQUAL(SAMPLE_GET(user.device, machine), 0);
	done(&user);
}
