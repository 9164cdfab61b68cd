/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI and MSI-X vectors. */
#ifndef OPENVFIO_PCI_MSI_H
#define OPENVFIO_PCI_MSI_H

#include "irq_args.h"
#include "pci.h"

long vfio_pci_msi_set(struct vfio_pci_device *dev, const struct irq_request *request);
void vfio_pci_msi_disable(struct vfio_pci_device *dev);

#endif
