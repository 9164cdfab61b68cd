/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of dirty pages as the tests use it. Calls named try_... return what the kernel
 * says; ranges are asked for with bitmaps of LOG_WORDS words.
 */
#ifndef CONFORM_DIRTY_LOG_H
#define CONFORM_DIRTY_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "vfio.h"

#define LOG_START VFIO_IOMMU_DIRTY_PAGES_FLAG_START
#define LOG_STOP VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
#define LOG_GET VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP

enum { LOG_WORDS = 8, LOG_GUARD = 0x5a };

/*
 * The structs of the interface with the user's pointer as the 64-bit number that the
 * kernel reads, whatever the word size of this program is.
 */
struct bitmap {
	uint64_t pgsize;
	uint64_t size;
	uint64_t data;
};

struct dirty_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
	struct bitmap bitmap;
};

struct unmap_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
	struct bitmap bitmap;
};

int try_log(int container, uint32_t flags);

struct bitmap bitmap_at(const void *words);
struct dirty_request log_request(uint64_t iova, uint64_t size, const void *words);
int try_log_request(int container, struct dirty_request request);
int try_log_get(int container, uint64_t iova, uint64_t size, const void *words);

/* The other way to ask: UNMAP, for what it takes away. The bytes unmapped, or -1. */
int64_t try_unmap_dirty(int container, uint64_t iova, uint64_t size, struct bitmap bitmap);

/* Bits [first, first + count) are set in what is expected. */
void set_bits(uint64_t *words, uint64_t first, uint64_t count);
void expect_bits(const uint64_t *words, const uint64_t *expected, uint64_t count);

/* All bytes are LOG_GUARD. */
void expect_untouched(const void *memory, size_t size);

/* What the log says of a range in which everything should be as in the words expected. */
void check_log(int container, uint64_t iova, uint64_t count, const uint64_t *expected);

#endif
