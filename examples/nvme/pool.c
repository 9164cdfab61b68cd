// SPDX-License-Identifier: GPL-2.0-only
#include "pool.h"

#include "../story.h"

#include <linux/vfio.h>
#include <stdlib.h>

/* I/O addresses are the program's choice; zero is left out, as mistakes look like it. */
#define POOL_START	0x100000

static uint64_t align(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

void pool_init(struct dma_pool *pool, const struct vfio_device *dev, size_t alignment)
{
	*pool = (struct dma_pool) {
		.dev = dev,
		.alignment = alignment,
		.next = align(POOL_START, alignment),
	};
}

struct dma_buffer pool_take(struct dma_pool *pool, size_t size)
{
	struct dma_buffer piece = dma_alloc(size, pool->next);

	pool->pieces = reallocarray(pool->pieces, pool->count + 1, sizeof(piece));
	if (!pool->pieces)
		fail("out of memory");
	dma_map(pool->dev, &piece, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	pool->pieces[pool->count++] = piece;
	pool->next = align(piece.iova + piece.size, pool->alignment);
	return piece;
}

void pool_free(struct dma_pool *pool)
{
	/* Unmap before the memory can become something else. */
	while (pool->count) {
		struct dma_buffer *piece = &pool->pieces[--pool->count];

		dma_unmap(pool->dev, piece);
		dma_free(piece);
	}
	free(pool->pieces);
	pool->pieces = NULL;
}
