/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical region pages (4.3): how a command tells the drive where its data is. The first
 * entry may point into a page, every other one is the start of a page. Two fit into the
 * command; more are in a list, which the second one points to.
 */
#ifndef NVME_PRP_H
#define NVME_PRP_H

#include "../vfio_device.h"

#include <stdbool.h>

/* Room for one command's list: whole pages, one after another, which the drive reaches. */
struct prp_list {
	uint64_t *entries;
	uint64_t iova;
	size_t pages;
};

/* How many pages of a list @length bytes take at most, with pages of @page bytes. */
size_t prp_list_pages(size_t length, size_t page);

/*
 * Write the entries for @length bytes at @offset of @buffer, which is mapped, into @prp and
 * @list. False, and nothing written, if that is not inside the buffer, not on a 4-byte
 * boundary, or more than the list has room for.
 */
bool prp_build(uint64_t prp[2], const struct prp_list *list, const struct dma_buffer *buffer,
	       size_t offset, size_t length, size_t page);

#endif
