/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions. Force-included before everything
 * else, so that the rest of the modules reads as if written for one kernel.
 */
#ifndef OPENVFIO_COMPAT_H
#define OPENVFIO_COMPAT_H

#include <linux/version.h>

/* Here because it must come before the kernel's printk.h. */
#define pr_fmt(fmt) "vfio: " fmt

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#error "openvfio supports Linux 6.1 only; see README.md"
#endif

#endif
