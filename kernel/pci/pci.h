/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vfio-pci-core say to each other. */
#ifndef OPENVFIO_PCI_H
#define OPENVFIO_PCI_H

#include <vfio_pci.h>

static inline struct vfio_pci_device *to_pci(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_device, vdev);
}

/* What the kernel's own access to the device's memory has changed, to be put back. */
struct vfio_pci_loan {
	u16 command;
	pci_power_t state;
};

/* power.c: power states, resets, and what they do to memory and interrupts */
void vfio_pci_memory_update(struct vfio_pci_device *dev);
void vfio_pci_memory_borrow(struct vfio_pci_device *dev, struct vfio_pci_loan *loan);
void vfio_pci_memory_return(struct vfio_pci_device *dev, const struct vfio_pci_loan *loan);
int vfio_pci_set_power(struct vfio_pci_device *dev, pci_power_t state);
long vfio_pci_reset(struct vfio_pci_device *dev);

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
