// SPDX-License-Identifier: GPL-2.0-only
/*
 * P1: what SET_IRQS, GET_IRQ_INFO and IOEVENTFD fold into one errno, in words.
 */
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "refusal.h"
#include "vfio.h"

#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD

TEST(P1_irq_arguments, "the EINVAL and ENOTTY of SET_IRQS and IRQ_INFO are told apart")
{
	int device = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).device, event = event_new();
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = 7 };

	refusals_only();
	REFUSED(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_INDEX, EINVAL, "index is 7");
	info.index = ERR;
	REFUSED(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_INDEX, EINVAL, "not PCI Express");
	REFUSED(try_irq_none(device, TRIGGER, 5, 0, 1), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_INDEX, EINVAL, "index is 5");
	REFUSED(try_irq_events(device, MSIX, 0, 1, &event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_INDEX, EINVAL, "has no MSI-X");
	REFUSED(try_irq_none(device, TRIGGER, MSI, 0, 2), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_RANGE, EINVAL, "1 interrupts of MSI");
	REFUSED(try_irq(device, EVENTFD | TRIGGER | 64, INTX, 0, 1, &event, 4), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_FLAGS, EINVAL, "0x40");
	REFUSED(try_irq(device, TRIGGER, INTX, 0, 1, &event, 4), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_FLAGS, EINVAL, "DATA_NONE, DATA_BOOL");
	REFUSED(try_irq(device, EVENTFD | TRIGGER, INTX, 0, 1, &event, 3), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 23");
	REFUSED(try_irq_none(device, MASK | UNMASK, INTX, 0, 1), ENOTTY);
	expect_refusal(device, OPENVFIO_REASON_IRQ_ACTION, ENOTTY, "MASK, UNMASK, TRIGGER");
	REFUSED(try_irq_none(device, MASK, MSI, 0, 1), ENOTTY);
	expect_refusal(device, OPENVFIO_REASON_IRQ_ACTION, ENOTTY, "MSI cannot be masked");
}

TEST(P1_irq_state, "which interrupt is on when another is wanted")
{
	int device = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU).device;
	int event = event_new(), closed = event_new(), not_event = container_open();

	refusals_only();
	REFUSED(try_irq_disable(device, MSIX), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_OFF, EINVAL, "MSI-X is not enabled; give it");
	irq_enable(device, MSI);
	REFUSED(try_irq_events(device, MSIX, 0, 1, &event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_OTHER, EINVAL,
		       "MSI-X cannot be enabled while MSI is");
	REFUSED(try_irq_events(device, INTX, 0, 1, &event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_OTHER, EINVAL,
		       "INTx cannot be enabled while MSI is");
	REFUSED(try_irq_none(device, UNMASK, INTX, 0, 1), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_OFF, EINVAL, "INTx is not enabled, MSI is");
	OK(try_irq_disable(device, MSI));
	irq_enable(device, MSIX);
	REFUSED(try_irq_events(device, MSIX, 1, 1, &event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_RANGE, EINVAL, "only 1 vectors are enabled");
	REFUSED(try_irq_none(device, TRIGGER, REQ, 0, 1), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_OFF, EINVAL, "REQ is not enabled");
	OK(close(closed));
	REFUSED(try_irq_events(device, REQ, 0, 1, &closed), EBADF);
	expect_refusal(device, OPENVFIO_REASON_DESCRIPTOR, EBADF, "is not open");
	REFUSED(try_irq_events(device, MSIX, 0, 1, &not_event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_DESCRIPTOR, EINVAL, "is no eventfd");
}

TEST(P1_intx_state, "what INTx refuses")
{
	int device = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).device, event = event_new();

	refusals_only();
	irq_enable(device, INTX);
	REFUSED(try_irq(device, EVENTFD | MASK, INTX, 0, 1, &event, 4), ENOTTY);
	expect_refusal(device, OPENVFIO_REASON_IRQ_ACTION, ENOTTY, "INTx cannot be masked by");
	REFUSED(try_irq_none(device, UNMASK, INTX, 0, 0), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IRQ_RANGE, EINVAL, "count is 0, for INTx");
	OK(try_irq_unmask_by(device, event));
	REFUSED(try_irq_unmask_by(device, event), EBUSY);
	expect_refusal(device, OPENVFIO_REASON_IRQ_UNMASK, EBUSY, "remove it by fd -1");
}

static int try_ioeventfd(int device, uint32_t flags, uint64_t offset, int fd)
{
	struct vfio_device_ioeventfd args = {
		.argsz = sizeof(args), .flags = flags, .offset = offset, .fd = fd,
	};

	return ioctl(device, VFIO_DEVICE_IOEVENTFD, &args);
}

TEST(P1_ioeventfd, "the EINVAL, EEXIST, ENODEV and ENOSPC of IOEVENTFD")
{
	int device = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU).device, event = event_new();
	uint64_t config = region_info(device, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	uint64_t size = region_info(device, 0).size, i;
	uint32_t table = config_read32(device, config_capability(device, 0x11) + 4) & ~7U;

	refusals_only();
	REFUSED(try_ioeventfd(device, 3, 0, event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_FLAGS, EINVAL, "flags are 0x3");
	REFUSED(try_ioeventfd(device, 1, 0, -5), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_DESCRIPTOR, EINVAL, "fd is -5");
	REFUSED(try_ioeventfd(device, 1, config, event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_PLACE, EINVAL, "region 7 is no BAR");
	REFUSED(try_ioeventfd(device, 4, size - 2, event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_PLACE, EINVAL, "BAR 0 has 0x");
	REFUSED(try_ioeventfd(device, 4, table, event), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_PLACE, EINVAL, "MSI-X table");
	REFUSED(try_ioeventfd(device, 4, 0, -1), ENODEV);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_NONE, ENODEV, "BAR 0 + 0x0");
	REFUSED(try_ioeventfd(device, 4, 0, device), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_DESCRIPTOR, EINVAL, "is no eventfd");
	for (i = 0; i < 1000; i++)
		OK(try_ioeventfd(device, 1, i, event));
	REFUSED(try_ioeventfd(device, 1, 0, event), EEXIST);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_EXISTS, EEXIST, "already");
	REFUSED(try_ioeventfd(device, 1, i, event), ENOSPC);
	expect_refusal(device, OPENVFIO_REASON_IOEVENTFD_LIMIT, ENOSPC, "1000 ioeventfds");
}
