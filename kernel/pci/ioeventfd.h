/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to the device that an eventfd causes. */
#ifndef OPENVFIO_PCI_IOEVENTFD_H
#define OPENVFIO_PCI_IOEVENTFD_H

#include "pci.h"

long vfio_pci_ioeventfd(struct vfio_pci_device *dev, void __user *arg);
void vfio_pci_ioeventfds_init(struct vfio_pci_device *dev);
void vfio_pci_ioeventfds_clear(struct vfio_pci_device *dev);

#endif
