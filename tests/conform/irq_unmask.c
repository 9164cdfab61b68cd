// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q2: an eventfd that unmasks INTx when it is signalled, by whomever and from wherever.
 */
#include <unistd.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "vfio.h"

/* An edu device with INTx on, and an eventfd that unmasks it. */
struct line {
	struct assignment user;
	struct edu edu;
	int event;
	int unmask;
};

static struct line line_open(void)
{
	struct line line = { .user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU) };

	line.edu = edu_start(line.user.device);
	line.event = irq_enable(line.user.device, INTX);
	line.unmask = event_new();
	OK(try_irq_unmask_by(line.user.device, line.unmask));
	return line;
}

/* One interrupt, which leaves INTx masked. */
static void interrupt_once(struct line *line)
{
	edu_raise(&line->edu, 1);
	EQUAL(event_wait(line->event), 1);
	edu_acknowledge(&line->edu, 1);
}

TEST(Q2_unmask_by_eventfd, "each signal of the unmask eventfd unmasks INTx")
{
	struct line line = line_open();

	for (int i = 0; i < 5; i++) {
		interrupt_once(&line);
		edu_raise(&line.edu, 2);
		CHECK(i || event_quiet(line.event));
		event_ring(line.unmask);
		EQUAL(event_wait(line.event), 1);
		edu_acknowledge(&line.edu, 2);
		event_ring(line.unmask);
		/* What it did is done in a moment, not at once. */
		CHECK(event_quiet(line.event));
	}
	/* The kernel took the count, so that it does not fill up. */
	EQUAL(event_now(line.unmask), 0);
}

TEST(Q2_unmask_with_line_up, "with the line still up, each signal brings the next interrupt")
{
	struct line line = line_open();

	edu_raise(&line.edu, 1);
	for (int i = 0; i < 20; i++) {
		EQUAL(event_wait(line.event), 1);
		event_ring(line.unmask);
	}
	EQUAL(event_wait(line.event), 1);
	CHECK(event_quiet(line.event));
	edu_acknowledge(&line.edu, 1);
}

TEST(Q2_unmask_beside_the_call, "the eventfd also undoes MASK, and UNMASK by call works beside it")
{
	struct line line = line_open();

	OK(try_irq_none(line.user.device, MASK, INTX, 0, 1));
	edu_raise(&line.edu, 1);
	CHECK(event_quiet(line.event));
	event_ring(line.unmask);
	EQUAL(event_wait(line.event), 1);
	edu_acknowledge(&line.edu, 1);
	OK(try_irq_none(line.user.device, UNMASK, INTX, 0, 1));
	interrupt_once(&line);
}

TEST(Q2_unmask_second_is_busy, "a second unmask eventfd is EBUSY; -1 removes the first")
{
	struct line line = line_open();
	int second = event_new();

	REFUSED(try_irq_unmask_by(line.user.device, second), EBUSY);
	REFUSED(try_irq_unmask_by(line.user.device, line.unmask), EBUSY);
	interrupt_once(&line);
	OK(try_irq_unmask_by(line.user.device, -1));
	event_ring(line.unmask);
	edu_raise(&line.edu, 1);
	CHECK(event_quiet(line.event));
	/* Nobody took it. */
	EQUAL(event_now(line.unmask), 1);
	OK(try_irq_unmask_by(line.user.device, -1));
	OK(try_irq_unmask_by(line.user.device, second));
	event_ring(second);
	EQUAL(event_wait(line.event), 1);
	edu_acknowledge(&line.edu, 1);
}

TEST(Q2_unmask_bad_eventfd, "a bad fd is EBADF, another file EINVAL, and INTx off is EINVAL")
{
	int device = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).device;
	int event = event_new(), closed = event_new(), not_event = container_open();

	REFUSED(try_irq_unmask_by(device, event), EINVAL);
	REFUSED(try_irq_unmask_by(device, -1), EINVAL);
	irq_enable(device, INTX);
	OK(close(closed));
	REFUSED(try_irq_unmask_by(device, closed), EBADF);
	REFUSED(try_irq_unmask_by(device, not_event), EINVAL);
	OK(try_irq_unmask_by(device, event));
}

TEST(Q2_unmask_signalled_before, "an eventfd that was signalled before it was set unmasks at once")
{
	struct line line = line_open();

	OK(try_irq_unmask_by(line.user.device, -1));
	interrupt_once(&line);
	edu_raise(&line.edu, 1);
	CHECK(event_quiet(line.event));
	event_ring(line.unmask);
	OK(try_irq_unmask_by(line.user.device, line.unmask));
	EQUAL(event_wait(line.event), 1);
	edu_acknowledge(&line.edu, 1);
}

TEST(Q2_unmask_eventfd_closed, "closing the unmask eventfd frees its place; a copy keeps it")
{
	struct line line = line_open();
	int copy = OK(dup(line.unmask)), second = event_new(), result = -1;

	OK(close(line.unmask));
	REFUSED(try_irq_unmask_by(line.user.device, second), EBUSY);
	interrupt_once(&line);
	event_ring(copy);
	CHECK(event_quiet(line.event));
	interrupt_once(&line);
	OK(close(copy));
	/* In-tree needs a moment. */
	for (int i = 0; i < 1000 && result; i++) {
		result = try_irq_unmask_by(line.user.device, second);
		usleep(result ? 10000 : 0);
	}
	EQUAL(result, 0);
	event_ring(second);
	CHECK(event_quiet(line.event));
	interrupt_once(&line);
}

TEST(Q2_unmask_goes_with_intx, "disabling INTx removes the unmask eventfd, enabling begins anew")
{
	struct line line = line_open();

	OK(try_irq_disable(line.user.device, INTX));
	event_ring(line.unmask);
	EQUAL(event_now(line.unmask), 1);
	line.event = irq_enable(line.user.device, INTX);
	interrupt_once(&line);
	event_ring(line.unmask);
	edu_raise(&line.edu, 1);
	CHECK(event_quiet(line.event));
	EQUAL(event_now(line.unmask), 1);
	OK(try_irq_unmask_by(line.user.device, line.unmask));
	event_ring(line.unmask);
	EQUAL(event_wait(line.event), 1);
	edu_acknowledge(&line.edu, 1);
}

TEST(Q2_unmask_stays_with_another_trigger, "replacing the trigger leaves the unmask eventfd")
{
	struct line line = line_open();

	line.event = event_new();
	OK(try_irq_events(line.user.device, INTX, 0, 1, &line.event));
	for (int i = 0; i < 3; i++) {
		interrupt_once(&line);
		event_ring(line.unmask);
		CHECK(event_quiet(line.event));
	}
}

TEST(Q2_unmask_from_an_interrupt, "the interrupt of another device may be what unmasks")
{
	struct line line = line_open();
	struct assignment other = assign(vfio_device(EDU, 1), VFIO_TYPE1v2_IOMMU);
	struct edu bell = edu_start(other.device);

	EQUAL(try_irq_events(other.device, MSI, 0, 1, &line.unmask), 0);
	edu_raise(&line.edu, 1);
	for (int i = 0; i < 10; i++) {
		EQUAL(event_wait(line.event), 1);
		edu_raise(&bell, 1);
		edu_acknowledge(&bell, 1);
	}
	EQUAL(event_wait(line.event), 1);
	CHECK(event_quiet(line.event));
	edu_acknowledge(&line.edu, 1);
}

TEST(Q2_unmask_is_the_trigger, "one eventfd as trigger and unmask feeds itself, and nothing locks up")
{
	struct line line = line_open();

	OK(try_irq_events(line.user.device, INTX, 0, 1, &line.unmask));
	edu_raise(&line.edu, 1);
	usleep(200000);
	edu_acknowledge(&line.edu, 1);
	OK(try_irq_events(line.user.device, INTX, 0, 1, &line.event));
	event_now(line.event);
	event_ring(line.unmask);
	event_quiet(line.event);
	OK(try_irq_none(line.user.device, UNMASK, INTX, 0, 1));
	interrupt_once(&line);
}

TEST(Q2_unmask_close_orders, "device and eventfd can be closed in any order, rung or not")
{
	for (int i = 0; i < 8; i++) {
		struct line line = line_open();

		if (i & 1)
			event_ring(line.unmask);
		if (i & 2)
			OK(close(line.unmask));
		if (i & 4)
			edu_raise(&line.edu, 1);
		edu_stop(&line.edu);
		unassign(&line.user);
		if (!(i & 2)) {
			event_ring(line.unmask);
			CHECK(event_now(line.unmask) >= 1);
			OK(close(line.unmask));
		}
	}
}
