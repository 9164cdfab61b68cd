/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vfio-pci-core say to each other. */
#ifndef OPENVFIO_PCI_H
#define OPENVFIO_PCI_H

#include <linux/uuid.h>
#include <vfio_pci.h>

static inline struct vfio_pci_device *to_pci(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_device, vdev);
}

/* power.c: power states, resets, and what they do to memory and interrupts */
void vfio_pci_memory_update(struct vfio_pci_device *dev);
void vfio_pci_memory_borrow(struct vfio_pci_device *dev, struct vfio_pci_loan *loan);
void vfio_pci_memory_return(struct vfio_pci_device *dev, const struct vfio_pci_loan *loan);
int vfio_pci_set_power(struct vfio_pci_device *dev, pci_power_t state);
void vfio_pci_before_reset(struct vfio_pci_device *dev);
void vfio_pci_after_reset(struct vfio_pci_device *dev);
bool vfio_pci_answers(struct vfio_pci_device *dev);
int vfio_pci_refuse_lost(struct vfio_pci_device *dev, struct vfio_refusal *refusal);
int vfio_pci_refuse_locked(struct vfio_pci_device *dev, struct vfio_refusal *refusal);
long vfio_pci_reset(struct vfio_pci_device *dev);

/* low_power.c: runtime power management, asked for by the user or of an unused device */
int vfio_pci_wake(struct vfio_pci_device *dev);
void vfio_pci_rest(struct vfio_pci_device *dev);
void vfio_pci_allow_idle(struct vfio_pci_device *dev);
void vfio_pci_forbid_idle(struct vfio_pci_device *dev);
void vfio_pci_stay_awake(struct vfio_pci_device *dev, bool on);
long vfio_pci_low_power_enter(struct vfio_pci_device *dev, struct eventfd_ctx *wake_event);
long vfio_pci_low_power_exit(struct vfio_pci_device *dev);
void vfio_pci_low_power_end(struct vfio_pci_device *dev);

/* reset_set.c: devices that a reset of the bus or slot hits together */
int vfio_pci_set_join(struct vfio_pci_device *dev);
void vfio_pci_set_leave(struct vfio_pci_device *dev);
void vfio_pci_set_free(struct vfio_pci_device *dev);
void vfio_pci_set_lock(struct vfio_pci_device *dev);
void vfio_pci_set_unlock(struct vfio_pci_device *dev);
bool vfio_pci_set_resettable(struct vfio_pci_device *dev);
int vfio_pci_set_visit(struct vfio_pci_device *dev, int (*visit)(struct pci_dev *, void *),
		       void *arg);
int vfio_pci_set_reset(struct vfio_pci_device *dev, struct file **groups, unsigned int count);
void vfio_pci_set_reset_unused(struct vfio_pci_device *dev);

/* hot_reset.c: that reset, for a user who owns all of them */
long vfio_pci_hot_reset_info(struct vfio_pci_device *dev, void __user *arg);
long vfio_pci_hot_reset(struct vfio_pci_device *dev, void __user *arg);

/* sriov.c: virtual functions, and the token their users share with the physical one's */
int vfio_pci_sriov_init(struct vfio_pci_device *dev);
void vfio_pci_sriov_exit(struct vfio_pci_device *dev);
int vfio_pci_check_token(struct vfio_pci_device *dev, const uuid_t *token,
			 struct vfio_refusal *refusal);
void vfio_pci_set_token(struct vfio_pci_device *dev, const uuid_t *token);
void vfio_pci_vf_in_use(struct vfio_pci_device *dev, bool in_use);

/* feature.c: VFIO_DEVICE_FEATURE */
long vfio_pci_feature(struct vfio_pci_device *dev, void __user *arg);

/* memory.c: the gate in front of the device's memory, and BAR mappings */
void vfio_pci_memory_off(struct vfio_pci_device *dev);
int vfio_pci_memory_refuse(struct vfio_pci_device *dev);
void vfio_pci_memory_lost(struct vfio_pci_device *dev);
int vfio_pci_claim_bar(struct vfio_pci_device *dev, unsigned int bar);
void vfio_pci_release_bars(struct vfio_pci_device *dev);
void vfio_pci_find_mappable(struct vfio_pci_device *dev);
bool vfio_pci_bar_mappable(struct vfio_pci_device *dev, unsigned int bar);

/* config.c: configuration space */
int vfio_pci_config_init(struct vfio_pci_device *dev);
void vfio_pci_config_free(struct vfio_pci_device *dev);
unsigned int vfio_pci_config_pin(struct vfio_pci_device *dev);
unsigned int vfio_pci_config_size(struct vfio_pci_device *dev);
ssize_t vfio_pci_config_read(struct vfio_pci_device *dev, char __user *buf, size_t count, u64 pos);
ssize_t vfio_pci_config_write(struct vfio_pci_device *dev, const char __user *buf, size_t count,
			      u64 pos);

/* region.c: what regions there are, and read and write of them */
void vfio_pci_find_rom(struct vfio_pci_device *dev);
long vfio_pci_region_info(struct vfio_pci_device *dev, void __user *arg);

/* vga.c: the addresses that all VGA controllers have in common */
#define VFIO_PCI_VGA_SIZE	0xc0000
int vfio_pci_vga_register(struct vfio_pci_device *dev);
void vfio_pci_vga_unregister(struct vfio_pci_device *dev);
bool vfio_pci_has_vga(struct vfio_pci_device *dev);
ssize_t vfio_pci_vga_access(struct vfio_pci_device *dev, char __user *user, size_t count, u64 pos,
			    bool write);

/* irq.c: which interrupts there are, and VFIO_DEVICE_SET_IRQS */
long vfio_pci_irq_info(struct vfio_pci_device *dev, void __user *arg);
long vfio_pci_set_irqs(struct vfio_pci_device *dev, void __user *arg);
void vfio_pci_disable_irqs(struct vfio_pci_device *dev);

#endif
