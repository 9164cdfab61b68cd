// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device with us: registered by a driver's probe, opened by its first
 * user, closed by its last, unregistered. Between two users, and for the host driver
 * after us, it is to be found as it was before (V2, V3).
 */
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <linux/uuid.h>

#include "intx.h"
#include "ioeventfd.h"
#include "pci.h"

/* What does not change while the device is open. */
static void find_vectors(struct vfio_pci_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	u32 table;
	u16 flags;

	if (dev->msi) {
		pci_read_config_word(pdev, dev->msi + PCI_MSI_FLAGS, &flags);
		dev->msi_vectors = 1U << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
	}
	if (!dev->msix)
		return;
	pci_read_config_word(pdev, dev->msix + PCI_MSIX_FLAGS, &flags);
	pci_read_config_dword(pdev, dev->msix + PCI_MSIX_TABLE, &table);
	dev->msix_bar = table & PCI_MSIX_TABLE_BIR;
	dev->msix_table = table & PCI_MSIX_TABLE_OFFSET;
	dev->msix_table_size = ((flags & PCI_MSIX_FLAGS_QSIZE) + 1) * PCI_MSIX_ENTRY_SIZE;
}

/* Every user begins with a device fresh from reset, if it can be reset at all. */
static int reset_for_user(struct vfio_pci_device *dev, struct vfio_refusal *refusal)
{
	int ret;

	/* One that is gone would be waited for, for a minute. */
	if (!vfio_pci_answers(dev))
		return vfio_pci_refuse_lost(dev, refusal);
	ret = pci_try_reset_function(dev->pdev);
	if (ret == -EAGAIN)
		return vfio_pci_refuse_locked(dev, refusal);
	if (!vfio_pci_answers(dev))
		return vfio_pci_refuse_lost(dev, refusal);
	dev->reset_works = !ret;
	return 0;
}

static int start(struct vfio_pci_device *dev, struct vfio_refusal *refusal)
{
	struct pci_dev *pdev = dev->pdev;
	int ret;

	pci_clear_master(pdev);
	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = reset_for_user(dev, refusal);
	if (ret)
		goto err_disable;
	/* Not in the middle of a reset that somebody else has begun since. */
	pci_cfg_access_lock(pdev);
	pci_save_state(pdev);
	pci_cfg_access_unlock(pdev);
	dev->saved = pci_store_saved_state(pdev);
	if (!dev->saved) {
		ret = -ENOMEM;
		goto err_disable;
	}
	dev->intx_maskable = !dev->nointxmask && pci_intx_mask_supported(pdev);
	dev->intx.command_masked = false;
	vfio_pci_intx_quiet(dev);
	find_vectors(dev);
	ret = vfio_pci_config_init(dev);
	if (ret)
		goto err_restore;
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	vfio_pci_find_rom(dev);
	vfio_pci_find_mappable(dev);
	vfio_pci_memory_update(dev);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
	return 0;

err_restore:
	pci_load_and_free_saved_state(pdev, &dev->saved);
	pci_restore_state(pdev);
err_disable:
	pci_disable_device(pdev);
	return ret;
}

/**
 * ovfio_pci_open() - the first open of a device
 * @vdev: the device
 * @refusal: for the reason
 *
 * Return: 0; -EAGAIN while the device is locked by a reset or removal; -EIO if it does not
 * answer; or another errno.
 */
int ovfio_pci_open(struct vfio_device *vdev, struct vfio_refusal *refusal)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	int ret;

	ret = pm_runtime_resume_and_get(&dev->pdev->dev);
	if (ret)
		return ovfio_refuse(refusal, OPENVFIO_REASON_LOW_POWER, ret,
				    "%s cannot be woken (error %d)", pci_name(dev->pdev), ret);
	vfio_pci_set_lock(dev);
	ret = start(dev, refusal);
	dev->in_use = !ret;
	vfio_pci_set_unlock(dev);
	if (ret)
		vfio_pci_rest(dev);
	else
		vfio_pci_vf_in_use(dev, true);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pci_open);

static void stop(struct vfio_pci_device *dev)
{
	struct pci_dev *pdev = dev->pdev;

	vfio_pci_ioeventfds_clear(dev);
	pci_clear_master(pdev);
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	vfio_pci_set_power(dev, PCI_D0);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
	vfio_pci_disable_irqs(dev);
	/* -EAGAIN when remove() waits for us: then the reset is made there. */
	dev->needs_reset = !dev->reset_works || !vfio_pci_answers(dev) ||
			   pci_try_reset_function(pdev);
	pci_load_and_free_saved_state(pdev, &dev->saved);
	pci_restore_state(pdev);
	vfio_pci_release_bars(dev);
	vfio_pci_config_free(dev);
	dev->memory_on = false;
	pci_disable_device(pdev);
	/* One that cannot be reset may still assert its line. The next driver opens it. */
	vfio_pci_intx_quiet(dev);
}

/**
 * ovfio_pci_close() - the last close of a device
 * @vdev: the device
 */
void ovfio_pci_close(struct vfio_device *vdev)
{
	struct vfio_pci_device *dev = to_pci(vdev);

	vfio_pci_low_power_end(dev);
	vfio_pci_set_lock(dev);
	stop(dev);
	dev->in_use = false;
	vfio_pci_set_reset_unused(dev);
	vfio_pci_set_unlock(dev);
	vfio_pci_vf_in_use(dev, false);
	vfio_pci_rest(dev);
}
EXPORT_SYMBOL_GPL(ovfio_pci_close);

static long get_info(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, info.argsz, minsz);
	/* G3: there are no capabilities, and who knows of them is to see that. */
	if (info.argsz >= offsetofend(struct vfio_device_info, cap_offset))
		minsz = offsetofend(struct vfio_device_info, cap_offset);
	info.flags = VFIO_DEVICE_FLAGS_PCI | (dev->reset_works ? VFIO_DEVICE_FLAGS_RESET : 0);
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long dispatch(struct vfio_pci_device *dev, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(dev, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_pci_region_info(dev, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_pci_irq_info(dev, arg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_pci_set_irqs(dev, arg);
	case VFIO_DEVICE_RESET:
		return vfio_pci_reset(dev);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return vfio_pci_hot_reset_info(dev, arg);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return vfio_pci_hot_reset(dev, arg);
	case VFIO_DEVICE_IOEVENTFD:
		return vfio_pci_ioeventfd(dev, arg);
	case VFIO_DEVICE_FEATURE:
		return vfio_pci_feature(dev, arg);
	default:
		return -ENOTTY;
	}
}

/**
 * ovfio_pci_ioctl() - the ioctls of a device file
 * @vdev: the device
 * @cmd: the ioctl
 * @arg: its argument
 *
 * A device in low power is woken for it (R5).
 *
 * Return: as the ioctl has it; -ENOTTY for one that is not known; -EIO if the device cannot
 * be woken.
 */
long ovfio_pci_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	long ret = vfio_pci_wake(dev);

	if (ret)
		return ret;
	ret = dispatch(dev, cmd, (void __user *)arg);
	vfio_pci_rest(dev);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pci_ioctl);

#define VF_TOKEN	"vf_token="

/* The options behind a device's name (C13): a VF token, once, well formed. */
static int parse_options(char *options, uuid_t *token, bool *given)
{
	char *option;

	*given = false;
	while ((option = strsep(&options, " "))) {
		if (!*option)
			continue;
		if (*given || strncmp(option, VF_TOKEN, strlen(VF_TOKEN)))
			return -EINVAL;
		option += strlen(VF_TOKEN);
		if (strlen(option) != UUID_STRING_LEN || uuid_parse(option, token))
			return -EINVAL;
		*given = true;
	}
	return 0;
}

/**
 * ovfio_pci_match() - see &vfio_device_ops.match
 * @vdev: the device
 * @name: what the user calls it: its address, perhaps followed by options
 * @refusal: for the reason
 *
 * Return: 1 if it is meant, 0 if not, -EINVAL for options it cannot take, -EACCES if the VF
 * token is not right.
 */
int ovfio_pci_match(struct vfio_device *vdev, char *name, struct vfio_refusal *refusal)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	size_t length = strlen(pci_name(dev->pdev));
	uuid_t token;
	bool given;
	int ret;

	if (strncmp(name, pci_name(dev->pdev), length))
		return 0;
	if (name[length] && name[length] != ' ')
		return 0;
	ret = parse_options(name + length, &token, &given);
	if (ret)
		return ovfio_refuse(refusal, OPENVFIO_REASON_VF_TOKEN, ret,
				    "behind %s, only one vf_token=UUID may follow",
				    pci_name(dev->pdev));
	return vfio_pci_check_token(dev, given ? &token : NULL, refusal) ?: 1;
}
EXPORT_SYMBOL_GPL(ovfio_pci_match);

/**
 * ovfio_pci_blocked_by() - see &vfio_device_ops.blocked_by
 * @member: a PCI device
 * @driver: room for the driver's name
 * @size: bytes of it
 *
 * Return: true if @member is bound to a driver that uses the kernel's DMA mappings.
 */
bool ovfio_pci_blocked_by(struct device *member, char *driver, size_t size)
{
	struct pci_driver *bound;
	bool blocks;

	/* A thread that binds or unbinds it holds the lock and may wait for our caller. */
	if (!device_trylock(member)) {
		strscpy(driver, "a driver that is just binding or unbinding", size);
		return true;
	}
	bound = to_pci_dev(member)->driver;
	blocks = bound && !bound->driver_managed_dma;
	if (blocks)
		strscpy(driver, bound->name, size);
	device_unlock(member);
	return blocks;
}
EXPORT_SYMBOL_GPL(ovfio_pci_blocked_by);

static int check_function(struct pci_dev *pdev)
{
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL) {
		pci_info(pdev, "vfio: a bridge is not for user programs; devices behind it are\n");
		return -EINVAL;
	}
	if (pdev->is_physfn && pci_num_vf(pdev)) {
		pci_warn(pdev, "vfio: cannot bind while its virtual functions are enabled; write 0 to its sriov_numvfs first\n");
		return -EBUSY;
	}
	return 0;
}

/**
 * ovfio_pci_register() - offer a PCI device to user programs
 * @dev: zeroed, with vdev.ops, pdev and the driver's choices set; the driver data of pdev
 *
 * Context: the driver's probe.
 * Return: 0; -EINVAL for a bridge (V1) or a device no IOMMU confines; -EBUSY for a
 * function whose VFs are in use; or another errno.
 */
int ovfio_pci_register(struct vfio_pci_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int ret;

	ret = check_function(pdev);
	if (ret)
		return ret;
	dev->vdev.dev = &pdev->dev;
	dev->irq_index = VFIO_PCI_NUM_IRQS;
	dev->msi = pdev->msi_cap;
	dev->msix = pdev->msix_cap;
	mutex_init(&dev->config_lock);
	mutex_init(&dev->bar_lock);
	mutex_init(&dev->irq_lock);
	init_rwsem(&dev->memory_lock);
	vfio_pci_intx_init(dev);
	vfio_pci_ioeventfds_init(dev);
	ret = vfio_pci_set_join(dev);
	if (ret)
		return ret;
	ret = vfio_pci_sriov_init(dev);
	if (ret)
		goto err_leave_set;
	ret = vfio_pci_vga_register(dev);
	if (ret)
		goto err_sriov_exit;
	/* The last driver may have left it asleep, and without a word about that. */
	pci_set_power_state(pdev, PCI_D0);
	ret = ovfio_register_device(&dev->vdev);
	if (ret)
		goto err_vga_unregister;
	vfio_pci_allow_idle(dev);
	return 0;

err_vga_unregister:
	vfio_pci_vga_unregister(dev);
err_sriov_exit:
	vfio_pci_sriov_exit(dev);
err_leave_set:
	vfio_pci_set_leave(dev);
	vfio_pci_set_free(dev);
	return ret;
}
EXPORT_SYMBOL_GPL(ovfio_pci_register);

/**
 * ovfio_pci_unregister() - take a PCI device back
 * @dev: a registered device
 *
 * Context: the driver's remove. Waits until the last user has closed the device, and before
 * that until those of its virtual functions have closed theirs.
 */
void ovfio_pci_unregister(struct vfio_pci_device *dev)
{
	ovfio_pci_sriov_configure(dev, 0);
	vfio_pci_set_leave(dev);
	ovfio_unregister_device(&dev->vdev);
	vfio_pci_forbid_idle(dev);
	vfio_pci_vga_unregister(dev);
	if (dev->needs_reset && vfio_pci_answers(dev))
		pci_reset_function_locked(dev->pdev);
	vfio_pci_sriov_exit(dev);
	vfio_pci_set_free(dev);
}
EXPORT_SYMBOL_GPL(ovfio_pci_unregister);

const char ovfio_pci_version_1_0_0[] = OPENVFIO_VERSION;
EXPORT_SYMBOL_GPL(ovfio_pci_version_1_0_0);

static int __init vfio_pci_core_init(void)
{
	return vfio_needs(ovfio_version_1_0_0, "vfio");
}
module_init(vfio_pci_core_init);

/* Nothing to undo, but without it the module could not be unloaded. */
static void __exit vfio_pci_core_exit(void)
{
}
module_exit(vfio_pci_core_exit);

MODULE_DESCRIPTION("openvfio: PCI devices for user programs, library");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
