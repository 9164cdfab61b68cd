/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_SIZES_H
#define UNIT_LINUX_SIZES_H

#define SZ_256K	0x40000

#endif
