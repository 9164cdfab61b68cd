// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: what there is (V6), and the way of VFIO_DEVICE_SET_IRQS to its kind. */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "intx.h"
#include "irq_args.h"
#include "msi.h"
#include "pci.h"
#include "signal.h"

static u32 msi_vectors(struct vfio_pci_device *dev)
{
	u16 flags;

	if (!dev->msi)
		return 0;
	pci_read_config_word(dev->pdev, dev->msi + PCI_MSI_FLAGS, &flags);
	return 1U << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
}

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
		return msi_vectors(dev);
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
		return count;

	info.count = count;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
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
	if (set.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	count = index_count(dev, set.index);
	ret = irq_args_parse(&set, max(count, 0), &request, &size);
	if (ret)
		return ret;
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
}
