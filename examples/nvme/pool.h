/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the drive. Each piece is mapped for DMA before anybody learns its I/O address,
 * and stays mapped until pool_free(): no command can name memory that is not.
 */
#ifndef NVME_POOL_H
#define NVME_POOL_H

#include "../vfio_device.h"

struct dma_pool {
	const struct vfio_device *dev;
	size_t alignment;	/* of I/O addresses: the controller's page size */
	uint64_t next;		/* I/O address of the next piece */
	struct dma_buffer *pieces;
	unsigned int count;
};

void pool_init(struct dma_pool *pool, const struct vfio_device *dev, size_t alignment);
/* Zeroed memory of at least @size bytes, which drive and program may read and write. */
struct dma_buffer pool_take(struct dma_pool *pool, size_t size);
/* Only when the drive reads and writes nothing any more. */
void pool_free(struct dma_pool *pool);

#endif
