// SPDX-License-Identifier: GPL-2.0-only
/*
 * VADDR: a process hands its mappings over to its successor, which has the same memory
 * at other addresses (rule U4). Between UNMAP with the flag and MAP with it the device
 * goes on with its DMA; only who would need the process's address has to wait.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <vfio.h>

#include "pin.h"
#include "type1.h"

static void set_invalid(struct type1 *type1, struct mapping *mapping, bool invalid)
{
	lockdep_assert_held(&type1->lock);

	mapping->vaddr_invalid = invalid;
	type1->vaddrs_invalid += invalid ? 1 : -1;
}

/* All of them, or none. */
static int mark(struct type1 *type1, struct list_head *mappings, u64 *marked)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->lock);

	*marked = 0;
	list_for_each_entry(mapping, mappings, todo)
		if (mapping->vaddr_invalid)
			return -EINVAL;
	list_for_each_entry(mapping, mappings, todo) {
		set_invalid(type1, mapping, true);
		*marked += mapping_size(mapping);
	}
	return 0;
}

/**
 * type1_unmap_vaddr() - VFIO_IOMMU_UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_VADDR
 * @type1: the instance, &type1.attach held for reading
 * @start: first IOVA
 * @last: last IOVA
 * @marked: set to the bytes whose process address is invalid now
 * @refusal: for the reason
 *
 * Return: 0; -EINVAL if the range cuts a mapping or one of it is marked already, and
 * then none is; -EBUSY while a device is attached that needs the addresses; -EINTR.
 */
int type1_unmap_vaddr(struct type1 *type1, unsigned long start, unsigned long last, u64 *marked,
		      struct vfio_refusal *refusal)
{
	LIST_HEAD(mappings);
	int ret;

	lockdep_assert_held(&type1->attach);

	if (!list_empty(&type1->emulated))
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -EBUSY,
				    "an emulated device in the container needs the process addresses");
	ret = type1_collect(type1, start, last, NULL, &mappings, refusal);
	if (ret)
		return ret;
	mutex_lock(&type1->lock);
	ret = mark(type1, &mappings, marked);
	mutex_unlock(&type1->lock);
	type1_uncollect(type1, &mappings);
	if (ret)
		ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, ret,
			     "IOVA 0x%lx-0x%lx has a mapping whose address is marked already; give it a new one first",
			     start, last);
	return ret;
}

/* The pages count where their new owner is. Under the lock, as others show whose they are. */
static int change_owner(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	struct mapping owner = {
		.mm = current->mm,
		.task = current->group_leader,
		.cred = current_cred(),
	};
	int ret;

	if (owner.mm == mapping->mm)
		return 0;
	ret = count_locked(&owner, mapping->locked, refusal);
	if (ret)
		return ret;
	if (mapping->locked)
		account_locked_vm(mapping->mm, mapping->locked, false);
	mmgrab(owner.mm);
	get_task_struct(owner.task);
	get_cred(owner.cred);
	mutex_lock(&type1->lock);
	swap(mapping->mm, owner.mm);
	swap(mapping->task, owner.task);
	swap(mapping->cred, owner.cred);
	mutex_unlock(&type1->lock);
	mmdrop(owner.mm);
	put_task_struct(owner.task);
	put_cred(owner.cred);
	return 0;
}

/* Which of the reasons not to give the range an address is it? 0 if none. */
static int check_invalid(const struct mapping *mapping, const struct vfio_iommu_type1_dma_map *map,
			 struct vfio_refusal *refusal)
{
	if (!mapping)
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -ENOENT,
				    "nothing is mapped in IOVA 0x%llx, size 0x%llx, so there is no address to give",
				    map->iova, map->size);
	if (mapping->span.start != map->iova || mapping_size(mapping) != map->size)
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -EINVAL,
				    "IOVA 0x%llx, size 0x%llx is not exactly the mapping 0x%lx-0x%lx",
				    map->iova, map->size, mapping->span.start,
				    mapping->span.last);
	if (!mapping->vaddr_invalid)
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -EINVAL,
				    "the mapping 0x%lx-0x%lx has an address; UNMAP_DMA with the flag VADDR first",
				    mapping->span.start, mapping->span.last);
	return 0;
}

/* The mapping that is exactly the range, and waits for its address; busy from here on. */
static struct mapping *claim_invalid(struct type1 *type1,
				     const struct vfio_iommu_type1_dma_map *map,
				     struct vfio_refusal *refusal)
{
	unsigned long start = map->iova, last = map->iova + map->size - 1;
	struct mapping *mapping;
	int ret;

	ret = type1_lock_settled(type1, start, last);
	if (ret)
		return ERR_PTR(ret);
	mapping = mapping_first(&type1->mappings, start, last);
	ret = check_invalid(mapping, map, refusal);
	if (ret)
		mapping = ERR_PTR(ret);
	else
		mapping->busy = true;
	mutex_unlock(&type1->lock);
	return mapping;
}

/**
 * type1_map_vaddr() - VFIO_IOMMU_MAP_DMA with VFIO_DMA_MAP_FLAG_VADDR
 * @type1: the instance
 * @map: the range and its new process address, arguments checked
 * @refusal: for the reason
 *
 * Context: &type1.attach held for reading.
 * Return: 0; -ENOENT if nothing is mapped there; -EINVAL if what is there is not exactly
 * that range, or not marked; -ENOMEM if the caller's RLIMIT_MEMLOCK is too low; -EINTR.
 */
int type1_map_vaddr(struct type1 *type1, const struct vfio_iommu_type1_dma_map *map,
		    struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	int ret;

	lockdep_assert_held(&type1->attach);

	mapping = claim_invalid(type1, map, refusal);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);

	ret = change_owner(type1, mapping, refusal);

	mutex_lock(&type1->lock);
	if (!ret) {
		mapping->vaddr = map->vaddr;
		set_invalid(type1, mapping, false);
	}
	mapping->busy = false;
	type1_settle(type1);
	mutex_unlock(&type1->lock);
	return ret;
}
