/* SPDX-License-Identifier: GPL-2.0-only */
/* Handlers of configuration space that have a file of their own. */
#ifndef OPENVFIO_PCI_CONFIG_H
#define OPENVFIO_PCI_CONFIG_H

#include "pci.h"

int vfio_pci_config_write_vpd(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			      u32 value);

#endif
