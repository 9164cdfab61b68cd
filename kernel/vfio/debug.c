// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/vfio: tables of containers, groups, devices and mappings, for root.
 * Here: the folder, groups and devices. docs/abi.md has the columns.
 *
 * Whoever reads must not be kept waiting by a user of VFIO, nor keep one waiting: the
 * locks of groups and containers are held while a user's call ends, so links and names are
 * shown under a lock of their own. Without debugfs there is nothing to be seen, and
 * nothing else is different.
 */
#include <linux/debugfs.h>
#include <linux/sched.h>

#include "container.h"
#include "debug.h"
#include "group.h"

DEFINE_SPINLOCK(vfio_shown_lock);

/* Devices from registration until their last user is gone, also while that is waited for. */
static DEFINE_MUTEX(devices_lock);
static LIST_HEAD(devices);

static struct dentry *folder;

/**
 * vfio_note_opener() - the calling process opens a file
 * @opener: of the file
 */
void vfio_note_opener(struct vfio_opener *opener)
{
	spin_lock(&vfio_shown_lock);
	opener->pid = task_tgid_nr(current);
	get_task_comm(opener->comm, current);
	spin_unlock(&vfio_shown_lock);
}

/**
 * vfio_show_comm() - the last column: a name that its process has chosen
 * @seq: the line, which ends here
 * @opener: whose, or NULL for nobody
 *
 * What is not printable, such as the end of a line, is shown escaped.
 */
void vfio_show_comm(struct seq_file *seq, const struct vfio_opener *opener)
{
	if (opener)
		seq_printf(seq, " %*pE\n", (int)strlen(opener->comm), opener->comm);
	else
		seq_puts(seq, " -\n");
}

static const char *kind_name(enum vfio_group_kind kind)
{
	switch (kind) {
	case VFIO_GROUP_EMULATED:
		return "emulated";
	case VFIO_GROUP_NOIOMMU:
		return "noiommu";
	default:
		return "real";
	}
}

static void *groups_start(struct seq_file *seq, loff_t *pos)
{
	return vfio_groups_start(*pos);
}

static void *groups_next(struct seq_file *seq, void *node, loff_t *pos)
{
	return vfio_groups_next(node, pos);
}

static void groups_stop(struct seq_file *seq, void *node)
{
	vfio_groups_stop();
}

static void show_group(struct seq_file *seq, const struct vfio_group *group)
{
	const struct vfio_opener *opener;

	spin_lock(&vfio_shown_lock);
	opener = READ_ONCE(group->file) ? &group->opener : NULL;
	seq_printf(seq, "%s %s %llu %u %d", dev_name(&group->dev), kind_name(group->kind),
		   group->container ? group->container->id : 0, READ_ONCE(group->open_devices),
		   opener ? opener->pid : 0);
	vfio_show_comm(seq, opener);
	spin_unlock(&vfio_shown_lock);
}

static int groups_show(struct seq_file *seq, void *node)
{
	if (seq->index)
		show_group(seq, list_entry(node, struct vfio_group, node));
	else
		seq_puts(seq, "# group kind container open pid comm\n");
	return 0;
}

static const struct seq_operations groups_sops = {
	.start = groups_start,
	.next = groups_next,
	.stop = groups_stop,
	.show = groups_show,
};

/**
 * vfio_debug_add_device() - a device was registered
 * @device: with its group
 */
void vfio_debug_add_device(struct vfio_device *device)
{
	mutex_lock(&devices_lock);
	list_add_tail(&device->shown_node, &devices);
	mutex_unlock(&devices_lock);
}

/**
 * vfio_debug_remove_device() - a device has no user any more, and gets none
 * @device: shown so far; when this returns, it is not being looked at
 */
void vfio_debug_remove_device(struct vfio_device *device)
{
	mutex_lock(&devices_lock);
	list_del(&device->shown_node);
	mutex_unlock(&devices_lock);
}

static void *devices_start(struct seq_file *seq, loff_t *pos)
{
	mutex_lock(&devices_lock);
	return seq_list_start_head(&devices, *pos);
}

static void *devices_next(struct seq_file *seq, void *node, loff_t *pos)
{
	return seq_list_next(node, &devices, pos);
}

static void devices_stop(struct seq_file *seq, void *node)
{
	mutex_unlock(&devices_lock);
}

static void show_interrupts(struct seq_file *seq, struct vfio_device *device)
{
	size_t before = seq->count;

	if (device->ops->show_interrupts)
		device->ops->show_interrupts(device, seq);
	if (seq->count == before)
		seq_putc(seq, '-');
}

static void show_device(struct seq_file *seq, struct vfio_device *device)
{
	unsigned int open = READ_ONCE(device->open_count);
	const struct vfio_opener *opener = open ? &device->opener : NULL;

	lockdep_assert_held(&devices_lock);

	seq_printf(seq, "%s %s %s %u ", dev_name(device->dev), dev_name(&device->group->dev),
		   device->ops->name, open);
	/* Takes a lock of the bus driver's, which may sleep. */
	show_interrupts(seq, device);
	spin_lock(&vfio_shown_lock);
	seq_printf(seq, " %d", opener ? opener->pid : 0);
	vfio_show_comm(seq, opener);
	spin_unlock(&vfio_shown_lock);
}

static int devices_show(struct seq_file *seq, void *node)
{
	if (seq->index)
		show_device(seq, list_entry(node, struct vfio_device, shown_node));
	else
		seq_puts(seq, "# device group driver open interrupts pid comm\n");
	return 0;
}

static const struct seq_operations devices_sops = {
	.start = devices_start,
	.next = devices_next,
	.stop = devices_stop,
	.show = devices_show,
};

DEFINE_SEQ_ATTRIBUTE(groups);
DEFINE_SEQ_ATTRIBUTE(devices);

/**
 * vfio_debug_init() - make the files; a kernel that does not want any has none
 */
void __init vfio_debug_init(void)
{
	folder = debugfs_create_dir("vfio", NULL);
	debugfs_create_file("containers", 0400, folder, NULL, &vfio_debug_containers_fops);
	debugfs_create_file("mappings", 0400, folder, NULL, &vfio_debug_mappings_fops);
	debugfs_create_file("groups", 0400, folder, NULL, &groups_fops);
	debugfs_create_file("devices", 0400, folder, NULL, &devices_fops);
}

/**
 * vfio_debug_exit() - remove them
 */
void vfio_debug_exit(void)
{
	debugfs_remove(folder);
}
