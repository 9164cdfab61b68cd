// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q4, Q6, Q8, Q9: MSI of edu, MSI-X of nvme, and the ERR and REQ events.
 */
#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "plug.h"
#include "refusal.h"
#include "textfile.h"
#include "vfio.h"

static void new_events(int *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		events[i] = event_new();
}

TEST(Q4_msi_signals, "every MSI of edu signals its eventfd, without masking")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int event = irq_enable(user.device, MSI);

	for (int i = 0; i < 5; i++) {
		edu_raise(&edu, 1);
		EQUAL(event_wait(event), 1);
		edu_acknowledge(&edu, 1);
	}
	OK(try_irq_disable(user.device, MSI));
	edu_raise(&edu, 1);
	CHECK(event_quiet(event));
	edu_acknowledge(&edu, 1);
}

TEST(Q4_msi_then_intx, "a device can go from INTx to MSI and back")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	static const unsigned int kinds[] = { INTX, MSI, INTX, MSI };
	struct edu edu = edu_start(user.device);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int event = irq_enable(user.device, kinds[i]);

		edu_raise(&edu, 1);
		EQUAL(event_wait(event), 1);
		edu_acknowledge(&edu, 1);
		OK(try_irq_disable(user.device, kinds[i]));
	}
}

/* Queue n of a drive started here, 0 for the admin queue, completes on vector n. */
static struct nvme nvme_with_queues(const struct assignment *user)
{
	struct nvme nvme = nvme_start(user);

	for (unsigned int queue = 1; queue <= ARRAY_SIZE(nvme.io); queue++)
		nvme_add_queue(&nvme, queue, queue);
	return nvme;
}

static void forget(const int *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		event_now(events[i]);
}

TEST(Q4_msix_signals, "each MSI-X vector signals its own eventfd")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct nvme nvme;
	int events[4];

	new_events(events, 4);
	EQUAL(try_irq_events(user.device, MSIX, 0, 4, events), 0);
	nvme = nvme_with_queues(&user);
	CHECK(event_wait(events[0]) >= 1);
	/* The completion is in memory first, so the admin queue's last signals may be late. */
	for (int queue = 1; queue < 4; queue++) {
		for (int other = 1; other < 4; other++)
			EQUAL(event_now(events[other]), 0);
		nvme_complete_one(&nvme, queue);
		EQUAL(event_wait(events[queue]), 1);
	}
	for (int queue = 1; queue < 4; queue++)
		EQUAL(event_now(events[queue]), 0);
}

TEST(Q4_vectors_one_by_one, "eventfds inside the enabled vectors can be changed, beyond is EINVAL")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[3], other = event_new(), none = -1;
	struct nvme nvme;

	new_events(events, 3);
	EQUAL(try_irq_events(user.device, MSIX, 0, 3, events), 0);
	nvme = nvme_with_queues(&user);
	REFUSED(try_irq_events(user.device, MSIX, 3, 1, &other), EINVAL);
	REFUSED(try_irq_events(user.device, MSIX, 2, 2, events), EINVAL);

	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &other), 0);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(other), 1);
	EQUAL(event_now(events[1]), 0);

	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &none), 0);
	nvme_complete_one(&nvme, 1);
	CHECK(event_quiet(other));
	nvme_complete_one(&nvme, 2);
	EQUAL(event_wait(events[2]), 1);

	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &other), 0);
	/* The message that came while nobody was there may or may not be kept pending. */
	event_quiet(other);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(other), 1);
}

TEST(Q4_enable_from_a_later_vector, "enabling from vector 2 on makes the ones before it available")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int event = event_new(), first = event_new();
	struct nvme nvme;

	EQUAL(try_irq_events(user.device, MSIX, 2, 1, &event), 0);
	EQUAL(try_irq_events(user.device, MSIX, 1, 1, &first), 0);
	nvme = nvme_with_queues(&user);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(first), 1);
	nvme_complete_one(&nvme, 2);
	EQUAL(event_wait(event), 1);
	REFUSED(try_irq_events(user.device, MSIX, 3, 1, &event), EINVAL);
}

TEST(Q4_enable_with_empty_slots, "negative fds leave their vectors without an eventfd")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[3] = { -1, event_new(), -2 };
	struct nvme nvme;

	EQUAL(try_irq_events(user.device, MSIX, 0, 3, events), 0);
	nvme = nvme_with_queues(&user);
	nvme_complete_one(&nvme, 0);
	nvme_complete_one(&nvme, 2);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(events[1]), 1);
	/* Loopback to all of them reaches the one there is. */
	OK(try_irq_none(user.device, TRIGGER, MSIX, 0, 3));
	EQUAL(event_wait(events[1]), 1);
}

TEST(Q4_bad_fd_at_first_enable, "a bad fd among the first ones leaves MSI-X off altogether")
{
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	int events[3];

	new_events(events, 3);
	OK(close(events[1]));
	REFUSED(try_irq_events(device, MSIX, 0, 3, events), EBADF);
	REFUSED(try_irq_disable(device, MSIX), EINVAL);
	/* So another kind can be enabled. */
	irq_enable(device, INTX);
}

TEST(Q4_bad_fd_later, "a bad fd later touches no vector outside of its call")
{
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	int events[4], others[2];

	new_events(events, 4);
	new_events(others, 2);
	EQUAL(try_irq_events(device, MSIX, 0, 4, events), 0);
	OK(close(others[1]));
	REFUSED(try_irq_events(device, MSIX, 1, 2, others), EBADF);
	OK(try_irq_none(device, TRIGGER, MSIX, 0, 4));
	EQUAL(event_now(events[0]), 1);
	/* In-tree clears the vectors of the call, ours looks at all fds before it acts. */
	EQUAL(event_now(events[1]), testing_ours());
	EQUAL(event_now(events[2]), testing_ours());
	EQUAL(event_now(others[0]), 0);
	EQUAL(event_now(events[3]), 1);
}

TEST(Q4_all_vectors, "all 65 vectors of the NVMe drive can be had and loop back")
{
	int device = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device;
	int events[65];

	new_events(events, 65);
	EQUAL(try_irq_events(device, MSIX, 0, 65, events), 0);
	OK(try_irq_none(device, TRIGGER, MSIX, 0, 65));
	for (int i = 0; i < 65; i++)
		EQUAL(event_now(events[i]), 1);
	OK(try_irq_disable(device, MSIX));
	/* And the same again, as nothing of it was left. */
	EQUAL(try_irq_events(device, MSIX, 0, 65, events), 0);
}

TEST(Q4_fewer_vectors, "if fewer can be had, that number is returned and nothing is enabled")
{
	struct pci_device usb = vfio_device(NEC_XHCI, 0);
	int device = assign(usb, VFIO_TYPE1v2_IOMMU).device;
	unsigned int wanted = irq_info(device, MSI).count;
	int events[32], had;

	CHECK(wanted > 1 && wanted <= ARRAY_SIZE(events));
	new_events(events, wanted);
	had = OK(try_irq_events(device, MSI, 0, wanted, events));
	if (!had)
		skip("here all %u can be had; without interrupt remapping it is one", wanted);
	CHECK(had < (int)wanted);
	REFUSED(try_irq_disable(device, MSI), EINVAL);
	REFUSED(try_irq_none(device, TRIGGER, MSI, 0, 1), EINVAL);
	EQUAL(event_now(events[0]), 0);
	/* What it said can be had, and another kind could be, too. */
	EQUAL(try_irq_events(device, MSI, 0, had, events), 0);
	REFUSED(try_irq_events(device, MSI, had, 1, events), EINVAL);
	OK(try_irq_disable(device, MSI));
	irq_enable(device, INTX);
}

TEST(Q4_no_vectors, "if not one can be had, SET_IRQS is refused, and works once there are some")
{
	static const unsigned int kinds[] = { MSI, MSIX };
	struct assignment user = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	int event = event_new(), results[2], errors[2];

	/* The administrator can switch them off for a device. */
	OK(text_write("0", "/sys/bus/pci/devices/%s/msi_bus", user.pci.name));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		results[i] = try_irq_events(user.device, kinds[i], 0, 1, &event);
		errors[i] = errno;
	}
	OK(text_write("1", "/sys/bus/pci/devices/%s/msi_bus", user.pci.name));
	expect_our_refusal(user.device, OPENVFIO_REASON_IRQ_VECTORS, EINVAL, "no interrupt vectors");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		EQUAL(results[i], -1);
		EQUAL(errors[i], EINVAL);
		REFUSED(try_irq_disable(user.device, kinds[i]), EINVAL);
		EQUAL(try_irq_events(user.device, kinds[i], 0, 1, &event), 0);
		OK(try_irq_none(user.device, TRIGGER, kinds[i], 0, 1));
		EQUAL(event_now(event), 1);
		OK(try_irq_disable(user.device, kinds[i]));
	}
}

TEST(Q4_several_msi, "several MSI vectors, each with its own eventfd")
{
	int device = assign(vfio_device(NEC_XHCI, 0), VFIO_TYPE1v2_IOMMU).device;
	unsigned int count = irq_info(device, MSI).count;
	int events[32];

	CHECK(count > 1 && count <= ARRAY_SIZE(events));
	new_events(events, count);
	if (try_irq_events(device, MSI, 0, count, events))
		skip("needs interrupt remapping");
	OK(try_irq_none(device, TRIGGER, MSI, 0, count));
	for (unsigned int i = 0; i < count; i++)
		EQUAL(event_now(events[i]), 1);
	OK(try_irq_disable(device, MSI));
}

TEST(Q4_live_vector_keeps_its_interrupt, "a vector that gets another eventfd stays requested")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[2] = { event_new(), event_new() };
	struct nvme nvme;

	EQUAL(try_irq_events(user.device, MSIX, 0, 1, &events[0]), 0);
	nvme = nvme_start(&user);
	for (int i = 0; i < 50; i++) {
		forget(events, 2);
		EQUAL(try_irq_events(user.device, MSIX, 0, 1, &events[i & 1]), 0);
		nvme_complete_one(&nvme, 0);
		EQUAL(event_wait(events[i & 1]), 1);
		EQUAL(event_now(events[!(i & 1)]), 0);
	}
}

TEST(Q6_msix_loopback, "TRIGGER signals the eventfds of vectors: all, or those with a true byte")
{
	static const uint8_t bools[] = { 0, 1, 0, 7 };
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	int events[4];

	new_events(events, 4);
	REFUSED(try_irq_none(device, TRIGGER, MSIX, 0, 1), EINVAL);
	EQUAL(try_irq_events(device, MSIX, 0, 4, events), 0);
	OK(try_irq_none(device, TRIGGER, MSIX, 1, 2));
	EQUAL(event_now(events[0]), 0);
	EQUAL(event_now(events[1]), 1);
	EQUAL(event_now(events[2]), 1);
	EQUAL(event_now(events[3]), 0);
	OK(try_irq_bool(device, TRIGGER, MSIX, 0, 4, bools));
	EQUAL(event_now(events[0]), 0);
	EQUAL(event_now(events[1]), 1);
	EQUAL(event_now(events[2]), 0);
	EQUAL(event_now(events[3]), 1);
	/* Past the enabled ones. */
	REFUSED(try_irq_none(device, TRIGGER, MSIX, 4, 1), EINVAL);
}

static void check_event_index(int device, unsigned int index)
{
	static const uint8_t no = 0, yes = 1;
	int event, none = -1;

	REFUSED(try_irq_none(device, TRIGGER, index, 0, 1), EINVAL);
	event = irq_enable(device, index);
	EQUAL(event_now(event), 0);
	OK(try_irq_none(device, TRIGGER, index, 0, 1));
	EQUAL(event_now(event), 1);
	OK(try_irq_bool(device, TRIGGER, index, 0, 1, &no));
	EQUAL(event_now(event), 0);
	OK(try_irq_bool(device, TRIGGER, index, 0, 1, &yes));
	EQUAL(event_now(event), 1);
	/* -1 clears it. */
	OK(try_irq_events(device, index, 0, 1, &none));
	REFUSED(try_irq_none(device, TRIGGER, index, 0, 1), EINVAL);
	/* And so does nothing. */
	event = irq_enable(device, index);
	OK(try_irq_none(device, TRIGGER, index, 0, 0));
	REFUSED(try_irq_none(device, TRIGGER, index, 0, 1), EINVAL);
	EQUAL(event_now(event), 0);
}

TEST(Q8_err_and_req_loopback, "ERR and REQ: set, loop back, clear")
{
	int device = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device;

	check_event_index(device, REQ);
	check_event_index(device, ERR);
}

TEST(Q8_err_by_root_port, "an error that the root port reports signals ERR, and the device is still there")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int err = irq_enable(user.device, ERR), req = irq_enable(user.device, REQ);
	struct nvme nvme;

	plug_error(&user.pci, "port1");
	CHECK(event_wait(err) >= 1);
	EQUAL(event_now(req), 0);
	nvme = nvme_start(&user);
	nvme_complete_one(&nvme, 0);
}

TEST(Q8_req_beside_others, "ERR and REQ can be set while INTx or MSI-X is on")
{
	int device = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device;
	int msix = irq_enable(device, MSIX), req = irq_enable(device, REQ);
	int err = irq_enable(device, ERR);

	OK(try_irq_none(device, TRIGGER, MSIX, 0, 1));
	EQUAL(event_now(msix), 1);
	EQUAL(event_now(req) + event_now(err), 0);
	OK(try_irq_disable(device, MSIX));
	OK(try_irq_none(device, TRIGGER, REQ, 0, 1));
	OK(try_irq_none(device, TRIGGER, ERR, 0, 1));
	EQUAL(event_now(req), 1);
	EQUAL(event_now(err), 1);
}

TEST(Q8_bad_eventfd, "ERR and REQ: a bad fd is EBADF, another file EINVAL, the old one stays")
{
	int device = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device;
	int event = irq_enable(device, REQ), closed = event_new(), not_event = container_open();

	OK(close(closed));
	REFUSED(try_irq_events(device, REQ, 0, 1, &closed), EBADF);
	REFUSED(try_irq_events(device, REQ, 0, 1, &not_event), EINVAL);
	OK(try_irq_none(device, TRIGGER, REQ, 0, 1));
	EQUAL(event_now(event), 1);
}

TEST(Q9_reset_keeps_vectors, "MSI-X works on after RESET without being set up anew")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct nvme nvme;
	int events[2];

	new_events(events, 2);
	EQUAL(try_irq_events(user.device, MSIX, 0, 2, events), 0);
	nvme = nvme_start(&user);
	nvme_complete_one(&nvme, 0);
	CHECK(event_wait(events[0]));
	OK(ioctl(user.device, VFIO_DEVICE_RESET));
	nvme_restart(&nvme);
	nvme_add_queue(&nvme, 1, 1);
	nvme_complete_one(&nvme, 1);
	EQUAL(event_wait(events[1]), 1);
}

TEST(Q9_message_rewritten, "a vector works again after its eventfd went and another came")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct nvme nvme = nvme_start(&user);

	for (int i = 0; i < 3; i++) {
		int event = irq_enable(user.device, MSIX);

		nvme_complete_one(&nvme, 0);
		EQUAL(event_wait(event), 1);
		OK(try_irq_disable(user.device, MSIX));
		OK(close(event));
	}
}

TEST(Q9_table_overwritten, "a message that was overwritten in the table is right on the next enable")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	uint32_t table = config_read32(user.device, config_capability(user.device, 0x11) + 4) & ~7U;
	int event = irq_enable(user.device, MSIX), none = -1;
	struct nvme nvme = nvme_start(&user);
	volatile uint32_t *entry = nvme.bar + table / 4;

	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(event), 1);
	EQUAL(try_irq_events(user.device, MSIX, 0, 1, &none), 0);
	/* The table can be mapped (B4). Nowhere, with no data: what a reset leaves. */
	for (int i = 0; i < 3; i++)
		entry[i] = 0;
	EQUAL(try_irq_events(user.device, MSIX, 0, 1, &event), 0);
	nvme_complete_one(&nvme, 0);
	EQUAL(event_wait(event), 1);
}
