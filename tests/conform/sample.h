/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user-level driver for the sample device of examples/sample: a device that no bus and no
 * IOMMU knows, whose DMA its driver does.
 */
#ifndef CONFORM_SAMPLE_H
#define CONFORM_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../examples/sample/vfio_sample.h"
#include "pci.h"
#include "vfio.h"

#define SAMPLE_GET(device, field)						\
	({									\
		__typeof__(((struct sample_registers *)0)->field) value_;	\
		sample_read(device, offsetof(struct sample_registers, field),	\
			    &value_, sizeof(value_));				\
		value_;								\
	})

#define SAMPLE_SET(device, field, to)						\
	do {									\
		__typeof__(((struct sample_registers *)0)->field) value_ = (to);	\
		sample_write(device, offsetof(struct sample_registers, field),	\
			     &value_, sizeof(value_));				\
	} while (0)

/* Loads the module, with its parameters; the test is skipped without it. */
void sample_load(const char *parameters);
void sample_unload(void);

/* One of its devices, with the number of its IOMMU group. */
struct pci_device sample_device(unsigned int number);

/* Loads it, and opens the first device in a v2 container, whose page tables it has no use for. */
struct assignment sample_assign(void);

void sample_read(int device, size_t offset, void *value, size_t size);
void sample_write(int device, size_t offset, const void *value, size_t size);

/* Runs a command and gives its status. */
int sample_run(int device, enum sample_command command);

int sample_copy(int device, uint64_t source, uint64_t destination, uint32_t length);
int sample_hold(int device, uint64_t source, uint32_t length);
int sample_fill(int device, uint8_t value);

#endif
