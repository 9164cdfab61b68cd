// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q7: an INTx line that is masked at the interrupt controller, and must not be shared.
 */
#include <stdlib.h>
#include <unistd.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "refusal.h"
#include "vfio.h"

/* In-tree reads nointxmask at load. */
static void load_modules(const char *command)
{
	EQUAL(system("vfio-modules unload"), 0);
	EQUAL(system(command), 0);
}

/*
 * In-tree lets the controller raise an interrupt once more before it masks the line; if the
 * device is quiet by then, that one comes after UNMASK. A moment keeps out of its way.
 */
static void let_line_be_masked(void)
{
	if (!testing_ours())
		usleep(200000);
}

static void check_automask(struct edu *edu, int event, int times)
{
	for (int i = 0; i < times; i++) {
		edu_raise(edu, 1);
		EQUAL(event_wait(event), 1);
		let_line_be_masked();
		edu_acknowledge(edu, 1);
		edu_raise(edu, 2);
		CHECK(event_quiet(event));
		/* The line is up: the next interrupt, at once. */
		OK(try_irq_none(edu->device, UNMASK, INTX, 0, 1));
		EQUAL(event_wait(event), 1);
		let_line_be_masked();
		edu_acknowledge(edu, 2);
		OK(try_irq_none(edu->device, UNMASK, INTX, 0, 1));
		CHECK(event_quiet(event));
	}
}

static void check_unmask_eventfd(struct edu *edu, int event)
{
	int unmask = event_new();

	OK(try_irq_unmask_by(edu->device, unmask));
	edu_raise(edu, 1);
	for (int i = 0; i < 3; i++) {
		EQUAL(event_wait(event), 1);
		event_ring(unmask);
	}
	EQUAL(event_wait(event), 1);
	let_line_be_masked();
	edu_acknowledge(edu, 1);
	OK(try_irq_none(edu->device, MASK, INTX, 0, 1));
	edu_raise(edu, 1);
	CHECK(event_quiet(event));
	event_ring(unmask);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(edu, 1);
}

/* Two functions on one line. */
static void check_exclusive(void)
{
	struct pci_device sound = vfio_device(ES1370, 0);
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	int other = device_open(user.group, &sound), second = event_new();
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	check_automask(&edu, event, 3);
	check_unmask_eventfd(&edu, event);
	REFUSED(try_irq_events(other, INTX, 0, 1, &second), EBUSY);
	if (testing_ours())
		expect_refusal(other, OPENVFIO_REASON_IRQ_LINE, EBUSY, "nointxmask is set");
	REFUSED(try_irq_disable(other, INTX), EINVAL);
	/* It has done no harm, and gets the line when it is free. */
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	OK(try_irq_disable(user.device, INTX));
	OK(try_irq_events(other, INTX, 0, 1, &second));
	REFUSED(try_irq_events(user.device, INTX, 0, 1, &event), EBUSY);
	OK(close(other));
	OK(try_irq_events(user.device, INTX, 0, 1, &event));
	unassign(&user);
	edu_stop(&edu);
}

static void with_nointxmask(void (*check)(void))
{
	load_modules("modprobe vfio_iommu_type1 && modprobe vfio-pci nointxmask=1");
	check();
	load_modules("vfio-modules load");
}

NATIVE_TEST(Q7_exclusive_line,
	    "with nointxmask a line is masked at its controller, and EBUSY for a second device")
{
	pci_find(ES1370, 0);
	pci_find(EDU, 2);
	with_nointxmask(check_exclusive);
}

static void check_causes(void)
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);

	check_automask(&edu, irq_enable(user.device, INTX), 60);
	unassign(&user);
	edu_stop(&edu);
}

NATIVE_TEST(Q7_exclusive_line_at_once,
	    "the line is masked before the interrupt ends: none without a cause comes after UNMASK")
{
	improvement("in-tree masks with the next interrupt, which comes after UNMASK when the device is quiet again");
	pci_find(EDU, 2);
	with_nointxmask(check_causes);
}
