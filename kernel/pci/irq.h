/* SPDX-License-Identifier: GPL-2.0-only */
/* Refusals that several kinds of interrupts share. */
#ifndef OPENVFIO_PCI_IRQ_H
#define OPENVFIO_PCI_IRQ_H

#include "irq_args.h"
#include "pci.h"

long vfio_pci_refuse_action(struct vfio_pci_device *dev, u32 index);
long vfio_pci_refuse_count(struct vfio_pci_device *dev, const struct irq_request *request);
long vfio_pci_refuse_irq_off(struct vfio_pci_device *dev, u32 index);
long vfio_pci_refuse_other(struct vfio_pci_device *dev, u32 index);

#endif
