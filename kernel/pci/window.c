// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes in and out of a device, by the accesses that its registers are made for: aligned,
 * and no wider than they are (B2). Who may touch the device is for the caller to know.
 */
#include <linux/align.h>
#include <linux/io.h>
#include <linux/sched.h>

#include "window.h"

/* Bytes of slow accesses after which others may have the CPU. */
#define BREATH	256

static bool in_hole(const struct window *w, u64 pos)
{
	return pos >= w->hole && pos < w->hole_end;
}

/* The widest naturally aligned access that stays on one side of the hole's edges. */
static unsigned int piece(const struct window *w, u64 pos, size_t left)
{
	unsigned int width = 4;

	while (width > 1 && (pos & (width - 1) || left < width ||
			     in_hole(w, pos) != in_hole(w, pos + width - 1)))
		width /= 2;
	return width;
}

static void io_read(const struct window *w, u64 pos, u8 *buf, unsigned int width)
{
	switch (width) {
	case 4:
		*(__le32 *)buf = cpu_to_le32(ioread32(w->io + pos));
		break;
	case 2:
		*(__le16 *)buf = cpu_to_le16(ioread16(w->io + pos));
		break;
	default:
		*buf = ioread8(w->io + pos);
	}
}

static void io_write(const struct window *w, u64 pos, const u8 *buf, unsigned int width)
{
	switch (width) {
	case 4:
		iowrite32(le32_to_cpu(*(__le32 *)buf), w->io + pos);
		break;
	case 2:
		iowrite16(le16_to_cpu(*(__le16 *)buf), w->io + pos);
		break;
	default:
		iowrite8(*buf, w->io + pos);
	}
}

/**
 * window_transfer() - copy between a device and the kernel's memory
 * @w: the stretch
 * @buf: aligned as @w->pos is, by 4
 * @count: bytes
 * @write: to the device
 *
 * Reads of the hole give ones, writes to it are dropped (B4).
 *
 * Context: Process context; may reschedule.
 */
void window_transfer(const struct window *w, u8 *buf, size_t count, bool write)
{
	u64 pos = w->pos;

	while (count) {
		unsigned int width = piece(w, pos, count);

		if (!in_hole(w, pos)) {
			if (write)
				io_write(w, pos, buf, width);
			else
				io_read(w, pos, buf, width);
		} else if (!write) {
			memset(buf, 0xff, width);
		}
		buf += width;
		pos += width;
		count -= width;
		if (IS_ALIGNED(pos, BREATH))
			cond_resched();
	}
}
