// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>

#include "mapping.h"

/**
 * mapping_first() - the lowest mapping that touches a range
 * @tree: the mappings
 * @start: first IOVA of the range
 * @last: last IOVA of the range
 *
 * Return: the mapping, or NULL.
 */
struct mapping *mapping_first(struct rb_root_cached *tree, unsigned long start,
			      unsigned long last)
{
	struct interval_tree_node *span = interval_tree_iter_first(tree, start, last);

	return span ? container_of(span, struct mapping, span) : NULL;
}

/**
 * mapping_next() - the next mapping that touches a range
 * @mapping: the one before
 * @start: first IOVA of the range
 * @last: last IOVA of the range
 *
 * Return: the mapping, or NULL.
 */
struct mapping *mapping_next(struct mapping *mapping, unsigned long start, unsigned long last)
{
	struct interval_tree_node *span = interval_tree_iter_next(&mapping->span, start, last);

	return span ? container_of(span, struct mapping, span) : NULL;
}

/**
 * mapping_any_busy() - is another call at work somewhere in a range?
 * @tree: the mappings
 * @start: first IOVA of the range
 * @last: last IOVA of the range
 */
bool mapping_any_busy(struct rb_root_cached *tree, unsigned long start, unsigned long last)
{
	struct mapping *mapping;

	for (mapping = mapping_first(tree, start, last); mapping;
	     mapping = mapping_next(mapping, start, last))
		if (mapping->busy)
			return true;
	return false;
}

/**
 * mapping_collect() - the mappings that an unmap of a range removes
 * @tree: the mappings, none busy in the range
 * @start: first IOVA of the range
 * @last: last IOVA of the range
 * @v2: by the rules of a v2 container, else of v1
 * @todo: gets them, by &mapping.todo; each is marked busy and stays in the tree
 *
 * v2 (U2) takes what lies in the range and refuses to cut. v1 (U3) takes every mapping
 * whole that begins in the range, and nothing at all if the range begins inside one.
 *
 * Return: 0, or -EINVAL with nothing collected.
 */
int mapping_collect(struct rb_root_cached *tree, unsigned long start, unsigned long last,
		    bool v2, struct list_head *todo)
{
	struct mapping *mapping = mapping_first(tree, start, last);

	/* Only the first can begin before the range, only the last go on behind it. */
	if (mapping && mapping->span.start < start)
		return v2 ? -EINVAL : 0;
	for (; mapping; mapping = mapping_next(mapping, start, last)) {
		if (v2 && mapping->span.last > last)
			goto cut;
		mapping->busy = true;
		list_add_tail(&mapping->todo, todo);
	}
	return 0;

cut:
	list_for_each_entry(mapping, todo, todo)
		mapping->busy = false;
	INIT_LIST_HEAD(todo);
	return -EINVAL;
}
