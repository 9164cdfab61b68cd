/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space as the device has it, and as the user may not change it.
 */
#ifndef CONFORM_CONFIG_SPACE_H
#define CONFORM_CONFIG_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "pci.h"

/* The device's real configuration, past all virtualisation; offset and size as given. */
uint32_t hardware(const struct pci_device *device, unsigned int offset, size_t size);

/* Behind the back of whoever has the device. */
void hardware_write(const struct pci_device *device, unsigned int offset, size_t size,
		    uint32_t value);

/* Writes both all ones and zeros to a byte; nothing may change in the view. */
void expect_read_only(int device, unsigned int offset);

#endif
