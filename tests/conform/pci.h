/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI devices of the machine, found by what they are, and their drivers. The
 * harness gives every device its driver back after each test (leftovers.c).
 */
#ifndef CONFORM_PCI_H
#define CONFORM_PCI_H

#include <stdbool.h>
#include <stddef.h>

/* Vendor and device id: the first two arguments of pci_find(). */
#define EDU		0x1234, 0x11e8	/* 0, 1: alone in their groups; 2: bridge group */
#define ES1370		0x1274, 0x5000	/* the other function beside EDU 2 */
#define E1000E		0x8086, 0x10d3
#define E1000		0x8086, 0x100e	/* on one wire with the E1000E */
#define NVME		0x1b36, 0x0010	/* 0: a drive; 1: can have virtual functions */
#define PCI_SERIAL	0x1b36, 0x0002	/* bound to a host driver */
#define NEC_XHCI	0x1033, 0x0194	/* 16 MSI vectors */
#define PCI_TESTDEV	0x1b36, 0x0005	/* 0: alone; 1, 2: functions of one device */
#define IVSHMEM		0x1af4, 0x1110
#define VGA		0x1234, 0x1111
#define VIRTIO_RNG	0x1af4, 0x1044	/* vendor specific capabilities */

struct pci_device {
	char name[16];	/* 0000:06:0d.1 */
	int group;
};

/* The nth device of a kind in order of address; the test is skipped without it. */
struct pci_device pci_find(unsigned int vendor, unsigned int device, unsigned int nth);

/* By driver_override; -1 and errno of the kernel when the driver does not take it. */
int pci_bind(const struct pci_device *device, const char *driver);

/* Blocks while a vfio device file is open. */
int pci_unbind(const struct pci_device *device);

/* Leaves the device without a driver and without an override. */
int pci_release(const struct pci_device *device);

/* False when it has none. */
bool pci_driver(const struct pci_device *device, char *driver, size_t size);
bool pci_driven_by(const struct pci_device *device, const char *driver);

/* A device found and bound to vfio-pci: what most tests start with. */
struct pci_device vfio_device(unsigned int vendor, unsigned int device, unsigned int nth);

#endif
