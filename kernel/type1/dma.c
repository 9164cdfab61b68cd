// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and removing mappings.
 *
 * Both do the long part, pinning and the IOMMU, without the instance's lock: the
 * mapping is in the tree, marked busy, so that its IOVAs are taken and everybody who
 * wants them waits until it has settled. docs/locking.md.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <vfio.h>

#include "dirty.h"
#include "external.h"
#include "pin.h"
#include "type1.h"

/**
 * type1_settle() - a mapping is no longer busy
 * @type1: the instance, its lock held
 */
void type1_settle(struct type1 *type1)
{
	lockdep_assert_held(&type1->lock);

	type1->settlements++;
	/* Who comes to wait after this look has seen that it is settled. */
	if (wq_has_sleeper(&type1->settled))
		wake_up_all(&type1->settled);
}

/**
 * type1_lock_settled() - take the lock with nothing busy in a range
 * @type1: the instance
 * @start: first IOVA
 * @last: last IOVA
 *
 * The lock is dropped while waiting, so look at the tree only afterwards.
 *
 * Return: 0 with the lock held, or -EINTR without.
 */
int type1_lock_settled(struct type1 *type1, unsigned long start, unsigned long last)
{
	unsigned long seen;

	lockdep_assert_held(&type1->attach);

	mutex_lock(&type1->lock);
	while (mapping_any_busy(&type1->mappings, start, last)) {
		seen = type1->settlements;
		mutex_unlock(&type1->lock);
		if (wait_event_killable(type1->settled, READ_ONCE(type1->settlements) != seen))
			return -EINTR;
		mutex_lock(&type1->lock);
	}
	return 0;
}

static struct mapping *mapping_new(unsigned long start, unsigned long last, unsigned long vaddr,
				   int prot)
{
	struct mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);

	if (!mapping)
		return NULL;
	mapping->span.start = start;
	mapping->span.last = last;
	mapping->vaddr = vaddr;
	mapping->prot = prot;
	mapping->mm = current->mm;
	mmgrab(mapping->mm);
	mapping->task = get_task_struct(current->group_leader);
	mapping->cred = get_current_cred();
	mapping->busy = true;
	mapping->revoked = true;
	runs_init(&mapping->runs);
	xa_init(&mapping->external);
	return mapping;
}

static void mapping_destroy(struct mapping *mapping)
{
	put_cred(mapping->cred);
	put_task_struct(mapping->task);
	mmdrop(mapping->mm);
	kfree(mapping);
}

static int refuse_overlap(struct mapping *mapping, struct mapping *there,
			  struct vfio_refusal *refusal)
{
	return ovfio_refuse(refusal, OPENVFIO_REASON_OVERLAP, -EEXIST,
			    "IOVA 0x%lx-0x%lx overlaps the mapping 0x%lx-0x%lx; unmap it first",
			    mapping->span.start, mapping->span.last,
			    there->span.start, there->span.last);
}

/* May the mapping be made? The order of the refusals is that of rule M1. */
static int check_iovas(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	unsigned long start = mapping->span.start, last = mapping->span.last;
	struct mapping *there = mapping_first(&type1->mappings, start, last);

	lockdep_assert_held(&type1->lock);

	if (there)
		return refuse_overlap(mapping, there, refusal);
	if (!type1->entries_left)
		return ovfio_refuse_and_log(refusal, OPENVFIO_REASON_ENTRIES, -ENOSPC,
					    "%s (pid %d): the container has as many mappings as it may; raise vfio_iommu_type1.dma_entry_limit before SET_IOMMU, or map larger pieces",
					    current->comm, task_tgid_nr(current));
	if (!windows_contain(&type1->windows, start, last))
		return ovfio_refuse(refusal, OPENVFIO_REASON_WINDOW, -EINVAL,
				    "IOVA 0x%lx-0x%lx is not all within the ranges that the IOMMU can use; VFIO_IOMMU_GET_INFO lists them",
				    start, last);
	return 0;
}

static int claim_iovas(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	int ret = type1_lock_settled(type1, mapping->span.start, mapping->span.last);

	if (ret)
		return ret;
	ret = check_iovas(type1, mapping, refusal);
	if (!ret && type1->dirty_log && list_empty(&type1->domains))
		ret = dirty_log_mapping(type1, mapping, refusal);
	if (!ret) {
		type1->entries_left--;
		interval_tree_insert(&mapping->span, &type1->mappings);
	}
	mutex_unlock(&type1->lock);
	return ret;
}

static void leave_tree(struct type1 *type1, struct mapping *mapping)
{
	lockdep_assert_held(&type1->lock);

	interval_tree_remove(&mapping->span, &type1->mappings);
	dirty_unlog_mapping(type1, mapping);
	type1->vaddrs_invalid -= mapping->vaddr_invalid;
	type1->entries_left++;
}

static void release_iovas(struct type1 *type1, struct mapping *mapping)
{
	mutex_lock(&type1->lock);
	leave_tree(type1, mapping);
	type1_settle(type1);
	mutex_unlock(&type1->lock);
}

/* All domains before @end let go of it; false if one could not. */
static bool unmap_domains(struct type1 *type1, struct mapping *mapping, struct list_head *end)
{
	struct type1_domain *domain;
	bool clean = true;

	/* Either keeps the list as it is. */
	lockdep_assert(lockdep_is_held(&type1->attach) || lockdep_is_held(&type1->lock));

	list_for_each_entry(domain, &type1->domains, node) {
		if (&domain->node == end)
			break;
		clean &= domain_unmap(domain, mapping);
	}
	return clean;
}

/**
 * type1_let_go() - unpin the memory of a mapping (U5)
 * @mapping: in no domain any more
 * @clean: no domain kept any of it; else the pages stay pinned, and counted, for ever
 */
void type1_let_go(struct mapping *mapping, bool clean)
{
	if (clean)
		unpin_mapping(mapping);
	else
		forget_pins(mapping);
}

/**
 * type1_refuse_map() - a domain did not take a mapping
 * @mapping: the mapping
 * @error: errno of the IOMMU driver, negative
 * @refusal: for the reason
 *
 * Return: @error.
 */
int type1_refuse_map(const struct mapping *mapping, int error, struct vfio_refusal *refusal)
{
	return ovfio_refuse(refusal, OPENVFIO_REASON_IOMMU, error,
			    "the IOMMU driver could not map IOVA 0x%lx-0x%lx (%d)",
			    mapping->span.start, mapping->span.last, error);
}

static int map_domains(struct type1 *type1, struct mapping *mapping, bool *clean,
		       struct vfio_refusal *refusal)
{
	struct type1_domain *domain;
	int ret;

	lockdep_assert_held(&type1->attach);

	list_for_each_entry(domain, &type1->domains, node) {
		ret = domain_map(domain, mapping, clean);
		if (ret) {
			*clean &= unmap_domains(type1, mapping, &domain->node);
			return type1_refuse_map(mapping, ret, refusal);
		}
	}
	return 0;
}

/*
 * Gets a mapping into all domains. One with foreign memory under the lock, and only if
 * nothing was revoked since its page frames were looked up.
 */
static int enter_domains(struct type1 *type1, struct mapping *mapping, unsigned long revocations,
			 bool *clean, struct vfio_refusal *refusal)
{
	int ret;

	if (!mapping->foreign)
		return map_domains(type1, mapping, clean, refusal);
	*clean = true;
	mutex_lock(&type1->lock);
	if (type1->revocations == revocations)
		ret = map_domains(type1, mapping, clean, refusal);
	else
		ret = -EAGAIN;
	/* Until now there was nothing to revoke. */
	mapping->revoked = ret;
	mutex_unlock(&type1->lock);
	return ret;
}

/**
 * type1_leave_domains() - take a mapping out of all domains
 * @type1: the instance, &type1.attach held
 * @mapping: busy, or @attach is held for writing
 *
 * Return: false if a domain could not let go of it all.
 */
bool type1_leave_domains(struct type1 *type1, struct mapping *mapping)
{
	bool clean;

	lockdep_assert_held(&type1->attach);

	if (!mapping->foreign)
		return unmap_domains(type1, mapping, &type1->domains);
	mutex_lock(&type1->lock);
	if (!mapping->revoked)
		mapping->kept |= !unmap_domains(type1, mapping, &type1->domains);
	mapping->revoked = true;
	clean = !mapping->kept;
	mutex_unlock(&type1->lock);
	return clean;
}

/* A close of another device asks for a second look; a user cannot make it a third and so on. */
#define GATHER_TRIES	8

/* Pins, and enters the domains; -EAGAIN if memory of a device may be gone since. */
static int gather_and_enter(struct type1 *type1, struct mapping *mapping,
			    struct vfio_refusal *refusal)
{
	unsigned long revocations = READ_ONCE(type1->revocations);
	bool clean;
	int ret;

	ret = pin_mapping(mapping, refusal);
	if (ret)
		return ret;
	ret = enter_domains(type1, mapping, revocations, &clean, refusal);
	if (ret)
		type1_let_go(mapping, clean);
	return ret;
}

/* Without a domain only a device made by software can ask for the memory, page by page. */
static int fill_mapping(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	unsigned int tries = 0;
	int ret;

	lockdep_assert_held(&type1->attach);

	if (list_empty(&type1->domains))
		return 0;
	mapping->whole = true;
	do {
		ret = gather_and_enter(type1, mapping, refusal);
	} while (ret == -EAGAIN && ++tries < GATHER_TRIES);
	if (ret != -EAGAIN)
		return ret;
	return ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY, -EFAULT,
			    "devices whose memory may be among it are being closed; try again");
}

static int map_range(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	int ret;

	ret = claim_iovas(type1, mapping, refusal);
	if (ret)
		return ret;
	ret = fill_mapping(type1, mapping, refusal);
	if (ret) {
		release_iovas(type1, mapping);
		return ret;
	}
	mutex_lock(&type1->lock);
	mapping->busy = false;
	type1->maps++;
	type1_settle(type1);
	mutex_unlock(&type1->lock);
	return 0;
}

/* M1: what can be said of the arguments alone. */
static int check_map(struct type1 *type1, const struct vfio_iommu_type1_dma_map *map,
		     struct vfio_refusal *refusal)
{
	u64 page = type1_page_size(type1);

	if (!(map->flags & (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) !=
	    !!(map->flags & VFIO_DMA_MAP_FLAG_VADDR))
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "MAP_DMA flags 0x%x: want READ or WRITE or both, or VADDR alone",
				    map->flags);
	if (!map->size || (map->iova | map->vaddr | map->size) & (page - 1))
		return ovfio_refuse(refusal, OPENVFIO_REASON_ALIGNMENT, -EINVAL,
				    "IOVA 0x%llx, address 0x%llx, size 0x%llx: want multiples of 0x%llx, and a size",
				    map->iova, map->vaddr, map->size, page);
	if (map->iova + map->size - 1 < map->iova || map->vaddr + map->size - 1 < map->vaddr)
		return ovfio_refuse(refusal, OPENVFIO_REASON_WRAP, -EOVERFLOW,
				    "IOVA 0x%llx or address 0x%llx with size 0x%llx goes over the end",
				    map->iova, map->vaddr, map->size);
	return 0;
}

/**
 * type1_map() - VFIO_IOMMU_MAP_DMA
 * @type1: the instance
 * @map: argsz and flags already checked
 * @refusal: for the reason
 *
 * Context: Process context; the memory is the calling process's.
 * Return: 0; -EINVAL, -EOVERFLOW (a range that wraps), -EEXIST, -ENOSPC as rule M1
 * has it; or the errno of pinning or of the IOMMU. On failure nothing is changed.
 */
int type1_map(struct type1 *type1, const struct vfio_iommu_type1_dma_map *map,
	      struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	int prot = 0, ret;

	ret = check_map(type1, map, refusal);
	if (ret)
		return ret;
	if (map->flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (map->flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	if (!prot) {
		down_read(&type1->attach);
		ret = type1_map_vaddr(type1, map, refusal);
		up_read(&type1->attach);
		return ret;
	}

	mapping = mapping_new(map->iova, map->iova + map->size - 1, map->vaddr, prot);
	if (!mapping)
		return -ENOMEM;
	down_read(&type1->attach);
	ret = map_range(type1, mapping, refusal);
	up_read(&type1->attach);
	if (ret)
		mapping_destroy(mapping);
	return ret;
}

/* One flush of each domain's IOTLB for all of them, but for those that can be revoked. */
static void leave_domains_together(struct type1 *type1, struct list_head *todo)
{
	struct type1_domain *domain;
	struct mapping *mapping;

	lockdep_assert_held(&type1->attach);

	list_for_each_entry(mapping, todo, todo)
		if (mapping->foreign)
			mapping->kept = !type1_leave_domains(type1, mapping);
	list_for_each_entry(domain, &type1->domains, node)
		domain_unmap_all(domain, todo);
}

static void empty_mappings(struct type1 *type1, struct list_head *todo)
{
	struct mapping *mapping;

	list_for_each_entry(mapping, todo, todo)
		external_withdraw(type1, mapping);
	if (list_is_singular(todo)) {
		mapping = list_first_entry(todo, struct mapping, todo);
		type1_let_go(mapping, type1_leave_domains(type1, mapping));
	} else {
		leave_domains_together(type1, todo);
		unpin_mappings(todo);
	}
}

static u64 remove_mappings(struct type1 *type1, struct list_head *todo)
{
	struct mapping *mapping, *next;
	u64 removed = 0;

	lockdep_assert_held(&type1->attach);

	if (list_empty(todo))
		return 0;
	empty_mappings(type1, todo);
	mutex_lock(&type1->lock);
	list_for_each_entry(mapping, todo, todo) {
		leave_tree(type1, mapping);
		type1->unmaps++;
	}
	type1_settle(type1);
	mutex_unlock(&type1->lock);
	list_for_each_entry_safe(mapping, next, todo, todo) {
		removed += mapping_size(mapping);
		mapping_destroy(mapping);
	}
	return removed;
}

/**
 * type1_collect() - claim the mappings of a range, by the rules of UNMAP (U2, U3)
 * @type1: the instance, &type1.attach held
 * @start: first IOVA
 * @last: last IOVA
 * @bitmap: for the dirty log of the range, or NULL
 * @mappings: gets them, all busy, by &mapping.todo
 * @refusal: for the reason
 *
 * Return: 0, also when nothing is there; -EINVAL if a v2 range cuts a mapping or @bitmap is
 * not fit; -EINTR on a fatal signal. On failure nothing is claimed.
 */
int type1_collect(struct type1 *type1, unsigned long start, unsigned long last,
		  const struct vfio_bitmap *bitmap, struct list_head *mappings,
		  struct vfio_refusal *refusal)
{
	int ret;

	lockdep_assert_held(&type1->attach);

	ret = type1_lock_settled(type1, start, last);
	if (ret)
		return ret;
	if (bitmap)
		ret = dirty_check_bitmap(type1, bitmap, last - start + 1, refusal);
	if (!ret && mapping_collect(&type1->mappings, start, last, type1->v2, mappings))
		ret = ovfio_refuse(refusal, OPENVFIO_REASON_CUT, -EINVAL,
				   "IOVA 0x%lx-0x%lx begins or ends inside a mapping; a v2 container takes whole ones",
				   start, last);
	mutex_unlock(&type1->lock);
	return ret;
}

/**
 * type1_uncollect() - mappings that were claimed are as they were
 * @type1: the instance, &type1.attach held and no lock
 * @mappings: by &mapping.todo, all busy
 */
void type1_uncollect(struct type1 *type1, struct list_head *mappings)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->attach);

	mutex_lock(&type1->lock);
	list_for_each_entry(mapping, mappings, todo)
		mapping->busy = false;
	type1_settle(type1);
	mutex_unlock(&type1->lock);
}

/**
 * type1_unmap() - VFIO_IOMMU_UNMAP_DMA
 * @type1: the instance, &type1.attach held for reading
 * @start: first IOVA
 * @last: last IOVA
 * @bitmap: for the dirty log of what is unmapped, or NULL
 * @unmapped: set to the bytes unmapped, which in a v1 container can be more than asked for
 * @refusal: for the reason
 *
 * Return: 0, also when nothing was there; -EINVAL if a v2 range cuts a mapping or @bitmap
 * is not fit; -EFAULT if it cannot be written; -EINTR on a fatal signal. On failure
 * nothing is unmapped.
 */
int type1_unmap(struct type1 *type1, unsigned long start, unsigned long last,
		const struct vfio_bitmap *bitmap, u64 *unmapped, struct vfio_refusal *refusal)
{
	LIST_HEAD(mappings);
	int ret;

	ret = type1_collect(type1, start, last, bitmap, &mappings, refusal);
	if (ret)
		return ret;
	if (bitmap)
		ret = dirty_report(type1, &mappings, start, bitmap);
	if (ret)
		type1_uncollect(type1, &mappings);
	else
		*unmapped = remove_mappings(type1, &mappings);
	return ret;
}

static bool holds_frames(const struct mapping *mapping, unsigned long first, unsigned long last)
{
	struct run_walk walk = runs_walk(&mapping->runs);
	struct run run;

	while (runs_next(&walk, &run))
		if (run.hold == RUN_FOREIGN && run.pfn <= last && run.pfn + run.pages > first)
			return true;
	return false;
}

/**
 * type1_revoke() - see &vfio_iommu_driver_ops.revoke
 * @data: the instance
 * @start: physical address
 * @size: bytes
 *
 * Mappings with any of that memory leave all domains. They stay in the tree, for their
 * owner to unmap, who may be at it right now. Takes the lock only, so nobody's page
 * faults can hold it up.
 */
void type1_revoke(void *data, phys_addr_t start, u64 size)
{
	unsigned long first = PHYS_PFN(start), last = PHYS_PFN(start + size - 1);
	struct type1 *type1 = data;
	struct mapping *mapping;

	mutex_lock(&type1->lock);
	/* One that is just being made has to look again: enter_domains(). */
	type1->revocations++;
	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		/* While it is being gathered it is marked revoked, and its runs are not ours. */
		if (!mapping->revoked && mapping->foreign && holds_frames(mapping, first, last)) {
			mapping->kept |= !unmap_domains(type1, mapping, &type1->domains);
			mapping->revoked = true;
		}
		cond_resched();
	}
	mutex_unlock(&type1->lock);
}

/**
 * type1_drop_mappings() - remove everything
 * @type1: the instance, &type1.attach held for writing
 */
void type1_drop_mappings(struct type1 *type1)
{
	LIST_HEAD(todo);

	lockdep_assert_held_write(&type1->attach);

	/* Nothing is busy: whoever makes or removes a mapping holds @attach. */
	mutex_lock(&type1->lock);
	mapping_collect(&type1->mappings, 0, ULONG_MAX, true, &todo);
	mutex_unlock(&type1->lock);
	remove_mappings(type1, &todo);
}
