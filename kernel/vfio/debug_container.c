// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers and their mappings in debugfs. Read page by page: in between nothing is held,
 * and the next page goes on from a container's number and an IOVA, whatever has come and
 * gone meanwhile. So no lock is held for longer than one mapping takes.
 */
#include <linux/iommu.h>

#include "container.h"
#include "debug.h"
#include "group.h"

static DEFINE_MUTEX(containers_lock);
static LIST_HEAD(containers);
static u64 last_id;

/**
 * vfio_debug_add_container() - a container was opened
 * @container: gets its number
 */
void vfio_debug_add_container(struct vfio_container *container)
{
	mutex_lock(&containers_lock);
	container->id = ++last_id;
	list_add_tail(&container->shown_node, &containers);
	mutex_unlock(&containers_lock);
}

/**
 * vfio_debug_remove_container() - a container is about to be freed
 * @container: its reference count is zero, so nobody looks at it
 */
void vfio_debug_remove_container(struct vfio_container *container)
{
	mutex_lock(&containers_lock);
	list_del(&container->shown_node);
	mutex_unlock(&containers_lock);
}

/* The first container from a number on, with a reference, or NULL. They lie in order. */
static struct vfio_container *container_from(u64 id)
{
	struct vfio_container *container, *found = NULL;

	mutex_lock(&containers_lock);
	list_for_each_entry(container, &containers, shown_node)
		if (container->id >= id && kref_get_unless_zero(&container->ref)) {
			found = container;
			break;
		}
	mutex_unlock(&containers_lock);
	return found;
}

/**
 * struct place - where a reader is
 * @id: of the container, or, if that is gone, of one before the next
 * @iova: the same of the mapping
 * @container: that container, held from start to stop
 * @iommu: its IOMMU driver, as long; only for mappings
 * @mapping: that mapping
 */
struct place {
	u64 id;
	u64 iova;
	struct vfio_container *container;
	struct vfio_iommu *iommu;
	struct vfio_iommu_mapping mapping;
};

static void leave_container(struct place *place)
{
	if (place->iommu)
		vfio_iommu_put(place->iommu);
	if (place->container)
		vfio_container_put(place->container);
	place->iommu = NULL;
	place->container = NULL;
}

static struct place *enter_container(struct place *place)
{
	place->container = container_from(place->id);
	return place->container ? place : NULL;
}

static void *containers_start(struct seq_file *seq, loff_t *pos)
{
	struct place *place = seq->private;

	if (*pos)
		return enter_container(place);
	place->id = 0;
	return SEQ_START_TOKEN;
}

static void *containers_next(struct seq_file *seq, void *at, loff_t *pos)
{
	struct place *place = seq->private;

	++*pos;
	if (at != SEQ_START_TOKEN)
		place->id = place->container->id + 1;
	leave_container(place);
	return enter_container(place);
}

static void places_stop(struct seq_file *seq, void *at)
{
	leave_container(seq->private);
}

static void show_groups(struct seq_file *seq, struct vfio_container *container)
{
	struct vfio_group *group;
	char separator = ' ';

	spin_lock(&vfio_shown_lock);
	list_for_each_entry(group, &container->groups, container_node) {
		seq_printf(seq, "%c%s", separator, dev_name(&group->dev));
		separator = ',';
	}
	if (separator == ' ')
		seq_puts(seq, " -");
	spin_unlock(&vfio_shown_lock);
}

static void show_container(struct seq_file *seq, struct vfio_container *container)
{
	struct vfio_iommu *iommu = vfio_iommu_get(container);
	struct vfio_iommu_usage usage = {};

	if (iommu && iommu->ops->usage)
		iommu->ops->usage(iommu->data, &usage);
	seq_printf(seq, "%llu %s %lu", container->id, iommu ? iommu->ops->name : "-",
		   iommu ? iommu->type : 0);
	if (iommu)
		vfio_iommu_put(iommu);
	show_groups(seq, container);
	seq_printf(seq, " %llu %llu %llu %llu %llu %d", usage.mappings, usage.mapped,
		   usage.pinned, usage.maps, usage.unmaps, container->opener.pid);
	vfio_show_comm(seq, &container->opener);
}

static int containers_show(struct seq_file *seq, void *at)
{
	struct place *place = seq->private;

	if (at == SEQ_START_TOKEN)
		seq_puts(seq, "# container iommu type groups mappings mapped pinned maps unmaps pid comm\n");
	else
		show_container(seq, place->container);
	return 0;
}

static const struct seq_operations containers_ops = {
	.start = containers_start,
	.next = containers_next,
	.stop = places_stop,
	.show = containers_show,
};

/* Is there a mapping from the IOVA on in the container that was entered? */
static bool find_mapping(struct place *place)
{
	if (!place->iommu)
		place->iommu = vfio_iommu_get(place->container);
	return place->iommu && place->iommu->ops->mapping_from &&
	       place->iommu->ops->mapping_from(place->iommu->data, place->iova, &place->mapping);
}

/* The next mapping from the place on, in its container or in a later one. */
static struct place *enter_mapping(struct place *place)
{
	while (place->container || enter_container(place)) {
		if (place->container->id != place->id)
			place->iova = 0;
		place->id = place->container->id;
		if (find_mapping(place))
			return place;
		place->id++;
		place->iova = 0;
		leave_container(place);
	}
	return NULL;
}

static void *mappings_start(struct seq_file *seq, loff_t *pos)
{
	struct place *place = seq->private;

	if (*pos)
		return enter_mapping(place);
	place->id = 0;
	place->iova = 0;
	return SEQ_START_TOKEN;
}

static void *mappings_next(struct seq_file *seq, void *at, loff_t *pos)
{
	struct place *place = seq->private;

	++*pos;
	if (at == SEQ_START_TOKEN)
		return enter_mapping(place);
	place->iova = place->mapping.last + 1;
	if (!place->iova) {
		place->id++;
		leave_container(place);
	}
	return enter_mapping(place);
}

static int mappings_show(struct seq_file *seq, void *at)
{
	struct place *place = seq->private;
	struct vfio_iommu_mapping *mapping = &place->mapping;

	if (at == SEQ_START_TOKEN) {
		seq_puts(seq, "# container iova size prot vaddr pinned pid comm\n");
		return 0;
	}
	seq_printf(seq, "%llu 0x%llx 0x%llx %c%c 0x%llx %llu %d", place->id, mapping->iova,
		   mapping->last - mapping->iova + 1, mapping->prot & IOMMU_READ ? 'r' : '-',
		   mapping->prot & IOMMU_WRITE ? 'w' : '-', mapping->vaddr, mapping->pinned,
		   mapping->owner.pid);
	vfio_show_comm(seq, &mapping->owner);
	return 0;
}

static const struct seq_operations mappings_ops = {
	.start = mappings_start,
	.next = mappings_next,
	.stop = places_stop,
	.show = mappings_show,
};

static int containers_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &containers_ops, sizeof(struct place));
}

static int mappings_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &mappings_ops, sizeof(struct place));
}

const struct file_operations vfio_debug_containers_fops = {
	.owner = THIS_MODULE,
	.open = containers_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

const struct file_operations vfio_debug_mappings_fops = {
	.owner = THIS_MODULE,
	.open = mappings_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};
