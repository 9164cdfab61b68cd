// SPDX-License-Identifier: GPL-2.0-only
#include "eventfds.h"
#include "irq.h"
#include "signal.h"

static void set_target(struct eventfd_ctx **target, struct eventfd_ctx *to)
{
	if (*target)
		eventfd_ctx_put(*target);
	*target = to;
}

static long set_target_fd(struct vfio_pci_device *dev, struct eventfd_ctx **target, int fd)
{
	struct eventfd_ctx *to;

	/* Q8: -1 clears; what lies below it has always been ignored. */
	if (fd < -1)
		return 0;
	to = eventfd_or_none(dev, fd);
	if (IS_ERR(to))
		return PTR_ERR(to);
	set_target(target, to);
	return 0;
}

/**
 * vfio_pci_signal_set() - VFIO_DEVICE_SET_IRQS for ERR and REQ (Q8)
 * @dev: irq_lock held
 * @request: for the ERR or the REQ index
 *
 * Return: 0; -ENOTTY for mask and unmask; -EINVAL as rule Q8 has it; or the errno of
 * the eventfd, with nothing changed.
 */
long vfio_pci_signal_set(struct vfio_pci_device *dev, const struct irq_request *request)
{
	struct eventfd_ctx **target = request->index == VFIO_PCI_ERR_IRQ_INDEX ?
		&dev->err_trigger : &dev->req_trigger;

	lockdep_assert_held(&dev->irq_lock);

	if (request->action != IRQ_TRIGGER)
		return vfio_pci_refuse_action(dev, request->index);
	if (request->data == IRQ_NONE_DATA && !*target)
		return vfio_pci_refuse_irq_off(dev, request->index);
	if (request->data == IRQ_NONE_DATA && !request->count) {
		set_target(target, NULL);
		return 0;
	}
	if (!request->count)
		return vfio_pci_refuse_count(dev, request);
	if (request->data == IRQ_FD_DATA)
		return set_target_fd(dev, target, request->fds[0]);
	if (*target && irq_wanted(request, 0))
		eventfd_signal(*target, 1);
	return 0;
}

/**
 * vfio_pci_signal_clear() - at the last close
 * @dev: irq_lock held
 */
void vfio_pci_signal_clear(struct vfio_pci_device *dev)
{
	lockdep_assert_held(&dev->irq_lock);

	set_target(&dev->err_trigger, NULL);
	set_target(&dev->req_trigger, NULL);
}

/**
 * ovfio_pci_request() - ask the user to give the device back (C14)
 * @vdev: the device
 * @count: how often it was asked before
 *
 * One that is not there any more is not used any more, either: its mappings go at once.
 */
void ovfio_pci_request(struct vfio_device *vdev, unsigned int count)
{
	struct vfio_pci_device *dev = to_pci(vdev);

	vfio_pci_memory_lost(dev);
	mutex_lock(&dev->irq_lock);
	if (dev->req_trigger)
		eventfd_signal(dev->req_trigger, 1);
	else if (!count)
		pci_notice(dev->pdev, "vfio: removal is blocked, and the user set no request interrupt to be asked through\n");
	mutex_unlock(&dev->irq_lock);
}
EXPORT_SYMBOL_GPL(ovfio_pci_request);

/**
 * ovfio_pci_error_detected() - tell the user of an error the root complex reported (Q8)
 * @dev: the device
 *
 * Return: PCI_ERS_RESULT_CAN_RECOVER: what is to be done is up to the user.
 */
pci_ers_result_t ovfio_pci_error_detected(struct vfio_pci_device *dev)
{
	mutex_lock(&dev->irq_lock);
	if (dev->err_trigger)
		eventfd_signal(dev->err_trigger, 1);
	mutex_unlock(&dev->irq_lock);
	return PCI_ERS_RESULT_CAN_RECOVER;
}
EXPORT_SYMBOL_GPL(ovfio_pci_error_detected);
