// SPDX-License-Identifier: GPL-2.0-only
/*
 * C3, C4, C8, C9: groups, from their node to the ownership of their DMA.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "process.h"
#include "textfile.h"
#include "vfio.h"

TEST(C3_bad_descriptors, "SET_CONTAINER: EFAULT, EBADF, and EINVAL for what is no container")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);
	int closed = container_open();

	OK(close(closed));
	REFUSED(ioctl(group, VFIO_GROUP_SET_CONTAINER, NULL), EFAULT);
	REFUSED(try_set_container(group, closed), EBADF);
	REFUSED_EITHER(try_set_container(group, -1), EBADF, EINVAL);
	REFUSED(try_set_container(group, group), EINVAL);
	REFUSED(try_set_container(group, OK(open("/dev/null", O_RDWR))), EINVAL);
	REFUSED(try_set_container(group, OK(eventfd(0, 0))), EINVAL);
	/* None of it claimed the group. */
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(try_set_container(group, container_open()));
}

TEST(C3_container_already_set, "SET_CONTAINER is EINVAL once there is one, even the same")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu), container = container_open();

	OK(try_set_container(group, container));
	REFUSED(try_set_container(group, container), EINVAL);
	REFUSED(try_set_container(group, container_open()), EINVAL);
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
}

TEST(C8_status_flags, "GET_STATUS: VIABLE, then CONTAINER_SET with a container")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu), container = container_open();

	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(try_set_container(group, container));
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
}

/* The bridge group with one function in use by a host driver: loaded by the test. */
static void bind_sound(const struct pci_device *sound)
{
	if (system("modprobe snd_ens1370"))
		skip("needs the module snd_ens1370");
	if (!pci_driven_by(sound, "snd_ens1370"))
		OK(pci_bind(sound, "snd_ens1370"));
}

NATIVE_TEST(C4_host_driver_blocks_group, "SET_CONTAINER is EPERM while a member has a host driver")
{
	struct pci_device sound = pci_find(ES1370, 0), edu = vfio_device(EDU, 2);
	int group, container = container_open();

	EQUAL(sound.group, edu.group);
	bind_sound(&sound);
	group = group_open(&edu);
	EQUAL(group_flags(group), 0);
	REFUSED(try_set_container(group, container), EPERM);
	EQUAL(group_flags(group), 0);
	/* And no more once the host driver has left it. */
	OK(pci_release(&sound));
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	device_open(group, &edu);
}

NATIVE_TEST(C4_no_host_driver_into_live_group,
	"a host driver cannot take a member of a claimed group")
{
	struct pci_device sound = pci_find(ES1370, 0), edu = vfio_device(EDU, 2);
	struct assignment user = assign(edu, VFIO_TYPE1v2_IOMMU);

	if (system("modprobe snd_ens1370"))
		skip("needs the module snd_ens1370");
	CHECK(!pci_driven_by(&sound, "snd_ens1370"));
	REFUSED(pci_bind(&sound, "snd_ens1370"), EBUSY);
	CHECK(!pci_driven_by(&sound, "snd_ens1370"));
	/* The user has not noticed. */
	map(user.container, 0, pages(4096), 4096, READ_WRITE);
	EQUAL(config_read16(user.device, 0), 0x1234);
	unassign(&user);
	/* Released, the group is the host's again. */
	OK(pci_bind(&sound, "snd_ens1370"));
}

NATIVE_TEST(C4_harmless_drivers,
	"members with vfio-pci, pci-stub or no driver do not block a group")
{
	struct pci_device sound = pci_find(ES1370, 0), edu = vfio_device(EDU, 2);
	struct assignment user;
	int second;

	if (!path_exists("/sys/bus/pci/drivers/pci-stub") && system("modprobe pci-stub"))
		skip("needs the module pci-stub");
	OK(pci_bind(&sound, "pci-stub"));
	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	unassign(&user);
	OK(pci_bind(&sound, "vfio-pci"));
	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	/* Both functions through one group. */
	second = device_open(user.group, &sound);
	/* Or unbinding below would wait for it. */
	OK(close(second));
	unassign(&user);
	OK(pci_release(&sound));
	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	/* pci-stub may also come while the group is in use. */
	OK(pci_bind(&sound, "pci-stub"));
}

NATIVE_TEST(C4_claimed_only_while_attached, "an open group without a container claims nothing")
{
	struct pci_device sound = pci_find(ES1370, 0), edu = vfio_device(EDU, 2);
	int group = group_open(&edu), container = container_open();

	bind_sound(&sound);
	EQUAL(group_flags(group), 0);
	OK(pci_release(&sound));
	OK(try_set_container(group, container));
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	bind_sound(&sound);
	EQUAL(group_flags(group), 0);
}

TEST(C9_one_open_at_a_time, "a second open of a group is EBUSY until the first is closed")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);

	REFUSED(try_group_open(edu.group), EBUSY);
	REFUSED(try_group_open(edu.group), EBUSY);
	OK(close(group));
	group = group_open(&edu);
	OK(try_set_container(group, container_open()));
	REFUSED(try_group_open(edu.group), EBUSY);
}

TEST(C9_dup_is_the_same_open, "a dup of a group fd keeps the one open alive")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu), container = container_open(), copy = OK(dup(group));

	OK(try_set_container(group, container));
	OK(close(group));
	REFUSED(try_group_open(edu.group), EBUSY);
	EQUAL(group_flags(copy), VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	OK(close(copy));
	copy = group_open(&edu);
	EQUAL(group_flags(copy), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(C9_node_follows_devices, "the group's node exists while a device of it is bound to vfio")
{
	struct pci_device edu = vfio_device(EDU, 0);

	CHECK(path_exists("/dev/vfio/%d", edu.group));
	OK(pci_release(&edu));
	CHECK(!path_exists("/dev/vfio/%d", edu.group));
	OK(pci_bind(&edu, "vfio-pci"));
	CHECK(path_exists("/dev/vfio/%d", edu.group));
}

TEST(C9_node_stays_for_second_device, "the node goes only with the last bound device of the group")
{
	struct pci_device edu = vfio_device(EDU, 2), sound = vfio_device(ES1370, 0);

	OK(pci_release(&edu));
	CHECK(path_exists("/dev/vfio/%d", sound.group));
	OK(pci_release(&sound));
	CHECK(!path_exists("/dev/vfio/%d", sound.group));
}

TEST(C9_open_group_without_devices, "an open group is ENODEV once its last device is unbound")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int group = group_open(&edu);

	OK(pci_release(&edu));
	REFUSED(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	REFUSED(try_set_container(group, container_open()), ENODEV);
	REFUSED(try_device_fd(group, edu.name), ENODEV);
	/* The fd does not come back to life, and does not keep the group from others. */
	OK(pci_bind(&edu, "vfio-pci"));
	REFUSED(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	group_open(&edu);
}

TEST(C9_unbind_detaches_attached_group,
	"unbinding the last device takes a group out of its container")
{
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_group_status status = { .argsz = sizeof(status) };

	map(edu.container, 0, pages(4 * 4096), 4 * 4096, READ_WRITE);
	OK(pci_release(&edu.pci));
	REFUSED(ioctl(edu.group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	EQUAL(locked_pages(), 0);
	REFUSED(try_map(edu.container, 0, pages(4096), 4096, READ_WRITE), EINVAL);
}
