/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio-pci-core: everything a PCI device needs to be offered to user programs, as a
 * library. vfio-pci.ko is the thin driver over it; a driver that knows one kind of
 * device better can put its own functions in between.
 */
#ifndef OPENVFIO_VFIO_PCI_H
#define OPENVFIO_VFIO_PCI_H

#include <linux/eventfd.h>
#include <linux/irqbypass.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <vfio.h>

/* The file position of a region's first byte: a custom, users are to ask for it. */
#define VFIO_PCI_OFFSET_SHIFT	40
#define VFIO_PCI_OFFSET(index)	((u64)(index) << VFIO_PCI_OFFSET_SHIFT)

struct vfio_pci_config;
struct vfio_pci_pf;
struct vfio_pci_reset_set;

/* Bits of &vfio_pci_doorbell.state. */
enum {
	VFIO_PCI_DOORBELL_RUNG,		/* and not yet answered */
	VFIO_PCI_DOORBELL_CLOSED,	/* the last file of the eventfd is closed */
};

/**
 * struct vfio_pci_doorbell - an eventfd that the user signals and the kernel acts on
 * @event: NULL while not set
 * @wait: in the eventfd's wait queue
 * @state: VFIO_PCI_DOORBELL_* bits, changed in any context
 * @now: answers a ring at once, in any context and under the eventfd's lock, or returns
 *	false; optional
 * @later: answers the ring if @now did not; finds it by vfio_pci_doorbell_take_ring()
 */
struct vfio_pci_doorbell {
	struct eventfd_ctx *event;
	wait_queue_entry_t wait;
	unsigned long state;
	bool (*now)(struct vfio_pci_doorbell *doorbell);
	struct work_struct *later;
};

/**
 * struct vfio_pci_intx - the INTx line, while it is enabled for the user
 * @lock: taken in interrupt context; guards the rest
 * @trigger: signalled by an interrupt; NULL when the user set none
 * @user_masked: masked by SET_IRQS, or by an interrupt until the user unmasks
 * @command_masked: masked by the virtual COMMAND.INTX_DISABLE
 * @line_masked: the line is masked in hardware: iff one of the two is set
 * @frozen: the device is in a reset and what it says is not to be believed
 * @irq: the kernel's interrupt number, 0 while INTx is not enabled
 * @unmask: unmasks INTx when it rings; guarded by irq_lock, not by @lock
 * @unmask_work: answers it
 */
struct vfio_pci_intx {
	spinlock_t lock;
	struct eventfd_ctx *trigger;
	bool user_masked;
	bool command_masked;
	bool line_masked;
	bool frozen;
	unsigned int irq;
	struct vfio_pci_doorbell unmask;
	struct work_struct unmask_work;
};

/**
 * struct vfio_pci_vector - one MSI or MSI-X vector
 * @lock: taken in interrupt context; guards @trigger
 * @trigger: signalled by an interrupt; NULL while the vector is unused
 * @name: as in /proc/interrupts; set while the interrupt is requested
 * @fresh: requested by the SET_IRQS under way, and given back if that fails
 * @producer: offers the vector to whoever consumes @trigger (Q10); its token is set
 *	while it is registered
 */
struct vfio_pci_vector {
	spinlock_t lock;
	struct eventfd_ctx *trigger;
	char *name;
	bool fresh;
	struct irq_bypass_producer producer;
};

/**
 * struct vfio_pci_loan - what the kernel's own access to the device's memory has changed
 * @command: the COMMAND register to be put back
 * @state: the power state to go back to
 */
struct vfio_pci_loan {
	u16 command;
	pci_power_t state;
};

/**
 * struct vfio_pci_device - a PCI device offered to user programs
 * @vdev: the core's part; vdev.ops set by the driver
 * @pdev: set by the driver
 * @nointxmask: never mask INTx through the COMMAND register; set by the driver
 * @disable_vga: no VGA region; set by the driver
 * @disable_idle_d3: not to D3 while nobody uses it; set by the driver
 *
 * A driver allocates it zeroed, sets these, makes it @pdev's driver data and calls
 * ovfio_pci_register(). The rest belongs to the library.
 */
struct vfio_pci_device {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	bool nointxmask;
	bool disable_vga;
	bool disable_idle_d3;

	/* private: the devices that a reset of the bus or slot hits; under its lock */
	struct vfio_pci_reset_set *set;
	struct list_head set_node;
	bool in_use;

	/* SR-IOV: what a physical function has for its virtual ones, and theirs */
	struct vfio_pci_pf *pf;
	struct vfio_pci_pf *physfn;

	/* Power: under irq_lock and memory_lock */
	bool stays_awake;
	bool low_power;
	bool asleep;
	struct eventfd_ctx *wake_event;
	struct vfio_pci_loan loan;

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
	struct resource bar_rest[PCI_STD_NUM_BARS];
	u8 bars_mappable;
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

	/* Eventfds that write to the device: ioeventfd.c. */
	struct mutex ioeventfd_lock;
	struct list_head ioeventfds;
	unsigned int ioeventfd_count;
	struct work_struct ioeventfd_work;

	u8 msi;
	u8 msi_vectors;
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
void ovfio_pci_show_interrupts(struct vfio_device *vdev, struct seq_file *seq);
bool ovfio_pci_blocked_by(struct device *member, char *driver, size_t size);
pci_ers_result_t ovfio_pci_error_detected(struct vfio_pci_device *dev);
int ovfio_pci_sriov_configure(struct vfio_pci_device *dev, int count);

/* For the driver's pci_driver.driver.pm. */
extern const struct dev_pm_ops ovfio_pci_pm_ops;

#endif
