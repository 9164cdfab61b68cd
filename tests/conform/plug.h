/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices plugged into the machine and pulled out of it, by the emulator's monitor.
 */
#ifndef CONFORM_PLUG_H
#define CONFORM_PLUG_H

#include <stdbool.h>

#include "pci.h"

/*
 * Adds a device, as device_add takes it, that is to appear at an address; skips the test
 * where that cannot be. One that is there already is the one meant.
 */
struct pci_device plug_in(const char *address, const char *device);

/*
 * pci_bind() of a device just plugged in, which the kernel offers to its own drivers a moment
 * after it shows it: until then it is given to none, and then perhaps to one of them.
 */
int plug_bind(const struct pci_device *device, const char *driver);

/* Asks the machine to take the device with an id of device_add's out, and does not wait. */
void plug_out(const char *id);

/* Waits a generous time; false when the device is still there. */
bool plug_gone(const struct pci_device *device);

/*
 * Cuts the power of the slot that the device is in: for the kernel it is gone at once, and
 * nobody has been asked. And the other way, which finds the device again if it was removed.
 */
void plug_pull(const struct pci_device *device);
void plug_back(const struct pci_device *device);

/*
 * A transaction that timed out, reported by the root port above the device, which the machine
 * knows by that id: an error that can be corrected by the driver only. Skips the test where
 * the kernel does not listen to such reports.
 */
void plug_error(const struct pci_device *device, const char *port);

#endif
