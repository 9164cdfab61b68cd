/* SPDX-License-Identifier: GPL-2.0-only */
/* The type1 IOMMU driver's instance: one for each container that chose it. */
#ifndef OPENVFIO_TYPE1_H
#define OPENVFIO_TYPE1_H

#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <vfio.h>

#include "domain.h"
#include "mapping.h"
#include "windows.h"


/**
 * struct type1 - the mappings of a container and the domains that hold them
 * @v2: the rules of VFIO_TYPE1v2_IOMMU for cutting mappings
 * @attach: held for reading by whoever makes or removes mappings, for writing by whoever
 *	attaches or detaches a group; guards @domains
 * @domains: struct type1_domain.node; empty while all groups are emulated: then nothing
 *	is pinned but what their devices ask for
 * @emulated: struct type1_group.node of groups without an IOMMU; under @attach
 * @windows_stale: a group has left, and there was no memory to widen @windows; under @attach
 * @lock: guards what follows; held for short moments only, never across a page fault
 * @mappings: struct mapping.span
 * @settled: woken when a busy mapping no longer is; @settlements counts these
 * @settlements: see @settled
 * @entries_left: mappings that may still be made (M8)
 * @windows: IOVAs usable by every group
 * @maps: mappings made so far, for debugfs
 * @unmaps: mappings removed so far
 * @vaddrs_invalid: mappings between UNMAP and MAP with the VADDR flag
 * @revocations: calls of revoke so far
 * @dirty_log: VFIO_IOMMU_DIRTY_PAGES is on
 * @log_bytes: of all &mapping.dirty together, up to DIRTY_BITMAP_MAX
 * @listeners_lock: guards @listeners; taken before @lock
 * @listeners: devices to be told of what is unmapped: external.c
 * @pgsizes: page sizes of every domain, those under PAGE_SIZE shown as PAGE_SIZE
 */
struct type1 {
	bool v2;
	struct rw_semaphore attach;
	struct list_head domains;
	struct list_head emulated;
	bool windows_stale;

	struct mutex lock;
	struct rb_root_cached mappings;
	wait_queue_head_t settled;
	unsigned long settlements;
	unsigned int entries_left;
	u64 maps;
	u64 unmaps;
	struct windows windows;
	u64 pgsizes;
	unsigned int vaddrs_invalid;
	unsigned long revocations;
	bool dirty_log;
	size_t log_bytes;

	struct mutex listeners_lock;
	struct list_head listeners;
};

/* The smallest page size, which every range is made of. */
static inline u64 type1_page_size(const struct type1 *type1)
{
	return 1ULL << __ffs64(READ_ONCE(type1->pgsizes));
}

int type1_lock_settled(struct type1 *type1, unsigned long start, unsigned long last);
void type1_settle(struct type1 *type1);
int type1_map(struct type1 *type1, const struct vfio_iommu_type1_dma_map *map,
	      struct vfio_refusal *refusal);
int type1_collect(struct type1 *type1, unsigned long start, unsigned long last,
		  const struct vfio_bitmap *bitmap, struct list_head *mappings,
		  struct vfio_refusal *refusal);
void type1_uncollect(struct type1 *type1, struct list_head *mappings);
int type1_unmap(struct type1 *type1, unsigned long start, unsigned long last,
		const struct vfio_bitmap *bitmap, u64 *unmapped, struct vfio_refusal *refusal);
int type1_refuse_map(const struct mapping *mapping, int error, struct vfio_refusal *refusal);
void type1_let_go(struct mapping *mapping, bool clean);
bool type1_leave_domains(struct type1 *type1, struct mapping *mapping);
int type1_unmap_vaddr(struct type1 *type1, unsigned long start, unsigned long last,
		      u64 *unmapped, struct vfio_refusal *refusal);
int type1_map_vaddr(struct type1 *type1, const struct vfio_iommu_type1_dma_map *map,
		    struct vfio_refusal *refusal);
void type1_revoke(void *data, phys_addr_t start, u64 size);
void type1_drop_mappings(struct type1 *type1);

int type1_attach_group(void *data, struct iommu_group *group, enum vfio_group_kind kind,
		       struct vfio_refusal *refusal);
void type1_detach_group(void *data, struct iommu_group *group);

void type1_usage(void *data, struct vfio_iommu_usage *usage);
bool type1_mapping_from(void *data, u64 iova, struct vfio_iommu_mapping *shown);

#endif
