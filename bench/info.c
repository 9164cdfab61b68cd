// SPDX-License-Identifier: GPL-2.0-only
/* Questions that a program asks once or often. */
#include "bench.h"

static struct assignment assigned;

static void setup(const struct bench *)
{
	assigned = assign_ivshmem(true);
}

static void teardown(const struct bench *)
{
	unassign(&assigned);
}

static void api_version(const struct bench *)
{
	EQUAL(ioctl(assigned.container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
}

static void check_extension(const struct bench *)
{
	EQUAL(ioctl(assigned.container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
}

static void get_device_info(const struct bench *)
{
	device_info(assigned.device);
}

static void get_region_info(const struct bench *bench)
{
	region_info(assigned.device, bench->variant);
}

static void get_irq_info(const struct bench *)
{
	irq_info(assigned.device, VFIO_PCI_MSI_IRQ_INDEX);
}

static void get_group_status(const struct bench *)
{
	group_flags(assigned.group);
}

/* As much as the caller has room for; with room, all capabilities. */
static void get_iommu_info(const struct bench *bench)
{
	union {
		struct vfio_iommu_type1_info info;
		char room[1024];
	} reply = { .info.argsz = bench->variant };

	OK(ioctl(assigned.container, VFIO_IOMMU_GET_INFO, &reply));
}

#define CALL(run) setup, NULL, run, NULL, teardown, 301, 101

static const struct bench cases[] = {
	{ "api-version", "GET_API_VERSION", CALL(api_version), 0, 610, 0 },
	{ "check-extension", "CHECK_EXTENSION", CALL(check_extension), 0, 610, 0 },
	{ "group-status", "GROUP_GET_STATUS", CALL(get_group_status), 0, 610, 0 },
	{ "device-info", "DEVICE_GET_INFO", CALL(get_device_info), 0, 610, 0 },
	{ "region-info", "GET_REGION_INFO of a BAR", CALL(get_region_info),
	  VFIO_PCI_BAR2_REGION_INDEX, 610, 0 },
	{ "region-info-config", "GET_REGION_INFO of configuration space", CALL(get_region_info),
	  VFIO_PCI_CONFIG_REGION_INDEX, 610, 0 },
	{ "irq-info", "GET_IRQ_INFO", CALL(get_irq_info), 0, 610, 0 },
	{ "iommu-info", "IOMMU_GET_INFO without capabilities", CALL(get_iommu_info),
	  sizeof(struct vfio_iommu_type1_info), 750, 2.5 },
	{ "iommu-info-caps", "IOMMU_GET_INFO with all capabilities", CALL(get_iommu_info),
	  1024, 750, 2.5 },
};

const struct suite info_suite = SUITE(cases);
