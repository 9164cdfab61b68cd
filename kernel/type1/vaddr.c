// SPDX-License-Identifier: GPL-2.0-only
/*
 * VADDR: a process hands its mappings over to its successor, which has the same memory
 * at other addresses (rule U4). Between UNMAP with the flag and MAP with it the device
 * goes on with its DMA; only who would need the process's address has to wait.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <vfio.h>

#include "pin.h"
#include "type1.h"

static void set_invalid(struct type1 *type1, struct mapping *mapping, bool invalid)
{
	mapping->vaddr_invalid = invalid;
	type1->vaddrs_invalid += invalid ? 1 : -1;
}

/* Takes back the marks on the mappings of the range before @end. */
static void unmark(struct type1 *type1, unsigned long start, unsigned long last,
		   struct mapping *end)
{
	struct mapping *mapping;

	for (mapping = mapping_first(&type1->mappings, start, last); mapping != end;
	     mapping = mapping_next(mapping, start, last))
		set_invalid(type1, mapping, false);
}

static int mark(struct type1 *type1, unsigned long start, unsigned long last, u64 *marked)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->lock);

	*marked = 0;
	mapping = mapping_first(&type1->mappings, start, last);
	/* A v1 range that begins inside a mapping stops there, as it does for a plain unmap. */
	if (mapping && mapping->span.start < start)
		return 0;
	for (; mapping; mapping = mapping_next(mapping, start, last)) {
		if (mapping->vaddr_invalid) {
			unmark(type1, start, last, mapping);
			return -EINVAL;
		}
		set_invalid(type1, mapping, true);
		*marked += mapping_size(mapping);
	}
	return 0;
}

/**
 * type1_unmap_vaddr() - VFIO_IOMMU_UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_VADDR
 * @type1: the instance
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
	int ret;

	down_read(&type1->attach);
	if (!list_empty(&type1->emulated)) {
		up_read(&type1->attach);
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -EBUSY,
				    "an emulated device in the container needs the process addresses");
	}
	ret = type1_lock_settled(type1, start, last);
	if (ret) {
		up_read(&type1->attach);
		return ret;
	}
	if (type1->v2 && mapping_range_cuts(&type1->mappings, start, last))
		ret = -EINVAL;
	else
		ret = mark(type1, start, last, marked);
	mutex_unlock(&type1->lock);
	up_read(&type1->attach);
	if (ret)
		ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, ret,
			     "IOVA 0x%lx-0x%lx cuts a mapping, or one of it has its address marked already",
			     start, last);
	return ret;
}

/* The pages count where their new owner is. */
static int change_owner(struct mapping *mapping, struct vfio_refusal *refusal)
{
	struct mm_struct *mm = current->mm, *former = mapping->mm;
	struct mapping successor = {
		.mm = mm,
		.task = current->group_leader,
		.unlimited = capable(CAP_IPC_LOCK),
	};
	int ret;

	if (mm == former)
		return 0;
	ret = count_locked(&successor, mapping->locked, refusal);
	if (ret)
		return ret;
	if (mapping->locked)
		account_locked_vm(former, mapping->locked, false);
	mmgrab(mm);
	mmdrop(former);
	get_task_struct(successor.task);
	put_task_struct(mapping->task);
	mapping->mm = mm;
	mapping->task = successor.task;
	mapping->unlimited = successor.unlimited;
	return 0;
}

/* The mapping that is exactly the range, and waits for its address; busy from here on. */
static struct mapping *claim_invalid(struct type1 *type1,
				     const struct vfio_iommu_type1_dma_map *map)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->lock);

	mapping = mapping_first(&type1->mappings, map->iova, map->iova + map->size - 1);
	if (!mapping)
		return ERR_PTR(-ENOENT);
	if (!mapping->vaddr_invalid || mapping->span.start != map->iova ||
	    mapping_size(mapping) != map->size)
		return ERR_PTR(-EINVAL);
	mapping->busy = true;
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

	ret = type1_lock_settled(type1, map->iova, map->iova + map->size - 1);
	if (ret)
		return ret;
	mapping = claim_invalid(type1, map);
	mutex_unlock(&type1->lock);
	if (IS_ERR(mapping))
		return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, PTR_ERR(mapping),
				    "IOVA 0x%llx, size 0x%llx is not a mapping whose address is marked",
				    map->iova, map->size);

	ret = change_owner(mapping, refusal);

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
