// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: what there is (V6), and the way of VFIO_DEVICE_SET_IRQS to its kind. */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "intx.h"
#include "irq.h"
#include "irq_args.h"
#include "msi.h"
#include "pci.h"
#include "signal.h"

static const char *const names[VFIO_PCI_NUM_IRQS] = {
	[VFIO_PCI_INTX_IRQ_INDEX] = "INTx",
	[VFIO_PCI_MSI_IRQ_INDEX] = "MSI",
	[VFIO_PCI_MSIX_IRQ_INDEX] = "MSI-X",
	[VFIO_PCI_ERR_IRQ_INDEX] = "ERR",
	[VFIO_PCI_REQ_IRQ_INDEX] = "REQ",
};

static u32 msix_vectors(struct vfio_pci_device *dev)
{
	return dev->msix ? dev->msix_table_size / PCI_MSIX_ENTRY_SIZE : 0;
}

/* Interrupts of an index; negative for an index that this device does not have. */
static int index_count(struct vfio_pci_device *dev, u32 index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vfio_pci_config_pin(dev) ? 1 : 0;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return dev->msi_vectors;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return msix_vectors(dev);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return pci_is_pcie(dev->pdev) ? 1 : -EINVAL;
	case VFIO_PCI_REQ_IRQ_INDEX:
		return 1;
	default:
		return -EINVAL;
	}
}

static int refuse_index(struct vfio_pci_device *dev, u32 index)
{
	if (index == VFIO_PCI_ERR_IRQ_INDEX)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_INDEX, -EINVAL,
				    "the device is not PCI Express, so it has no ERR interrupt");
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_INDEX, -EINVAL,
			    "interrupt index is %u, there are 0 to %u", index,
			    VFIO_PCI_NUM_IRQS - 1);
}

/**
 * vfio_pci_refuse_action() - an interrupt cannot do that (Q2)
 * @dev: the device
 * @index: of the interrupt
 *
 * Return: -ENOTTY.
 */
long vfio_pci_refuse_action(struct vfio_pci_device *dev, u32 index)
{
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_ACTION, -ENOTTY,
			    index == VFIO_PCI_INTX_IRQ_INDEX ?
			    "%s cannot be masked by an eventfd" :
			    "%s cannot be masked or unmasked, only TRIGGER works", names[index]);
}

/**
 * vfio_pci_refuse_count() - one interrupt is wanted, and none was named
 * @dev: the device
 * @request: for INTx, ERR or REQ
 *
 * Return: -EINVAL.
 */
long vfio_pci_refuse_count(struct vfio_pci_device *dev, const struct irq_request *request)
{
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_RANGE, -EINVAL,
			    "count is %u, for %s it must be 1, or 0 with DATA_NONE and TRIGGER to disable",
			    request->count, names[request->index]);
}

/**
 * vfio_pci_refuse_irq_off() - something is wanted of an interrupt that is not enabled
 * @dev: irq_lock held
 * @index: of the interrupt
 *
 * Return: -EINVAL.
 */
long vfio_pci_refuse_irq_off(struct vfio_pci_device *dev, u32 index)
{
	lockdep_assert_held(&dev->irq_lock);

	if (index < VFIO_PCI_ERR_IRQ_INDEX && dev->irq_index != VFIO_PCI_NUM_IRQS)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_OFF, -EINVAL,
				    "%s is not enabled, %s is", names[index],
				    names[dev->irq_index]);
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_OFF, -EINVAL,
			    "%s is not enabled; give it an eventfd by TRIGGER first",
			    names[index]);
}

/**
 * vfio_pci_refuse_other() - one kind of interrupt at a time (Q3)
 * @dev: one is enabled; irq_lock held
 * @index: of another
 *
 * Return: -EINVAL.
 */
long vfio_pci_refuse_other(struct vfio_pci_device *dev, u32 index)
{
	lockdep_assert_held(&dev->irq_lock);

	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_OTHER, -EINVAL,
			    "%s cannot be enabled while %s is; disable that by TRIGGER with DATA_NONE and count 0",
			    names[index], names[dev->irq_index]);
}

/**
 * vfio_pci_irq_info() - VFIO_DEVICE_GET_IRQ_INFO
 * @dev: the device, open
 * @arg: struct vfio_irq_info
 *
 * Return: 0, -EFAULT or -EINVAL (argsz, index).
 */
long vfio_pci_irq_info(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;
	int count;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, info.argsz, minsz);
	count = index_count(dev, info.index);
	if (count < 0)
		return refuse_index(dev, info.index);

	info.count = count;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int refuse_range(struct vfio_pci_device *dev, const struct vfio_irq_set *set, int count)
{
	if (!count)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_INDEX, -EINVAL,
				    "the device has no %s", names[set->index]);
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_RANGE, -EINVAL,
			    "start is %u and count %u, but the device has %d interrupts of %s",
			    set->start, set->count, count, names[set->index]);
}

/* Q1 in words. */
static int refuse_args(struct vfio_pci_device *dev, const struct vfio_irq_set *set, int count,
		       enum irq_fault fault, int error)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;

	switch (fault) {
	case IRQ_FAULT_RANGE:
		return refuse_range(dev, set, count);
	case IRQ_FAULT_DATA_TYPE:
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, error,
				    "flags are 0x%x, wanted is exactly one of DATA_NONE, DATA_BOOL, DATA_EVENTFD",
				    set->flags);
	case IRQ_FAULT_DATA_SIZE:
		return ovfio_refuse(refusal, OPENVFIO_REASON_ARGSZ, error,
				    "argsz is %u, too little for the data of %u interrupts",
				    set->argsz, set->count);
	case IRQ_FAULT_ACTION:
		return ovfio_refuse(refusal, OPENVFIO_REASON_IRQ_ACTION, error,
				    "flags are 0x%x, wanted is exactly one of MASK, UNMASK, TRIGGER",
				    set->flags);
	default:
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, error,
				    "flags 0x%x are unknown", set->flags &
				    ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK));
	}
}

static long set_irqs(struct vfio_pci_device *dev, const struct irq_request *request)
{
	lockdep_assert_held(&dev->irq_lock);

	switch (request->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return vfio_pci_intx_set(dev, request);
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return vfio_pci_msi_set(dev, request);
	default:
		return vfio_pci_signal_set(dev, request);
	}
}

/**
 * vfio_pci_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @dev: the device, open
 * @arg: struct vfio_irq_set and its data
 *
 * Return: 0, a positive number of vectors (Q4), or a negative errno.
 */
long vfio_pci_set_irqs(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct irq_request request = {};
	struct vfio_irq_set set;
	void *data = NULL;
	size_t size;
	int count;
	long ret;

	if (copy_from_user(&set, arg, minsz))
		return -EFAULT;
	if (set.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, set.argsz, minsz);
	count = index_count(dev, set.index);
	if (count < 0)
		return refuse_index(dev, set.index);
	ret = irq_args_parse(&set, count, &request, &size);
	if (ret)
		return refuse_args(dev, &set, count, request.fault, ret);
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	request.bools = data;
	request.fds = data;

	mutex_lock(&dev->irq_lock);
	ret = set_irqs(dev, &request);
	mutex_unlock(&dev->irq_lock);
	kfree(data);
	return ret;
}

/**
 * vfio_pci_disable_irqs() - no interrupt reaches anybody any more; at the last close
 * @dev: the device
 */
void vfio_pci_disable_irqs(struct vfio_pci_device *dev)
{
	mutex_lock(&dev->irq_lock);
	if (dev->irq_index == VFIO_PCI_INTX_IRQ_INDEX)
		vfio_pci_intx_disable(dev);
	else if (dev->irq_index != VFIO_PCI_NUM_IRQS)
		vfio_pci_msi_disable(dev);
	vfio_pci_signal_clear(dev);
	mutex_unlock(&dev->irq_lock);
	vfio_pci_intx_drain(dev);
}

static unsigned int vectors_in_use(const struct vfio_pci_device *dev)
{
	unsigned int i, used = 0;

	lockdep_assert_held(&dev->irq_lock);

	for (i = 0; i < dev->vector_count; i++)
		used += !!dev->vectors[i].name;
	return used;
}

/**
 * ovfio_pci_show_interrupts() - see &vfio_device_ops.show_interrupts
 * @vdev: the device
 * @seq: gets the words
 */
void ovfio_pci_show_interrupts(struct vfio_device *vdev, struct seq_file *seq)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	const char *comma = "";

	/* A reset holds it, which may take a minute, and others wait for who looks here. */
	if (!mutex_trylock(&dev->irq_lock)) {
		seq_puts(seq, "busy");
		return;
	}
	if (dev->irq_index == VFIO_PCI_INTX_IRQ_INDEX)
		seq_puts(seq, READ_ONCE(dev->intx.line_masked) ? "INTx:masked" : "INTx");
	else if (dev->irq_index != VFIO_PCI_NUM_IRQS)
		seq_printf(seq, "%s:%u/%u", names[dev->irq_index], vectors_in_use(dev),
			   dev->vector_count);
	if (dev->irq_index != VFIO_PCI_NUM_IRQS)
		comma = ",";
	if (dev->err_trigger) {
		seq_printf(seq, "%sERR", comma);
		comma = ",";
	}
	if (dev->req_trigger)
		seq_printf(seq, "%sREQ", comma);
	mutex_unlock(&dev->irq_lock);
}
EXPORT_SYMBOL_GPL(ovfio_pci_show_interrupts);
