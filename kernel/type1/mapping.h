/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mapping tree: which IOVAs are in use, and the rules by which v1 and v2
 * containers may cut it. Pure: the caller holds the lock, nothing here sleeps.
 */
#ifndef OPENVFIO_TYPE1_MAPPING_H
#define OPENVFIO_TYPE1_MAPPING_H

#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/xarray.h>

#include "runs.h"

struct cred;
struct mm_struct;
struct task_struct;

/**
 * struct mapping - one VFIO_IOMMU_MAP_DMA
 * @span: first and last IOVA, in the tree. Inclusive, so that the last page of the
 *	address space needs no special care.
 * @todo: in the list of the call that is removing it
 * @vaddr: the process address of the first byte
 * @prot: IOMMU_READ, IOMMU_WRITE: what the device may do
 * @whole: pinned, and counted, as a whole, or about to be; under the instance's lock
 * @foreign: some of @runs may be RUN_FOREIGN: then it gets into and out of domains under
 *	the instance's lock, so that it can be revoked at any time
 * @revoked: taken out of all domains, as its foreign memory is its user's no more
 * @kept: a domain may have kept some of it: then it stays pinned, and counted, for ever
 * @vaddr_invalid: between UNMAP and MAP with the VADDR flag (U4)
 * @busy: a call is making or removing it without the lock; wait before touching it
 * @mm: whose memory it is and in whose VmLck it counts (M7, M9); held
 * @task: the process whose RLIMIT_MEMLOCK it counts against; held. This, @mm and @cred change
 *	under the instance's lock only, so that it can be shown whose mapping it is
 * @cred: who it was when it mapped: with CAP_IPC_LOCK the limit does not hold; held
 * @locked: pages counted in @mm
 * @runs: the memory behind it
 * @external: pages pinned for kernel modules, by number within the mapping: external.c
 * @external_pages: how many these are
 * @dirty: the log, a bit a page; NULL while there is none
 *
 * There can be as many as pages are mapped: keep it within 192 bytes, a size of kmalloc().
 */
struct mapping {
	struct interval_tree_node span;
	struct list_head todo;
	unsigned long vaddr;
	u8 prot;
	bool whole;
	bool foreign;
	bool revoked;
	bool kept;
	bool vaddr_invalid;
	bool busy;
	struct mm_struct *mm;
	struct task_struct *task;
	const struct cred *cred;
	unsigned long locked;
	struct runs runs;
	struct xarray external;
	unsigned long external_pages;
	unsigned long *dirty;
};

static inline unsigned long mapping_size(const struct mapping *mapping)
{
	return mapping->span.last - mapping->span.start + 1;
}

struct mapping *mapping_first(struct rb_root_cached *tree, unsigned long start,
			      unsigned long last);
struct mapping *mapping_next(struct mapping *mapping, unsigned long start, unsigned long last);
bool mapping_any_busy(struct rb_root_cached *tree, unsigned long start, unsigned long last);
int mapping_collect(struct rb_root_cached *tree, unsigned long start, unsigned long last,
		    bool v2, struct list_head *todo);

#endif
