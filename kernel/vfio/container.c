// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container file, /dev/vfio/vfio.
 *
 * A container is held by its file and by each group in it, so that the mappings
 * live until the last group has left, whatever is closed first (rule C10). Its
 * IOMMU driver instance is a separate object: calls on the file use it without the
 * container's lock, and the one who takes it away waits for them. docs/locking.md.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "container.h"
#include "debug.h"
#include "group.h"
#include "refusal.h"

/* Every IOMMU driver at work, until its last group is detached: for ovfio_revoke_memory(). */
static DEFINE_MUTEX(iommus_lock);
static LIST_HEAD(iommus);

/**
 * vfio_iommu_get() - use the IOMMU driver of a container
 * @container: the container
 *
 * Return: the driver at work, which stays until vfio_iommu_put(), or NULL if none is set.
 */
struct vfio_iommu *vfio_iommu_get(struct vfio_container *container)
{
	struct vfio_iommu *iommu;

	rcu_read_lock();
	iommu = rcu_dereference(container->iommu);
	if (iommu && !refcount_inc_not_zero(&iommu->users))
		iommu = NULL;
	rcu_read_unlock();
	return iommu;
}

/**
 * vfio_iommu_put() - the end of what vfio_iommu_get() began
 * @iommu: must not be touched afterwards
 */
void vfio_iommu_put(struct vfio_iommu *iommu)
{
	if (refcount_dec_and_test(&iommu->users))
		complete(&iommu->unused);
}

static struct vfio_iommu *iommu_locked(struct vfio_container *container)
{
	return rcu_dereference_protected(container->iommu, lockdep_is_held(&container->lock));
}

static void iommu_publish(struct vfio_container *container, struct vfio_iommu *iommu)
{
	lockdep_assert_held(&container->lock);

	mutex_lock(&iommus_lock);
	list_add_tail(&iommu->node, &iommus);
	mutex_unlock(&iommus_lock);
	rcu_assign_pointer(container->iommu, iommu);
}

/**
 * ovfio_revoke_memory() - no device may reach a device's memory any more (M6)
 * @start: physical address of the BAR
 * @size: bytes of it
 *
 * For a bus driver whose device's memory a user could map, when the last user has
 * closed the device. A container that is just losing its last group is asked, too: until
 * its domains are gone, its devices reach what is mapped.
 *
 * Context: Process context; sleeps, but waits for nothing that a user can make last.
 */
void ovfio_revoke_memory(phys_addr_t start, u64 size)
{
	struct vfio_iommu *iommu;

	mutex_lock(&iommus_lock);
	list_for_each_entry(iommu, &iommus, node)
		if (iommu->ops->revoke)
			iommu->ops->revoke(iommu->data, start, size);
	mutex_unlock(&iommus_lock);
}
EXPORT_SYMBOL_GPL(ovfio_revoke_memory);

/* New calls find no IOMMU; those in flight end first. Afterwards it is ours alone. */
static void iommu_unpublish(struct vfio_container *container, struct vfio_iommu *iommu)
{
	lockdep_assert_held(&container->lock);

	RCU_INIT_POINTER(container->iommu, NULL);
	vfio_iommu_put(iommu);
	/* A call in flight may be in a page fault that its process lets wait. */
	while (!wait_for_completion_timeout(&iommu->unused, 10 * HZ))
		pr_warn_ratelimited("%s (pid %d) waits for a call in flight on a container file that it takes the last group from\n",
				    current->comm, task_tgid_nr(current));
}

/* The last group is detached, so no device reaches anything, and nothing is to be revoked. */
static void iommu_free(struct vfio_iommu *iommu)
{
	const struct vfio_iommu_driver_ops *ops = iommu->ops;

	mutex_lock(&iommus_lock);
	list_del(&iommu->node);
	mutex_unlock(&iommus_lock);
	ops->release(iommu->data);
	module_put(ops->owner);
	kfree_rcu(iommu, rcu);
}

static void detach_groups(struct vfio_container *container, struct vfio_iommu *iommu,
			  struct vfio_group *end)
{
	struct vfio_group *group;

	lockdep_assert_held(&container->lock);

	list_for_each_entry(group, &container->groups, container_node) {
		if (group == end)
			break;
		iommu->ops->detach_group(iommu->data, group->iommu_group);
	}
}

static int attach_groups(struct vfio_container *container, struct vfio_iommu *iommu)
{
	struct vfio_group *group;
	int ret;

	lockdep_assert_held(&container->lock);

	list_for_each_entry(group, &container->groups, container_node) {
		ret = iommu->ops->attach_group(iommu->data, group->iommu_group, group->kind,
					       &container->refusal);
		if (ret) {
			detach_groups(container, iommu, group);
			return ret;
		}
	}
	return 0;
}

/* @tried: an IOMMU driver affirmed the type, so what failed is not for want of one. */
struct set_iommu {
	struct vfio_container *container;
	unsigned long type;
	bool tried;
};

/* For vfio_iommu_drivers_try(): all groups of the container attach, or none. */
static int iommu_start(const struct vfio_iommu_driver_ops *ops, void *arg)
{
	struct set_iommu *set = arg;
	struct vfio_container *container = set->container;
	struct vfio_iommu *iommu;
	int ret;

	lockdep_assert_held(&container->lock);

	set->tried = true;
	iommu = kzalloc(sizeof(*iommu), GFP_KERNEL_ACCOUNT);
	if (!iommu)
		return -ENOMEM;
	iommu->ops = ops;
	iommu->type = set->type;
	refcount_set(&iommu->users, 1);
	init_completion(&iommu->unused);

	iommu->data = ops->open(set->type);
	if (IS_ERR(iommu->data)) {
		ret = PTR_ERR(iommu->data);
		goto err_free;
	}
	ret = attach_groups(container, iommu);
	if (ret)
		goto err_release;
	iommu_publish(container, iommu);
	return 0;

err_release:
	ops->release(iommu->data);
err_free:
	kfree(iommu);
	return ret;
}

static long container_set_iommu(struct vfio_container *container, unsigned long type)
{
	struct set_iommu set = { .container = container, .type = type };
	struct vfio_refusal *refusal = &container->refusal;
	long ret;

	mutex_lock(&container->lock);
	/* C1, C2: only with a group, for an unprivileged opener proves nothing; only once. */
	if (list_empty(&container->groups))
		ret = ovfio_refuse(refusal, OPENVFIO_REASON_IOMMU_SET, -EINVAL,
				   "SET_IOMMU needs a group in the container first (VFIO_GROUP_SET_CONTAINER)");
	else if (iommu_locked(container))
		ret = ovfio_refuse(refusal, OPENVFIO_REASON_IOMMU_SET, -EINVAL,
				   "the container has an IOMMU already; it goes with the last group");
	else
		ret = vfio_iommu_drivers_try(type, container->choice, iommu_start, &set);
	if (ret == -EPERM && container->choice == VFIO_IOMMU_NONE)
		ovfio_refuse_and_log(refusal, OPENVFIO_REASON_PRIVILEGE, ret,
				     "%s (pid %d) sets no-IOMMU mode, which needs CAP_SYS_RAWIO",
				     current->comm, task_tgid_nr(current));
	if (ret == -ENODEV && !set.tried)
		ovfio_refuse(refusal, OPENVFIO_REASON_IOMMU_TYPE, ret,
			     "no IOMMU driver takes type %lu; ask with VFIO_CHECK_EXTENSION", type);
	mutex_unlock(&container->lock);
	return ret;
}

static void container_free(struct kref *ref)
{
	struct vfio_container *container = container_of(ref, struct vfio_container, ref);

	WARN_ON_ONCE(rcu_access_pointer(container->iommu));
	vfio_debug_remove_container(container);
	mutex_destroy(&container->lock);
	kfree(container);
}

/**
 * vfio_container_put() - let go of a container
 * @container: must not be touched afterwards
 */
void vfio_container_put(struct vfio_container *container)
{
	kref_put(&container->ref, container_free);
}

/**
 * vfio_container_has_iommu() - has SET_IOMMU been done?
 * @container: a container
 *
 * Return: true while an IOMMU is set. Stays so while a group of it has a device open.
 */
bool vfio_container_has_iommu(struct vfio_container *container)
{
	return rcu_access_pointer(container->iommu);
}

static enum vfio_iommu_choice group_choice(const struct vfio_group *group)
{
	return group->kind == VFIO_GROUP_NOIOMMU ? VFIO_IOMMU_NONE : VFIO_IOMMU_SOME;
}

/* C6 */
static bool groups_mix(struct vfio_container *container, struct vfio_group *group)
{
	lockdep_assert_held(&container->lock);

	if (container->choice == VFIO_IOMMU_ANY || container->choice == group_choice(group))
		return true;
	ovfio_refuse_and_log(&group->refusal, OPENVFIO_REASON_MIXED, -EPERM,
			     "group %s cannot join: groups with and without an IOMMU do not share a container; give it a container of its own",
			     dev_name(&group->dev));
	return false;
}

/* Both ends at once: debugfs looks at them with no other lock than this. */
static void link_group(struct vfio_container *container, struct vfio_group *group)
{
	lockdep_assert_held(&container->lock);
	lockdep_assert_held(&group->lock);

	spin_lock(&vfio_shown_lock);
	list_add_tail(&group->container_node, &container->groups);
	group->container = container;
	spin_unlock(&vfio_shown_lock);
}

static void unlink_group(struct vfio_group *group)
{
	lockdep_assert_held(&group->container->lock);
	lockdep_assert_held(&group->lock);

	spin_lock(&vfio_shown_lock);
	list_del(&group->container_node);
	group->container = NULL;
	spin_unlock(&vfio_shown_lock);
}

/**
 * vfio_container_add_group() - take a group into a container
 * @container: the container; gains a reference held by the group
 * @group: a group in no container, its lock held
 *
 * Claims the group's DMA ownership, so that no host driver can bind to a member, and
 * attaches it to the container's IOMMU if one is set (rules C4, C5).
 *
 * Return: 0, or a negative errno with nothing changed: -EPERM if groups there do not
 * mix with it (C6), that of the claim (-EPERM, -EBUSY) or of the IOMMU driver.
 */
int vfio_container_add_group(struct vfio_container *container, struct vfio_group *group)
{
	struct vfio_iommu *iommu;
	int ret;

	lockdep_assert_held(&group->lock);

	mutex_lock(&container->lock);
	ret = groups_mix(container, group) ? vfio_group_claim(group) : -EPERM;
	if (ret)
		goto out;
	iommu = iommu_locked(container);
	if (iommu) {
		ret = iommu->ops->attach_group(iommu->data, group->iommu_group, group->kind,
					       &group->refusal);
		if (ret) {
			vfio_group_release(group);
			goto out;
		}
	}
	WRITE_ONCE(container->choice, group_choice(group));
	kref_get(&container->ref);
	link_group(container, group);
out:
	mutex_unlock(&container->lock);
	return ret;
}

/**
 * vfio_container_remove_group() - let a group go
 * @container: the container of @group; loses the group's reference
 * @group: a group with no open device, its lock held
 *
 * The last group takes the IOMMU driver and all mappings with it (rule C7).
 * May wait for calls of other threads on the container file.
 */
void vfio_container_remove_group(struct vfio_container *container, struct vfio_group *group)
{
	struct vfio_iommu *iommu;
	bool last;

	lockdep_assert_held(&group->lock);

	mutex_lock(&container->lock);
	unlink_group(group);
	last = list_empty(&container->groups);
	iommu = iommu_locked(container);
	if (iommu && last)
		iommu_unpublish(container, iommu);
	if (iommu)
		iommu->ops->detach_group(iommu->data, group->iommu_group);
	if (iommu && last)
		iommu_free(iommu);
	if (last)
		WRITE_ONCE(container->choice, VFIO_IOMMU_ANY);
	vfio_group_release(group);
	mutex_unlock(&container->lock);
	vfio_container_put(container);
}

static int container_open(struct inode *inode, struct file *file)
{
	struct vfio_container *container;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return -ENOMEM;
	kref_init(&container->ref);
	mutex_init(&container->lock);
	INIT_LIST_HEAD(&container->groups);
	vfio_refusal_init(&container->refusal);
	vfio_note_opener(&container->opener);
	vfio_debug_add_container(container);
	file->private_data = container;
	return 0;
}

static int container_close(struct inode *inode, struct file *file)
{
	vfio_container_put(file->private_data);
	return 0;
}

/**
 * vfio_container_check_extension() - VFIO_CHECK_EXTENSION
 * @container: a container
 * @extension: an IOMMU type or a capability
 *
 * Return: greater than 0 if the IOMMU driver that is set has it, or while none is set, if
 * one that could be set has it. Else 0, or a negative errno of the driver's.
 */
long vfio_container_check_extension(struct vfio_container *container, unsigned long extension)
{
	struct vfio_iommu *iommu = vfio_iommu_get(container);
	long ret;

	if (extension == OPENVFIO_REFUSAL_EXT) {
		if (iommu)
			vfio_iommu_put(iommu);
		return 1;
	}
	if (!iommu)
		return vfio_iommu_drivers_check(extension, READ_ONCE(container->choice));
	ret = iommu->ops->check_extension(iommu->data, extension);
	vfio_iommu_put(iommu);
	return ret;
}

/* For a call that is the IOMMU driver's, as vfio_iommu_get(); NULL refuses it with @error. */
static struct vfio_iommu *iommu_for_call(struct vfio_container *container, int error)
{
	struct vfio_iommu *iommu = vfio_iommu_get(container);

	if (!iommu)
		ovfio_refuse(&container->refusal, OPENVFIO_REASON_NOT_ATTACHED, error,
			     "the container has no IOMMU yet (VFIO_GROUP_SET_CONTAINER, then VFIO_SET_IOMMU)");
	return iommu;
}

/* G8: calls that an IOMMU driver need not have. */
static int refuse_call(struct vfio_container *container, struct vfio_iommu *iommu, int error,
		       const char *call)
{
	return ovfio_refuse(&container->refusal, OPENVFIO_REASON_IOMMU_TYPE, error,
			    "the container's IOMMU driver, %s, has no %s", iommu->ops->name, call);
}

static long container_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vfio_container *container = file->private_data;
	struct vfio_iommu *iommu;
	long ret;

	switch (cmd) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return vfio_container_check_extension(container, arg);
	case VFIO_SET_IOMMU:
		return container_set_iommu(container, arg);
	case OPENVFIO_GET_REFUSAL:
		return vfio_refusal_get(&container->refusal, (void __user *)arg);
	}

	iommu = iommu_for_call(container, -EINVAL);
	if (!iommu)
		return -EINVAL;
	ret = iommu->ops->ioctl(iommu->data, cmd, arg, &container->refusal);
	vfio_iommu_put(iommu);
	return ret;
}

static ssize_t container_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_container *container = file->private_data;
	struct vfio_iommu *iommu = iommu_for_call(container, -EINVAL);
	ssize_t ret;

	if (!iommu)
		return -EINVAL;
	if (iommu->ops->read)
		ret = iommu->ops->read(iommu->data, buf, count, pos);
	else
		ret = refuse_call(container, iommu, -EINVAL, "read()");
	vfio_iommu_put(iommu);
	return ret;
}

static ssize_t container_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_container *container = file->private_data;
	struct vfio_iommu *iommu = iommu_for_call(container, -EINVAL);
	ssize_t ret;

	if (!iommu)
		return -EINVAL;
	if (iommu->ops->write)
		ret = iommu->ops->write(iommu->data, buf, count, pos);
	else
		ret = refuse_call(container, iommu, -EINVAL, "write()");
	vfio_iommu_put(iommu);
	return ret;
}

static int container_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vfio_container *container = file->private_data;
	struct vfio_iommu *iommu = iommu_for_call(container, -ENODEV);
	int ret;

	if (!iommu)
		return -ENODEV;
	if (iommu->ops->mmap)
		ret = iommu->ops->mmap(iommu->data, vma);
	else
		ret = refuse_call(container, iommu, -ENODEV, "mmap()");
	vfio_iommu_put(iommu);
	return ret;
}

/* Which of the containers in debugfs it is: the file itself has no name but one for all. */
static void container_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct vfio_container *container = file->private_data;

	seq_printf(seq, "vfio-container:\t%llu\n", container->id);
}

static const struct file_operations container_fops = {
	.owner = THIS_MODULE,
	.open = container_open,
	.release = container_close,
	.read = container_read,
	.write = container_write,
	.mmap = container_mmap,
	.unlocked_ioctl = container_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
	.show_fdinfo = container_show_fdinfo,
};

/**
 * vfio_container_from_file() - the container behind a file
 * @file: any file; the container stays as long as the caller holds it
 *
 * Return: the container, or NULL if @file is something else.
 */
struct vfio_container *vfio_container_from_file(struct file *file)
{
	return file->f_op == &container_fops ? file->private_data : NULL;
}

static struct miscdevice container_node = {
	.minor = VFIO_MINOR,
	.name = "vfio",
	.nodename = "vfio/vfio",
	.mode = 0666,
	.fops = &container_fops,
};

int __init vfio_container_init(void)
{
	return misc_register(&container_node);
}

void vfio_container_exit(void)
{
	misc_deregister(&container_node);
}

MODULE_ALIAS_MISCDEV(VFIO_MINOR);
MODULE_ALIAS("devname:vfio/vfio");
