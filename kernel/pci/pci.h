/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vfio-pci-core say to each other. */
#ifndef OPENVFIO_PCI_H
#define OPENVFIO_PCI_H

#include <vfio_pci.h>

static inline struct vfio_pci_device *to_pci(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_device, vdev);
}

/* memory.c: the gate in front of the device's memory, and BAR mappings */
void vfio_pci_memory_off(struct vfio_pci_device *dev);
u16 vfio_pci_memory_borrow(struct vfio_pci_device *dev);
void vfio_pci_memory_return(struct vfio_pci_device *dev, u16 command);
int vfio_pci_claim_bar(struct vfio_pci_device *dev, unsigned int bar);
void vfio_pci_release_bars(struct vfio_pci_device *dev);
bool vfio_pci_bar_mappable(struct vfio_pci_device *dev, unsigned int bar);

/* config.c: configuration space */
int vfio_pci_config_init(struct vfio_pci_device *dev);
void vfio_pci_config_free(struct vfio_pci_device *dev);
unsigned int vfio_pci_config_pin(struct vfio_pci_device *dev);
unsigned int vfio_pci_config_size(struct vfio_pci_device *dev);
void vfio_pci_memory_update(struct vfio_pci_device *dev);
ssize_t vfio_pci_config_read(struct vfio_pci_device *dev, char __user *buf, size_t count, u64 pos);
ssize_t vfio_pci_config_write(struct vfio_pci_device *dev, const char __user *buf, size_t count,
			      u64 pos);

/* region.c: what regions there are, and read and write of them */
long vfio_pci_region_info(struct vfio_pci_device *dev, void __user *arg);

/* irq.c: which interrupts there are, and VFIO_DEVICE_SET_IRQS */
long vfio_pci_irq_info(struct vfio_pci_device *dev, void __user *arg);
long vfio_pci_set_irqs(struct vfio_pci_device *dev, void __user *arg);
void vfio_pci_disable_irqs(struct vfio_pci_device *dev);

/* reset.c */
long vfio_pci_reset(struct vfio_pci_device *dev);

#endif
