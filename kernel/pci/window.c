// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes in and out of a device, by the accesses that its registers are made for: aligned,
 * and no wider than they are (B2). Who may touch the device is for the caller to know.
 */
#include <linux/align.h>
#include <linux/io.h>
#include <linux/sched.h>

#include "window.h"

/* Bytes of slow accesses after which others may have the CPU; also the longest run. */
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

/* Bytes from @pos on that are whole dwords off the hole, up to the next breath. */
static size_t run_length(const struct window *w, u64 pos, size_t left)
{
	size_t length = min_t(size_t, left, BREATH - (pos & (BREATH - 1)));

	if (!w->bulk || pos & 3 || in_hole(w, pos))
		return 0;
	if (pos < w->hole)
		length = min_t(u64, length, w->hole - pos);
	return ALIGN_DOWN(length, 4);
}

/* As ordered against memory as single accesses are: written after it, read before it. */
static void transfer_run(const struct window *w, u64 pos, u8 *buf, size_t length, bool write)
{
	if (write) {
		wmb();
		__iowrite32_copy(w->io + pos, buf, length / 4);
	} else {
		__ioread32_copy(buf, w->io + pos, length / 4);
		rmb();
	}
}

/* As much as one access moves, or leaves out. */
static void transfer_piece(const struct window *w, u64 pos, u8 *buf, unsigned int width,
			   bool write)
{
	if (in_hole(w, pos)) {
		if (!write)
			memset(buf, 0xff, width);
	} else if (write) {
		io_write(w, pos, buf, width);
	} else {
		io_read(w, pos, buf, width);
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
		size_t length = run_length(w, pos, count);

		if (length) {
			transfer_run(w, pos, buf, length, write);
		} else {
			length = piece(w, pos, count);
			transfer_piece(w, pos, buf, length, write);
		}
		buf += length;
		pos += length;
		count -= length;
		if (IS_ALIGNED(pos, BREATH))
			cond_resched();
	}
}
