// SPDX-License-Identifier: GPL-2.0-only
/*
 * C10: files and mappings may go in any order, or all at once with their process;
 * the group is free when the last is gone, and not before.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096, MAPPED = 4 };

enum holder { CONTAINER, GROUP, DEVICE, BAR_MAPPING, HOLDERS };

struct holding {
	struct assignment user;
	struct edu edu;
	char *memory;
	bool held[HOLDERS];
};

static struct holding take_all(struct pci_device pci)
{
	struct holding holding = {
		.user = assign(pci, VFIO_TYPE1v2_IOMMU), .memory = pages(MAPPED * PAGE),
		.held = { true, true, true, true },
	};

	holding.edu = edu_start(holding.user.device);
	map(holding.user.container, 0, holding.memory, MAPPED * PAGE, READ_WRITE);
	return holding;
}

static void let_go(struct holding *holding, enum holder holder)
{
	CHECK(holding->held[holder]);
	holding->held[holder] = false;
	switch (holder) {
	case CONTAINER:
		OK(close(holding->user.container));
		break;
	case GROUP:
		OK(close(holding->user.group));
		break;
	case DEVICE:
		OK(close(holding->user.device));
		break;
	default:
		edu_stop(&holding->edu);
	}
}

/* All but the container hold the group; the maps live as long as it is held. */
static bool group_held(const struct holding *holding)
{
	return holding->held[GROUP] || holding->held[DEVICE] || holding->held[BAR_MAPPING];
}

static void check_group(const struct holding *holding)
{
	int group;

	if (group_held(holding)) {
		REFUSED(try_group_open(holding->user.pci.group), EBUSY);
		EQUAL(locked_pages(), MAPPED);
		return;
	}
	group = group_open(&holding->user.pci);
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	OK(close(group));
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

static void let_go_in_order(struct pci_device pci, const enum holder *order)
{
	struct holding holding = take_all(pci);

	for (int i = 0; i < HOLDERS; i++) {
		let_go(&holding, order[i]);
		check_group(&holding);
	}
	OK(munmap(holding.memory, MAPPED * PAGE));
}

static void swap(enum holder *a, enum holder *b)
{
	enum holder other = *a;

	*a = *b;
	*b = other;
}

/* Every order of the holders from the given place on. */
static void permute(struct pci_device pci, enum holder *order, int place)
{
	if (place == HOLDERS) {
		let_go_in_order(pci, order);
		return;
	}
	for (int i = place; i < HOLDERS; i++) {
		swap(&order[place], &order[i]);
		permute(pci, order, place + 1);
		swap(&order[place], &order[i]);
	}
}

TEST(C10_every_close_order, "container, group, device and BAR mapping may go in all 24 orders")
{
	enum holder order[HOLDERS] = { CONTAINER, GROUP, DEVICE, BAR_MAPPING };

	permute(vfio_device(EDU, 0), order, 0);
}

TEST(C10_device_works_alone,
	"with container and group closed the device goes on: DMA and interrupts")
{
	struct holding holding = take_all(vfio_device(EDU, 0));
	int event;

	let_go(&holding, CONTAINER);
	let_go(&holding, GROUP);
	CHECK(edu_reaches(&holding.edu, 0, holding.memory, 128));
	event = irq_enable(holding.user.device, INTX);
	edu_raise(&holding.edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&holding.edu, 1);
	EQUAL(pinned_pages(), MAPPED);
}

TEST(C10_bar_mapping_alone, "a BAR mapping alone keeps the device open and its maps alive")
{
	struct holding holding = take_all(vfio_device(EDU, 0));

	let_go(&holding, DEVICE);
	let_go(&holding, GROUP);
	let_go(&holding, CONTAINER);
	CHECK(edu_reaches(&holding.edu, 0, holding.memory, 128));
	REFUSED(try_group_open(holding.user.pci.group), EBUSY);
	let_go(&holding, BAR_MAPPING);
	check_group(&holding);
}

TEST(C10_group_closed_first, "after close of the group fd the container still maps for the device")
{
	struct holding holding = take_all(vfio_device(EDU, 0));

	let_go(&holding, GROUP);
	map(holding.user.container, MIB, holding.memory, PAGE, READ_WRITE);
	CHECK(edu_reaches(&holding.edu, MIB, holding.memory, 128));
	EQUAL(unmap(holding.user.container, MIB, PAGE), PAGE);
	CHECK(!edu_reaches(&holding.edu, MIB, holding.memory, 128));
}

TEST(C10_container_outlives_group, "a container whose group went away is empty, and usable anew")
{
	struct holding holding = take_all(vfio_device(EDU, 0));
	int group;

	let_go(&holding, BAR_MAPPING);
	let_go(&holding, DEVICE);
	let_go(&holding, GROUP);
	REFUSED(try_map(holding.user.container, MIB, holding.memory, PAGE, READ_WRITE), EINVAL);
	group = group_open(&holding.user.pci);
	OK(try_set_container(group, holding.user.container));
	OK(ioctl(holding.user.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(holding.user.container, 0, holding.memory, PAGE, READ_WRITE);
}

struct victim {
	struct pci_device pci;
	int ready[2];
};

static void hold_everything(void *argument)
{
	struct victim *victim = argument;
	struct holding holding = take_all(victim->pci);

	irq_enable(holding.user.device, INTX);
	pass_turn(victim->ready[1]);
	for (;;)
		pause();
}

TEST(C10_killed_process, "a killed process leaves nothing: group, pages and interrupts are free")
{
	struct victim victim = { .pci = vfio_device(EDU, 0) };

	OK(pipe(victim.ready));
	for (int i = 0; i < 5; i++) {
		pid_t child = start_child(hold_everything, &victim);
		struct holding next;

		await_turn(victim.ready[0]);
		REFUSED(try_group_open(victim.pci.group), EBUSY);
		EQUAL(pinned_pages(), MAPPED);
		kill_child(child);
		EQUAL(pinned_pages(), 0);
		next = take_all(victim.pci);
		irq_enable(next.user.device, INTX);
		for (int holder = 0; holder < HOLDERS; holder++)
			let_go(&next, holder);
	}
}
