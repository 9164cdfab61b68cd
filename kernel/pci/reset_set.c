// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that one reset hits together. A device without a reset of its own can be reset
 * with the bus or the slot it is on, but so is everything else there. So the devices of
 * a bus or slot know each other: they are a set. Its lock makes opening, closing and the
 * common reset of its devices exclude each other.
 *
 * The common reset is made only if every device it hits is ours, and then belongs to
 * whoever asks for it (R3), or to nobody (V3).
 */
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pci.h"

/**
 * struct vfio_pci_reset_set - devices that are reset together
 * @domain: their bus or slot; only compared. NULL for a device that is alone, as there is
 *	no such reset
 * @users: devices that refer to it; under sets_lock
 * @node: in the list of all sets; under sets_lock
 * @lock: guards @devices and their &vfio_pci_device.in_use
 * @devices: those that are registered and not on their way out
 */
struct vfio_pci_reset_set {
	const void *domain;
	unsigned int users;
	struct list_head node;
	struct mutex lock;
	struct list_head devices;
};

static DEFINE_MUTEX(sets_lock);
static LIST_HEAD(sets);

static bool slot_resettable(struct pci_dev *pdev)
{
	return !pci_probe_reset_slot(pdev->slot);
}

static const void *reset_domain(struct pci_dev *pdev)
{
	if (slot_resettable(pdev))
		return pdev->slot;
	return pci_probe_reset_bus(pdev->bus) ? NULL : pdev->bus;
}

static struct vfio_pci_reset_set *find_set(const void *domain)
{
	struct vfio_pci_reset_set *set;

	lockdep_assert_held(&sets_lock);

	list_for_each_entry(set, &sets, node)
		if (domain && set->domain == domain)
			return set;
	set = kzalloc(sizeof(*set), GFP_KERNEL);
	if (!set)
		return NULL;
	set->domain = domain;
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->devices);
	list_add(&set->node, &sets);
	return set;
}

/**
 * vfio_pci_set_join() - get to know the devices that are reset together with this one
 * @dev: being registered
 *
 * Return: 0 or -ENOMEM.
 */
int vfio_pci_set_join(struct vfio_pci_device *dev)
{
	struct vfio_pci_reset_set *set;

	mutex_lock(&sets_lock);
	set = find_set(reset_domain(dev->pdev));
	if (set)
		set->users++;
	mutex_unlock(&sets_lock);
	if (!set)
		return -ENOMEM;
	dev->set = set;
	vfio_pci_set_lock(dev);
	list_add_tail(&dev->set_node, &set->devices);
	vfio_pci_set_unlock(dev);
	return 0;
}

/**
 * vfio_pci_set_leave() - from now on the device stands in the way of a common reset
 * @dev: on its way out; may still be in use
 */
void vfio_pci_set_leave(struct vfio_pci_device *dev)
{
	vfio_pci_set_lock(dev);
	list_del(&dev->set_node);
	vfio_pci_set_unlock(dev);
}

/**
 * vfio_pci_set_free() - forget the set
 * @dev: has left it, and is not in use any more
 */
void vfio_pci_set_free(struct vfio_pci_device *dev)
{
	struct vfio_pci_reset_set *set = dev->set;

	mutex_lock(&sets_lock);
	if (!--set->users) {
		list_del(&set->node);
		kfree(set);
	}
	mutex_unlock(&sets_lock);
}

/**
 * vfio_pci_set_lock() - keep the common reset, and opening and closing, out
 * @dev: joined
 */
void vfio_pci_set_lock(struct vfio_pci_device *dev)
{
	mutex_lock(&dev->set->lock);
}

/**
 * vfio_pci_set_unlock() - the end of what vfio_pci_set_lock() began
 * @dev: joined
 */
void vfio_pci_set_unlock(struct vfio_pci_device *dev)
{
	mutex_unlock(&dev->set->lock);
}

/**
 * vfio_pci_set_resettable() - can the slot or the bus be reset?
 * @dev: the device
 */
bool vfio_pci_set_resettable(struct vfio_pci_device *dev)
{
	return reset_domain(dev->pdev);
}

struct visit {
	struct pci_dev *pdev;
	bool slot;
	int (*visit)(struct pci_dev *hit, void *arg);
	void *arg;
	int ret;
};

/* Behind a bridge in the slot there may be more. */
static bool in_slot_of(struct pci_dev *hit, struct pci_dev *pdev)
{
	while (hit && hit->bus != pdev->bus)
		hit = hit->bus->self;
	return hit && hit->slot == pdev->slot;
}

static int visit_one(struct pci_dev *hit, void *arg)
{
	struct visit *visit = arg;

	if (!visit->slot || in_slot_of(hit, visit->pdev))
		visit->ret = visit->visit(hit, visit->arg);
	return visit->ret;
}

/**
 * vfio_pci_set_visit() - every device that the common reset hits, whoever has it
 * @dev: one of them, which comes among the others
 * @visit: called for each; must not sleep for long. Not zero ends the visit
 * @arg: for @visit
 *
 * Return: 0, or what @visit ended it with.
 */
int vfio_pci_set_visit(struct vfio_pci_device *dev, int (*visit)(struct pci_dev *, void *),
		       void *arg)
{
	struct visit all = {
		.pdev = dev->pdev, .slot = slot_resettable(dev->pdev), .visit = visit, .arg = arg,
	};

	pci_walk_bus(dev->pdev->bus, visit_one, &all);
	return all.ret;
}

/* The conditions under which a device may be reset along with others. */
struct permission {
	struct vfio_pci_reset_set *set;
	struct file **groups;
	unsigned int group_count;
	bool ours;
	char name[32];
};

static struct vfio_pci_device *find_member(struct vfio_pci_reset_set *set, struct pci_dev *pdev)
{
	struct vfio_pci_device *dev;

	lockdep_assert_held(&set->lock);

	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->pdev == pdev)
			return dev;
	return NULL;
}

static bool in_groups(struct vfio_pci_device *dev, const struct permission *permission)
{
	unsigned int i;

	for (i = 0; i < permission->group_count; i++)
		if (ovfio_file_has_device(permission->groups[i], &dev->vdev))
			return true;
	return false;
}

/* Not zero, with the name noted, for a device that is not to be reset. */
static int not_permitted(struct pci_dev *hit, void *arg)
{
	struct permission *permission = arg;
	struct vfio_pci_device *dev = find_member(permission->set, hit);

	permission->ours = dev;
	if (dev && (permission->groups ? in_groups(dev, permission) : !dev->in_use))
		return 0;
	strscpy(permission->name, pci_name(hit), sizeof(permission->name));
	return 1;
}

static void wake_all(struct vfio_pci_reset_set *set)
{
	struct vfio_pci_device *dev;

	/* One that cannot be woken is not made worse by a reset. */
	list_for_each_entry(dev, &set->devices, set_node)
		pm_runtime_get_sync(&dev->pdev->dev);
}

static void rest_all(struct vfio_pci_reset_set *set)
{
	struct vfio_pci_device *dev;

	list_for_each_entry(dev, &set->devices, set_node)
		pm_runtime_put(&dev->pdev->dev);
}

/* Several locks of a kind at once: in any order, as only the holder of set->lock does so. */
static void lock_users(struct vfio_pci_reset_set *set)
{
	struct vfio_pci_device *dev;

	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->in_use)
			mutex_lock_nest_lock(&dev->irq_lock, &set->lock);
	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->in_use)
			down_write_nest_lock(&dev->memory_lock, &set->lock);
}

static void unlock_users(struct vfio_pci_reset_set *set)
{
	struct vfio_pci_device *dev;

	list_for_each_entry(dev, &set->devices, set_node) {
		if (dev->in_use) {
			up_write(&dev->memory_lock);
			mutex_unlock(&dev->irq_lock);
		}
	}
}

/* Every device that is hit is in the set. */
static int reset_all(struct vfio_pci_reset_set *set, struct pci_dev *pdev)
{
	struct vfio_pci_device *dev;
	int ret;

	lockdep_assert_held(&set->lock);

	wake_all(set);
	lock_users(set);
	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->in_use)
			vfio_pci_before_reset(dev);
	ret = pci_reset_bus(pdev);
	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->in_use)
			vfio_pci_after_reset(dev);
	unlock_users(set);
	rest_all(set);
	return ret;
}

static int explain_refusal(struct vfio_pci_device *dev, const struct permission *permission)
{
	if (permission->ours)
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_SHARED_RESET, -EINVAL,
				    "the reset would hit %s, and its group is not among those given",
				    permission->name);
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_SHARED_RESET, -EINVAL,
			    "the reset would hit %s, which is not bound to a VFIO driver or about to be unbound",
			    permission->name);
}

/* What came of a reset that was permitted and tried. */
static int judge(struct vfio_pci_device *dev, int ret)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;
	struct vfio_pci_device *each;

	if (ret == -EAGAIN)
		return ovfio_refuse(refusal, OPENVFIO_REASON_LOCKED, ret,
				    "a device on the slot or bus of %s is just being removed or reset; try again",
				    pci_name(dev->pdev));
	if (ret)
		return ovfio_refuse(refusal, OPENVFIO_REASON_RESET_FAILED, ret,
				    "the reset of the slot or bus of %s failed (error %d)",
				    pci_name(dev->pdev), ret);
	list_for_each_entry(each, &dev->set->devices, set_node)
		if (!vfio_pci_answers(each))
			return vfio_pci_refuse_lost(each, refusal);
	return 0;
}

/**
 * vfio_pci_set_reset() - reset the slot or bus for a user who owns all that is on it
 * @dev: one device of it, open
 * @groups: files of groups, held by the caller
 * @count: number of them
 *
 * Return: 0; -EINVAL if a device hit is not ours, or in none of the groups; -EAGAIN if one
 * is locked; -EIO if one does not come back; or the errno of the reset.
 */
int vfio_pci_set_reset(struct vfio_pci_device *dev, struct file **groups, unsigned int count)
{
	struct permission permission = {
		.set = dev->set, .groups = groups, .group_count = count,
	};
	int ret;

	vfio_pci_set_lock(dev);
	if (vfio_pci_set_visit(dev, not_permitted, &permission))
		ret = explain_refusal(dev, &permission);
	else
		ret = judge(dev, reset_all(dev->set, dev->pdev));
	vfio_pci_set_unlock(dev);
	return ret;
}

static bool one_needs_reset(struct vfio_pci_reset_set *set)
{
	struct vfio_pci_device *dev;

	list_for_each_entry(dev, &set->devices, set_node)
		if (dev->needs_reset)
			return true;
	return false;
}

/**
 * vfio_pci_set_reset_unused() - reset the slot or bus if a device needs it and none is used
 * @dev: one device of it, just closed; its set's lock held
 *
 * V3: the next user is not to meet what the last one left in a device that has no reset
 * of its own. If it fails, the next close tries again.
 */
void vfio_pci_set_reset_unused(struct vfio_pci_device *dev)
{
	struct permission permission = { .set = dev->set };
	struct vfio_pci_device *each;

	lockdep_assert_held(&dev->set->lock);

	if (!one_needs_reset(dev->set) || !vfio_pci_set_resettable(dev) ||
	    vfio_pci_set_visit(dev, not_permitted, &permission) ||
	    reset_all(dev->set, dev->pdev))
		return;
	list_for_each_entry(each, &dev->set->devices, set_node)
		each->needs_reset = false;
}
