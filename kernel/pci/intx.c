// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx: a level that stays until the driver has dealt with the device, so the kernel
 * masks the line with each interrupt and the user unmasks it when done (Q7).
 *
 * The line is masked at the device by COMMAND.INTX_DISABLE where the device has it (PCI
 * 2.3), and then may be shared; else at the interrupt controller, and may not. Outside
 * of an enabled and unmasked INTx the bit is kept set, so that a device nobody listens
 * to cannot keep a line busy that others use.
 *
 * intx.lock guards the state against the interrupt; irq_lock against everybody else.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/slab.h>

#include "doorbell.h"
#include "eventfds.h"
#include "intx.h"
#include "irq.h"

static bool intx_enabled(struct vfio_pci_device *dev)
{
	return dev->irq_index == VFIO_PCI_INTX_IRQ_INDEX;
}

static void signal_trigger(struct vfio_pci_intx *intx)
{
	if (intx->trigger && !intx->command_masked)
		eventfd_signal(intx->trigger, 1);
}

/*
 * A device with the mask bit may share its line, so the interrupt may not be for it. Its
 * status stays set while masked, so then the interrupt is another's, unless the bit got
 * lost: a write of COMMAND under way may have put back an older value.
 */
static bool interrupt_is_ours(struct vfio_pci_device *dev)
{
	u16 command;

	if (!dev->intx_maskable)
		return true;
	if (dev->intx.line_masked) {
		pci_read_config_word(dev->pdev, PCI_COMMAND, &command);
		if (command & PCI_COMMAND_INTX_DISABLE)
			return false;
	}
	return pci_check_and_mask_intx(dev->pdev);
}

static irqreturn_t intx_interrupt(int irq, void *arg)
{
	struct vfio_pci_device *dev = arg;
	struct vfio_pci_intx *intx = &dev->intx;
	irqreturn_t ret = IRQ_NONE;
	unsigned long flags;

	spin_lock_irqsave(&intx->lock, flags);
	if (!intx->frozen && interrupt_is_ours(dev)) {
		ret = IRQ_HANDLED;
		if (!intx->line_masked) {
			intx->line_masked = true;
			intx->user_masked = true;
			if (!dev->intx_maskable)
				disable_irq_nosync(irq);
			signal_trigger(intx);
		}
	}
	spin_unlock_irqrestore(&intx->lock, flags);
	return ret;
}

static void mask_line(struct vfio_pci_device *dev)
{
	struct vfio_pci_intx *intx = &dev->intx;

	lockdep_assert_held(&intx->lock);

	if (intx->line_masked)
		return;
	intx->line_masked = true;
	if (dev->intx_maskable)
		pci_intx(dev->pdev, 0);
	else
		disable_irq_nosync(intx->irq);
}

/*
 * Unmasks the line if nothing keeps it masked. If the device still asserts it, that is
 * the next interrupt, at once.
 */
static void unmask_line(struct vfio_pci_device *dev)
{
	struct vfio_pci_intx *intx = &dev->intx;

	lockdep_assert_held(&intx->lock);

	/* Of a frozen device nothing is to be believed: it is done when that ends. */
	if (!intx->line_masked || intx->user_masked || intx->command_masked || intx->frozen)
		return;
	if (!dev->intx_maskable) {
		intx->line_masked = false;
		enable_irq(intx->irq);
	} else if (pci_check_and_unmask_intx(dev->pdev)) {
		intx->line_masked = false;
	} else {
		intx->user_masked = true;
		signal_trigger(intx);
	}
}

static void set_user_mask(struct vfio_pci_device *dev, bool masked)
{
	unsigned long flags;

	lockdep_assert_held(&dev->irq_lock);

	spin_lock_irqsave(&dev->intx.lock, flags);
	dev->intx.user_masked = masked;
	if (masked)
		mask_line(dev);
	else
		unmask_line(dev);
	spin_unlock_irqrestore(&dev->intx.lock, flags);
}

/**
 * vfio_pci_intx_command_mask() - the virtual COMMAND.INTX_DISABLE was written
 * @dev: irq_lock held
 * @masked: its value
 */
void vfio_pci_intx_command_mask(struct vfio_pci_device *dev, bool masked)
{
	unsigned long flags;

	lockdep_assert_held(&dev->irq_lock);

	spin_lock_irqsave(&dev->intx.lock, flags);
	dev->intx.command_masked = masked;
	if (intx_enabled(dev)) {
		if (masked)
			mask_line(dev);
		else
			unmask_line(dev);
	}
	spin_unlock_irqrestore(&dev->intx.lock, flags);
}

/**
 * vfio_pci_intx_quiet() - nobody listens to INTx: keep the device off the line
 * @dev: INTx not enabled, or frozen
 */
void vfio_pci_intx_quiet(struct vfio_pci_device *dev)
{
	if (dev->intx_maskable)
		pci_intx(dev->pdev, 0);
}

/**
 * vfio_pci_intx_freeze() - the device is about to be reset
 * @dev: irq_lock held; ends with vfio_pci_intx_reapply()
 *
 * Meanwhile its registers read as all ones, which looks like an interrupt.
 */
void vfio_pci_intx_freeze(struct vfio_pci_device *dev)
{
	unsigned long flags;

	lockdep_assert_held(&dev->irq_lock);

	spin_lock_irqsave(&dev->intx.lock, flags);
	dev->intx.frozen = dev->intx_maskable;
	spin_unlock_irqrestore(&dev->intx.lock, flags);
}

/**
 * vfio_pci_intx_reapply() - COMMAND was restored from an earlier time
 * @dev: irq_lock held
 */
void vfio_pci_intx_reapply(struct vfio_pci_device *dev)
{
	unsigned long flags;

	lockdep_assert_held(&dev->irq_lock);

	spin_lock_irqsave(&dev->intx.lock, flags);
	dev->intx.frozen = false;
	if (dev->intx_maskable && intx_enabled(dev)) {
		pci_intx(dev->pdev, !dev->intx.line_masked);
		unmask_line(dev);
	} else {
		vfio_pci_intx_quiet(dev);
	}
	spin_unlock_irqrestore(&dev->intx.lock, flags);
}

static int refuse_line(struct vfio_pci_device *dev)
{
	return ovfio_refuse_and_log(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_LINE, -EBUSY,
				    "%s: INTx line %u is in use by another device, and cannot be shared: %s; use MSI, or put one of them into another slot",
				    pci_name(dev->pdev), dev->pdev->irq, dev->intx_maskable ?
				    "the other one does not" : dev->nointxmask ?
				    "nointxmask is set" : "this one has no INTx mask bit");
}

static int intx_enable(struct vfio_pci_device *dev, struct eventfd_ctx *trigger)
{
	struct vfio_pci_intx *intx = &dev->intx;
	struct pci_dev *pdev = dev->pdev;
	unsigned long flags;
	char *name;
	int ret;

	lockdep_assert_held(&dev->irq_lock);

	name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-intx(%s)", pci_name(pdev));
	if (!name)
		return -ENOMEM;
	intx->trigger = trigger;
	intx->irq = pdev->irq;
	intx->user_masked = false;
	/* The line starts masked, and is opened below with the state complete. */
	intx->line_masked = true;
	ret = request_irq(pdev->irq, intx_interrupt,
			  dev->intx_maskable ? IRQF_SHARED : IRQF_NO_AUTOEN, name, dev);
	if (ret) {
		intx->trigger = NULL;
		intx->irq = 0;
		kfree(name);
		return ret == -EBUSY ? refuse_line(dev) : ret;
	}
	/*
	 * By default disable_irq() masks at the controller only with the next interrupt,
	 * which then stays pending when the user has dealt with its cause, and comes as one
	 * without a cause. Ends with free_irq().
	 */
	if (!dev->intx_maskable)
		irq_set_status_flags(intx->irq, IRQ_DISABLE_UNLAZY);
	dev->irq_index = VFIO_PCI_INTX_IRQ_INDEX;
	spin_lock_irqsave(&intx->lock, flags);
	if (intx->command_masked)
		mask_line(dev);
	else
		unmask_line(dev);
	spin_unlock_irqrestore(&intx->lock, flags);
	return 0;
}

/**
 * vfio_pci_intx_disable() - give the line back
 * @dev: INTx enabled; irq_lock held
 */
void vfio_pci_intx_disable(struct vfio_pci_device *dev)
{
	struct vfio_pci_intx *intx = &dev->intx;

	lockdep_assert_held(&dev->irq_lock);

	vfio_pci_doorbell_clear(&intx->unmask);
	vfio_pci_intx_quiet(dev);
	/* The depth of disable_irq() ends with the last handler, so nothing to balance. */
	kfree(free_irq(intx->irq, dev));
	if (intx->trigger)
		eventfd_ctx_put(intx->trigger);
	intx->trigger = NULL;
	intx->irq = 0;
	dev->irq_index = VFIO_PCI_NUM_IRQS;
}

static long intx_set_trigger(struct vfio_pci_device *dev, int fd)
{
	struct eventfd_ctx *trigger;
	unsigned long flags;
	int ret;

	trigger = eventfd_or_none(dev, fd);
	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	if (!intx_enabled(dev)) {
		ret = intx_enable(dev, trigger);
		if (ret && trigger)
			eventfd_ctx_put(trigger);
		return ret;
	}
	spin_lock_irqsave(&dev->intx.lock, flags);
	swap(dev->intx.trigger, trigger);
	spin_unlock_irqrestore(&dev->intx.lock, flags);
	if (trigger)
		eventfd_ctx_put(trigger);
	return 0;
}

static long intx_trigger(struct vfio_pci_device *dev, const struct irq_request *request)
{
	unsigned long flags;

	if (request->data == IRQ_NONE_DATA && !request->count && intx_enabled(dev)) {
		vfio_pci_intx_disable(dev);
		return 0;
	}
	if (request->data == IRQ_FD_DATA) {
		if (request->count != 1)
			return vfio_pci_refuse_count(dev, request);
		/* Q3: one kind of interrupt at a time. */
		if (!intx_enabled(dev) && dev->irq_index != VFIO_PCI_NUM_IRQS)
			return vfio_pci_refuse_other(dev, request->index);
		return intx_set_trigger(dev, request->fds[0]);
	}
	if (!intx_enabled(dev))
		return vfio_pci_refuse_irq_off(dev, request->index);
	if (request->count != 1)
		return vfio_pci_refuse_count(dev, request);
	if (irq_wanted(request, 0)) {
		spin_lock_irqsave(&dev->intx.lock, flags);
		signal_trigger(&dev->intx);
		spin_unlock_irqrestore(&dev->intx.lock, flags);
	}
	return 0;
}

/* An unmask eventfd rang: what UNMASK does, with the same locks. */
static void unmask_by_doorbell(struct work_struct *work)
{
	struct vfio_pci_device *dev = container_of(work, struct vfio_pci_device, intx.unmask_work);

	mutex_lock(&dev->irq_lock);
	if (vfio_pci_doorbell_take_ring(&dev->intx.unmask))
		set_user_mask(dev, false);
	mutex_unlock(&dev->irq_lock);
}

static long intx_set_unmask(struct vfio_pci_device *dev, int fd)
{
	struct vfio_pci_doorbell *unmask = &dev->intx.unmask;
	int ret;

	if (fd >= 0 && vfio_pci_doorbell_is_set(unmask))
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_UNMASK, -EBUSY,
				    "an eventfd unmasks INTx already; remove it by fd -1");
	vfio_pci_doorbell_clear(unmask);
	if (fd < 0)
		return 0;
	ret = vfio_pci_doorbell_set(unmask, fd);
	return ret ? vfio_pci_refuse_eventfd(dev, ret, fd) : 0;
}

static long intx_mask(struct vfio_pci_device *dev, const struct irq_request *request)
{
	if (!intx_enabled(dev))
		return vfio_pci_refuse_irq_off(dev, request->index);
	if (request->count != 1)
		return vfio_pci_refuse_count(dev, request);
	if (request->data == IRQ_FD_DATA)
		return request->action == IRQ_UNMASK ? intx_set_unmask(dev, request->fds[0]) :
			vfio_pci_refuse_action(dev, request->index);
	if (irq_wanted(request, 0))
		set_user_mask(dev, request->action == IRQ_MASK);
	return 0;
}

/**
 * vfio_pci_intx_init() - at registration
 * @dev: the device
 */
void vfio_pci_intx_init(struct vfio_pci_device *dev)
{
	spin_lock_init(&dev->intx.lock);
	INIT_WORK(&dev->intx.unmask_work, unmask_by_doorbell);
	dev->intx.unmask.later = &dev->intx.unmask_work;
}

/**
 * vfio_pci_intx_drain() - wait until no unmask is under way any more
 * @dev: INTx not enabled, and it stays so
 */
void vfio_pci_intx_drain(struct vfio_pci_device *dev)
{
	cancel_work_sync(&dev->intx.unmask_work);
}

/**
 * vfio_pci_intx_set() - VFIO_DEVICE_SET_IRQS for INTx
 * @dev: irq_lock held
 * @request: for the INTx index
 *
 * Return: 0; -EINVAL, -ENOTTY, -EBUSY as rules Q2 to Q7 have it; or the errno of
 * request_irq() or of the eventfd, with nothing changed.
 */
long vfio_pci_intx_set(struct vfio_pci_device *dev, const struct irq_request *request)
{
	lockdep_assert_held(&dev->irq_lock);

	if (request->action == IRQ_TRIGGER)
		return intx_trigger(dev, request);
	return intx_mask(dev, request);
}
