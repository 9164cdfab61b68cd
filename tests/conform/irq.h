/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO_DEVICE_SET_IRQS as the interrupt tests use it.
 */
#ifndef CONFORM_IRQ_H
#define CONFORM_IRQ_H

#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX
#define ERR	VFIO_PCI_ERR_IRQ_INDEX
#define REQ	VFIO_PCI_REQ_IRQ_INDEX

#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

/* One request with any flags and data. */
int try_irq(int device, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	    const void *data, size_t size);

/* The three kinds of data. */
int try_irq_events(int device, uint32_t index, uint32_t start, uint32_t count, const int *events);
int try_irq_none(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count);
int try_irq_bool(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count,
		 const uint8_t *bools);

/* The eventfd that unmasks INTx; -1 for none. */
int try_irq_unmask_by(int device, int event);

/* Enables the first vector with a new eventfd, and gives that. */
int irq_enable(int device, uint32_t index);
int try_irq_disable(int device, uint32_t index);

#endif
