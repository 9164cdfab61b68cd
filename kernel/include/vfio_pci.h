/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-pci-core: everything a PCI device needs to be offered to user programs, as a
 * library. vfio-pci.ko is the thin driver over it; a driver that knows one kind of
 * device better can put its own functions in between.
 */
#ifndef OPENVFIO_VFIO_PCI_H
#define OPENVFIO_VFIO_PCI_H

#include <linux/eventfd.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <vfio.h>

/* The file position of a region's first byte: a custom, users are to ask for it. */
#define VFIO_PCI_OFFSET_SHIFT	40
#define VFIO_PCI_OFFSET(index)	((u64)(index) << VFIO_PCI_OFFSET_SHIFT)

struct vfio_pci_config;

/**
 * struct vfio_pci_intx - the INTx line, while it is enabled for the user
 * @lock: taken in interrupt context; guards the rest
 * @trigger: signalled by an interrupt; NULL when the user set none
 * @user_masked: masked by SET_IRQS, or by an interrupt until the user unmasks
 * @command_masked: masked by the virtual COMMAND.INTX_DISABLE
 * @line_masked: the line is masked in hardware: iff one of the two is set
 * @frozen: the device is in a reset and what it says is not to be believed
 * @irq: the kernel's interrupt number, 0 while INTx is not enabled
 */
struct vfio_pci_intx {
	spinlock_t lock;
	struct eventfd_ctx *trigger;
	bool user_masked;
	bool command_masked;
	bool line_masked;
	bool frozen;
	unsigned int irq;
};

/**
 * struct vfio_pci_vector - one MSI or MSI-X vector
 * @lock: taken in interrupt context; guards @trigger
 * @trigger: signalled by an interrupt; NULL while the vector is unused
 * @name: as in /proc/interrupts; set while the interrupt is requested
 */
struct vfio_pci_vector {
	spinlock_t lock;
	struct eventfd_ctx *trigger;
	char *name;
};

/**
 * struct vfio_pci_device - a PCI device offered to user programs
 * @vdev: the core's part; vdev.ops set by the driver
 * @pdev: set by the driver
 * @nointxmask: never mask INTx through the COMMAND register; set by the driver
 *
 * A driver allocates it zeroed, sets these three and calls ovfio_pci_register(). The
 * rest belongs to the library.
 */
struct vfio_pci_device {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	bool nointxmask;

	/* private: valid from the first open to the last close */
	struct pci_saved_state *saved;
	bool reset_works;
	bool needs_reset;
	bool intx_maskable;

	struct mutex config_lock;
	struct vfio_pci_config *config;
	struct pci_saved_state *sleep_state;

	struct mutex bar_lock;
	void __iomem *bar[PCI_STD_NUM_BARS];
	size_t rom_size;

	/* Guards memory_on: held for writing, no access to the device's memory is under way. */
	struct rw_semaphore memory_lock;
	bool memory_on;

	struct mutex irq_lock;
	unsigned int irq_index;
	struct vfio_pci_intx intx;
	struct vfio_pci_vector *vectors;
	unsigned int vector_count;
	struct eventfd_ctx *err_trigger;
	struct eventfd_ctx *req_trigger;

	u8 msi;
	u8 msix;
	u8 msix_bar;
	u32 msix_table;
	u32 msix_table_size;
};

int ovfio_pci_register(struct vfio_pci_device *dev);
void ovfio_pci_unregister(struct vfio_pci_device *dev);

int ovfio_pci_open(struct vfio_device *vdev, struct vfio_refusal *refusal);
void ovfio_pci_close(struct vfio_device *vdev);
ssize_t ovfio_pci_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *pos);
ssize_t ovfio_pci_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			loff_t *pos);
long ovfio_pci_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
int ovfio_pci_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void ovfio_pci_request(struct vfio_device *vdev, unsigned int count);
int ovfio_pci_match(struct vfio_device *vdev, char *name, struct vfio_refusal *refusal);
bool ovfio_pci_blocked_by(struct device *member, char *driver, size_t size);
pci_ers_result_t ovfio_pci_error_detected(struct vfio_pci_device *dev);

#endif
