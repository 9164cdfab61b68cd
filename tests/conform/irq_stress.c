// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q2-Q7 all at once: threads that enable, disable, swap and unmask at random while
 * interrupts fire, until the device is closed under them. Nothing may be left, and the
 * kernel has nothing to complain about.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "vfio.h"

enum {
	CHANGERS = 2,		/* threads for each device */
	EVENTS = 8,
	UNMASKERS = 4,
	CALLS = 600,		/* of each thread, at least, before the device is closed */
	VECTORS = 4,
};

/* A device under stress. */
struct target {
	int device;
	int events[EVENTS];
	int unmaskers[UNMASKERS];
	void (*change)(struct target *target, unsigned int choice, unsigned int random);
	int calls;
	bool stop;
};

static int some_event(struct target *target, unsigned int random)
{
	return random % 5 ? target->events[random % EVENTS] : -1;
}

static void change_edu(struct target *target, unsigned int choice, unsigned int random)
{
	int event = some_event(target, random), device = target->device;
	unsigned int kind = random & 1 ? INTX : MSI;

	switch (choice % 8) {
	case 0:
	case 1:
		try_irq_events(device, kind, 0, 1, &event);
		break;
	case 2:
		try_irq_disable(device, kind);
		break;
	case 3:
		try_irq_none(device, random & 2 ? MASK : UNMASK, INTX, 0, 1);
		break;
	case 4:
		try_irq_unmask_by(device, random % 3 ? target->unmaskers[random % UNMASKERS] : -1);
		break;
	case 5:
	case 6:
		event_ring(target->unmaskers[random % UNMASKERS]);
		break;
	default:
		try_irq_none(device, TRIGGER, kind, 0, 1);
	}
}

static void change_nvme(struct target *target, unsigned int choice, unsigned int random)
{
	unsigned int start = random % VECTORS, count = 1 + choice % (VECTORS - start);
	int events[VECTORS];

	for (int i = 0; i < VECTORS; i++)
		events[i] = some_event(target, random >> i);
	switch (choice % 8) {
	case 0:
		try_irq_events(target->device, MSIX, 0, VECTORS, events);
		break;
	case 1:
		try_irq_disable(target->device, MSIX);
		break;
	case 2:
		try_irq_none(target->device, TRIGGER, MSIX, start, count);
		break;
	case 3:
		/* A bad one at the end: the whole call has to leave no trace. */
		events[count - 1] = 100000;
		try_irq_events(target->device, MSIX, start, count, events);
		break;
	default:
		try_irq_events(target->device, MSIX, start, count, events);
	}
}

static bool stopped(struct target *target)
{
	return __atomic_load_n(&target->stop, __ATOMIC_RELAXED);
}

static void *run_changer(void *argument)
{
	struct target *target = argument;
	unsigned int seed = (uintptr_t)&seed / 64;

	while (!stopped(target)) {
		target->change(target, rand_r(&seed), rand_r(&seed));
		__atomic_add_fetch(&target->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void target_start(struct target *target, pthread_t *threads)
{
	for (int i = 0; i < CHANGERS; i++)
		EQUAL(pthread_create(&threads[i], NULL, run_changer, target), 0);
}

/* Closes the device under the threads' feet, and lets them go on for a while. */
static void target_close(struct target *target, pthread_t *threads)
{
	int calls = __atomic_load_n(&target->calls, __ATOMIC_RELAXED);

	OK(close(target->device));
	while (__atomic_load_n(&target->calls, __ATOMIC_RELAXED) < calls + 20)
		usleep(1000);
	__atomic_store_n(&target->stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < CHANGERS; i++)
		EQUAL(pthread_join(threads[i], NULL), 0);
}

static void target_events(struct target *target)
{
	for (int i = 0; i < EVENTS; i++)
		target->events[i] = event_new();
	for (int i = 0; i < UNMASKERS; i++)
		target->unmaskers[i] = event_new();
}

/* Nobody listens to an eventfd any more: what is rung stays to be read. */
static void expect_no_listener(int event)
{
	event_now(event);
	event_ring(event);
	EQUAL(event_now(event), 1);
}

static void expect_nothing_left(struct target *target, const struct pci_device *pci)
{
	FILE *interrupts = fopen("/proc/interrupts", "re");
	char line[512];

	CHECK(interrupts);
	while (fgets(line, sizeof(line), interrupts))
		if (strstr(line, "vfio-") && strstr(line, pci->name))
			FAIL("still in /proc/interrupts: %s", line);
	fclose(interrupts);
	for (int i = 0; i < EVENTS; i++)
		expect_no_listener(target->events[i]);
	for (int i = 0; i < UNMASKERS; i++)
		expect_no_listener(target->unmaskers[i]);
}

TEST(Q7_stress, "INTx and MSI of edu changed at random while it interrupts, and closed meanwhile")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	struct target target = { .device = user.device, .change = change_edu };
	pthread_t threads[CHANGERS];

	time_limit(300);
	target_events(&target);
	target_start(&target, threads);
	while (__atomic_load_n(&target.calls, __ATOMIC_RELAXED) < CHANGERS * CALLS) {
		edu_raise(&edu, 1);
		sched_yield();
		edu_acknowledge(&edu, 1);
	}
	edu_raise(&edu, 1);
	target_close(&target, threads);
	edu_acknowledge(&edu, 1);
	/* The mapping holds the device file. */
	edu_stop(&edu);
	expect_nothing_left(&target, &user.pci);
}

TEST(Q4_stress, "MSI-X of nvme changed at random while it interrupts, and closed meanwhile")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct target target = { .device = user.device, .change = change_nvme };
	size_t size = region_info(user.device, 0).size;
	pthread_t threads[CHANGERS];
	struct nvme nvme;

	time_limit(300);
	target_events(&target);
	EQUAL(try_irq_events(user.device, MSIX, 0, VECTORS, target.events), 0);
	nvme = nvme_start(&user);
	for (unsigned int queue = 1; queue <= ARRAY_SIZE(nvme.io); queue++)
		nvme_add_queue(&nvme, queue, queue);
	target_start(&target, threads);
	for (int i = 0; __atomic_load_n(&target.calls, __ATOMIC_RELAXED) < CHANGERS * CALLS; i++)
		nvme_complete_one(&nvme, i % 4);
	target_close(&target, threads);
	OK(munmap((void *)nvme.bar, size));
	expect_nothing_left(&target, &user.pci);
}
