/* SPDX-License-Identifier: GPL-2.0-only */
/* Eventfds that the user rings, and the kernel listens to. */
#ifndef OPENVFIO_PCI_DOORBELL_H
#define OPENVFIO_PCI_DOORBELL_H

#include "pci.h"

int vfio_pci_doorbell_set(struct vfio_pci_doorbell *doorbell, int fd);
void vfio_pci_doorbell_clear(struct vfio_pci_doorbell *doorbell);
bool vfio_pci_doorbell_is_set(struct vfio_pci_doorbell *doorbell);
bool vfio_pci_doorbell_take_ring(struct vfio_pci_doorbell *doorbell);

#endif
