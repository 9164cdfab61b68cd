// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: registration by a bus driver, the device file, and the way back, in which
 * the core waits until the last user has let go. docs/locking.md.
 */
#include <linux/compat.h>
#include <linux/anon_inodes.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "debug.h"
#include "device.h"
#include "emulated.h"
#include "group.h"
#include "kvm.h"
#include "noiommu.h"
#include "refusal.h"

/* A file system never seen by users: it gives each device an inode of its own. */
#define VFIO_FS_MAGIC	0x6f766673

#define ASK_AGAIN	(10 * HZ)

static struct class *device_class;
static struct vfsmount *device_fs;
static DEFINE_IDA(device_ids);

/**
 * vfio_device_try_get() - keep a device registered
 * @device: a device that cannot go away under the caller (its group's lock is held)
 *
 * Return: false if the device is being unregistered.
 */
bool vfio_device_try_get(struct vfio_device *device)
{
	lockdep_assert_held(&device->group->lock);

	return refcount_inc_not_zero(&device->users);
}

/**
 * vfio_device_put() - the end of what vfio_device_try_get() began
 * @device: must not be touched afterwards
 */
void vfio_device_put(struct vfio_device *device)
{
	if (refcount_dec_and_test(&device->users))
		complete(&device->unused);
}

/* On failure the reference to @kvm is still the caller's. */
static int device_start(struct vfio_device *device, struct kvm *kvm)
{
	int ret;

	lockdep_assert_held(&device->open_lock);

	device->kvm = kvm;
	device->opened = true;
	vfio_refusal_init(&device->refusal);
	vfio_emulated_register(device);
	ret = device->ops->open(device, &device->group->refusal);
	if (!ret) {
		vfio_note_opener(&device->opener);
		return 0;
	}
	vfio_emulated_unregister(device);
	device->opened = false;
	device->kvm = NULL;
	return ret;
}

/* Returns the reference to the virtual machine, which is to be put without the lock. */
static struct kvm *device_stop(struct vfio_device *device)
{
	struct kvm *kvm = device->kvm;

	lockdep_assert_held(&device->open_lock);

	device->ops->close(device);
	vfio_emulated_unregister(device);
	device->opened = false;
	device->kvm = NULL;
	return kvm;
}

/* Takes the reference to @kvm over, in any case. */
static int device_first_open(struct vfio_device *device, struct kvm *kvm)
{
	struct module *owner = device->ops->owner;
	int ret = 0;

	if (!try_module_get(owner)) {
		vfio_kvm_put(kvm);
		return ovfio_refuse(&device->group->refusal, OPENVFIO_REASON_GONE, -ENODEV,
				    "the driver of %s is being unloaded", dev_name(device->dev));
	}
	mutex_lock(&device->open_lock);
	if (!device->open_count) {
		ret = device_start(device, kvm);
		if (!ret)
			kvm = NULL;
	}
	if (!ret)
		device->open_count++;
	mutex_unlock(&device->open_lock);
	/* May destroy it, which calls us for the group. */
	vfio_kvm_put(kvm);
	if (ret)
		module_put(owner);
	return ret;
}

static void device_last_close(struct vfio_device *device)
{
	struct module *owner = device->ops->owner;
	struct kvm *kvm = NULL;

	mutex_lock(&device->open_lock);
	if (!--device->open_count)
		kvm = device_stop(device);
	mutex_unlock(&device->open_lock);
	vfio_kvm_put(kvm);
	module_put(owner);
}

/* Like every file of ours, a device file holds what it stands on: its group's file. */
static int device_close(struct inode *inode, struct file *file)
{
	struct vfio_device *device = file->private_data;
	struct vfio_group *group = device->group;
	struct file *group_file;

	device_last_close(device);

	mutex_lock(&group->lock);
	group->open_devices--;
	group_file = group->file;
	mutex_unlock(&group->lock);

	vfio_device_put(device);
	fput(group_file);
	return 0;
}

static ssize_t device_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_device *device = file->private_data;

	return device->ops->read(device, buf, count, pos);
}

static ssize_t device_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct vfio_device *device = file->private_data;

	return device->ops->write(device, buf, count, pos);
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vfio_device *device = file->private_data;

	if (cmd == OPENVFIO_GET_REFUSAL)
		return vfio_refusal_get(&device->refusal, (void __user *)arg);
	return device->ops->ioctl(device, cmd, arg);
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vfio_device *device = file->private_data;

	return device->ops->mmap(device, vma);
}

/* The words are those of later kernels. */
static void device_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct vfio_device *device = file->private_data;
	char *path = kobject_get_path(&device->dev->kobj, GFP_KERNEL);

	if (path)
		seq_printf(seq, "vfio-device-syspath: /sys%s\n", path);
	kfree(path);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.release = device_close,
	.read = device_read,
	.write = device_write,
	.mmap = device_mmap,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = device_show_fdinfo,
};

/**
 * vfio_device_open() - make a file of a device
 * @device: a device of the group; the caller holds a reference
 * @group_file: the group's file
 * @kvm: the group's virtual machine, with a reference that is taken over, or NULL
 *
 * Return: the file, which takes over the caller's reference and its count in
 * vfio_group.open_devices and holds @group_file; or ERR_PTR, with nothing changed.
 */
struct file *vfio_device_open(struct vfio_device *device, struct file *group_file,
			      struct kvm *kvm)
{
	struct file *file;
	int ret;

	ret = device_first_open(device, kvm);
	if (ret)
		return ERR_PTR(ret);
	file = anon_inode_getfile("[vfio-device]", &device_fops, device, O_RDWR);
	if (IS_ERR(file)) {
		device_last_close(device);
		return file;
	}
	/* pread() and pwrite(), but no lseek(): positions are addresses (rule B1). */
	file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	/* All anonymous files share one mapping; a zap must reach this device's only. */
	file->f_mapping = device->mapping;
	get_file(group_file);
	if (device->group->kind == VFIO_GROUP_NOIOMMU)
		dev_warn(device->dev, "vfio: opened by %s (pid %d) without an IOMMU: it can reach all memory\n",
			 current->comm, task_tgid_nr(current));
	return file;
}

static int device_add_node(struct vfio_device *device)
{
	device->index = ida_alloc(&device_ids, GFP_KERNEL);
	if (device->index < 0)
		return device->index;
	device->node = device_create(device_class, device->dev, MKDEV(0, 0), device,
				     "vfio%d", device->index);
	if (IS_ERR(device->node)) {
		ida_free(&device_ids, device->index);
		return PTR_ERR(device->node);
	}
	return 0;
}

static void device_remove_node(struct vfio_device *device)
{
	device_unregister(device->node);
	ida_free(&device_ids, device->index);
}

static int register_in(struct vfio_device *device, struct iommu_group *iommu_group,
		       enum vfio_group_kind kind)
{
	struct vfio_group *group;
	int ret;

	device->inode = alloc_anon_inode(device_fs->mnt_sb);
	if (IS_ERR(device->inode))
		return PTR_ERR(device->inode);
	device->mapping = device->inode->i_mapping;
	mutex_init(&device->open_lock);
	refcount_set(&device->users, 1);
	init_completion(&device->unused);

	group = vfio_group_register(iommu_group, kind);
	if (IS_ERR(group)) {
		ret = PTR_ERR(group);
		goto err_put_inode;
	}
	ret = device_add_node(device);
	if (ret)
		goto err_unregister_group;

	mutex_lock(&group->lock);
	device->group = group;
	list_add_tail(&device->group_node, &group->devices);
	mutex_unlock(&group->lock);
	vfio_debug_add_device(device);
	return 0;

err_unregister_group:
	vfio_group_unregister(group);
err_put_inode:
	iput(device->inode);
	return ret;
}

static struct iommu_group *make_iommu_group(struct device *dev, const char *name)
{
	struct iommu_group *iommu_group = iommu_group_alloc();
	int ret;

	if (IS_ERR(iommu_group))
		return iommu_group;
	ret = iommu_group_set_name(iommu_group, name);
	if (!ret)
		ret = iommu_group_add_device(iommu_group, dev);
	if (!ret)
		return iommu_group;
	iommu_group_put(iommu_group);
	return ERR_PTR(ret);
}

/* A device that no IOMMU knows is alone in an IOMMU group made for it. */
static int register_alone(struct vfio_device *device, enum vfio_group_kind kind, const char *name)
{
	struct iommu_group *iommu_group = make_iommu_group(device->dev, name);
	int ret;

	if (IS_ERR(iommu_group))
		return PTR_ERR(iommu_group);
	ret = register_in(device, iommu_group, kind);
	if (ret)
		iommu_group_remove_device(device->dev);
	iommu_group_put(iommu_group);
	return ret;
}

static int register_unconfined(struct vfio_device *device)
{
	int ret;

	if (!vfio_noiommu_enabled()) {
		dev_err(device->dev, "vfio: no IOMMU protects memory from this device; switch the IOMMU on (firmware setup, intel_iommu=on)\n");
		return -EINVAL;
	}
	ret = register_alone(device, VFIO_GROUP_NOIOMMU, "vfio-noiommu");
	if (ret)
		return ret;
	dev_warn(device->dev, "vfio: no-IOMMU mode: its user will be able to reach all memory; the kernel is tainted\n");
	add_taint(TAINT_USER, LOCKDEP_STILL_OK);
	return 0;
}

/**
 * ovfio_register_device() - offer a device to user programs
 * @device: with @device->dev and @device->ops set, otherwise zero
 *
 * Makes the node of the device's group if it is the group's first device. A device without
 * an IOMMU group gets a no-IOMMU group if the administrator switched that mode on (N1).
 *
 * Context: Process context, from the bus driver's probe.
 * Return: 0; -EINVAL if the device has no IOMMU group or its IOMMU cannot keep DMA
 * coherent with the CPU caches (C15); or another errno.
 */
int ovfio_register_device(struct vfio_device *device)
{
	struct iommu_group *iommu_group;
	int ret = -EINVAL;

	iommu_group = iommu_group_get(device->dev);
	if (!iommu_group)
		return register_unconfined(device);
	if (device_iommu_capable(device->dev, IOMMU_CAP_CACHE_COHERENCY))
		ret = register_in(device, iommu_group, VFIO_GROUP_REAL);
	else
		dev_err(device->dev, "vfio: its IOMMU does not keep DMA coherent with the CPU caches\n");
	iommu_group_put(iommu_group);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_register_device);

/**
 * ovfio_register_emulated_device() - offer a device that does no DMA by itself
 * @device: with @device->dev and @device->ops set, otherwise zero. @device->dev has no
 *	IOMMU group, and gets one of its own until ovfio_unregister_device().
 *
 * The driver does the device's DMA, by ovfio_dma_rw() and ovfio_pin_pages(), so no IOMMU
 * is needed to confine it.
 *
 * Context: Process context.
 * Return: 0; -EINVAL if the device has an IOMMU group; or another errno.
 */
int ovfio_register_emulated_device(struct vfio_device *device)
{
	struct iommu_group *iommu_group = iommu_group_get(device->dev);

	if (iommu_group) {
		iommu_group_put(iommu_group);
		dev_err(device->dev, "vfio: an IOMMU serves this device, so it is no emulated one\n");
		return -EINVAL;
	}
	return register_alone(device, VFIO_GROUP_EMULATED, "vfio-emulated");
}
EXPORT_SYMBOL_GPL(ovfio_register_emulated_device);

/*
 * Asks for the device back until its last file is closed (C14). A signal to the
 * waiting task cannot end the wait, for remove() has no way to fail: it is logged, so
 * that the administrator learns whom to wait for.
 */
static void wait_unused(struct vfio_device *device)
{
	bool signalled = false;
	unsigned int asked = 0;
	long left;

	while (!try_wait_for_completion(&device->unused)) {
		if (!asked)
			dev_notice(device->dev, "vfio: removal is blocked until the device is closed; opened by %s (pid %d)\n",
				   device->opener.comm, device->opener.pid);
		if (device->ops->request)
			device->ops->request(device, asked++);
		if (signalled)
			left = wait_for_completion_timeout(&device->unused, ASK_AGAIN);
		else
			left = wait_for_completion_interruptible_timeout(&device->unused,
									 ASK_AGAIN);
		if (left > 0)
			return;
		if (left < 0) {
			signalled = true;
			dev_warn(device->dev, "vfio: in use; task %s (pid %d) waits for its last file to be closed and cannot be interrupted\n",
				 current->comm, task_pid_nr(current));
		}
	}
}

/**
 * ovfio_unregister_device() - take a device back from user programs
 * @device: a registered device
 *
 * No new user comes in; those there are asked to leave, through
 * &vfio_device_ops.request, until the last has. Then @device is the caller's alone.
 *
 * Context: Process context, from the bus driver's remove. Waits without limit.
 */
void ovfio_unregister_device(struct vfio_device *device)
{
	struct vfio_group *group = device->group;
	enum vfio_group_kind kind = group->kind;

	mutex_lock(&group->lock);
	list_del(&device->group_node);
	mutex_unlock(&group->lock);

	vfio_device_put(device);
	wait_unused(device);

	vfio_debug_remove_device(device);
	device_remove_node(device);
	vfio_group_unregister(group);
	if (kind != VFIO_GROUP_REAL)
		iommu_group_remove_device(device->dev);
	iput(device->inode);
}
EXPORT_SYMBOL_GPL(ovfio_unregister_device);

static int device_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, VFIO_FS_MAGIC) ? 0 : -ENOMEM;
}

/* No owner: the mount would hold the module for ever. It goes with the module. */
static struct file_system_type device_fs_type = {
	.name = "vfio",
	.init_fs_context = device_fs_init,
	.kill_sb = kill_anon_super,
};

int __init vfio_device_init(void)
{
	int ret;

	device_class = class_create(THIS_MODULE, "vfio-dev");
	if (IS_ERR(device_class))
		return PTR_ERR(device_class);
	device_fs = kern_mount(&device_fs_type);
	if (IS_ERR(device_fs)) {
		ret = PTR_ERR(device_fs);
		class_destroy(device_class);
		return ret;
	}
	return 0;
}

void vfio_device_exit(void)
{
	kern_unmount(device_fs);
	class_destroy(device_class);
	ida_destroy(&device_ids);
}
