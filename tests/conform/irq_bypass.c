// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q10: vectors are offered to irqbypass under their eventfd. The consumer is
 * tests/modules/irqbypass_watch, which counts what comes and goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event.h"
#include "harness.h"
#include "irq.h"
#include "textfile.h"
#include "vfio.h"

#define WATCH	"/sys/module/irqbypass_watch/parameters"

static void watch_load(void)
{
	if (path_exists(WATCH))
		return;
	if (system("insmod build/$KVER/irqbypass_watch.ko"))
		skip("needs the module irqbypass_watch of 'make test-modules'");
}

static void watch(int event)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", event);
	OK(text_write(text, WATCH "/watch"));
}

static void watch_unload(void)
{
	watch(-1);
	EQUAL(system("rmmod irqbypass_watch"), 0);
}

/* So many producers of the watched eventfd came, so many went. */
static void expect_producers(int added, int removed)
{
	EQUAL(text_number(WATCH "/added"), added);
	EQUAL(text_number(WATCH "/removed"), removed);
}

/* The number in /proc/interrupts of the line with this name. */
static int interrupt_number(const char *name)
{
	FILE *interrupts = fopen("/proc/interrupts", "re");
	char line[512];
	int number = -1;

	CHECK(interrupts);
	while (number < 0 && fgets(line, sizeof(line), interrupts))
		if (strstr(line, name))
			number = atoi(line);
	fclose(interrupts);
	return number;
}

static void expect_vector(const struct pci_device *pci, const char *kind, int vector)
{
	char name[64];

	snprintf(name, sizeof(name), "vfio-%s[%d](%s)", kind, vector, pci->name);
	EQUAL(text_number(WATCH "/irq"), interrupt_number(name));
}

TEST(Q10_vector_is_offered, "a vector is offered under its eventfd, and withdrawn when it goes")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[3] = { event_new(), event_new(), event_new() }, none = -1;

	watch_load();
	watch(events[1]);
	EQUAL(try_irq_events(user.device, MSIX, 0, 3, events), 0);
	expect_producers(1, 0);
	expect_vector(&user.pci, "msix", 1);
	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &none), 0);
	expect_producers(1, 1);
	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &events[1]), 0);
	expect_producers(2, 1);
	OK(try_irq_disable(user.device, MSIX));
	expect_producers(2, 2);
	watch_unload();
}

TEST(Q10_offer_follows_the_eventfd, "another eventfd for a vector takes the offer along")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int first = irq_enable(user.device, MSIX), second = event_new();

	watch_load();
	watch(first);
	expect_producers(1, 0);
	EQUAL(try_irq_events(user.device, MSIX, 0, 1, &second), 0);
	expect_producers(1, 1);
	watch(second);
	expect_producers(1, 0);
	expect_vector(&user.pci, "msix", 0);
	OK(try_irq_none(user.device, TRIGGER, MSIX, 0, 1));
	EQUAL(event_now(second), 1);
	OK(close(user.device));
	expect_producers(1, 1);
	watch_unload();
}

TEST(Q10_msi_is_offered, "so is the vector of MSI")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int event = irq_enable(user.device, MSI);

	watch_load();
	watch(event);
	expect_producers(1, 0);
	expect_vector(&user.pci, "msi", 0);
	unassign(&user);
	expect_producers(1, 1);
	watch_unload();
}

TEST(Q10_one_offer_for_an_eventfd, "two vectors with one eventfd: one is offered, both signal")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int event = event_new(), events[2] = { event, event };

	watch_load();
	watch(event);
	EQUAL(try_irq_events(user.device, MSIX, 0, 2, events), 0);
	expect_producers(1, 0);
	OK(try_irq_none(user.device, TRIGGER, MSIX, 0, 2));
	EQUAL(event_now(event), 2);
	OK(try_irq_disable(user.device, MSIX));
	expect_producers(1, 1);
	watch_unload();
}

TEST(Q10_refused_call_offers_nothing, "a SET_IRQS that is refused leaves no offer behind")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[2] = { event_new(), event_new() };

	watch_load();
	watch(events[0]);
	OK(close(events[1]));
	REFUSED(try_irq_events(user.device, MSIX, 0, 2, events), EBADF);
	EQUAL(text_number(WATCH "/added"), text_number(WATCH "/removed"));
	watch_unload();
}
