/* SPDX-License-Identifier: GPL-2.0-only */
/* The two interrupts that the kernel raises, not the device: ERR and REQ. */
#ifndef OPENVFIO_PCI_SIGNAL_H
#define OPENVFIO_PCI_SIGNAL_H

#include "irq_args.h"
#include "pci.h"

long vfio_pci_signal_set(struct vfio_pci_device *dev, const struct irq_request *request);
void vfio_pci_signal_clear(struct vfio_pci_device *dev);

#endif
