// SPDX-License-Identifier: GPL-2.0-only
/*
 * C1, C2, C7 and the extension table: what a container answers before, with and
 * after an IOMMU.
 */
#include <fcntl.h>

#include "harness.h"
#include "process.h"
#include "vfio.h"

static void use_empty_container(void *unused)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	int container;

	(void)unused;
	drop_privileges();
	container = container_open();
	EQUAL(ioctl(container, VFIO_GET_API_VERSION), VFIO_API_VERSION);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
	REFUSED(try_map(container, 0, pages(4096), 4096, READ_WRITE), EINVAL);
	REFUSED(try_unmap(container, 0, 4096, 0), EINVAL);
	REFUSED(ioctl(container, VFIO_IOMMU_GET_INFO, &info), EINVAL);
}

TEST(C1_container_gives_nothing, "anybody may open a container; without a group it does nothing")
{
	in_child(use_empty_container, NULL);
}

TEST(C1_set_iommu_without_group, "SET_IOMMU on a container without a group is EINVAL for any type")
{
	int container = container_open();

	for (int type = 0; type < 12; type++)
		REFUSED(ioctl(container, VFIO_SET_IOMMU, type), EINVAL);
}

TEST(C1_containers_are_separate, "each open gives a container of its own")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int other = container_open();
	void *memory = pages(4096);

	REFUSED(try_map(other, 0, memory, 4096, READ_WRITE), EINVAL);
	map(edu.container, 0, memory, 4096, READ_WRITE);
}

TEST(C2_iommu_already_set, "a second SET_IOMMU is EINVAL, also with the same type")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	REFUSED(ioctl(edu.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
	REFUSED(ioctl(edu.container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), EINVAL);
	REFUSED(ioctl(edu.container, VFIO_SET_IOMMU, 1234), EINVAL);
	/* It still works. */
	map(edu.container, 0, pages(4096), 4096, READ_WRITE);
}

TEST(C2_type_nobody_takes, "SET_IOMMU to a type that no driver accepts is ENODEV and harmless")
{
	static const int nobody_takes[] = {
		0, VFIO_SPAPR_TCE_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU, VFIO_NOIOMMU_IOMMU, 100, -1,
	};
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	OK(try_set_container(group, container));
	for (size_t i = 0; i < ARRAY_SIZE(nobody_takes); i++)
		REFUSED(ioctl(container, VFIO_SET_IOMMU, nobody_takes[i]), ENODEV);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU));
	map(container, 0, pages(4096), 4096, READ_WRITE);
}

TEST(C2_failed_type_leaves_choice, "after a type that fails to attach another one can be set")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	OK(try_set_container(group, container));
	/* Nesting is announced, but this machine's IOMMU driver refuses it. */
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_NESTING_IOMMU), EINVAL);
	REFUSED(try_map(container, 0, pages(4096), 4096, READ_WRITE), EINVAL);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(container, 0, pages(4096), 4096, READ_WRITE);
}

/* The columns of section 4; -1 where it depends on the machine. */
static const struct extension {
	int id;
	int before;
	int after;
} extensions[] = {
	{ 0, 0, 0 },
	{ VFIO_TYPE1_IOMMU, 1, 1 },
	{ VFIO_SPAPR_TCE_IOMMU, 0, 0 },
	{ VFIO_TYPE1v2_IOMMU, 1, 1 },
	{ VFIO_DMA_CC_IOMMU, 0, -1 },
	{ VFIO_EEH, 0, 0 },
	{ VFIO_SPAPR_TCE_v2_IOMMU, 0, 0 },
	{ VFIO_NOIOMMU_IOMMU, 0, 0 },
	{ VFIO_UNMAP_ALL, 1, 1 },
	{ 11, 0, 0 },
	{ 100, 0, 0 },
	{ -1, 0, 0 },
};

TEST(S4_extensions_before_set_iommu, "CHECK_EXTENSION asks every IOMMU driver before SET_IOMMU")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, extensions[i].id),
		      extensions[i].before);
	/* A group changes nothing. */
	OK(try_set_container(group, container));
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, extensions[i].id),
		      extensions[i].before);
}

TEST(S4_extensions_after_set_iommu, "CHECK_EXTENSION asks the chosen driver after SET_IOMMU")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };
	struct pci_device edu = vfio_device(EDU, 0);

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct assignment user = assign_group(edu, types[t]);

		for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
			int has = ioctl(user.container, VFIO_CHECK_EXTENSION, extensions[i].id);

			CHECK(has == 0 || has == 1);
			if (extensions[i].after >= 0)
				EQUAL(has, extensions[i].after);
		}
		unassign(&user);
	}
}

TEST(S4_api_version, "GET_API_VERSION is 0 in every state of a container")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	EQUAL(ioctl(container_open(), VFIO_GET_API_VERSION), 0);
	EQUAL(ioctl(edu.container, VFIO_GET_API_VERSION), 0);
}

TEST(C7_unset_container_rules,
	"UNSET_CONTAINER: EINVAL when none is set, EBUSY while a device is open")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);
	struct assignment user;

	REFUSED(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	OK(close(group));

	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	REFUSED(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER), EBUSY);
	/* The refusal left everything in place. */
	map(user.container, 0, pages(4096), 4096, READ_WRITE);
	OK(close(user.device));
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
	REFUSED(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
}

TEST(C7_last_group_takes_iommu_along, "without a group left a container has no IOMMU and no maps")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *memory = pages(16 * 4096);

	map(edu.container, 0, memory, 16 * 4096, READ_WRITE);
	EQUAL(locked_pages(), 16);
	OK(ioctl(edu.group, VFIO_GROUP_UNSET_CONTAINER));
	EQUAL(locked_pages(), 0);
	REFUSED(try_map(edu.container, 0, memory, 4096, READ_WRITE), EINVAL);
	REFUSED(ioctl(edu.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
}

TEST(C7_container_used_again, "a container without groups can start anew, with another type too")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *memory = pages(2 * 4096);

	map(edu.container, 0, memory, 2 * 4096, READ_WRITE);
	OK(ioctl(edu.group, VFIO_GROUP_UNSET_CONTAINER));
	OK(try_set_container(edu.group, edu.container));
	OK(ioctl(edu.container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU));
	/* The old map is gone, and the new type's rules hold: the head takes it all. */
	map(edu.container, 0, memory, 2 * 4096, READ_WRITE);
	EQUAL(unmap(edu.container, 0, 4096), 2 * 4096);
}

TEST(C7_group_moves_on, "a group can leave one container for another")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int other = container_open();

	OK(ioctl(edu.group, VFIO_GROUP_UNSET_CONTAINER));
	OK(try_set_container(edu.group, other));
	OK(ioctl(other, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(other, 0, pages(4096), 4096, READ_WRITE);
	REFUSED(try_map(edu.container, 0, pages(4096), 4096, READ_WRITE), EINVAL);
}

TEST(C7_other_group_keeps_maps, "maps stay while one group of several is left")
{
	struct assignment first = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct pci_device edu = vfio_device(EDU, 1);
	int second = group_open(&edu);
	void *memory = pages(4096);

	map(first.container, 0, memory, 4096, READ_WRITE);
	OK(try_set_container(second, first.container));
	OK(ioctl(first.group, VFIO_GROUP_UNSET_CONTAINER));
	EQUAL(locked_pages(), 1);
	REFUSED(try_map(first.container, 0, memory, 4096, READ_WRITE), EEXIST);
	EQUAL(unmap(first.container, 0, 4096), 4096);
}
