/* SPDX-License-Identifier: GPL-2.0-only */
/* A stretch of a device's memory or ports, and how bytes get in and out of it. */
#ifndef OPENVFIO_PCI_WINDOW_H
#define OPENVFIO_PCI_WINDOW_H

#include <linux/types.h>

/**
 * struct window - a stretch of a region to be copied
 * @io: the region's memory or ports
 * @pos: offset in the region
 * @hole: first byte that is not to be touched: the MSI-X table, or what a ROM lacks
 * @hole_end: byte behind the last of these
 * @bulk: it is memory, not ports, where aligned dwords may go in one run
 */
struct window {
	void __iomem *io;
	u64 pos;
	u64 hole;
	u64 hole_end;
	bool bulk;
};

void window_transfer(const struct window *w, u8 *buf, size_t count, bool write);

#endif
