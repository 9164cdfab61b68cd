// SPDX-License-Identifier: GPL-2.0-only
/*
 * Q1-Q3, Q5: what SET_IRQS refuses, whatever the interrupt does.
 */
#include <sys/mman.h>

#include "event.h"
#include "harness.h"
#include "irq.h"
#include "vfio.h"

#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD

static int edu_device(void)
{
	return assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).device;
}

TEST(Q1_index_and_range, "SET_IRQS: an index or a range that the device does not have is EINVAL")
{
	int device = edu_device(), event = event_new();
	static const struct { uint32_t index, start, count; } bad[] = {
		{ 5, 0, 1 }, { 6, 0, 1 }, { ~0U, 0, 1 },
		{ INTX, 1, 0 }, { INTX, 1, 1 }, { INTX, 0, 2 },
		{ MSI, 1, 1 }, { MSI, 0, 2 }, { MSI, ~0U, 1 }, { MSI, 0, ~0U },
		{ MSI, 1, ~0U }, { MSI, 2, ~0U - 1 }, { MSI, ~0U - 1, 2 },
		/* Nothing of these on this device, not even a start. */
		{ MSIX, 0, 0 }, { MSIX, 0, 1 }, { ERR, 0, 0 }, { ERR, 0, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint32_t flags = (bad[i].count == 1 ? EVENTFD : NONE) | TRIGGER;

		if (!try_irq(device, flags, bad[i].index, bad[i].start, bad[i].count, &event,
			     sizeof(event)) || errno != EINVAL)
			FAIL("index %u start %u count %u is not EINVAL", bad[i].index,
			     bad[i].start, bad[i].count);
	}
	OK(try_irq_events(device, MSI, 0, 1, &event));
}

TEST(Q1_flags, "SET_IRQS: exactly one kind of data and no unknown flag, else EINVAL")
{
	int device = edu_device(), event = event_new();
	static const uint32_t bad[] = {
		TRIGGER, NONE | BOOL | TRIGGER, NONE | EVENTFD | TRIGGER,
		BOOL | EVENTFD | TRIGGER, NONE | BOOL | EVENTFD | TRIGGER, 0,
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		REFUSED(try_irq(device, bad[i], INTX, 0, 1, &event, sizeof(event)), EINVAL);
	for (unsigned int bit = 6; bit < 32; bit++)
		REFUSED(try_irq(device, EVENTFD | TRIGGER | 1U << bit, INTX, 0, 1, &event,
				sizeof(event)), EINVAL);
	/* Nothing was enabled by any of them. */
	REFUSED(try_irq_disable(device, INTX), EINVAL);
}

TEST(Q1_action, "SET_IRQS: none or several actions are ENOTTY")
{
	static const uint32_t bad[] = {
		0, MASK | UNMASK, MASK | TRIGGER, UNMASK | TRIGGER, MASK | UNMASK | TRIGGER,
	};
	int device = edu_device(), event = event_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		REFUSED(try_irq(device, EVENTFD | bad[i], INTX, 0, 1, &event, sizeof(event)),
			ENOTTY);
		REFUSED(try_irq(device, NONE | bad[i], MSI, 0, 1, NULL, 0), ENOTTY);
	}
}

TEST(Q1_too_little_data, "SET_IRQS: fewer bytes than count needs are EINVAL")
{
	int device = edu_device(), event = event_new();
	uint8_t bool_data = 1;

	for (size_t size = 0; size < sizeof(event); size++)
		REFUSED(try_irq(device, EVENTFD | TRIGGER, INTX, 0, 1, &event, size), EINVAL);
	REFUSED(try_irq(device, BOOL | TRIGGER, INTX, 0, 1, &bool_data, 0), EINVAL);
	OK(try_irq(device, EVENTFD | TRIGGER, INTX, 0, 1, &event, sizeof(event)));
}

TEST(Q1_unreadable_data, "SET_IRQS: data that cannot be read are EFAULT")
{
	int device = edu_device();
	char *end = (char *)pages(2 * page_size()) + page_size();
	struct vfio_irq_set *request = (void *)(end - sizeof(*request));

	munmap(end, page_size());
	*request = (struct vfio_irq_set) {
		.argsz = sizeof(*request) + sizeof(int), .flags = EVENTFD | TRIGGER,
		.index = INTX, .count = 1,
	};
	REFUSED(ioctl(device, VFIO_DEVICE_SET_IRQS, request), EFAULT);
	REFUSED(try_irq_disable(device, INTX), EINVAL);
}

TEST(Q2_intx_actions, "INTx: MASK by eventfd is ENOTTY; MASK and UNMASK while off are EINVAL")
{
	int device = edu_device(), event = event_new();

	REFUSED(try_irq_none(device, MASK, INTX, 0, 1), EINVAL);
	REFUSED(try_irq_none(device, UNMASK, INTX, 0, 1), EINVAL);
	event = irq_enable(device, INTX);
	OK(try_irq_none(device, MASK, INTX, 0, 1));
	OK(try_irq_none(device, UNMASK, INTX, 0, 1));
	REFUSED(try_irq(device, EVENTFD | MASK, INTX, 0, 1, &event, sizeof(event)), ENOTTY);
}

TEST(Q2_msi_cannot_be_masked, "MSI and MSI-X: MASK and UNMASK are ENOTTY, on or off")
{
	static const unsigned int indices[] = { MSI, MSIX };
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;

	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		REFUSED(try_irq_none(device, MASK, indices[i], 0, 1), ENOTTY);
		REFUSED(try_irq_none(device, UNMASK, indices[i], 0, 1), ENOTTY);
		irq_enable(device, indices[i]);
		REFUSED(try_irq_none(device, MASK, indices[i], 0, 1), ENOTTY);
		REFUSED(try_irq_none(device, UNMASK, indices[i], 0, 1), ENOTTY);
		OK(try_irq_disable(device, indices[i]));
	}
}

TEST(Q2_err_and_req_actions, "ERR and REQ know only TRIGGER; ERR on conventional PCI is EINVAL")
{
	int nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device;
	int edu = edu_device(), event = event_new();
	static const unsigned int indices[] = { ERR, REQ };

	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		REFUSED(try_irq_none(nvme, MASK, indices[i], 0, 1), ENOTTY);
		REFUSED(try_irq_none(nvme, UNMASK, indices[i], 0, 1), ENOTTY);
		OK(try_irq_events(nvme, indices[i], 0, 1, &event));
		REFUSED(try_irq_none(nvme, MASK, indices[i], 0, 1), ENOTTY);
		REFUSED(try_irq_none(nvme, UNMASK, indices[i], 0, 1), ENOTTY);
	}
	REFUSED(try_irq_none(edu, TRIGGER, ERR, 0, 1), EINVAL);
	REFUSED(try_irq_none(edu, MASK, ERR, 0, 1), EINVAL);
	REFUSED(try_irq_events(edu, ERR, 0, 1, &event), EINVAL);
}

TEST(Q3_kinds_exclude_each_other, "while INTx, MSI or MSI-X is on, enabling another is EINVAL")
{
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	static const unsigned int kinds[] = { INTX, MSI, MSIX };
	int event = event_new();

	for (size_t on = 0; on < ARRAY_SIZE(kinds); on++) {
		irq_enable(device, kinds[on]);
		for (size_t other = 0; other < ARRAY_SIZE(kinds); other++) {
			if (other == on)
				continue;
			REFUSED(try_irq_events(device, kinds[other], 0, 1, &event), EINVAL);
			REFUSED(try_irq_disable(device, kinds[other]), EINVAL);
		}
		/* The one that is on still answers. */
		OK(try_irq_none(device, TRIGGER, kinds[on], 0, 1));
		OK(try_irq_disable(device, kinds[on]));
	}
}

TEST(Q5_disable, "TRIGGER of nothing disables; EINVAL when off already")
{
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	static const unsigned int kinds[] = { INTX, MSI, MSIX };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		REFUSED(try_irq_disable(device, kinds[i]), EINVAL);
		irq_enable(device, kinds[i]);
		REFUSED(try_irq_none(device, TRIGGER, kinds[i], 100, 0), EINVAL);
		OK(try_irq_none(device, TRIGGER, kinds[i], 0, 1));
		OK(try_irq_disable(device, kinds[i]));
		REFUSED(try_irq_disable(device, kinds[i]), EINVAL);
		REFUSED(try_irq_none(device, TRIGGER, kinds[i], 0, 1), EINVAL);
	}
}
