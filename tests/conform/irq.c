// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS as the interrupt tests use it.
 */
#include "irq.h"

#include <stdlib.h>

#include "event.h"
#include "harness.h"
#include "vfio.h"

int try_irq(int device, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	    const void *data, size_t size)
{
	struct vfio_irq_set *request = calloc(1, sizeof(*request) + size);
	int result, error;

	CHECK(request);
	request->argsz = sizeof(*request) + size;
	request->flags = flags;
	request->index = index;
	request->start = start;
	request->count = count;
	if (size)
		memcpy(request->data, data, size);
	result = ioctl(device, VFIO_DEVICE_SET_IRQS, request);
	error = errno;
	free(request);
	errno = error;
	return result;
}

int try_irq_events(int device, uint32_t index, uint32_t start, uint32_t count, const int *events)
{
	return try_irq(device, VFIO_IRQ_SET_DATA_EVENTFD | TRIGGER, index, start, count, events,
		       count * sizeof(*events));
}

int try_irq_none(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count)
{
	return try_irq(device, VFIO_IRQ_SET_DATA_NONE | action, index, start, count, NULL, 0);
}

int try_irq_bool(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count,
		 const uint8_t *bools)
{
	return try_irq(device, VFIO_IRQ_SET_DATA_BOOL | action, index, start, count, bools,
		       count);
}

int try_irq_unmask_by(int device, int event)
{
	return try_irq(device, VFIO_IRQ_SET_DATA_EVENTFD | UNMASK, INTX, 0, 1, &event,
		       sizeof(event));
}

int irq_enable(int device, uint32_t index)
{
	int event = event_new();

	EQUAL(try_irq_events(device, index, 0, 1, &event), 0);
	return event;
}

int try_irq_disable(int device, uint32_t index)
{
	return try_irq_none(device, TRIGGER, index, 0, 0);
}
