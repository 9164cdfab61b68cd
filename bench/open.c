// SPDX-License-Identifier: GPL-2.0-only
/* Getting and giving back: containers, groups, devices. */
#include "bench.h"

static struct pci_device pci;
static struct assignment assigned;

static void find_ivshmem(const struct bench *)
{
	pci = vfio_device(IVSHMEM, 0);
	work("no interrupt pin");
}

static void find_edu(const struct bench *)
{
	pci = vfio_device(EDU, 0);
	work("with INTx");
}

static void cycle(const struct bench *)
{
	struct assignment whole = assign(pci, VFIO_TYPE1v2_IOMMU);

	unassign(&whole);
}

static void join_container(const struct bench *)
{
	assigned.container = container_open();
	assigned.group = group_open(&pci);
	assigned.device = -1;
	OK(try_set_container(assigned.group, assigned.container));
}

static void set_iommu(const struct bench *)
{
	OK(ioctl(assigned.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
}

static void leave(const struct bench *)
{
	unassign(&assigned);
}

static void setup_group(const struct bench *bench)
{
	find_ivshmem(bench);
	assigned = assign_group(pci, VFIO_TYPE1v2_IOMMU);
}

static void open_device(const struct bench *)
{
	assigned.device = device_open(assigned.group, &pci);
}

static void close_device(const struct bench *)
{
	OK(close(assigned.device));
	assigned.device = -1;
}

static const struct bench cases[] = {
	{ "cycle-ivshmem", "open and close container, group and device", find_ivshmem, NULL, cycle,
	  NULL, NULL, 101, 31, 0, 0, 0 },
	{ "cycle-edu", "the same, with the routing of an interrupt line", find_edu, NULL, cycle,
	  NULL, NULL, 31, 11, 0, 0, 0 },
	{ "set-iommu", "SET_IOMMU with one group", find_ivshmem, join_container, set_iommu, leave,
	  NULL, 101, 31, 0, 0, 0 },
	{ "device-open", "GET_DEVICE_FD", setup_group, NULL, open_device, close_device, leave,
	  101, 31, 0, 0, 0 },
	{ "device-close", "close a device", setup_group, open_device, close_device, NULL, leave,
	  101, 31, 0, 0, 0 },
};

const struct suite open_suite = SUITE(cases);
