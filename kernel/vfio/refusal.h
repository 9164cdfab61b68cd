/* SPDX-License-Identifier: GPL-2.0-only */
/* Refusals, as the files of the core keep them. */
#ifndef OPENVFIO_REFUSAL_H
#define OPENVFIO_REFUSAL_H

#include <vfio.h>

void vfio_refusal_init(struct vfio_refusal *refusal);
long vfio_refusal_get(struct vfio_refusal *refusal, void __user *arg);

#endif
