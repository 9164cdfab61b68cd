/* SPDX-License-Identifier: GPL-2.0-only */
/* The INTx line. */
#ifndef OPENVFIO_PCI_INTX_H
#define OPENVFIO_PCI_INTX_H

#include "irq_args.h"
#include "pci.h"

void vfio_pci_intx_init(struct vfio_pci_device *dev);
long vfio_pci_intx_set(struct vfio_pci_device *dev, const struct irq_request *request);
void vfio_pci_intx_disable(struct vfio_pci_device *dev);
void vfio_pci_intx_drain(struct vfio_pci_device *dev);
void vfio_pci_intx_freeze(struct vfio_pci_device *dev);
void vfio_pci_intx_reapply(struct vfio_pci_device *dev);
void vfio_pci_intx_quiet(struct vfio_pci_device *dev);
void vfio_pci_intx_command_mask(struct vfio_pci_device *dev, bool masked);

#endif
