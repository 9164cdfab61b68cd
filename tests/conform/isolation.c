// SPDX-License-Identifier: GPL-2.0-only
/*
 * I1: groups whose devices could forge interrupts: refused unless the administrator
 * has said that they may be used. Runs where interrupts are not remapped.
 */
#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "refusal.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096 };

static void allow_unsafe(bool allow)
{
	OK(text_write(allow ? "1" : "0",
		      "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"));
}

struct container_and_group {
	int container;
	int group;
};

/* A group in a container that has no IOMMU yet. */
static struct container_and_group unset_container(const struct pci_device *pci)
{
	struct container_and_group pair = { container_open(), group_open(pci) };

	OK(try_set_container(pair.group, pair.container));
	return pair;
}

static int try_type(int container, int type)
{
	return ioctl(container, VFIO_SET_IOMMU, type);
}

/* Without the permission; the test ends here where interrupts are isolated. */
static struct container_and_group forbidden_group(const struct pci_device *pci)
{
	struct container_and_group pair;

	allow_unsafe(false);
	pair = unset_container(pci);
	if (!try_type(pair.container, VFIO_TYPE1v2_IOMMU))
		skip("needs a machine without interrupt remapping");
	EQUAL(errno, EPERM);
	return pair;
}

TEST(I1_not_isolated, "without interrupt isolation SET_IOMMU is EPERM, and the group stays usable")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct container_and_group pair = forbidden_group(&edu);
	void *memory = pages(PAGE);

	REFUSED(try_type(pair.container, VFIO_TYPE1_IOMMU), EPERM);
	REFUSED(try_type(pair.container, VFIO_TYPE1v2_IOMMU), EPERM);
	expect_our_refusal(pair.container, OPENVFIO_REASON_ISOLATION, EPERM, "allow_unsafe_interrupts=1");
	/* As in a container without an IOMMU: nothing but leaving it. */
	REFUSED(try_map(pair.container, 0, memory, PAGE, READ_WRITE), EINVAL);
	REFUSED(try_device_fd(pair.group, edu.name), EINVAL);
	EQUAL(group_flags(pair.group), VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	OK(ioctl(pair.group, VFIO_GROUP_UNSET_CONTAINER));
	EQUAL(group_flags(pair.group), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(I1_allowed, "with allow_unsafe_interrupts the group that was refused is taken, and works")
{
	struct pci_device pci = vfio_device(EDU, 0);
	struct container_and_group pair = forbidden_group(&pci);
	char *memory = pages(PAGE);
	struct edu edu;

	allow_unsafe(true);
	OK(try_type(pair.container, VFIO_TYPE1v2_IOMMU));
	edu = edu_start(device_open(pair.group, &pci));
	map(pair.container, 0, memory, PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	/* Asked at the attach only. */
	allow_unsafe(false);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	map(pair.container, PAGE, memory, PAGE, READ_WRITE);
}

TEST(I1_later_group, "a later group is asked for by the same rule, and changes nothing if refused")
{
	struct pci_device first = vfio_device(EDU, 0), second = vfio_device(EDU, 1);
	struct container_and_group pair = forbidden_group(&first);
	int group = group_open(&second);

	allow_unsafe(true);
	OK(try_type(pair.container, VFIO_TYPE1v2_IOMMU));
	map(pair.container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	allow_unsafe(false);
	REFUSED(try_set_container(group, pair.container), EPERM);
	expect_our_refusal(group, OPENVFIO_REASON_ISOLATION, EPERM, "could forge interrupts");
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	REFUSED(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	allow_unsafe(true);
	OK(try_set_container(group, pair.container));
	EQUAL(pinned_pages(), 4);
	EQUAL(unmap(pair.container, 0, 4 * PAGE), 4 * PAGE);
}

TEST(I1_isolated, "with interrupt isolation the parameter makes no difference")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };
	struct pci_device edu = vfio_device(EDU, 0);
	struct container_and_group pair;

	allow_unsafe(false);
	pair = unset_container(&edu);
	if (try_type(pair.container, VFIO_TYPE1_IOMMU))
		skip("needs a machine with interrupt remapping");
	OK(ioctl(pair.group, VFIO_GROUP_UNSET_CONTAINER));
	for (int allow = 0; allow < 2; allow++)
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			allow_unsafe(allow);
			OK(try_set_container(pair.group, pair.container));
			OK(try_type(pair.container, types[i]));
			OK(ioctl(pair.group, VFIO_GROUP_UNSET_CONTAINER));
		}
}
