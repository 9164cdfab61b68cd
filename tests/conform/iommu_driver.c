// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2, C16, G8: a second IOMMU driver beside type1, the module vfio_iommu_page: its type
 * is found and set, it attaches all groups or none, and it has the file operations of the
 * container that are optional.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "pci.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE_IOMMU = 0x7f01, PAGE = 4096 };
#define PAGE_IOMMU_GROUPS _IO(VFIO_TYPE, 0xff)
#define PARAMETER "/sys/module/vfio_iommu_page/parameters/max_groups"

static void load_page_driver(const char *max_groups)
{
	improvement("the in-tree core offers no API to IOMMU drivers out of its tree");
	if (system("modprobe vfio_iommu_page") != 0)
		skip("the module vfio_iommu_page is not built");
	OK(text_write(max_groups, PARAMETER));
}

static void unload_page_driver(void)
{
	EQUAL(system("rmmod vfio_iommu_page"), 0);
}

TEST(C2_second_driver_is_polled, "CHECK_EXTENSION and SET_IOMMU reach whichever driver has the type")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, PAGE_IOMMU), 0);
	load_page_driver("1");
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, PAGE_IOMMU), 1);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU));
	/* From now on only the driver that was set is asked. */
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 0);
	EQUAL(ioctl(container, PAGE_IOMMU_GROUPS), 1);
	REFUSED(ioctl(container, VFIO_IOMMU_GET_INFO, NULL), ENOTTY);
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	unload_page_driver();
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, PAGE_IOMMU), 0);
}

TEST(C2_all_groups_or_none, "SET_IOMMU that fails for the second group has not kept the first")
{
	struct pci_device first = vfio_device(EDU, 0), second = vfio_device(EDU, 1);
	int container = container_open();
	int one = group_open(&first), two = group_open(&second);

	load_page_driver("1");
	OK(try_set_container(one, container));
	OK(try_set_container(two, container));
	REFUSED(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU), ENOSPC);
	/* None is set, so type1 can have both; a group left attached would be a WARN. */
	REFUSED(ioctl(container, PAGE_IOMMU_GROUPS), EINVAL);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	OK(close(one));
	OK(close(two));
	unload_page_driver();
}

TEST(C5_driver_refuses_a_later_group, "SET_CONTAINER gives the driver's errno and leaves the group out")
{
	struct pci_device first = vfio_device(EDU, 0), second = vfio_device(EDU, 1);
	int container = container_open();
	int one = group_open(&first), two = group_open(&second);

	load_page_driver("1");
	OK(try_set_container(one, container));
	OK(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU));
	REFUSED(try_set_container(two, container), ENOSPC);
	EQUAL(group_flags(two), VFIO_GROUP_FLAGS_VIABLE);
	REFUSED(ioctl(two, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	OK(text_write("2", PARAMETER));
	OK(try_set_container(two, container));
	EQUAL(ioctl(container, PAGE_IOMMU_GROUPS), 2);
	OK(close(one));
	EQUAL(ioctl(container, PAGE_IOMMU_GROUPS), 1);
	OK(close(two));
	REFUSED(ioctl(container, PAGE_IOMMU_GROUPS), EINVAL);
	unload_page_driver();
}

TEST(C16_iommu_driver_in_use_stays, "an IOMMU driver that a container has cannot be unloaded")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	load_page_driver("1");
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU));
	CHECK(system("rmmod vfio_iommu_page 2>/dev/null") != 0);
	OK(close(container));
	/* The group is still in the container, so the driver is still at work. */
	CHECK(system("rmmod vfio_iommu_page 2>/dev/null") != 0);
	OK(close(group));
	unload_page_driver();
}

TEST(G8_driver_has_file_ops, "read, write and mmap of the container reach a driver that has them")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);
	char text[] = "through the container", back[sizeof(text)] = "";
	char *mapped;

	load_page_driver("1");
	REFUSED(pread(container, back, sizeof(back), 0), EINVAL);
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, PAGE_IOMMU));
	EQUAL(pwrite(container, text, sizeof(text), 100), sizeof(text));
	EQUAL(pread(container, back, sizeof(back), 100), sizeof(back));
	CHECK(!strcmp(back, text));
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, container, 0);
	CHECK(mapped != MAP_FAILED);
	CHECK(!strcmp(mapped + 100, text));
	mapped[0] = 'x';
	EQUAL(pread(container, back, 1, 0), 1);
	EQUAL(back[0], 'x');
	/* The mapping outlives the instance. */
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	REFUSED(pread(container, back, 1, 0), EINVAL);
	EQUAL(mapped[0], 'x');
	OK(munmap(mapped, PAGE));
	unload_page_driver();
}
