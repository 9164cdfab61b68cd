// SPDX-License-Identifier: GPL-2.0-only
/*
 * R6, R7, K6, K11: virtual functions of a physical function that a user program has.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event.h"
#include "feature.h"
#include "harness.h"
#include "irq.h"
#include "kernel_log.h"
#include "process.h"
#include "textfile.h"
#include "vfio.h"

#define DEVICE "/sys/bus/pci/devices/%s"
#define PARAMETER "/sys/module/vfio_pci/parameters/enable_sriov"

#define TOKEN	"6e1d8b5c-3a52-4c4e-9a0f-5b8f0f5d7a11"
#define OTHER	"00000000-0000-0000-0000-000000000001"
static const uint8_t token_bytes[16] = {
	0x6e, 0x1d, 0x8b, 0x5c, 0x3a, 0x52, 0x4c, 0x4e,
	0x9a, 0x0f, 0x5b, 0x8f, 0x0f, 0x5d, 0x7a, 0x11,
};

static struct pci_device physical_function(void)
{
	struct pci_device pf = pci_find(NVME, 1);

	if (!path_exists(DEVICE "/sriov_totalvfs", pf.name))
		skip("%s has no virtual functions", pf.name);
	OK(pci_bind(&pf, "vfio-pci"));
	return pf;
}

static int try_set_vfs(const struct pci_device *pf, const char *count)
{
	return text_write(count, DEVICE "/sriov_numvfs", pf->name);
}

static struct pci_device virtual_function(const struct pci_device *pf, unsigned int index)
{
	struct pci_device vf;
	char group[16];

	CHECK(link_name(vf.name, sizeof(vf.name), DEVICE "/virtfn%u", pf->name, index));
	CHECK(link_name(group, sizeof(group), DEVICE "/iommu_group", vf.name));
	vf.group = atoi(group);
	return vf;
}

static void make_vfs(const struct pci_device *pf, struct pci_device vf[2])
{
	OK(text_write("Y", PARAMETER));
	OK(try_set_vfs(pf, "2"));
	for (int i = 0; i < 2; i++)
		vf[i] = virtual_function(pf, i);
}

static int try_open(const struct assignment *user, const char *token)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s%s", user->pci.name, token ? " vf_token=" : "",
		 token ?: "");
	return try_device_fd(user->group, name);
}

struct functions {
	struct assignment physical;
	struct pci_device vf[2];
	struct assignment virtual;	/* the first of them, not open */
};

/*
 * A physical function, open, with two virtual ones, all with vfio-pci. It is open before they
 * are made, and stays so: the emulator loses them in a reset of the physical one.
 */
static struct functions functions_start(const char *token)
{
	struct functions all;

	all.physical = assign_group(physical_function(), VFIO_TYPE1v2_IOMMU);
	all.physical.device = OK(try_open(&all.physical, token));
	make_vfs(&all.physical.pci, all.vf);
	all.virtual = assign_group(all.vf[0], VFIO_TYPE1v2_IOMMU);
	return all;
}

TEST(R7_needs_parameter, "sriov_numvfs of a function bound to vfio-pci is ENOENT without enable_sriov")
{
	struct pci_device pf = physical_function();

	OK(text_write("N", PARAMETER));
	REFUSED(try_set_vfs(&pf, "1"), ENOENT);
	EQUAL(text_number(DEVICE "/sriov_numvfs", pf.name), 0);
}

TEST(R7_virtual_functions, "virtual functions are for vfio-pci; enabling others meanwhile is refused")
{
	struct pci_device vf[2], pf = physical_function();
	char text[32];

	make_vfs(&pf, vf);
	for (int i = 0; i < 2; i++) {
		OK(text_read(text, sizeof(text), DEVICE "/driver_override", vf[i].name));
		EQUAL(strcmp(text, "vfio-pci"), 0);
		CHECK(pci_driven_by(&vf[i], "vfio-pci"));
		CHECK(vf[i].group != pf.group);
	}
	/* The driver would say EINVAL; the PCI core does not even ask it. */
	REFUSED_EITHER(try_set_vfs(&pf, "1"), EBUSY, EINVAL);
	OK(try_set_vfs(&pf, "0"));
	CHECK(!path_exists(DEVICE, vf[0].name));
	OK(try_set_vfs(&pf, "1"));
	CHECK(path_exists(DEVICE, vf[0].name));
	CHECK(!path_exists(DEVICE, vf[1].name));
}

TEST(R7_unbind_removes, "unbinding the physical function removes the virtual ones")
{
	struct pci_device vf[2], pf = physical_function();

	make_vfs(&pf, vf);
	OK(pci_unbind(&pf));
	CHECK(!path_exists(DEVICE, vf[0].name));
	CHECK(!path_exists(DEVICE, vf[1].name));
	EQUAL(text_number(DEVICE "/sriov_numvfs", pf.name), 0);
	OK(pci_bind(&pf, "vfio-pci"));
	EQUAL(text_number(DEVICE "/sriov_numvfs", pf.name), 0);
}

TEST(R7_host_driver_noted, "a virtual function that a host driver gets nevertheless is worth a log line")
{
	struct functions all = functions_start(NULL);
	struct kernel_log log;

	if (!path_exists("/sys/bus/pci/drivers/pci-stub") && system("modprobe pci-stub"))
		skip("needs the driver pci-stub");
	kernel_log_open(&log);
	OK(pci_bind(&all.vf[1], "pci-stub"));
	CHECK(kernel_log_shows(&log, all.vf[1].name, "pci-stub", NULL));
	CHECK(pci_driven_by(&all.vf[1], "pci-stub"));
}

struct unbinder {
	const struct pci_device *pf;
	int start[2];
};

static void unbind(void *argument)
{
	struct unbinder *unbinder = argument;

	await_turn(unbinder->start[0]);
	OK(pci_unbind(unbinder->pf));
}

TEST(R7_unbind_waits, "unbinding the physical function asks the users of the virtual ones, and waits")
{
	struct pci_device pf = physical_function();
	struct unbinder unbinder = { .pf = &pf };
	struct functions all;
	pid_t child;
	int asked;

	/* In another process, without our files: it would wait for itself. */
	OK(pipe(unbinder.start));
	child = start_child(unbind, &unbinder);
	all = functions_start(TOKEN);
	all.virtual.device = OK(try_open(&all.virtual, TOKEN));
	asked = irq_enable(all.virtual.device, REQ);
	pass_turn(unbinder.start[1]);
	CHECK(event_wait(asked));
	CHECK(path_exists(DEVICE, all.vf[0].name));
	OK(close(all.virtual.device));
	OK(close(all.physical.device));
	finish_child(child);
	CHECK(!path_exists(DEVICE, all.vf[0].name));
	CHECK(!path_exists(DEVICE "/driver", pf.name));
}

TEST(R6_random, "before a user sets a token it is random: a virtual function cannot be opened")
{
	struct pci_device vf[2], pf = physical_function();
	struct assignment virtual;

	make_vfs(&pf, vf);
	virtual = assign_group(vf[0], VFIO_TYPE1v2_IOMMU);
	REFUSED(try_open(&virtual, NULL), EACCES);
	REFUSED(try_open(&virtual, TOKEN), EACCES);
	REFUSED(try_open(&virtual, "00000000-0000-0000-0000-000000000000"), EACCES);
}

TEST(R6_open_order, "the physical function's user sets a token; a virtual one's user must have it")
{
	struct functions all = functions_start(TOKEN);
	struct assignment *physical = &all.physical, *virtual = &all.virtual;

	REFUSED(try_open(virtual, NULL), EACCES);
	REFUSED(try_open(virtual, OTHER), EACCES);
	virtual->device = OK(try_open(virtual, TOKEN));

	/* Now that it is in use, the physical function's user must have the token, too. */
	REFUSED(try_open(physical, NULL), EACCES);
	REFUSED(try_open(physical, OTHER), EACCES);
	OK(close(OK(try_open(physical, TOKEN))));

	/* Without users, any token is the new one. */
	OK(close(virtual->device));
	OK(close(OK(try_open(physical, NULL))));
	OK(close(OK(try_open(virtual, TOKEN))));
	OK(close(OK(try_open(physical, OTHER))));
	REFUSED(try_open(virtual, TOKEN), EACCES);
	virtual->device = OK(try_open(virtual, OTHER));
}

TEST(R6_token_stays, "the token outlives the last close of the physical function")
{
	struct functions all = functions_start(TOKEN);

	unassign(&all.virtual);
	OK(try_set_vfs(&all.physical.pci, "0"));
	OK(close(all.physical.device));
	make_vfs(&all.physical.pci, all.vf);
	all.virtual = assign_group(all.vf[0], VFIO_TYPE1v2_IOMMU);
	REFUSED(try_open(&all.virtual, OTHER), EACCES);
	all.virtual.device = OK(try_open(&all.virtual, TOKEN));
}

TEST(R6_feature, "feature 0 sets the token; it cannot be had back")
{
	struct functions all = functions_start(NULL);
	int physical = all.physical.device;
	const unsigned int token = VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;

	OK(try_feature(physical, PROBE | token, NULL, 0));
	OK(try_feature(physical, PROBE | SET | token, NULL, 0));
	REFUSED(try_feature(physical, PROBE | GET | token, NULL, 0), EINVAL);
	REFUSED(try_feature(physical, GET | token, token_bytes, 16), EINVAL);
	REFUSED(try_feature(physical, SET | token, token_bytes, 15), EINVAL);
	REFUSED(try_open(&all.virtual, TOKEN), EACCES);
	OK(try_feature(physical, SET | token, token_bytes, 16));
	all.virtual.device = OK(try_open(&all.virtual, TOKEN));
	REFUSED(try_feature(all.virtual.device, PROBE | token, NULL, 0), ENOTTY);
	REFUSED(try_feature(all.virtual.device, SET | token, token_bytes, 16), ENOTTY);
}

TEST(R6_no_token_wanted, "a physical function without virtual ones takes a token, others EINVAL")
{
	struct assignment physical = assign_group(physical_function(), VFIO_TYPE1v2_IOMMU);
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	OK(close(OK(try_open(&physical, TOKEN))));
	OK(close(OK(try_open(&physical, NULL))));
	REFUSED(try_open(&edu, TOKEN), EINVAL);
	edu.device = OK(try_open(&edu, NULL));
	REFUSED(try_feature(edu.device, PROBE | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, NULL, 0), ENOTTY);
}

TEST(R6_users_counted_once, "a virtual function opened twice is in use until the last close")
{
	struct functions all = functions_start(TOKEN);
	int first = OK(try_open(&all.virtual, TOKEN));
	int second = OK(try_open(&all.virtual, TOKEN));

	OK(close(first));
	REFUSED(try_open(&all.physical, NULL), EACCES);
	OK(close(second));
	OK(close(OK(try_open(&all.physical, NULL))));
}

TEST(K11_identity, "a virtual function has its physical function's vendor, the given device id, pin 0")
{
	struct functions all = functions_start(TOKEN);
	int device = OK(try_open(&all.virtual, TOKEN));

	EQUAL(config_read16(device, PCI_VENDOR_ID), text_number(DEVICE "/vendor", all.vf[0].name));
	EQUAL(config_read16(device, PCI_DEVICE_ID), text_number(DEVICE "/device", all.vf[0].name));
	CHECK(config_read16(device, PCI_VENDOR_ID) != 0xffff);
	EQUAL(config_read8(device, PCI_INTERRUPT_PIN), 0);
	EQUAL(irq_info(device, INTX).count, 0);
	/* K4: seen as on, though there is no such bit. */
	CHECK(config_read16(device, PCI_COMMAND) & PCI_COMMAND_MEMORY);
}

TEST(K6_physical_function_stays, "a physical function with virtual ones does not leave D0")
{
	struct functions all = functions_start(NULL);
	int device = all.physical.device;
	unsigned int pm = config_capability(device, PCI_CAP_ID_PM);
	char status[16];

	CHECK(pm);
	config_write16(device, pm + PCI_PM_CTRL, 3);
	EQUAL(config_read16(device, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK, 0);
	OK(try_feature(device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0));
	usleep(300000);
	OK(text_read(status, sizeof(status), DEVICE "/power/runtime_status", all.physical.pci.name));
	EQUAL(strcmp(status, "active"), 0);
	OK(try_feature(device, SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0));
	unassign(&all.virtual);
	OK(try_set_vfs(&all.physical.pci, "0"));
	config_write16(device, pm + PCI_PM_CTRL, 3);
	EQUAL(config_read16(device, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK, 3);
}

TEST(R3_virtual_functions, "virtual functions are hit, too: the groups of all must be shown")
{
	struct functions all = functions_start(TOKEN);
	struct {
		struct vfio_pci_hot_reset_info info;
		struct vfio_pci_dependent_device hit[8];
	} hits = { .info = { .argsz = sizeof(hits) } };
	struct {
		struct vfio_pci_hot_reset request;
		int32_t groups[2];
	} reset = { .request = { .argsz = sizeof(reset) } };

	OK(ioctl(all.physical.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &hits));
	EQUAL(hits.info.count, 3);
	reset.groups[0] = all.physical.group;
	reset.groups[1] = all.virtual.group;
	for (reset.request.count = 1; reset.request.count <= 2; reset.request.count++)
		REFUSED(ioctl(all.physical.device, VFIO_DEVICE_PCI_HOT_RESET, &reset), EINVAL);
}
