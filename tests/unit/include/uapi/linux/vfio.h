/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own tree keeps the user ABI here; natively it is the installed header. */
#include <linux/vfio.h>
