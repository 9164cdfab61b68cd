/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's interval tree to those who use it; inside a list, sorted by first IOVA. */
#ifndef UNIT_LINUX_INTERVAL_TREE_H
#define UNIT_LINUX_INTERVAL_TREE_H

#include <linux/kernel.h>

struct interval_tree_node {
	struct interval_tree_node *next;
	unsigned long start;
	unsigned long last;
};

struct rb_root_cached {
	struct interval_tree_node *lowest;
};

#define RB_ROOT_CACHED	((struct rb_root_cached) { NULL })

static inline void interval_tree_insert(struct interval_tree_node *node,
					struct rb_root_cached *root)
{
	struct interval_tree_node **link = &root->lowest;

	while (*link && (*link)->start <= node->start)
		link = &(*link)->next;
	node->next = *link;
	*link = node;
}

static inline struct interval_tree_node *
interval_tree_first_from(struct interval_tree_node *node, unsigned long start, unsigned long last)
{
	while (node && (node->last < start || node->start > last))
		node = node->next;
	return node;
}

static inline struct interval_tree_node *
interval_tree_iter_first(struct rb_root_cached *root, unsigned long start, unsigned long last)
{
	return interval_tree_first_from(root->lowest, start, last);
}

static inline struct interval_tree_node *
interval_tree_iter_next(struct interval_tree_node *node, unsigned long start, unsigned long last)
{
	return interval_tree_first_from(node->next, start, last);
}

#endif
