// SPDX-License-Identifier: GPL-2.0-only
#include "pci.h"

/**
 * vfio_pci_reset() - VFIO_DEVICE_RESET (rule R1)
 * @dev: the device, open
 *
 * Mappings of its memory are taken away and fault in again afterwards; interrupts stay
 * as they are set.
 *
 * Return: 0; -EINVAL if the device has no reset of its own; -EAGAIN if it is locked;
 * or the errno of the reset.
 */
long vfio_pci_reset(struct vfio_pci_device *dev)
{
	bool was_on;
	int ret;

	if (!dev->reset_works)
		return -EINVAL;
	down_write(&dev->memory_lock);
	was_on = dev->memory_on;
	vfio_pci_memory_off(dev);
	/* A reset in D3 would not take; the state of D0 is restored after it. */
	pci_set_power_state(dev->pdev, PCI_D0);
	ret = pci_try_reset_function(dev->pdev);
	dev->memory_on = was_on;
	up_write(&dev->memory_lock);
	return ret;
}
