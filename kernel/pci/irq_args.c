// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>

#include "irq_args.h"

static int parse_data(u32 flags, enum irq_payload *data, size_t *size)
{
	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		*data = IRQ_NONE_DATA;
		*size = 0;
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		*data = IRQ_BOOL_DATA;
		*size = sizeof(u8);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		*data = IRQ_FD_DATA;
		*size = sizeof(s32);
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_action(u32 flags, enum irq_action *action)
{
	switch (flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		*action = IRQ_MASK;
		return 0;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		*action = IRQ_UNMASK;
		return 0;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		*action = IRQ_TRIGGER;
		return 0;
	default:
		return -ENOTTY;
	}
}

static int at_fault(struct irq_request *request, enum irq_fault fault, int error)
{
	request->fault = fault;
	return error;
}

/**
 * irq_args_parse() - check the fixed part of VFIO_DEVICE_SET_IRQS (rule Q1)
 * @set: as the user gave it; set->argsz covers the fixed part
 * @available: interrupts that set->index has
 * @request: filled in, but for the data; on failure only its fault
 * @data_size: bytes of data to be read from behind the fixed part
 *
 * Return: 0; -EINVAL for an impossible range, unknown flags, not exactly one type of
 * data or too little of it; -ENOTTY for not exactly one action.
 */
int irq_args_parse(const struct vfio_irq_set *set, u32 available, struct irq_request *request,
		   size_t *data_size)
{
	size_t room = set->argsz - offsetofend(struct vfio_irq_set, count);
	enum irq_payload data;
	enum irq_action action;
	size_t each;

	if (set->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return at_fault(request, IRQ_FAULT_FLAGS, -EINVAL);
	if (set->start >= available || set->count > available - set->start)
		return at_fault(request, IRQ_FAULT_RANGE, -EINVAL);
	if (parse_data(set->flags, &data, &each))
		return at_fault(request, IRQ_FAULT_DATA_TYPE, -EINVAL);
	if (each * set->count > room)
		return at_fault(request, IRQ_FAULT_DATA_SIZE, -EINVAL);
	if (parse_action(set->flags, &action))
		return at_fault(request, IRQ_FAULT_ACTION, -ENOTTY);
	*data_size = each * set->count;
	request->index = set->index;
	request->action = action;
	request->data = data;
	request->start = set->start;
	request->count = set->count;
	request->fault = IRQ_FAULT_NONE;
	return 0;
}

/**
 * irq_wanted() - is the action to be done for one interrupt?
 * @request: with data NONE or BOOL
 * @i: the interrupt, from 0 to request->count - 1
 */
bool irq_wanted(const struct irq_request *request, u32 i)
{
	return request->data == IRQ_NONE_DATA || request->bools[i];
}
