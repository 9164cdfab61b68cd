// SPDX-License-Identifier: GPL-2.0-only
/*
 * C5, I2: several groups in one container: one set of maps for all of them,
 * whenever they come and go.
 */
#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096 };

/* A second or third edu whose group joins the container of the first. */
static struct assignment join(const struct assignment *first, unsigned int nth)
{
	struct assignment joined = { .pci = vfio_device(EDU, nth), .container = -1 };

	joined.group = group_open(&joined.pci);
	OK(try_set_container(joined.group, first->container));
	joined.device = device_open(joined.group, &joined.pci);
	return joined;
}

TEST(C5_later_group_sees_maps, "a group added later reaches the maps made before it came")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU), second;
	char *memory = pages(4 * MIB);
	struct edu edu;

	map(first.container, 0, memory, 4 * MIB, READ_WRITE);
	map(first.container, 8 * MIB, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	second = join(&first, 1);
	edu = edu_start(second.device);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	CHECK(edu_reaches(&edu, 4 * MIB - PAGE, memory + 4 * MIB - PAGE, 128));
	/* Replayed with what they allow. */
	memset(memory, 0, PAGE);
	edu_write(&edu, 8 * MIB, 64);
	EQUAL(memory[0], 0);
}

TEST(C5_accounting_not_doubled, "another group pins and counts nothing again")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	map(first.container, 0, pages(64 * PAGE), 64 * PAGE, READ_WRITE);
	join(&first, 1);
	join(&first, 2);
	EQUAL(locked_pages(), 64);
	EQUAL(pinned_pages(), 64);
	EQUAL(unmap(first.container, 0, 64 * PAGE), 64 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

TEST(I2_maps_reach_all_groups, "MAP and UNMAP act for every group of the container")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment second = join(&first, 1), third = join(&first, 2);
	struct edu edus[] = {
		edu_start(first.device), edu_start(second.device), edu_start(third.device),
	};
	char *memory = pages(PAGE);

	map(first.container, MIB, memory, PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(edus); i++)
		CHECK(edu_reaches(&edus[i], MIB, memory, 128));
	EQUAL(unmap(first.container, MIB, PAGE), PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(edus); i++)
		CHECK(!edu_reaches(&edus[i], MIB, memory, 128));
}

TEST(I2_groups_before_set_iommu, "SET_IOMMU attaches all groups that are in the container")
{
	struct pci_device one = vfio_device(EDU, 0), two = vfio_device(EDU, 1);
	int container = container_open();
	int groups[] = { group_open(&one), group_open(&two) };
	char *memory = pages(PAGE);
	struct edu edus[2];

	OK(try_set_container(groups[0], container));
	OK(try_set_container(groups[1], container));
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(container, 0, memory, PAGE, READ_WRITE);
	edus[0] = edu_start(device_open(groups[0], &one));
	edus[1] = edu_start(device_open(groups[1], &two));
	CHECK(edu_reaches(&edus[0], 0, memory, 128));
	CHECK(edu_reaches(&edus[1], 0, memory, 128));
}

TEST(C5_leaving_changes_nothing, "a group that leaves takes nothing from the others")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment second = join(&first, 1);
	struct edu edu = edu_start(first.device);
	char *memory = pages(PAGE);

	map(first.container, 0, memory, PAGE, READ_WRITE);
	unassign(&second);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	map(first.container, PAGE, memory, PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, PAGE, memory, 128));
}

TEST(C5_first_group_may_leave, "the group that brought the IOMMU may leave before the others")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment second = join(&first, 1);
	struct edu edu = edu_start(second.device);
	char *memory = pages(2 * PAGE);

	map(first.container, 0, memory, PAGE, READ_WRITE);
	OK(close(first.device));
	OK(close(first.group));
	CHECK(edu_reaches(&edu, 0, memory, 128));
	map(first.container, PAGE, memory + PAGE, PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, PAGE, memory + PAGE, 128));
	EQUAL(locked_pages(), 2);
}

TEST(C5_left_group_reaches_nothing, "a group that moved to another container sees only its maps")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment second = join(&first, 1), alone;
	char *memory = pages(PAGE);
	struct edu edu;

	map(first.container, 0, memory, PAGE, READ_WRITE);
	unassign(&second);
	alone = assign(second.pci, VFIO_TYPE1v2_IOMMU);
	edu = edu_start(alone.device);
	CHECK(!edu_reaches(&edu, 0, memory, 128));
	map(alone.container, MIB, memory, PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, MIB, memory, 128));
}

TEST(I2_containers_are_isolated, "a device does not reach the maps of another container")
{
	struct assignment one = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment two = assign(vfio_device(EDU, 1), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(two.device);
	char *memory = pages(PAGE), *own = pages(PAGE);

	map(one.container, 0, memory, PAGE, READ_WRITE);
	CHECK(!edu_reaches(&edu, 0, memory, 128));
	/* The same iova is free here, and leads elsewhere. */
	map(two.container, 0, own, PAGE, READ_WRITE);
	memset(memory, 0, PAGE);
	CHECK(edu_reaches(&edu, 0, own, 128));
	EQUAL(memory[0], 0);
}
