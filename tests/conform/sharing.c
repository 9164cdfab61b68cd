// SPDX-License-Identifier: GPL-2.0-only
/*
 * C1, C9, C10: other processes: forked ones, unprivileged ones, and ones that get
 * descriptors passed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096, NOBODY = 65534, ENOUGH_MEMORY = 1 << 20 };

/* All that a driver does with a device, from an open container and group on. */
static void drive(int container, int group, const struct pci_device *pci)
{
	char *memory = pages(2 * PAGE);
	int device = device_open(group, pci), event;
	struct edu edu = edu_start(device);

	map(container, 0, memory, 2 * PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	event = irq_enable(device, INTX);
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	OK(try_irq_disable(device, INTX));
	EQUAL(unmap(container, 0, 2 * PAGE), 2 * PAGE);
	CHECK(!edu_reaches(&edu, 0, memory, 128));
}

static void use_as_nobody(void *argument)
{
	const struct pci_device *pci = argument;
	int container, group;

	drop_privileges_with_memlock(ENOUGH_MEMORY);
	container = container_open();
	group = group_open(pci);
	OK(try_set_container(group, container));
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	drive(container, group, pci);
}

TEST(C1_unprivileged_owner, "who owns the group's node needs no privilege for anything else")
{
	struct pci_device edu = vfio_device(EDU, 0);
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", edu.group);
	OK(chown(path, NOBODY, NOBODY));
	in_child(use_as_nobody, &edu);
}

static void be_refused(void *argument)
{
	const struct pci_device *pci = argument;

	drop_privileges();
	REFUSED(try_group_open(pci->group), EACCES);
	container_open();
}

TEST(C1_unprivileged_stranger, "who does not own the group's node gets EACCES")
{
	struct pci_device edu = vfio_device(EDU, 0);

	in_child(be_refused, &edu);
}

static void use_inherited(void *argument)
{
	struct assignment *user = argument;

	drop_privileges_with_memlock(ENOUGH_MEMORY);
	drive(user->container, user->group, &user->pci);
}

TEST(C10_inherited_descriptors, "an unprivileged process can use inherited descriptors")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	in_child(use_inherited, &user);
	/* Its device file is gone with it, the group is ours as before. */
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
}

struct passing {
	int sockets[2];
	struct pci_device pci;
};

static void use_passed(void *argument)
{
	struct passing *passing = argument;
	int container, group;

	drop_privileges_with_memlock(ENOUGH_MEMORY);
	container = receive_fd(passing->sockets[1]);
	group = receive_fd(passing->sockets[1]);
	drive(container, group, &passing->pci);
}

TEST(C10_passed_descriptors, "descriptors passed over a socket are as good as one's own")
{
	struct passing passing = { .pci = vfio_device(EDU, 0) };
	struct assignment user = assign_group(passing.pci, VFIO_TYPE1v2_IOMMU);
	pid_t child;

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing.sockets));
	child = start_child(use_passed, &passing);
	send_fd(passing.sockets[0], user.container);
	send_fd(passing.sockets[0], user.group);
	/* The receiver's are the only ones left. */
	unassign(&user);
	finish_child(child);
	group_open(&passing.pci);
}

static void use_passed_device(void *argument)
{
	struct passing *passing = argument;
	int device = receive_fd(passing->sockets[1]), event;
	struct edu edu;

	drop_privileges();
	edu = edu_start(device);
	event = irq_enable(device, MSI);
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

TEST(C10_passed_device, "a device descriptor alone gives its BARs and interrupts to the receiver")
{
	struct passing passing = { .pci = vfio_device(EDU, 0) };
	struct assignment user = assign(passing.pci, VFIO_TYPE1v2_IOMMU);
	pid_t child;

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, passing.sockets));
	child = start_child(use_passed_device, &passing);
	send_fd(passing.sockets[0], user.device);
	OK(close(user.device));
	finish_child(child);
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
}

TEST(C10_descriptor_in_flight,
	"a group sent and never received stays open until its socket is gone")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int sockets[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	send_fd(sockets[0], user.group);
	unassign(&user);
	REFUSED(try_group_open(user.pci.group), EBUSY);
	EQUAL(locked_pages(), 1);
	OK(close(sockets[0]));
	OK(close(sockets[1]));
	group_open(&user.pci);
	EQUAL(locked_pages(), 0);
}

struct inheritance {
	struct pci_device pci;
	int group;
	int to_child[2];
	int to_parent[2];
};

static void keep_group(void *argument)
{
	struct inheritance *inheritance = argument;

	REFUSED(try_group_open(inheritance->pci.group), EBUSY);
	pass_turn(inheritance->to_parent[1]);
	await_turn(inheritance->to_child[0]);
	EQUAL(group_flags(inheritance->group), VFIO_GROUP_FLAGS_VIABLE);
}

TEST(C9_fork_is_the_same_open, "a forked process has the same one open of a group, and keeps it")
{
	struct inheritance inheritance = { .pci = vfio_device(EDU, 0) };
	pid_t child;

	inheritance.group = group_open(&inheritance.pci);
	OK(pipe(inheritance.to_child));
	OK(pipe(inheritance.to_parent));
	child = start_child(keep_group, &inheritance);
	await_turn(inheritance.to_parent[0]);
	OK(close(inheritance.group));
	REFUSED(try_group_open(inheritance.pci.group), EBUSY);
	pass_turn(inheritance.to_child[1]);
	finish_child(child);
	group_open(&inheritance.pci);
}

static void map_with_limit(void *argument)
{
	int container = *(int *)argument;

	drop_privileges_with_memlock(2 * PAGE);
	map(container, 0, pages(2 * PAGE), 2 * PAGE, READ_WRITE);
	REFUSED(try_map(container, MIB, pages(PAGE), PAGE, READ_WRITE), ENOMEM);
}

TEST(M7_limit_is_the_mappers, "each process that maps into a container has its own memlock limit")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	in_child(map_with_limit, &user.container);
	/* Ours is another; the pages of the one that is gone are still pinned. */
	map(user.container, MIB, pages(16 * PAGE), 16 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 16);
	EQUAL(pinned_pages(), 18);
}
