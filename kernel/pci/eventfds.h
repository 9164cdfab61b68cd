/* SPDX-License-Identifier: GPL-2.0-only */
/* Eventfds as the interrupt ioctls name them. */
#ifndef OPENVFIO_PCI_EVENTFDS_H
#define OPENVFIO_PCI_EVENTFDS_H

#include <linux/eventfd.h>

#include "pci.h"

/**
 * vfio_pci_refuse_eventfd() - say that a file descriptor is none
 * @dev: the device
 * @error: -EBADF or -EINVAL
 * @fd: as the user gave it
 *
 * Return: @error.
 */
static inline int vfio_pci_refuse_eventfd(struct vfio_pci_device *dev, int error, int fd)
{
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_DESCRIPTOR, error,
			    "file descriptor %d %s", fd,
			    error == -EBADF ? "is not open" : "is no eventfd");
}

/**
 * eventfd_or_none() - the eventfd behind a file descriptor of a SET_IRQS array
 * @dev: the device
 * @fd: negative for none
 *
 * Return: the context with a reference, NULL for none, ERR_PTR(-EBADF) or (-EINVAL) for
 * what is no eventfd.
 */
static inline struct eventfd_ctx *eventfd_or_none(struct vfio_pci_device *dev, int fd)
{
	struct eventfd_ctx *event = fd < 0 ? NULL : eventfd_ctx_fdget(fd);

	if (IS_ERR(event))
		vfio_pci_refuse_eventfd(dev, PTR_ERR(event), fd);
	return event;
}

#endif
