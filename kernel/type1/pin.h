/* SPDX-License-Identifier: GPL-2.0-only */
/* Pinning: process memory held in place and counted while a device may reach it. */
#ifndef OPENVFIO_TYPE1_PIN_H
#define OPENVFIO_TYPE1_PIN_H

#include "mapping.h"

struct vfio_refusal;

long pin_pages(struct mm_struct *mm, unsigned long vaddr, unsigned long count, int prot,
	       struct page **pages);
int count_locked(const struct mapping *mapping, unsigned long pages, struct vfio_refusal *refusal);
int pin_mapping(struct mapping *mapping, struct vfio_refusal *refusal);
void unpin_mapping(struct mapping *mapping);
void forget_pins(struct mapping *mapping);
void unpin_mappings(struct list_head *mappings);

#endif
