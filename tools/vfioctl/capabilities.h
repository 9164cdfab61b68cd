/* SPDX-License-Identifier: GPL-2.0-only */
/* What configuration space says of a device: capabilities, interrupts, isolation. */
#ifndef VFIOCTL_CAPABILITIES_H
#define VFIOCTL_CAPABILITIES_H

#include <stdbool.h>

#include "libpci.h"

struct interrupts {
	bool intx;
	unsigned int msi, msix;		/* vectors, 0 if there are none */
	int msix_bar;			/* where the MSI-X table is; -1 if nowhere */
};

/* Does a device keep requests from going past the IOMMU, by Access Control Services? */
enum isolation {
	ISOLATION_UNSEEN,		/* needs root */
	ISOLATION_NONE,			/* no such capability */
	ISOLATION_OFF,			/* it could, and does not */
	ISOLATION_ON,
};

/* What a function is on PCI Express. */
enum express {
	EXPRESS_NO,			/* conventional PCI */
	EXPRESS_ENDPOINT,
	EXPRESS_ROOT_PORT,
	EXPRESS_UPSTREAM,
	EXPRESS_DOWNSTREAM,
	EXPRESS_TO_CONVENTIONAL,	/* a bridge with a conventional bus below */
	EXPRESS_OTHER,
};

const char *capability_name(const struct pci_cap *capability);
bool capabilities_seen(struct pci_dev *device);
void read_interrupts(struct pci_dev *device, struct interrupts *interrupts);
enum express read_express(struct pci_dev *device);
enum isolation read_isolation(struct pci_dev *device);
bool read_multifunction(struct pci_dev *device);

#endif
