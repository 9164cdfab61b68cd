// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q6, Q7: the INTx of the edu device: automasking, unmasking, sharing a line.
 */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "vfio.h"

TEST(Q7_automasked, "INTx signals once, and again only after UNMASK")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	edu_raise(&edu, 2);
	CHECK(event_quiet(event));
	/* The line is still up: unmasking signals at once. */
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	EQUAL(event_wait(event), 1);
	CHECK(event_quiet(event));
	edu_acknowledge(&edu, 2);
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	CHECK(event_quiet(event));
	edu_raise(&edu, 4);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 4);
}

TEST(Q7_unmask_with_line_up, "each UNMASK with the line still up signals again, exactly once")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	edu_raise(&edu, 1);
	for (int i = 0; i < 20; i++) {
		EQUAL(event_wait(event), 1);
		OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	}
	EQUAL(event_wait(event), 1);
	CHECK(event_quiet(event));
	edu_acknowledge(&edu, 1);
}

TEST(Q7_mask, "MASK holds an interrupt back, UNMASK lets it through")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	OK(try_irq_none(user.device, MASK, INTX, 0, 1));
	/* Twice is the same. */
	OK(try_irq_none(user.device, MASK, INTX, 0, 1));
	edu_raise(&edu, 1);
	CHECK(event_quiet(event));
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

TEST(Q7_mask_by_bool, "MASK and UNMASK by bool act for a true byte only")
{
	static const uint8_t no = 0, yes = 1;
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	OK(try_irq_bool(user.device, MASK, INTX, 0, 1, &no));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
	OK(try_irq_bool(user.device, UNMASK, INTX, 0, 1, &yes));
	OK(try_irq_bool(user.device, MASK, INTX, 0, 1, &yes));
	edu_raise(&edu, 1);
	CHECK(event_quiet(event));
	OK(try_irq_bool(user.device, UNMASK, INTX, 0, 1, &no));
	CHECK(event_quiet(event));
	OK(try_irq_bool(user.device, UNMASK, INTX, 0, 1, &yes));
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

TEST(Q7_command_intx_disable, "INTX_DISABLE in the virtual COMMAND holds the interrupt back too")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);
	uint16_t command = config_read16(user.device, PCI_COMMAND);

	config_write16(user.device, PCI_COMMAND, command | PCI_COMMAND_INTX_DISABLE);
	CHECK(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
	edu_raise(&edu, 1);
	/* Nor is it told of by TRIGGER. */
	OK(try_irq_none(user.device, TRIGGER, INTX, 0, 1));
	CHECK(event_quiet(event));
	config_write16(user.device, PCI_COMMAND, command & ~PCI_COMMAND_INTX_DISABLE);
	EQUAL(event_wait(event), 1);
	/* The automatic mask does not show in the virtual COMMAND. */
	EQUAL(config_read16(user.device, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE, 0);
	edu_acknowledge(&edu, 1);
}

TEST(Q7_event_replaced, "another eventfd can take the place of the first; -1 leaves none")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int first = irq_enable(user.device, INTX), second = event_new(), none = -1;

	OK(try_irq_events(user.device, INTX, 0, 1, &second));
	edu_raise(&edu, 1);
	EQUAL(event_wait(second), 1);
	EQUAL(event_now(first), 0);
	edu_acknowledge(&edu, 1);
	OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	OK(try_irq_events(user.device, INTX, 0, 1, &none));
	edu_raise(&edu, 1);
	CHECK(event_quiet(second));
	edu_acknowledge(&edu, 1);
}

TEST(Q7_disabled_is_silent, "after disabling INTx nothing signals, after enabling again it does")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, INTX);

	OK(try_irq_disable(user.device, INTX));
	edu_raise(&edu, 1);
	CHECK(event_quiet(event));
	edu_acknowledge(&edu, 1);
	event = irq_enable(user.device, INTX);
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

TEST(Q7_shared_line,
	"two functions on one line: only the eventfd of the one that raised it signals")
{
	struct pci_device sound = vfio_device(ES1370, 0);
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	int other = device_open(user.group, &sound);
	struct edu edu = edu_start(user.device);
	int quiet = irq_enable(other, INTX), event = irq_enable(user.device, INTX);

	for (int i = 0; i < 3; i++) {
		edu_raise(&edu, 1);
		EQUAL(event_wait(event), 1);
		edu_acknowledge(&edu, 1);
		OK(try_irq_none(user.device, UNMASK, INTX, 0, 1));
	}
	CHECK(event_quiet(quiet));
	/* The other one leaves the line, and nothing changes. */
	OK(try_irq_disable(other, INTX));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

TEST(Q6_intx_loopback, "TRIGGER of INTx by nothing or a true byte signals its eventfd")
{
	static const uint8_t no = 0, yes = 1;
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int event;

	REFUSED(try_irq_none(user.device, TRIGGER, INTX, 0, 1), EINVAL);
	REFUSED(try_irq_bool(user.device, TRIGGER, INTX, 0, 1, &yes), EINVAL);
	event = irq_enable(user.device, INTX);
	OK(try_irq_none(user.device, TRIGGER, INTX, 0, 1));
	EQUAL(event_wait(event), 1);
	OK(try_irq_bool(user.device, TRIGGER, INTX, 0, 1, &no));
	EQUAL(event_now(event), 0);
	OK(try_irq_bool(user.device, TRIGGER, INTX, 0, 1, &yes));
	EQUAL(event_wait(event), 1);
}

TEST(Q7_bad_eventfd, "enabling INTx with a bad fd is EBADF, with another file EINVAL")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int closed = event_new(), not_event = container_open();

	OK(close(closed));
	REFUSED(try_irq_events(user.device, INTX, 0, 1, &closed), EBADF);
	REFUSED(try_irq_events(user.device, INTX, 0, 1, &not_event), EINVAL);
	REFUSED(try_irq_disable(user.device, INTX), EINVAL);
	irq_enable(user.device, INTX);
}
