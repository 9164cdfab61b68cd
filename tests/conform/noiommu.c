// SPDX-License-Identifier: GPL-2.0-only
/*
 * C6, C15, N1 to N3: no-IOMMU mode. The sample device, loaded as one that does DMA by
 * itself, is a device without an IOMMU on any machine. The tests of PCI devices need a
 * machine without one:
 *
 *	IOMMU= APPEND=intel_iommu=off lab/run -- "build/conform/vfio-conform 'N*' 'C15*'"
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "kernel_log.h"
#include "process.h"
#include "refusal.h"
#include "sample.h"
#include "textfile.h"
#include "tracing.h"
#include "vfio.h"

#define PARAMETER "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

enum { PAGE = 4096, TAINT_USER = 1 << 6 };

static void mode(bool on)
{
	improvement("Debian's kernels are built without no-IOMMU mode");
	OK(text_write(on ? "Y" : "N", PARAMETER));
}

static struct pci_device unconfined_sample(void)
{
	mode(true);
	sample_load("own_dma=1");
	return sample_device(0);
}

static int try_open_noiommu(int group)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", group);
	return open(path, O_RDWR | O_CLOEXEC);
}

static struct assignment assign_noiommu(struct pci_device device)
{
	struct assignment user = { .pci = device };

	user.container = container_open();
	user.group = OK(try_open_noiommu(device.group));
	OK(try_set_container(user.group, user.container));
	OK(ioctl(user.container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU));
	user.device = device_open(user.group, &user.pci);
	return user;
}

static struct pci_device bare_pci_device(void)
{
	struct pci_device edu;

	improvement("Debian's kernels are built without no-IOMMU mode");
	edu = pci_find(EDU, 0);
	if (edu.group >= 0)
		skip("needs a machine without an IOMMU: IOMMU= APPEND=intel_iommu=off lab/run");
	return edu;
}

static struct pci_device bound_bare_pci_device(void)
{
	struct pci_device edu = bare_pci_device();

	mode(true);
	OK(pci_bind(&edu, "vfio-pci"));
	return pci_find(EDU, 0);
}

NATIVE_TEST(S2_noiommu_parameter, "enable_unsafe_noiommu_mode is there, off, for root to write")
{
	struct stat status;
	char value[8];

	improvement("Debian's kernels are built without no-IOMMU mode");
	OK(stat(PARAMETER, &status));
	EQUAL(status.st_mode & 07777, 0644);
	OK(text_read(value, sizeof(value), "%s", PARAMETER));
	CHECK(!strcmp(value, "N"));
}

TEST(C15_no_group_no_mode, "a device without an IOMMU group is refused, and the log says what to do")
{
	struct kernel_log log;

	mode(false);
	kernel_log_open(&log);
	if (system("modprobe -n vfio_sample 2>/dev/null") != 0)
		skip("the module vfio_sample is not built");
	CHECK(system("modprobe vfio_sample own_dma=1 2>/dev/null") != 0);
	CHECK(kernel_log_shows(&log, "vfio-sample.0", "no IOMMU protects memory", NULL));
	CHECK(!path_exists("/sys/devices/vfio-sample"));
}

TEST(N1_group, "with the mode on it gets a group and a node noiommu-N, and the kernel a taint")
{
	struct pci_device sample;
	struct kernel_log log;
	struct stat status;
	char text[64];

	kernel_log_open(&log);
	sample = unconfined_sample();
	CHECK(kernel_log_shows(&log, "vfio-sample.0", "no-IOMMU mode", "tainted", NULL));
	CHECK(text_number("/proc/sys/kernel/tainted") & TAINT_USER);
	snprintf(text, sizeof(text), "/dev/vfio/noiommu-%d", sample.group);
	OK(stat(text, &status));
	CHECK(S_ISCHR(status.st_mode));
	EQUAL(status.st_mode & 07777, 0600);
	CHECK(path_exists("/sys/class/vfio/noiommu-%d", sample.group));
	CHECK(!path_exists("/dev/vfio/%d", sample.group));
	OK(text_read(text, sizeof(text), "/sys/kernel/iommu_groups/%d/name", sample.group));
	CHECK(!strcmp(text, "vfio-noiommu"));
	sample_unload();
	CHECK(!path_exists("/dev/vfio/noiommu-%d", sample.group));
	CHECK(!path_exists("/sys/kernel/iommu_groups/%d", sample.group));
}

TEST(N1_open_is_logged, "opening the device is logged with the name of the task")
{
	struct pci_device sample = unconfined_sample();
	struct assignment user;
	struct kernel_log log;
	char pid[32];

	kernel_log_open(&log);
	user = assign_noiommu(sample);
	snprintf(pid, sizeof(pid), "pid %d", getpid());
	CHECK(kernel_log_shows(&log, "vfio-sample.0", "without an IOMMU", pid, NULL));
	EQUAL(group_flags(user.group),
	      VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	unassign(&user);
	sample_unload();
}

TEST(N2_types, "CHECK_EXTENSION(8) follows the mode; with such a group only type 8 can be set")
{
	int container = container_open(), group;
	struct pci_device sample;

	mode(false);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 0);
	sample = unconfined_sample();
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 1);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	group = OK(try_open_noiommu(sample.group));
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(try_set_container(group, container));
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 1);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 0);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), ENODEV);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), ENODEV);
	mode(false);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 0);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU), ENODEV);
	mode(true);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU));
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 1);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU), 0);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU), EINVAL);
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	/* Empty again, it may have any type. */
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	OK(close(group));
	sample_unload();
}

/* Root but for the one capability. */
static void drop_rawio(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	OK(syscall(SYS_capget, &header, data));
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	OK(syscall(SYS_capset, &header, data));
}

struct capability_test {
	struct pci_device sample;
	int container;
	int group;
};

static void try_open_without(void *argument)
{
	struct capability_test *test = argument;

	char words[64];
	FILE *trace;

	snprintf(words, sizeof(words), "group noiommu-%d is not for vfio-conform",
		 test->sample.group);
	drop_rawio();
	/* There is no file yet to ask for the reason. */
	trace_start(REFUSAL_EVENT);
	REFUSED(try_open_noiommu(test->sample.group), EPERM);
	trace = trace_stop(REFUSAL_EVENT);
	CHECK(refusal_traced(trace, OPENVFIO_REASON_PRIVILEGE, EPERM, words));
	fclose(trace);
}

static void try_set_container_without(void *argument)
{
	struct capability_test *test = argument;

	drop_rawio();
	REFUSED(try_set_container(test->group, test->container), EPERM);
	expect_refusal(test->group, OPENVFIO_REASON_PRIVILEGE, EPERM, "needs CAP_SYS_RAWIO");
	/* Asking is allowed, and so are the errors that come before. */
	EQUAL(group_flags(test->group), VFIO_GROUP_FLAGS_VIABLE);
	REFUSED(try_set_container(test->group, test->group), EINVAL);
}

static void try_set_iommu_without(void *argument)
{
	struct capability_test *test = argument;

	drop_rawio();
	REFUSED(ioctl(test->container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU), EPERM);
	expect_refusal(test->container, OPENVFIO_REASON_PRIVILEGE, EPERM, "sets no-IOMMU mode");
	REFUSED(try_device_fd(test->group, test->sample.name), EINVAL);
}

static void try_device_without(void *argument)
{
	struct capability_test *test = argument;

	drop_rawio();
	REFUSED(try_device_fd(test->group, test->sample.name), EPERM);
	expect_refusal(test->group, OPENVFIO_REASON_PRIVILEGE, EPERM, "needs CAP_SYS_RAWIO");
	REFUSED(try_device_fd(test->group, "unknown"), ENODEV);
}

TEST(N2_capability, "open of the group, SET_CONTAINER, SET_IOMMU, GET_DEVICE_FD need CAP_SYS_RAWIO")
{
	struct capability_test test = { .sample = unconfined_sample() };
	int device;

	test.container = container_open();
	in_child(try_open_without, &test);
	test.group = OK(try_open_noiommu(test.sample.group));
	in_child(try_set_container_without, &test);
	OK(try_set_container(test.group, test.container));
	in_child(try_set_iommu_without, &test);
	OK(ioctl(test.container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU));
	in_child(try_device_without, &test);
	device = device_open(test.group, &test.sample);
	OK(close(device));
	OK(close(test.group));
	sample_unload();
}

TEST(N3_no_mappings, "MAP and the like are ENOTTY, and the driver has no DMA to do")
{
	struct assignment user = assign_noiommu(unconfined_sample());
	char *memory = pages(PAGE);

	REFUSED(try_map(user.container, 0, memory, PAGE, READ_WRITE), ENOTTY);
	REFUSED(try_unmap(user.container, 0, PAGE, 0), ENOTTY);
	REFUSED(ioctl(user.container, VFIO_IOMMU_GET_INFO, memory), ENOTTY);
	REFUSED(ioctl(user.container, VFIO_IOMMU_DIRTY_PAGES, memory), ENOTTY);
	EQUAL(sample_copy(user.device, 0, 64, 64), -EOPNOTSUPP);
	EQUAL(sample_hold(user.device, 0, PAGE), -EOPNOTSUPP);
	unassign(&user);
	sample_unload();
}

TEST(N3_device_works, "region and interrupt of a device without an IOMMU work")
{
	struct assignment user = assign_noiommu(unconfined_sample());
	volatile struct sample_registers *mapped = bar_map(user.device, 0);
	int event = irq_enable(user.device, 0);

	EQUAL(mapped->id, SAMPLE_ID);
	SAMPLE_SET(user.device, doorbell, 1);
	EQUAL(event_now(event), 1);
	OK(munmap((void *)mapped, SAMPLE_REGION_SIZE));
	unassign(&user);
	sample_unload();
}

TEST(C6_real_container, "a container with a real group has neither type 8 nor no-IOMMU groups")
{
	struct pci_device sample = unconfined_sample(), edu = pci_find(EDU, 0);
	int container = container_open(), group, unconfined;

	if (edu.group < 0) {
		sample_unload();
		skip("needs a machine with an IOMMU");
	}
	OK(pci_bind(&edu, "vfio-pci"));
	group = group_open(&edu);
	unconfined = OK(try_open_noiommu(sample.group));
	OK(try_set_container(group, container));
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU), 0);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU), ENODEV);
	REFUSED(try_set_container(unconfined, container), EPERM);
	expect_refusal(unconfined, OPENVFIO_REASON_MIXED, EPERM, "do not share a container");
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	REFUSED(try_set_container(unconfined, container), EPERM);
	REFUSED(ioctl(unconfined, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	OK(close(group));
	/* Empty, the container takes either. */
	OK(try_set_container(unconfined, container));
	group = group_open(&edu);
	REFUSED(try_set_container(group, container), EPERM);
	expect_refusal(group, OPENVFIO_REASON_MIXED, EPERM, "do not share a container");
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU));
	REFUSED(try_set_container(group, container), EPERM);
	OK(close(unconfined));
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	sample_unload();
}

NATIVE_TEST(N1_pci_refused, "a PCI device without an IOMMU: binding is EINVAL while the mode is off")
{
	struct pci_device edu = bare_pci_device();
	struct kernel_log log;

	kernel_log_open(&log);
	REFUSED(pci_bind(&edu, "vfio-pci"), EINVAL);
	CHECK(kernel_log_shows(&log, edu.name, "no IOMMU protects memory", NULL));
}

NATIVE_TEST(N1_pci_group, "a PCI device without an IOMMU: its group goes when it is unbound")
{
	struct pci_device edu = bound_bare_pci_device();

	CHECK(path_exists("/dev/vfio/noiommu-%d", edu.group));
	CHECK(text_number("/proc/sys/kernel/tainted") & TAINT_USER);
	OK(pci_release(&edu));
	EQUAL(pci_find(EDU, 0).group, -1);
	CHECK(!path_exists("/dev/vfio/noiommu-%d", edu.group));
	/* And again. */
	OK(pci_bind(&edu, "vfio-pci"));
	CHECK(pci_find(EDU, 0).group >= 0);
}

NATIVE_TEST(N3_pci_interrupts, "a PCI device without an IOMMU: BAR, INTx and MSI work")
{
	static const unsigned int kinds[] = { INTX, MSI };
	struct assignment user = assign_noiommu(bound_bare_pci_device());
	struct edu edu = edu_start(user.device);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int event = irq_enable(user.device, kinds[i]);

		edu_raise(&edu, 1);
		EQUAL(event_wait(event), 1);
		edu_acknowledge(&edu, 1);
		OK(try_irq_disable(user.device, kinds[i]));
	}
	edu_stop(&edu);
}

static uint64_t physical_address(const void *memory)
{
	uint64_t entry;
	int pagemap = OK(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));

	EQUAL(pread64(pagemap, &entry, sizeof(entry), (uintptr_t)memory / PAGE * sizeof(entry)),
	      sizeof(entry));
	OK(close(pagemap));
	CHECK(entry >> 63);
	return (entry & ((1ULL << 55) - 1)) * PAGE;
}

NATIVE_TEST(N3_pci_dma, "a PCI device without an IOMMU: bus mastering is off, then it reaches all memory")
{
	enum { SEARCHED = 512 << 20 };
	struct assignment user = assign_noiommu(bound_bare_pci_device());
	struct edu edu;
	char *memory = pages(SEARCHED), *low = NULL;

	EQUAL(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_MASTER, 0);
	edu = edu_start(user.device);
	/* edu has 28 address bits. */
	for (size_t at = 0; at < SEARCHED && !low; at += PAGE) {
		memory[at] = 1;
		if (physical_address(memory + at) < EDU_TOP)
			low = memory + at;
	}
	if (!low)
		skip("no memory below 256 MiB to be had");
	CHECK(edu_reaches(&edu, physical_address(low), low, 128));
	edu_stop(&edu);
}
