// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV. Whoever drives a physical function can look into what its virtual functions do,
 * and disturb it. So when it is a user program that drives it, the virtual ones are for user
 * programs, too (R7), and users on both sides show that they trust each other: by a
 * token, which the physical function's user sets (R6).
 */
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pci.h"

/**
 * struct vfio_pci_pf - what a physical function has for its virtual ones
 * @dev: the physical function
 * @notifier: hears of its virtual functions before their drivers do
 * @node: in the list of those with virtual functions; under pfs_lock
 * @lock: guards @token and @users
 * @token: the secret; random until a user sets it
 * @users: virtual functions in use
 */
struct vfio_pci_pf {
	struct vfio_pci_device *dev;
	struct notifier_block notifier;
	struct list_head node;
	struct mutex lock;
	uuid_t token;
	unsigned int users;
};

static DEFINE_MUTEX(pfs_lock);
static LIST_HEAD(pfs);

/* It stays: before a physical function goes, its virtual ones are gone. */
static struct vfio_pci_pf *find_physfn(struct pci_dev *vf)
{
	struct vfio_pci_pf *pf, *found = NULL;

	mutex_lock(&pfs_lock);
	list_for_each_entry(pf, &pfs, node)
		if (pf->dev->pdev == pci_physfn(vf))
			found = pf;
	mutex_unlock(&pfs_lock);
	return found;
}

/* R7: no host driver is to trust a device that a user program rules. */
static void keep_for_users(struct vfio_pci_device *dev, struct pci_dev *vf)
{
	const char *name = dev->vdev.ops->name;
	int ret = driver_set_override(&vf->dev, &vf->driver_override, name, strlen(name));

	if (ret)
		pci_warn(vf, "vfio: cannot be kept for %s (error %d): a host driver may take it, though a user program has its physical function %s\n",
			 name, ret, pci_name(dev->pdev));
}

static int hear(struct notifier_block *notifier, unsigned long event, void *data)
{
	struct vfio_pci_pf *pf = container_of(notifier, struct vfio_pci_pf, notifier);
	struct pci_dev *pdev = to_pci_dev(data);

	if (pdev->is_virtfn && pci_physfn(pdev) == pf->dev->pdev) {
		if (event == BUS_NOTIFY_ADD_DEVICE)
			keep_for_users(pf->dev, pdev);
		else if (event == BUS_NOTIFY_BOUND_DRIVER &&
			 pdev->driver != pf->dev->pdev->driver)
			pci_warn(pdev, "vfio: bound to %s, though a user program has its physical function %s\n",
				 pdev->driver->name, pci_name(pf->dev->pdev));
	}
	return NOTIFY_DONE;
}

/**
 * vfio_pci_sriov_init() - get ready for virtual functions, or find one's physical function
 * @dev: being registered
 *
 * Return: 0, -ENOMEM or another errno.
 */
int vfio_pci_sriov_init(struct vfio_pci_device *dev)
{
	struct vfio_pci_pf *pf;
	int ret;

	if (dev->pdev->is_virtfn)
		dev->physfn = find_physfn(dev->pdev);
	if (!dev->pdev->is_physfn)
		return 0;
	pf = kzalloc(sizeof(*pf), GFP_KERNEL);
	if (!pf)
		return -ENOMEM;
	pf->dev = dev;
	mutex_init(&pf->lock);
	uuid_gen(&pf->token);
	pf->notifier.notifier_call = hear;
	ret = bus_register_notifier(&pci_bus_type, &pf->notifier);
	if (ret) {
		kfree(pf);
		return ret;
	}
	dev->pf = pf;
	return 0;
}

/**
 * vfio_pci_sriov_exit() - the end of what vfio_pci_sriov_init() began
 * @dev: its virtual functions are gone
 */
void vfio_pci_sriov_exit(struct vfio_pci_device *dev)
{
	if (!dev->pf)
		return;
	bus_unregister_notifier(&pci_bus_type, &dev->pf->notifier);
	kfree(dev->pf);
	dev->pf = NULL;
}

/* Its virtual functions live off it, so it is not to sleep. */
static int prepare_physfn(struct vfio_pci_device *dev)
{
	int ret = pm_runtime_resume_and_get(&dev->pdev->dev);

	if (ret)
		return ret;
	vfio_pci_stay_awake(dev, true);
	mutex_lock(&pfs_lock);
	list_add(&dev->pf->node, &pfs);
	mutex_unlock(&pfs_lock);
	return 0;
}

static void release_physfn(struct vfio_pci_device *dev)
{
	mutex_lock(&pfs_lock);
	list_del(&dev->pf->node);
	mutex_unlock(&pfs_lock);
	vfio_pci_stay_awake(dev, false);
	pm_runtime_put(&dev->pdev->dev);
}

static int enable(struct vfio_pci_device *dev, int count)
{
	int ret;

	if (pci_num_vf(dev->pdev))
		return -EINVAL;
	ret = prepare_physfn(dev);
	if (ret)
		return ret;
	ret = pci_enable_sriov(dev->pdev, count);
	if (!ret)
		return count;
	release_physfn(dev);
	return ret;
}

/**
 * ovfio_pci_sriov_configure() - make or remove virtual functions
 * @dev: a registered device
 * @count: how many there are to be; 0 for none, which waits for their users
 *
 * Context: With the device lock of @dev held: sriov_configure of the driver, or its remove.
 * Return: @count; -ENOENT if it is no physical function; -EINVAL if it has virtual functions;
 * or the errno of the PCI core.
 */
int ovfio_pci_sriov_configure(struct vfio_pci_device *dev, int count)
{
	device_lock_assert(&dev->pdev->dev);

	if (!dev->pf)
		return -ENOENT;
	if (count)
		return enable(dev, count);
	if (pci_num_vf(dev->pdev)) {
		pci_disable_sriov(dev->pdev);
		release_physfn(dev);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ovfio_pci_sriov_configure);

static int refuse_token(struct vfio_pci_device *dev, const uuid_t *token,
			struct vfio_refusal *refusal)
{
	const char *which = dev->pf ? "its virtual functions are in use"
				    : "its physical function is in the hands of a user program";

	return ovfio_refuse(refusal, OPENVFIO_REASON_VF_TOKEN, -EACCES,
			    "%s: %s, and the VF token they share is %s; open it as '%s vf_token=UUID'",
			    pci_name(dev->pdev), which, token ? "another" : "needed",
			    pci_name(dev->pdev));
}

/**
 * vfio_pci_check_token() - may the device be opened with this token? (R6)
 * @dev: the device
 * @token: what the user gave, or NULL for nothing
 * @refusal: for the reason
 *
 * A physical function without users of its virtual ones takes any token, as its new one.
 *
 * Return: 0; -EINVAL if no token means anything here; -EACCES if it is not the right one.
 */
int vfio_pci_check_token(struct vfio_pci_device *dev, const uuid_t *token,
			 struct vfio_refusal *refusal)
{
	struct vfio_pci_pf *pf = dev->pf ?: dev->physfn;
	int ret = 0;

	if (!pf && token)
		return ovfio_refuse(refusal, OPENVFIO_REASON_VF_TOKEN, -EINVAL,
				    "%s takes no VF token: it has no virtual functions, nor a physical one bound to a VFIO driver",
				    pci_name(dev->pdev));
	if (!pf)
		return 0;
	mutex_lock(&pf->lock);
	if (dev->physfn || pf->users) {
		if (!token || !uuid_equal(token, &pf->token))
			ret = refuse_token(dev, token, refusal);
	} else if (token) {
		pf->token = *token;
	}
	mutex_unlock(&pf->lock);
	return ret;
}

/**
 * vfio_pci_set_token() - a physical function's user changes the token
 * @dev: a physical function, open
 * @token: the new one, for whoever opens a function from now on
 */
void vfio_pci_set_token(struct vfio_pci_device *dev, const uuid_t *token)
{
	mutex_lock(&dev->pf->lock);
	dev->pf->token = *token;
	mutex_unlock(&dev->pf->lock);
}

/**
 * vfio_pci_vf_in_use() - a device was opened, or closed for the last time
 * @dev: any device; counts if it is a virtual function of ours
 * @in_use: which of the two
 */
void vfio_pci_vf_in_use(struct vfio_pci_device *dev, bool in_use)
{
	struct vfio_pci_pf *pf = dev->physfn;

	if (!pf)
		return;
	mutex_lock(&pf->lock);
	if (in_use)
		pf->users++;
	else
		pf->users--;
	mutex_unlock(&pf->lock);
}
