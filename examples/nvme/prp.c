// SPDX-License-Identifier: GPL-2.0-only
#include "prp.h"

/*
 * How many entries a list of @count pages has. The last entry of a full page is a link to
 * the next page, unless it is the last of all.
 */
static size_t list_entries(size_t count, size_t page)
{
	size_t room = page / sizeof(uint64_t) - 1;

	return count < 2 ? count : count + (count - 2) / room;
}

size_t prp_list_pages(size_t length, size_t page)
{
	size_t per_page = page / sizeof(uint64_t);
	/* Data that does not start with a page ends in one more; the first is not in the list. */
	size_t count = (length + page - 1) / page;

	return count < 2 ? 0 : (list_entries(count, page) + per_page - 1) / per_page;
}

/* The list for @count pages from @iova on. */
static void write_list(const struct prp_list *list, uint64_t iova, size_t count, size_t page)
{
	size_t per_page = page / sizeof(uint64_t);
	uint64_t next = list->iova + page;

	for (size_t i = 0; count; i++) {
		if (i % per_page == per_page - 1 && count > 1) {
			list->entries[i] = next;
			next += page;
			continue;
		}
		list->entries[i] = iova;
		iova += page;
		count--;
	}
}

bool prp_build(uint64_t prp[2], const struct prp_list *list, const struct dma_buffer *buffer,
	       size_t offset, size_t length, size_t page)
{
	uint64_t first = buffer->iova + offset, second;
	size_t rest;

	if (!length || offset > buffer->size || length > buffer->size - offset || first % 4)
		return false;

	/* Pages after the first one, from the next boundary on. */
	second = first - first % page + page;
	rest = first + length <= second ? 0 : (first + length - second + page - 1) / page;
	if (rest > 1 && list_entries(rest, page) > list->pages * (page / sizeof(uint64_t)))
		return false;

	prp[0] = first;
	prp[1] = rest == 0 ? 0 : rest == 1 ? second : list->iova;
	if (rest > 1)
		write_list(list, second, rest, page);
	return true;
}
