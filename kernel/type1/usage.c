// SPDX-License-Identifier: GPL-2.0-only
/*
 * What debugfs shows of a container. Making and removing mappings only counts; all else is
 * added up here, a few mappings at a time, so that nobody waits long for the lock.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "type1.h"

/* Mappings looked at without letting others have the lock. */
#define AT_ONCE	64

/* One that is being pinned just now changes without the lock: as good as a moment later. */
static u64 pinned_bytes(const struct mapping *mapping)
{
	unsigned long pages = READ_ONCE(mapping->whole) ? READ_ONCE(mapping->locked) :
							  READ_ONCE(mapping->external_pages);

	return (u64)pages << PAGE_SHIFT;
}

/* Adds up some mappings from an IOVA on, which goes on behind them; false after the last. */
static bool add_some(struct type1 *type1, unsigned long *from, struct vfio_iommu_usage *usage)
{
	struct mapping *mapping = mapping_first(&type1->mappings, *from, ULONG_MAX);
	unsigned int i;

	lockdep_assert_held(&type1->lock);

	for (i = 0; mapping && i < AT_ONCE; i++) {
		usage->mappings++;
		usage->mapped += mapping_size(mapping);
		usage->pinned += pinned_bytes(mapping);
		*from = mapping->span.last + 1;
		mapping = mapping_next(mapping, 0, ULONG_MAX);
	}
	return mapping;
}

/**
 * type1_usage() - see &vfio_iommu_driver_ops.usage
 * @data: the instance
 * @usage: zeroed; of what changes meanwhile it may have some and lack some
 */
void type1_usage(void *data, struct vfio_iommu_usage *usage)
{
	struct type1 *type1 = data;
	unsigned long from = 0;
	bool more;

	do {
		mutex_lock(&type1->lock);
		usage->maps = type1->maps;
		usage->unmaps = type1->unmaps;
		more = add_some(type1, &from, usage);
		mutex_unlock(&type1->lock);
		cond_resched();
	} while (more);
}

/**
 * type1_mapping_from() - see &vfio_iommu_driver_ops.mapping_from
 * @data: the instance
 * @iova: from here on
 * @shown: filled in
 *
 * Return: false if there is no mapping at @iova or behind it.
 */
bool type1_mapping_from(void *data, u64 iova, struct vfio_iommu_mapping *shown)
{
	struct type1 *type1 = data;
	struct mapping *mapping;

	mutex_lock(&type1->lock);
	mapping = mapping_first(&type1->mappings, iova, ULONG_MAX);
	if (mapping) {
		shown->iova = mapping->span.start;
		shown->last = mapping->span.last;
		shown->vaddr = mapping->vaddr;
		shown->prot = mapping->prot;
		shown->pinned = pinned_bytes(mapping);
		shown->owner.pid = task_tgid_nr(mapping->task);
		get_task_comm(shown->owner.comm, mapping->task);
	}
	mutex_unlock(&type1->lock);
	return mapping;
}
