// SPDX-License-Identifier: GPL-2.0-only
/*
 * The group file, /dev/vfio/$GROUP.
 *
 * A group object is made with the first device of its IOMMU group that a bus driver
 * registers and its node goes with the last. One open at a time: the opener owns
 * every device of the group, and no host driver can bind to one while the group is
 * in a container. docs/locking.md tells who holds whom.
 *
 * Groups of a kind without an IOMMU have nothing to own: they are made for one device.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "container.h"
#include "debug.h"
#include "device.h"
#include "group.h"
#include "refusal.h"
#include "kvm.h"

static struct class *group_class;
static dev_t group_devt;
static DEFINE_IDA(group_minors);

static DEFINE_MUTEX(groups_lock);
static LIST_HEAD(groups);

#define MAX_MEMBERS_NAMED	8

/* The devices of an IOMMU group, with a reference to each. */
struct members {
	struct device *dev[MAX_MEMBERS_NAMED];
	unsigned int count;
};

static int collect_member(struct device *dev, void *arg)
{
	struct members *members = arg;

	if (members->count < MAX_MEMBERS_NAMED)
		members->dev[members->count++] = get_device(dev);
	return 0;
}

/* Which driver a device is bound to, if it blocks, is known to its bus alone. */
static bool member_blocks(struct vfio_group *group, struct device *member, char *driver,
			  size_t size)
{
	struct vfio_device *device;

	lockdep_assert_held(&group->lock);

	list_for_each_entry(device, &group->devices, group_node)
		if (device->dev->bus == member->bus)
			return device->ops->blocked_by &&
			       device->ops->blocked_by(member, driver, size);
	return false;
}

static void explain_not_viable(struct vfio_group *group, int error)
{
	struct members members = { .count = 0 };
	bool named = false;
	char driver[64];
	unsigned int i;

	iommu_group_for_each_dev(group->iommu_group, &members, collect_member);
	for (i = 0; i < members.count; i++) {
		struct device *member = members.dev[i];

		if (member_blocks(group, member, driver, sizeof(driver))) {
			ovfio_refuse_and_log(&group->refusal, OPENVFIO_REASON_NOT_VIABLE, error,
					     "group %s is not viable: %s is bound to %s; bind it to vfio-pci or unbind it",
					     dev_name(&group->dev), dev_name(member), driver);
			named = true;
		}
		put_device(member);
	}
	if (!named)
		ovfio_refuse_and_log(&group->refusal, OPENVFIO_REASON_NOT_VIABLE, error,
				     "group %s is not viable: its DMA is owned by another user of the IOMMU",
				     dev_name(&group->dev));
}

/**
 * vfio_group_claim() - take the DMA ownership of a group's devices
 * @group: a group in no container, its lock held
 *
 * While it is ours the driver core refuses to bind a host driver to any member (C4).
 * Groups made for one device have no other member: nothing is to be claimed.
 *
 * Return: 0; -EPERM if a member is in the hands of a host driver or of another owner,
 * and the log names it; -EBUSY if another domain is attached; or the errno of the IOMMU.
 */
int vfio_group_claim(struct vfio_group *group)
{
	int ret;

	lockdep_assert_held(&group->lock);

	if (group->kind != VFIO_GROUP_REAL)
		return 0;
	ret = iommu_group_claim_dma_owner(group->iommu_group, group->file);
	if (ret == -EPERM || ret == -EBUSY)
		explain_not_viable(group, ret);
	else if (ret)
		ovfio_refuse(&group->refusal, OPENVFIO_REASON_IOMMU, ret,
			     "the IOMMU driver could not take group %s from the host (%d)",
			     dev_name(&group->dev), ret);
	return ret;
}

/**
 * vfio_group_release() - give the DMA ownership back
 * @group: a claimed group, its lock held, attached to no domain of ours
 */
void vfio_group_release(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	if (group->kind == VFIO_GROUP_REAL)
		iommu_group_release_dma_owner(group->iommu_group);
}

static void group_free(struct device *dev)
{
	struct vfio_group *group = container_of(dev, struct vfio_group, dev);

	ida_free(&group_minors, MINOR(group->dev.devt));
	mutex_destroy(&group->lock);
	kfree(group);
}

static const struct file_operations group_fops;

static struct vfio_group *group_create(struct iommu_group *iommu_group, enum vfio_group_kind kind)
{
	struct vfio_group *group;
	int ret;

	lockdep_assert_held(&groups_lock);

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return ERR_PTR(-ENOMEM);
	ret = ida_alloc_max(&group_minors, MINORMASK, GFP_KERNEL);
	if (ret < 0) {
		kfree(group);
		return ERR_PTR(ret);
	}
	mutex_init(&group->lock);
	INIT_LIST_HEAD(&group->devices);
	group->kind = kind;
	group->iommu_group = iommu_group_ref_get(iommu_group);

	device_initialize(&group->dev);
	group->dev.devt = MKDEV(MAJOR(group_devt), ret);
	group->dev.class = group_class;
	group->dev.release = group_free;
	cdev_init(&group->cdev, &group_fops);
	group->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&group->dev, "%s%d", kind == VFIO_GROUP_NOIOMMU ? "noiommu-" : "",
			   iommu_group_id(iommu_group));
	if (!ret)
		ret = cdev_device_add(&group->cdev, &group->dev);
	if (ret) {
		iommu_group_put(group->iommu_group);
		put_device(&group->dev);
		return ERR_PTR(ret);
	}
	list_add(&group->node, &groups);
	return group;
}

static struct vfio_group *group_find(struct iommu_group *iommu_group)
{
	struct vfio_group *group;

	lockdep_assert_held(&groups_lock);

	/* Listed groups have a device, so their iommu_group is set and stays. */
	list_for_each_entry(group, &groups, node)
		if (group->iommu_group == iommu_group)
			return group;
	return NULL;
}

/**
 * vfio_group_register() - the group of a device that is being registered
 * @iommu_group: the device's IOMMU group
 * @kind: its kind
 *
 * Return: the group, made with its node if this is the first device; counts one
 * device until vfio_group_unregister(). Or ERR_PTR.
 */
struct vfio_group *vfio_group_register(struct iommu_group *iommu_group,
				       enum vfio_group_kind kind)
{
	struct vfio_group *group;

	mutex_lock(&groups_lock);
	group = group_find(iommu_group);
	if (!group)
		group = group_create(iommu_group, kind);
	if (!IS_ERR(group))
		group->registered++;
	mutex_unlock(&groups_lock);
	return group;
}

/* The last device is gone: what an open file of the group can still do is nothing. */
static void group_retire(struct vfio_group *group)
{
	struct iommu_group *iommu_group;

	mutex_lock(&group->lock);
	WARN_ON_ONCE(!list_empty(&group->devices) || group->open_devices);
	if (group->container)
		vfio_container_remove_group(group->container, group);
	iommu_group = group->iommu_group;
	group->iommu_group = NULL;
	mutex_unlock(&group->lock);
	iommu_group_put(iommu_group);
}

/**
 * vfio_group_unregister() - a device of the group is gone
 * @group: from vfio_group_register()
 *
 * With the last device the node goes; an open file stays valid but is of no use (C9).
 */
void vfio_group_unregister(struct vfio_group *group)
{
	bool last;

	mutex_lock(&groups_lock);
	last = --group->registered == 0;
	if (last) {
		list_del(&group->node);
		/* Under the list's lock, or a new group of that name could come too early. */
		cdev_device_del(&group->cdev, &group->dev);
	}
	mutex_unlock(&groups_lock);
	if (!last)
		return;
	/* May wait for a call of the user's, which must not hold up other groups. */
	group_retire(group);
	put_device(&group->dev);
}

/*
 * N2: the user of a device that nothing confines can do everything. So each step on the
 * way to it asks anew, and a descriptor passed on is of no use to others.
 */
static bool may_use(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	if (group->kind != VFIO_GROUP_NOIOMMU || capable(CAP_SYS_RAWIO))
		return true;
	/* The file, if there is one yet, is its opener's: the refusal may be another's. */
	ovfio_refuse_and_log(group->file ? &group->refusal : NULL, OPENVFIO_REASON_PRIVILEGE,
			     -EPERM, "group %s is not for %s (pid %d): no IOMMU confines it, so its user needs CAP_SYS_RAWIO",
			     dev_name(&group->dev), current->comm, task_tgid_nr(current));
	return false;
}

/* C9: one open at a time. There is no file yet to ask for the reason, so it is logged. */
static int refuse_busy(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	return ovfio_refuse_and_log(NULL, OPENVFIO_REASON_BUSY_GROUP, -EBUSY,
				    "group %s is in use: opened by %s (pid %d); %s (pid %d) has to wait until it is closed",
				    dev_name(&group->dev), group->opener.comm, group->opener.pid,
				    current->comm, task_tgid_nr(current));
}

/* @refusal is NULL where there is no file to ask for the reason. */
static int refuse_gone(struct vfio_group *group, struct vfio_refusal *refusal)
{
	return ovfio_refuse(refusal, OPENVFIO_REASON_GONE, -ENODEV,
			    "the last device of group %s was unbound from its VFIO driver",
			    dev_name(&group->dev));
}

static int group_open(struct inode *inode, struct file *file)
{
	struct vfio_group *group = container_of(inode->i_cdev, struct vfio_group, cdev);
	int ret = 0;

	mutex_lock(&group->lock);
	if (!group->iommu_group) {
		ret = refuse_gone(group, NULL);
	} else if (!may_use(group)) {
		ret = -EPERM;
	} else if (group->file) {
		ret = refuse_busy(group);
	} else {
		get_device(&group->dev);
		vfio_note_opener(&group->opener);
		group->file = file;
		vfio_refusal_init(&group->refusal);
		file->private_data = group;
	}
	mutex_unlock(&group->lock);
	return ret ?: stream_open(inode, file);
}

static int group_close(struct inode *inode, struct file *file)
{
	struct vfio_group *group = file->private_data;

	mutex_lock(&group->lock);
	/* Device files hold this file, so none is open. */
	WARN_ON_ONCE(group->open_devices);
	if (group->container)
		vfio_container_remove_group(group->container, group);
	group->file = NULL;
	group->kvm = NULL;
	mutex_unlock(&group->lock);
	put_device(&group->dev);
	return 0;
}

/*
 * User memory is never touched under the group's lock: a page fault can be made to
 * last as long as the user likes, and unbinding a device takes that lock.
 */
static long group_get_status(struct vfio_group *group, struct vfio_group_status __user *arg)
{
	struct vfio_group_status status;
	long ret = 0;

	if (copy_from_user(&status, arg, sizeof(status)))
		return -EFAULT;
	if (status.argsz < sizeof(status))
		return ovfio_refuse_argsz(&group->refusal, status.argsz, sizeof(status));

	status.flags = 0;
	mutex_lock(&group->lock);
	if (!group->iommu_group)
		ret = refuse_gone(group, &group->refusal);
	else if (group->container)
		status.flags = VFIO_GROUP_FLAGS_CONTAINER_SET | VFIO_GROUP_FLAGS_VIABLE;
	else if (group->kind != VFIO_GROUP_REAL ||
		 !iommu_group_dma_owner_claimed(group->iommu_group))
		status.flags = VFIO_GROUP_FLAGS_VIABLE;
	mutex_unlock(&group->lock);
	if (!ret && copy_to_user(arg, &status, sizeof(status)))
		ret = -EFAULT;
	return ret;
}

static long group_set_container(struct vfio_group *group, int __user *arg)
{
	struct vfio_container *container;
	struct fd f;
	long ret;
	int fd;

	if (get_user(fd, arg))
		return -EFAULT;
	f = fdget(fd);
	if (!f.file)
		return ovfio_refuse(&group->refusal, OPENVFIO_REASON_DESCRIPTOR, -EBADF,
				    "file descriptor %d is not open", fd);
	container = vfio_container_from_file(f.file);

	mutex_lock(&group->lock);
	if (!group->iommu_group)
		ret = refuse_gone(group, &group->refusal);
	else if (!container)
		ret = ovfio_refuse(&group->refusal, OPENVFIO_REASON_DESCRIPTOR, -EINVAL,
				   "file descriptor %d is no container (/dev/vfio/vfio)", fd);
	else if (group->container)
		ret = ovfio_refuse(&group->refusal, OPENVFIO_REASON_ATTACHED, -EINVAL,
				   "group %s is in a container already; UNSET_CONTAINER first",
				   dev_name(&group->dev));
	else if (!may_use(group))
		ret = -EPERM;
	else
		ret = vfio_container_add_group(container, group);
	mutex_unlock(&group->lock);
	fdput(f);
	return ret;
}

static long group_unset_container(struct vfio_group *group)
{
	long ret = 0;

	mutex_lock(&group->lock);
	if (!group->container)
		ret = ovfio_refuse(&group->refusal, OPENVFIO_REASON_NOT_ATTACHED, -EINVAL,
				   "group %s is in no container", dev_name(&group->dev));
	else if (group->open_devices)
		ret = ovfio_refuse(&group->refusal, OPENVFIO_REASON_IN_USE, -EBUSY,
				   "%u device files of group %s are open; close them first",
				   group->open_devices, dev_name(&group->dev));
	else
		vfio_container_remove_group(group->container, group);
	mutex_unlock(&group->lock);
	return ret;
}

static int device_matches(struct vfio_device *device, char *name, struct vfio_refusal *refusal)
{
	if (device->ops->match)
		return device->ops->match(device, name, refusal);
	return !strcmp(dev_name(device->dev), name);
}

/* A device of the group by its name, with a reference; ERR_PTR(-ENODEV) if none. */
static struct vfio_device *find_device(struct vfio_group *group, char *name)
{
	struct vfio_device *device;

	lockdep_assert_held(&group->lock);

	list_for_each_entry(device, &group->devices, group_node) {
		int ret = device_matches(device, name, &group->refusal);

		if (ret < 0)
			return ERR_PTR(ret);
		if (ret && vfio_device_try_get(device))
			return device;
	}
	return ERR_PTR(ovfio_refuse(&group->refusal, OPENVFIO_REASON_NO_DEVICE, -ENODEV,
				    "group %s has no device '%.32s' that is bound to a VFIO driver",
				    dev_name(&group->dev), name));
}

/* C11: the name is looked up first, so a wrong name is ENODEV in any state. */
static int may_open_device(struct vfio_group *group)
{
	lockdep_assert_held(&group->lock);

	if (!group->container || !vfio_container_has_iommu(group->container))
		return ovfio_refuse(&group->refusal, OPENVFIO_REASON_NOT_ATTACHED, -EINVAL,
				    "group %s is not in a container with an IOMMU set (SET_CONTAINER, SET_IOMMU)",
				    dev_name(&group->dev));
	return may_use(group) ? 0 : -EPERM;
}

/*
 * The count keeps the group in its container from here until the file is closed. @kvm is
 * the group's virtual machine, with a reference.
 */
static struct vfio_device *reserve_device(struct vfio_group *group, char *name,
					  struct kvm **kvm)
{
	struct vfio_device *device;
	int ret;

	*kvm = NULL;
	mutex_lock(&group->lock);
	device = find_device(group, name);
	if (IS_ERR(device))
		goto out;
	ret = may_open_device(group);
	if (ret) {
		vfio_device_put(device);
		device = ERR_PTR(ret);
		goto out;
	}
	group->open_devices++;
	/* Under the lock, for once KVM has taken it away its memory may be gone. */
	*kvm = vfio_kvm_get(group->kvm);
out:
	mutex_unlock(&group->lock);
	return device;
}

static void unreserve_device(struct vfio_group *group, struct vfio_device *device)
{
	mutex_lock(&group->lock);
	group->open_devices--;
	mutex_unlock(&group->lock);
	vfio_device_put(device);
}

static long group_get_device_fd(struct file *group_file, char __user *arg)
{
	struct vfio_group *group = group_file->private_data;
	struct vfio_device *device;
	struct file *file;
	struct kvm *kvm;
	char *name;
	int fd;

	name = strndup_user(arg, PAGE_SIZE);
	if (name == ERR_PTR(-EINVAL))
		return ovfio_refuse(&group->refusal, OPENVFIO_REASON_NO_DEVICE, -EINVAL,
				    "the name of a device is shorter than %lu bytes", PAGE_SIZE);
	if (IS_ERR(name))
		return PTR_ERR(name);
	device = reserve_device(group, name, &kvm);
	kfree(name);
	if (IS_ERR(device))
		return PTR_ERR(device);

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto err_put_kvm;
	/* On success the file takes over the reservation, the reference and a group file. */
	file = vfio_device_open(device, group_file, kvm);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto err_unreserve;
	}
	fd_install(fd, file);
	return fd;

err_put_kvm:
	vfio_kvm_put(kvm);
err_unreserve:
	unreserve_device(group, device);
	return fd;
}

static long group_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vfio_group *group = file->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_GROUP_GET_STATUS:
		return group_get_status(group, uarg);
	case VFIO_GROUP_SET_CONTAINER:
		return group_set_container(group, uarg);
	case VFIO_GROUP_UNSET_CONTAINER:
		return group_unset_container(group);
	case VFIO_GROUP_GET_DEVICE_FD:
		return group_get_device_fd(file, uarg);
	case OPENVFIO_GET_REFUSAL:
		return vfio_refusal_get(&group->refusal, uarg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations group_fops = {
	.owner = THIS_MODULE,
	.open = group_open,
	.release = group_close,
	.unlocked_ioctl = group_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/**
 * vfio_group_from_file() - the group behind a file
 * @file: any file; the group stays as long as the caller holds it
 *
 * Return: the group, or NULL if @file is something else.
 */
struct vfio_group *vfio_group_from_file(struct file *file)
{
	return file->f_op == &group_fops ? file->private_data : NULL;
}

/**
 * ovfio_file_is_group() - is this an open group?
 * @file: any file
 */
bool ovfio_file_is_group(struct file *file)
{
	return vfio_group_from_file(file);
}
EXPORT_SYMBOL_GPL(ovfio_file_is_group);

/**
 * ovfio_file_has_device() - is this the group of a device, open?
 * @file: any file, held by the caller
 * @device: a device that is registered
 *
 * Whoever has the file owns the device: it is what opens it.
 */
bool ovfio_file_has_device(struct file *file, struct vfio_device *device)
{
	struct vfio_group *group = vfio_group_from_file(file);

	return group && group == device->group;
}
EXPORT_SYMBOL_GPL(ovfio_file_has_device);

/**
 * vfio_group_set_kvm() - devices opened from now on belong to a virtual machine
 * @group: a group; its file is held by the caller
 * @kvm: the machine, or NULL. Its memory stays until this is called with NULL.
 */
void vfio_group_set_kvm(struct vfio_group *group, struct kvm *kvm)
{
	mutex_lock(&group->lock);
	group->kvm = kvm;
	mutex_unlock(&group->lock);
}

/**
 * vfio_group_enforces_coherency() - can no device of the group bypass the CPU caches?
 * @group: a group; its file is held by the caller
 *
 * Return: what the IOMMU driver of its container says: false while none is set. True for a
 * group in no container: its devices cannot be used, and its owner has not shown yet
 * that it may use them.
 */
bool vfio_group_enforces_coherency(struct vfio_group *group)
{
	bool enforces = true;

	mutex_lock(&group->lock);
	if (group->container)
		enforces = vfio_container_check_extension(group->container,
							  VFIO_DMA_CC_IOMMU) > 0;
	mutex_unlock(&group->lock);
	return enforces;
}

/**
 * vfio_group_iommu_group() - the kernel's group behind ours
 * @group: a group; its file is held by the caller
 *
 * Return: the IOMMU group with a reference, or NULL once the last device is gone.
 */
struct iommu_group *vfio_group_iommu_group(struct vfio_group *group)
{
	struct iommu_group *iommu_group = NULL;

	mutex_lock(&group->lock);
	if (group->iommu_group)
		iommu_group = iommu_group_ref_get(group->iommu_group);
	mutex_unlock(&group->lock);
	return iommu_group;
}

/**
 * vfio_groups_start() - begin to look at all groups
 * @pos: how many to leave out
 *
 * Return: &vfio_group.node, or NULL behind the last; before the first the head of the
 * list. In any case the list stays as it is until vfio_groups_stop().
 */
struct list_head *vfio_groups_start(loff_t pos)
{
	mutex_lock(&groups_lock);
	return seq_list_start_head(&groups, pos);
}

/**
 * vfio_groups_next() - the next one
 * @node: from vfio_groups_start()
 * @pos: counts on
 *
 * Return: &vfio_group.node, or NULL behind the last.
 */
struct list_head *vfio_groups_next(struct list_head *node, loff_t *pos)
{
	lockdep_assert_held(&groups_lock);

	return seq_list_next(node, &groups, pos);
}

/**
 * vfio_groups_stop() - the end of what vfio_groups_start() began
 */
void vfio_groups_stop(void)
{
	mutex_unlock(&groups_lock);
}

static char *group_devnode(struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "vfio/%s", dev_name(dev));
}

int __init vfio_group_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&group_devt, 0, MINORMASK + 1, "vfio");
	if (ret)
		return ret;
	group_class = class_create(THIS_MODULE, "vfio");
	if (IS_ERR(group_class)) {
		unregister_chrdev_region(group_devt, MINORMASK + 1);
		return PTR_ERR(group_class);
	}
	group_class->devnode = group_devnode;
	return 0;
}

void vfio_group_exit(void)
{
	WARN_ON_ONCE(!list_empty(&groups));
	class_destroy(group_class);
	unregister_chrdev_region(group_devt, MINORMASK + 1);
	ida_destroy(&group_minors);
}
