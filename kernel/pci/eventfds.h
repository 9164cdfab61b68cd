/* SPDX-License-Identifier: GPL-2.0-only */
/* Eventfds as the interrupt ioctls name them. */
#ifndef OPENVFIO_PCI_EVENTFDS_H
#define OPENVFIO_PCI_EVENTFDS_H

#include <linux/eventfd.h>

/**
 * eventfd_or_none() - the eventfd behind a file descriptor of a SET_IRQS array
 * @fd: negative for none
 *
 * Return: the context with a reference, NULL for none, ERR_PTR(-EBADF) or (-EINVAL) for
 * what is no eventfd.
 */
static inline struct eventfd_ctx *eventfd_or_none(int fd)
{
	return fd < 0 ? NULL : eventfd_ctx_fdget(fd);
}

#endif
