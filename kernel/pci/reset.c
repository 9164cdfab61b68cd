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
	int ret;

	if (!dev->reset_works)
		return -EINVAL;
	down_write(&dev->memory_lock);
	vfio_pci_memory_off(dev);
	/* A reset in D3 would not take; the state of D0 is restored after it. */
	pci_set_power_state(dev->pdev, PCI_D0);
	ret = pci_try_reset_function(dev->pdev);
	vfio_pci_memory_update(dev);
	up_write(&dev->memory_lock);
	return ret;
}
