/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages pinned one by one for kernel modules: devices that are made by software and do
 * their DMA with the CPU.
 */
#ifndef OPENVFIO_TYPE1_EXTERNAL_H
#define OPENVFIO_TYPE1_EXTERNAL_H

#include "type1.h"

int type1_pin_pages(void *data, struct iommu_group *group, dma_addr_t iova, int npages, int prot,
		    struct page **pages);
void type1_unpin_pages(void *data, dma_addr_t iova, int npages);
int type1_dma_rw(void *data, dma_addr_t iova, void *buf, size_t len, bool write);
void type1_register_device(void *data, struct vfio_device *device);
void type1_unregister_device(void *data, struct vfio_device *device);

void external_mark_pinned(struct type1 *type1, struct mapping *mapping);
void external_withdraw(struct type1 *type1, struct mapping *mapping);
void external_become_whole(struct type1 *type1, struct mapping *mapping);
void external_become_single(struct type1 *type1, struct mapping *mapping);

#endif
