// SPDX-License-Identifier: GPL-2.0-only
/*
 * K6 and MSI-X: vectors that are set up and taken away while the device is in D3hot. Their
 * table can be written in D0 only.
 */
#include "calls.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "vfio.h"

enum { MANY = 16, STEPS = 4 };

static void change_power(int device, unsigned int state)
{
	set_power(device, state);
	EQUAL(power_state(device), state);
}

/* A drive in D3hot, and eventfds for its vectors. */
static struct assignment sleeping_drive(int *events)
{
	struct assignment user;

	improvement("vectors can be enabled while the device is in D3hot; in-tree it is EINVAL");
	user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	change_power(user.device, 3);
	for (unsigned int i = 0; i < MANY; i++)
		events[i] = event_new();
	return user;
}

/* Enables vectors, takes their eventfds away, gives them back, disables them: one call each. */
static void do_step(int device, unsigned int step, const int *events, unsigned int count)
{
	static const int none[MANY] = { [0 ... MANY - 1] = -1 };

	if (step == STEPS - 1)
		OK(try_irq_disable(device, MSIX));
	else
		EQUAL(try_irq_events(device, MSIX, 0, count, step == 1 ? none : events), 0);
}

/* Tells how often each of the steps changes the device's power. */
static void count_changes(int device, const int *events, unsigned int count, uint64_t *changes)
{
	int counter = count_calls("pci_set_power_state");

	for (unsigned int step = 0; step < STEPS; step++) {
		uint64_t before = calls_counted(counter);

		do_step(device, step, events, count);
		changes[step] = calls_counted(counter) - before;
		EQUAL(power_state(device), 3);
	}
	OK(close(counter));
}

TEST(K6_vectors_wake_once, "a device in D3hot is woken for many vectors no more often than for one")
{
	uint64_t for_one[STEPS], for_many[STEPS];
	int events[MANY];
	struct assignment user = sleeping_drive(events);

	count_changes(user.device, events, 1, for_one);
	count_changes(user.device, events, MANY, for_many);
	/* That they are counted at all: the table has been written. */
	CHECK(for_one[0]);
	for (unsigned int step = 0; step < STEPS; step++)
		if (for_many[step] > for_one[step])
			FAIL("step %u changes the power %llu times for %d vectors, %llu for one",
			     step, (unsigned long long)for_many[step], MANY,
			     (unsigned long long)for_one[step]);
}

TEST(K6_vectors_after_sleep, "vectors that were enabled in D3hot, or got their eventfds there, work in D0")
{
	int events[MANY], later = event_new();
	struct assignment user = sleeping_drive(events);
	struct nvme nvme;

	EQUAL(try_irq_events(user.device, MSIX, 0, MANY, events), 0);
	EQUAL(try_irq_events(user.device, MSIX, MANY - 2, 1, (int[]){ -1 }), 0);
	EQUAL(try_irq_events(user.device, MSIX, MANY - 2, 1, &later), 0);
	change_power(user.device, 0);
	nvme = nvme_start(&user);
	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(events[0]), 1);
	nvme_add_queue(&nvme, 1, MANY - 1);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(events[MANY - 1]), 1);
	nvme_add_queue(&nvme, 2, MANY - 2);
	nvme_complete_one(&nvme, 2);
	EQUAL(event_wait(later), 1);
}
