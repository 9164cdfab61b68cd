/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user-level driver for QEMU's edu device: its DMA engine shows what the
 * device can reach, and it raises an interrupt on request.
 */
#ifndef CONFORM_EDU_H
#define CONFORM_EDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edu {
	int device;
	volatile uint32_t *bar;
};

enum {
	/* A transfer that touches the last byte of the 4096 makes QEMU 7.2 abort. */
	EDU_MOST = 4095,
	/* The engine reaches 28 bits of address space. */
	EDU_TOP = 1 << 28,
};

/* Maps the BAR, allows bus mastering and makes sure that the device is alive. */
struct edu edu_start(int device);
void edu_stop(struct edu *edu);

/* The device reads memory into its buffer, at the same offset 0. */
void edu_read(struct edu *edu, uint64_t iova, size_t size);

/* The device writes its buffer to memory. */
void edu_write(struct edu *edu, uint64_t iova, size_t size);

/* Through the device: from one iova to another. */
void edu_copy(struct edu *edu, uint64_t from, uint64_t to, size_t size);

/* The device loads and stores a byte pattern; true when it came through. */
bool edu_reaches(struct edu *edu, uint64_t iova, void *memory, size_t size);

void edu_raise(struct edu *edu, uint32_t bits);
uint32_t edu_raised(struct edu *edu);
void edu_acknowledge(struct edu *edu, uint32_t bits);

#endif
