/* SPDX-License-Identifier: GPL-2.0-only */
/* libpci: names of ids, and configuration space. */
#ifndef VFIOCTL_LIBPCI_H
#define VFIOCTL_LIBPCI_H

#include <pci/pci.h>

#include "host.h"

struct pci_access *libpci_open(void);
void libpci_name(struct pci_access *pci, struct device *device);
struct pci_dev *libpci_device(struct pci_access *pci, const struct device *device);

#endif
