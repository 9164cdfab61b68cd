// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runtime power management. A device that nobody uses sleeps; so does one whose user asked
 * for it (R5), except while a call needs it. The kernel's count of users of the device
 * decides: an open device counts for one, unless in low power, and so does each call.
 *
 * The PCI core saves and restores the device, between the two callbacks here. They run
 * in whichever thread sends it to sleep or wakes it, and take irq_lock and memory_lock:
 * who waits for a device to wake holds neither.
 */
#include <linux/pm_runtime.h>

#include "intx.h"
#include "pci.h"

static void lock_power(struct vfio_pci_device *dev)
{
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
}

static void unlock_power(struct vfio_pci_device *dev)
{
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
}

/**
 * vfio_pci_wake() - the device is needed for a while
 * @dev: open, perhaps asleep; no lock held
 *
 * Return: 0, with vfio_pci_rest() due; -EIO if it cannot be woken.
 */
int vfio_pci_wake(struct vfio_pci_device *dev)
{
	int ret = pm_runtime_resume_and_get(&dev->pdev->dev);

	if (!ret)
		return 0;
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_LOW_POWER, -EIO,
			    "%s is in low power and cannot be woken (error %d)",
			    pci_name(dev->pdev), ret);
}

/**
 * vfio_pci_rest() - the end of what vfio_pci_wake() began
 * @dev: may fall asleep, if there is no other need
 */
void vfio_pci_rest(struct vfio_pci_device *dev)
{
	pm_runtime_put(&dev->pdev->dev);
}

/**
 * vfio_pci_allow_idle() - from now on the device may sleep while nobody needs it
 * @dev: registered; called by its probe, which the driver core has counted as a need
 */
void vfio_pci_allow_idle(struct vfio_pci_device *dev)
{
	pm_runtime_allow(&dev->pdev->dev);
	if (!dev->disable_idle_d3)
		pm_runtime_put(&dev->pdev->dev);
}

/**
 * vfio_pci_forbid_idle() - the end of what vfio_pci_allow_idle() began
 * @dev: not in use; called by its remove
 */
void vfio_pci_forbid_idle(struct vfio_pci_device *dev)
{
	if (!dev->disable_idle_d3)
		pm_runtime_get_noresume(&dev->pdev->dev);
	pm_runtime_forbid(&dev->pdev->dev);
}

/**
 * vfio_pci_stay_awake() - others depend on the device: no user sends it to sleep (K6)
 * @dev: registered, and awake already
 * @on: begin or end
 */
void vfio_pci_stay_awake(struct vfio_pci_device *dev, bool on)
{
	lock_power(dev);
	if (on)
		vfio_pci_set_power(dev, PCI_D0);
	dev->stays_awake = on;
	unlock_power(dev);
}

/* The open device counts as a need again. */
static void leave_low_power(struct vfio_pci_device *dev)
{
	lockdep_assert_held_write(&dev->memory_lock);

	dev->low_power = false;
	if (dev->wake_event)
		eventfd_ctx_put(dev->wake_event);
	dev->wake_event = NULL;
	pm_runtime_get_noresume(&dev->pdev->dev);
}

/**
 * vfio_pci_low_power_enter() - the device may sleep while no call needs it (R5)
 * @dev: open and awake
 * @wake_event: signalled when it wakes, which then ends low power; or NULL
 *
 * Takes the mappings of its memory away until low power ends.
 *
 * Return: 0, with the reference to @wake_event taken over; -EINVAL in low power already.
 */
long vfio_pci_low_power_enter(struct vfio_pci_device *dev, struct eventfd_ctx *wake_event)
{
	long ret = 0;

	lock_power(dev);
	if (dev->low_power) {
		ret = ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_LOW_POWER, -EINVAL,
				   "%s is in low power already; LOW_POWER_EXIT first",
				   pci_name(dev->pdev));
	} else {
		vfio_pci_memory_off(dev);
		vfio_pci_memory_update(dev);
		dev->low_power = true;
		dev->wake_event = wake_event;
		/* The call itself is a need, whose end lets the device sleep. */
		pm_runtime_put_noidle(&dev->pdev->dev);
	}
	unlock_power(dev);
	return ret;
}

/**
 * vfio_pci_low_power_exit() - the end of low power (R5)
 * @dev: open and awake; need not be in low power
 *
 * Return: 0.
 */
long vfio_pci_low_power_exit(struct vfio_pci_device *dev)
{
	lock_power(dev);
	if (dev->low_power)
		leave_low_power(dev);
	unlock_power(dev);
	return 0;
}

/**
 * vfio_pci_low_power_end() - wake for the last close
 * @dev: open, in low power or not; no lock held
 */
void vfio_pci_low_power_end(struct vfio_pci_device *dev)
{
	vfio_pci_low_power_exit(dev);
	pm_runtime_resume(&dev->pdev->dev);
}

/*
 * What the user chose for the D-state is void; decoding is on, or restoring the saved
 * state would miss the MSI-X table; the line is quiet until the user's mask is back.
 */
static int runtime_suspend(struct device *device)
{
	struct vfio_pci_device *dev = dev_get_drvdata(device);

	lock_power(dev);
	if (dev->low_power) {
		vfio_pci_set_power(dev, PCI_D0);
		vfio_pci_intx_freeze(dev);
		vfio_pci_intx_quiet(dev);
		vfio_pci_memory_borrow(dev, &dev->loan);
		vfio_pci_memory_off(dev);
		dev->asleep = true;
	}
	unlock_power(dev);
	return 0;
}

static int runtime_resume(struct device *device)
{
	struct vfio_pci_device *dev = dev_get_drvdata(device);

	lock_power(dev);
	if (dev->asleep) {
		dev->asleep = false;
		vfio_pci_memory_return(dev, &dev->loan);
		vfio_pci_intx_reapply(dev);
		vfio_pci_memory_update(dev);
		if (dev->low_power && dev->wake_event) {
			eventfd_signal(dev->wake_event, 1);
			leave_low_power(dev);
		}
	}
	unlock_power(dev);
	return 0;
}

/* For system sleep the PCI core's own way is right: saved, asleep, and restored. */
const struct dev_pm_ops ovfio_pci_pm_ops = {
	RUNTIME_PM_OPS(runtime_suspend, runtime_resume, NULL)
};
EXPORT_SYMBOL_GPL(ovfio_pci_pm_ops);
