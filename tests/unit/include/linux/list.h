/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of the kernel's lists as the mapping tree and its tests use. */
#ifndef UNIT_LINUX_LIST_H
#define UNIT_LINUX_LIST_H

#include <linux/kernel.h>

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	*entry = (struct list_head) { .next = head, .prev = head->prev };
	head->prev->next = entry;
	head->prev = entry;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_for_each_entry(entry, head, member)					\
	for (entry = container_of((head)->next, typeof(*entry), member);		\
	     &entry->member != (head);							\
	     entry = container_of(entry->member.next, typeof(*entry), member))

#endif
