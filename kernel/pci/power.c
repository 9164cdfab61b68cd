// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states and resets: the times at which a device forgets or cannot be reached.
 *
 * Everything here runs under irq_lock and memory_lock, for it saves and restores
 * registers that belong to the interrupts and to the gate in front of the memory. When
 * it is done, both are as the state of the device and of its interrupts wants them.
 */
#include "config_table.h"
#include "intx.h"
#include "pci.h"

static void assert_locked(struct vfio_pci_device *dev)
{
	lockdep_assert_held(&dev->irq_lock);
	lockdep_assert_held_write(&dev->memory_lock);
}

/* Between D0 and off a device answers nothing but configuration space. */
static bool awake(struct pci_dev *pdev)
{
	return pdev->current_state == PCI_D0 || pdev->current_state == PCI_UNKNOWN;
}

/**
 * vfio_pci_memory_update() - open or close the gate as the device now is
 * @dev: irq_lock held, memory_lock for writing
 */
void vfio_pci_memory_update(struct vfio_pci_device *dev)
{
	u16 command;

	assert_locked(dev);

	pci_read_config_word(dev->pdev, PCI_COMMAND, &command);
	/*
	 * A virtual function decodes its memory always (K4). A device that is gone, of which
	 * ones are read, does no more (C14).
	 */
	dev->memory_on = awake(dev->pdev) && !PCI_POSSIBLE_ERROR(command) &&
			 (command & PCI_COMMAND_MEMORY || dev->pdev->no_command_memory);
}

/* A device without NO_SOFT_RESET forgets its configuration in D3hot. */
static bool forgets_in_d3(struct pci_dev *pdev)
{
	u16 control;

	if (!pdev->pm_cap)
		return false;
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &control);
	return !(control & PCI_PM_CTRL_NO_SOFT_RESET);
}

/* What is saved has decoding on, or restoring it would miss the MSI-X table. */
static int save_for_sleep(struct vfio_pci_device *dev)
{
	struct vfio_pci_loan loan;

	if (dev->sleep_state || !forgets_in_d3(dev->pdev))
		return 0;
	vfio_pci_memory_borrow(dev, &loan);
	pci_save_state(dev->pdev);
	dev->sleep_state = pci_store_saved_state(dev->pdev);
	vfio_pci_memory_return(dev, &loan);
	return dev->sleep_state ? 0 : -ENOMEM;
}

/* COMMAND as it was when asleep: the user may have written it there. */
static void restore_from_sleep(struct vfio_pci_device *dev, u16 command)
{
	if (!dev->sleep_state)
		return;
	pci_load_and_free_saved_state(dev->pdev, &dev->sleep_state);
	pci_restore_state(dev->pdev);
	pci_write_config_word(dev->pdev, PCI_COMMAND, command);
}

/**
 * vfio_pci_set_power() - change the power state (K6)
 * @dev: irq_lock held, memory_lock for writing
 * @state: where to; one that the device does not have is ignored, as hardware does, and
 *	so is any but D0 while its virtual functions need it
 *
 * Return: 0, or -ENOMEM if the state could not be saved; then nothing is changed.
 */
int vfio_pci_set_power(struct vfio_pci_device *dev, pci_power_t state)
{
	struct pci_dev *pdev = dev->pdev;
	u16 command;
	int ret;

	assert_locked(dev);

	if (state != PCI_D0 && dev->stays_awake)
		return 0;
	if (state == PCI_D0 && awake(pdev) && !dev->sleep_state)
		return 0;
	if (state != PCI_D0) {
		vfio_pci_memory_off(dev);
		ret = save_for_sleep(dev);
		if (ret) {
			vfio_pci_memory_update(dev);
			return ret;
		}
	}
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	pci_set_power_state(pdev, state);
	if (awake(pdev))
		restore_from_sleep(dev, command);
	vfio_pci_intx_reapply(dev);
	vfio_pci_memory_update(dev);
	return 0;
}

/**
 * vfio_pci_memory_borrow() - wake the device and have it decode memory
 * @dev: irq_lock held, memory_lock for writing
 * @loan: for vfio_pci_memory_return()
 *
 * For the kernel's own access: the MSI-X table lies in a BAR, and the user may have
 * decoding off, or the device asleep.
 */
void vfio_pci_memory_borrow(struct vfio_pci_device *dev, struct vfio_pci_loan *loan)
{
	assert_locked(dev);

	loan->state = dev->pdev->current_state;
	if (!awake(dev->pdev))
		vfio_pci_set_power(dev, PCI_D0);
	pci_read_config_word(dev->pdev, PCI_COMMAND, &loan->command);
	if (!(loan->command & PCI_COMMAND_MEMORY))
		pci_write_config_word(dev->pdev, PCI_COMMAND, loan->command | PCI_COMMAND_MEMORY);
}

/**
 * vfio_pci_memory_return() - decoding and power as they were
 * @dev: irq_lock held, memory_lock for writing
 * @loan: from vfio_pci_memory_borrow()
 */
void vfio_pci_memory_return(struct vfio_pci_device *dev, const struct vfio_pci_loan *loan)
{
	u16 now;

	assert_locked(dev);

	if (!(loan->command & PCI_COMMAND_MEMORY)) {
		/* Other bits may have changed meanwhile: INTX_DISABLE does with MSI. */
		pci_read_config_word(dev->pdev, PCI_COMMAND, &now);
		pci_write_config_word(dev->pdev, PCI_COMMAND, now & ~PCI_COMMAND_MEMORY);
	}
	if (loan->state != dev->pdev->current_state)
		vfio_pci_set_power(dev, loan->state);
}

/**
 * vfio_pci_before_reset() - get ready for a reset of the function, its slot or its bus
 * @dev: open; irq_lock held, memory_lock for writing, until vfio_pci_after_reset()
 *
 * Mappings of its memory are taken away. The device is awake and decodes memory, so that
 * the PCI core saves and restores all of it.
 */
void vfio_pci_before_reset(struct vfio_pci_device *dev)
{
	assert_locked(dev);

	vfio_pci_memory_off(dev);
	vfio_pci_set_power(dev, PCI_D0);
	vfio_pci_intx_freeze(dev);
	vfio_pci_memory_borrow(dev, &dev->loan);
}

/**
 * vfio_pci_after_reset() - memory and interrupts as the user has them set
 * @dev: from vfio_pci_before_reset()
 */
void vfio_pci_after_reset(struct vfio_pci_device *dev)
{
	assert_locked(dev);

	vfio_pci_memory_return(dev, &dev->loan);
	vfio_pci_intx_reapply(dev);
	vfio_pci_memory_update(dev);
}

/**
 * vfio_pci_answers() - is the device there?
 * @dev: awake
 *
 * Where nobody answers, all ones are read. COMMAND has bits that are always zero; the ids
 * are no help, as those of a virtual function are ones.
 */
bool vfio_pci_answers(struct vfio_pci_device *dev)
{
	u32 command;

	return !pci_read_config_dword(dev->pdev, PCI_COMMAND, &command) &&
	       !PCI_POSSIBLE_ERROR(command);
}

/**
 * vfio_pci_refuse_lost() - refuse to work with a device that does not answer
 * @dev: a device of which vfio_pci_answers() says no
 * @refusal: for the reason
 *
 * Return: -EIO.
 */
int vfio_pci_refuse_lost(struct vfio_pci_device *dev, struct vfio_refusal *refusal)
{
	return ovfio_refuse_and_log(refusal, OPENVFIO_REASON_LOST, -EIO,
				    "%s does not answer (its configuration space reads as all ones): unplugged, without power, or lost in a reset; reset its bus or power it off and on",
				    pci_name(dev->pdev));
}

/**
 * vfio_pci_refuse_locked() - refuse a reset while somebody else is at the device
 * @dev: a device that could not be locked
 * @refusal: for the reason
 *
 * Return: -EAGAIN.
 */
int vfio_pci_refuse_locked(struct vfio_pci_device *dev, struct vfio_refusal *refusal)
{
	return ovfio_refuse(refusal, OPENVFIO_REASON_LOCKED, -EAGAIN,
			    "%s is just being removed or reset; try again", pci_name(dev->pdev));
}

static int reset_function(struct vfio_pci_device *dev)
{
	int ret;

	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	vfio_pci_before_reset(dev);
	ret = pci_try_reset_function(dev->pdev);
	vfio_pci_after_reset(dev);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
	return ret;
}

/**
 * vfio_pci_reset() - VFIO_DEVICE_RESET (rule R1)
 * @dev: the device, open
 *
 * Mappings of its memory are taken away and fault in again afterwards; interrupts stay
 * as they are set. A device asleep is awake afterwards.
 *
 * Return: 0; -EINVAL if the device has no reset of its own; -EAGAIN if it is locked;
 * -EIO if it does not answer, before or after; or the errno of the reset.
 */
long vfio_pci_reset(struct vfio_pci_device *dev)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;
	int ret;

	if (!dev->reset_works)
		return ovfio_refuse(refusal, OPENVFIO_REASON_NO_RESET, -EINVAL,
				    "%s has no reset of its own; PCI_HOT_RESET may reset its slot or bus",
				    pci_name(dev->pdev));
	/* The PCI core would wait a minute for it to come back. */
	if (!vfio_pci_answers(dev))
		return vfio_pci_refuse_lost(dev, refusal);
	ret = reset_function(dev);
	if (ret == -EAGAIN)
		return vfio_pci_refuse_locked(dev, refusal);
	if (!vfio_pci_answers(dev))
		return vfio_pci_refuse_lost(dev, refusal);
	if (ret)
		return ovfio_refuse(refusal, OPENVFIO_REASON_RESET_FAILED, ret,
				    "the reset of %s failed (error %d)", pci_name(dev->pdev), ret);
	return 0;
}
