/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO_DEVICE_SET_IRQS taken apart. Pure: everything is a function of its arguments. */
#ifndef OPENVFIO_PCI_IRQ_ARGS_H
#define OPENVFIO_PCI_IRQ_ARGS_H

#include <linux/types.h>
#include <uapi/linux/vfio.h>

enum irq_action {
	IRQ_MASK,
	IRQ_UNMASK,
	IRQ_TRIGGER,
	IRQ_ACTIONS,
};

enum irq_payload {
	IRQ_NONE_DATA,
	IRQ_BOOL_DATA,
	IRQ_FD_DATA,
};

/* What is wrong with one that is refused. */
enum irq_fault {
	IRQ_FAULT_NONE,
	IRQ_FAULT_FLAGS,	/* unknown ones */
	IRQ_FAULT_RANGE,	/* interrupts that the index does not have */
	IRQ_FAULT_DATA_TYPE,	/* not exactly one */
	IRQ_FAULT_DATA_SIZE,	/* too little for the count */
	IRQ_FAULT_ACTION,	/* not exactly one */
};

/**
 * struct irq_request - a valid VFIO_DEVICE_SET_IRQS
 * @index: VFIO_PCI_*_IRQ_INDEX
 * @action: what is to be done
 * @data: what there is in @bools or @fds
 * @start: first interrupt within the index
 * @count: interrupts; can be 0
 * @bools: @count of them; do it for those not zero
 * @fds: @count of them
 * @fault: why it is not valid after all
 */
struct irq_request {
	u32 index;
	enum irq_action action;
	enum irq_payload data;
	u32 start;
	u32 count;
	const u8 *bools;
	const s32 *fds;
	enum irq_fault fault;
};

int irq_args_parse(const struct vfio_irq_set *set, u32 available, struct irq_request *request,
		   size_t *data_size);
bool irq_wanted(const struct irq_request *request, u32 i);

#endif
