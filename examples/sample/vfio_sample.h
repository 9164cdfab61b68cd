/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of the sample device, for its driver and for programs that use it.
 * All are in region 0, little endian as the CPU, 4 or 8 bytes wide.
 *
 * Region 0 is memory: it can be read, written and mapped. What is stored there does
 * nothing by itself, except that a pwrite() that begins at COMMAND runs a command and one
 * that begins at DOORBELL rings it. A store through a mapping reaches the memory only.
 */
#ifndef VFIO_SAMPLE_H
#define VFIO_SAMPLE_H

#include <linux/types.h>

enum {
	SAMPLE_REGION_SIZE = 4096,
	SAMPLE_ID = 0x5346564f,
	/* The most that LENGTH may say. */
	SAMPLE_MOST = 1 << 20,
};

/**
 * struct sample_registers - what lies at the start of region 0
 * @id: SAMPLE_ID after open and reset
 * @command: an enum sample_command; done when pwrite() returns, and then the interrupt
 *	is raised
 * @status: what came of the last command: 0, or a negative errno
 * @doorbell: raises the interrupt
 * @source: an IOVA
 * @destination: an IOVA
 * @length: in bytes
 * @value: see SAMPLE_FILL
 * @held: pages that SAMPLE_HOLD has pinned now
 * @lost: how often an unmap took them away
 * @machine: 1 if the device was opened for a virtual machine
 *
 * The rest of the page is the user's.
 */
struct sample_registers {
	__u32 id;
	__u32 command;
	__s32 status;
	__u32 doorbell;
	__u64 source;
	__u64 destination;
	__u32 length;
	__u32 value;
	__u32 held;
	__u32 lost;
	__u32 machine;
};

/**
 * enum sample_command - what the device can do
 * @SAMPLE_COPY: copy LENGTH bytes from SOURCE to DESTINATION
 * @SAMPLE_HOLD: pin the pages from SOURCE on, page aligned, LENGTH bytes. EBUSY if some
 *	are held already
 * @SAMPLE_FILL: set all held pages to the low byte of VALUE. EINVAL if none are held
 * @SAMPLE_DROP: unpin them. EINVAL if none are held
 */
enum sample_command {
	SAMPLE_COPY = 1,
	SAMPLE_HOLD,
	SAMPLE_FILL,
	SAMPLE_DROP,
};

#endif
