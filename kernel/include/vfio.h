/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The in-kernel API of openvfio: what a bus driver and an IOMMU driver give to
 * the core, and what the core gives back. The same on every supported kernel.
 *
 * The core knows no bus and no IOMMU; an IOMMU driver sees groups, never
 * devices; a bus driver sees its device, never an IOMMU.
 */
#ifndef OPENVFIO_VFIO_H
#define OPENVFIO_VFIO_H

#include <linux/completion.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <uapi/openvfio.h>

#define OPENVFIO_VERSION "1.0.0"

struct kvm;
struct seq_file;
struct vfio_device;
struct vfio_group;

/**
 * struct vfio_refusal - the last refusal on a file, for whoever asks for it there
 * @lock: guards @last
 * @last: as OPENVFIO_GET_REFUSAL gives it
 */
struct vfio_refusal {
	spinlock_t lock;
	struct openvfio_refusal last;
};

int ovfio_refuse(struct vfio_refusal *refusal, u32 reason, int error, const char *format, ...)
	__printf(4, 5);
int ovfio_refuse_and_log(struct vfio_refusal *refusal, u32 reason, int error,
			 const char *format, ...) __printf(4, 5);
int ovfio_refuse_argsz(struct vfio_refusal *refusal, u32 argsz, size_t wanted);

/**
 * struct vfio_opener - who opened a file, to be named to an administrator
 * @pid: of the process; 0 before the first open
 * @comm: its name
 */
struct vfio_opener {
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * enum vfio_group_kind - what stands between a group's devices and memory
 * @VFIO_GROUP_REAL: an IOMMU. The group is the IOMMU's; its DMA ownership is claimed.
 * @VFIO_GROUP_EMULATED: the bus driver, which does the DMA by ovfio_dma_rw() and
 *	ovfio_pin_pages(). The group is made for the one device, and always viable.
 * @VFIO_GROUP_NOIOMMU: nothing. The group is made for the one device, only in
 *	no-IOMMU mode and only for those who may do anything anyway (CAP_SYS_RAWIO).
 */
enum vfio_group_kind {
	VFIO_GROUP_REAL,
	VFIO_GROUP_EMULATED,
	VFIO_GROUP_NOIOMMU,
};

/**
 * struct vfio_device_ops - what a bus driver does for one of its devices
 * @owner: the bus driver's module; each open device file holds a reference to it
 * @name: the bus driver's name, for the kernel log
 * @open: the first file of the device was opened: make the device ready for a
 *	user. 0 or a negative errno, which the caller of VFIO_GROUP_GET_DEVICE_FD
 *	sees; on failure nothing may stay behind. @refusal is for the reason: that of
 *	the group's file. Process context; @open and @close of one device never run at
 *	the same time.
 * @close: the last file of the device went away. Must leave the device quiet: no
 *	interrupt, no DMA, no mapping of its memory.
 * @read: read @count bytes at file position @pos, to user memory
 * @write: write @count bytes at file position @pos, from user memory
 * @ioctl: any ioctl on the device file; -ENOTTY for an unknown one
 * @mmap: map a part of the device; called with the caller's mmap_lock held
 * @request: the device is wanted back. Called at once and then every ten seconds
 *	until the last file is closed, with @count as 0, 1, 2 ... Optional.
 * @match: does @name, as given to VFIO_GROUP_GET_DEVICE_FD, name this device? 1 yes,
 *	0 no, a negative errno to refuse the call, with the reason to @refusal. May write
 *	to @name. Optional: without it the whole of @name must be the device's name.
 * @blocked_by: if @member, a device of the same bus, is bound to a driver that
 *	keeps its IOMMU group from being used, write the driver's name to @driver
 *	(@size bytes) and return true. May sleep but not wait for a device lock.
 *	Optional.
 * @dma_unmap: the user takes @length bytes from @iova on away: unpin what is pinned of
 *	them, if anything. May come as early as @open and as late as @close, and while
 *	another thread is in ovfio_pin_pages() for the same IOVAs: whoever pins looks
 *	afterwards whether this was called meanwhile. The unmap waits until nothing of
 *	the range is pinned any more. May call ovfio_unpin_pages(), no other function of
 *	this header, and must not wait for a lock that is held around ovfio_pin_pages() or
 *	ovfio_dma_rw(). Needed by emulated devices that pin; not called for others.
 * @show_interrupts: for debugfs: which interrupts the user has enabled, as words with
 *	commas between them and no space; nothing if there are none. Called at any time
 *	while the device is registered; must not wait for user memory. Optional.
 */
struct vfio_device_ops {
	struct module *owner;
	const char *name;
	int (*open)(struct vfio_device *device, struct vfio_refusal *refusal);
	void (*close)(struct vfio_device *device);
	ssize_t (*read)(struct vfio_device *device, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(struct vfio_device *device, const char __user *buf, size_t count,
			 loff_t *pos);
	long (*ioctl)(struct vfio_device *device, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct vfio_device *device, struct vm_area_struct *vma);
	void (*request)(struct vfio_device *device, unsigned int count);
	int (*match)(struct vfio_device *device, char *name, struct vfio_refusal *refusal);
	bool (*blocked_by)(struct device *member, char *driver, size_t size);
	void (*dma_unmap)(struct vfio_device *device, dma_addr_t iova, u64 length);
	void (*show_interrupts)(struct vfio_device *device, struct seq_file *seq);
};

/**
 * struct vfio_device - a device offered to user programs
 * @dev: the bus's device; set by the bus driver before registration
 * @ops: set by the bus driver before registration
 * @mapping: the page cache identity of the device's files: unmap_mapping_range() on it
 *	takes away the user mappings of this device and of no other. Valid while the
 *	device is registered.
 * @kvm: the virtual machine that the device's group was given to when the device was
 *	opened, or NULL. Valid from @ops->open to @ops->close, with a reference held.
 * @refusal: for the reasons of what @ops->read, write, ioctl and mmap refuse. One for all
 *	files of the device, as these have no state of their own; begins anew with the
 *	first of them.
 * @iommu_node: for the IOMMU driver, between register_device and unregister_device
 *
 * A bus driver embeds it in its own structure. It must stay until
 * ovfio_unregister_device() returns, and no longer. The rest belongs to the core.
 */
struct vfio_device {
	struct device *dev;
	const struct vfio_device_ops *ops;
	struct address_space *mapping;
	struct kvm *kvm;
	struct vfio_refusal refusal;
	struct list_head iommu_node;

	/* private: */
	struct vfio_group *group;
	struct list_head group_node;
	struct inode *inode;
	struct device *node;
	int index;
	refcount_t users;
	struct completion unused;
	struct mutex open_lock;
	unsigned int open_count;
	bool opened;
	struct vfio_opener opener;
	struct list_head shown_node;
};

int ovfio_register_device(struct vfio_device *device);
int ovfio_register_emulated_device(struct vfio_device *device);
void ovfio_unregister_device(struct vfio_device *device);
void ovfio_revoke_memory(phys_addr_t start, u64 size);

bool ovfio_file_is_group(struct file *file);
bool ovfio_file_has_device(struct file *file, struct vfio_device *device);

int ovfio_pin_pages(struct vfio_device *device, dma_addr_t iova, int npages, int prot,
		    struct page **pages);
void ovfio_unpin_pages(struct vfio_device *device, dma_addr_t iova, int npages);
int ovfio_dma_rw(struct vfio_device *device, dma_addr_t iova, void *data, size_t len, bool write);

/**
 * struct vfio_iommu_usage - what a container maps, for debugfs
 * @mappings: how many there are
 * @mapped: bytes of them
 * @pinned: bytes of memory that they keep in place and that count as locked
 * @maps: mappings made so far
 * @unmaps: mappings removed so far
 */
struct vfio_iommu_usage {
	u64 mappings;
	u64 mapped;
	u64 pinned;
	u64 maps;
	u64 unmaps;
};

/**
 * struct vfio_iommu_mapping - one mapping, for debugfs
 * @iova: the first
 * @last: the last IOVA
 * @vaddr: the process address of the first byte
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @pinned: bytes, as in struct vfio_iommu_usage
 * @owner: whose memory it is
 */
struct vfio_iommu_mapping {
	u64 iova;
	u64 last;
	u64 vaddr;
	int prot;
	u64 pinned;
	struct vfio_opener owner;
};

/**
 * struct vfio_iommu_driver_ops - what an IOMMU driver does for a container
 * @owner: the module; a container with this driver set holds a reference to it
 * @name: for the kernel log
 * @check_extension: the answer of VFIO_CHECK_EXTENSION for @extension, an IOMMU type or a
 *	capability: 0 no, greater yes. @data is NULL while no IOMMU is set.
 * @open: VFIO_SET_IOMMU with @type: make the container's instance, or ERR_PTR. Only
 *	called for a type that @check_extension affirmed.
 * @release: no group and no call in flight is left: undo every mapping and free @data.
 * @attach_group: let @group's devices see the instance's mappings, those there are and
 *	those to come. DMA ownership of a real @group is held by the core. For an emulated
 *	one, whose devices are served by the callbacks below, there is no IOMMU to
 *	program; -EOPNOTSUPP without such callbacks. @kind is one of these two. All or
 *	nothing.
 * @detach_group: @group's devices see none of the mappings any more
 * @ioctl: an ioctl on the container file that the core does not know; -ENOTTY if
 *	unknown here too. Runs concurrently with itself and with attach and detach.
 * @revoke: physical memory that is no RAM, a BAR, is no longer its user's: when the call
 *	returns no device of the instance may reach it. Called at any time before
 *	@release, beside all other callbacks; must not wait for user memory. Optional, for
 *	a driver that never maps such memory.
 * @read: read() on the container file. Optional; without it -EINVAL (rule G8).
 * @write: write() on the container file. Optional; without it -EINVAL (rule G8).
 * @mmap: mmap() on the container file. Optional; without it -ENODEV (rule G8). A
 *	mapping may outlive @release: what its vm_ops need must have a lifetime of
 *	its own, the module reference included.
 * @pin_pages: ovfio_pin_pages() for a device of @group: pin the @npages pages at @iova,
 *	page aligned and not wrapping, for @prot (IOMMU_READ, IOMMU_WRITE), and give them
 *	in @pages. All, or a negative errno. Optional.
 * @unpin_pages: undo @pin_pages for these pages. Called from a device's dma_unmap, too.
 *	There if @pin_pages is.
 * @dma_rw: copy @len bytes, not wrapping, from @buf to @iova if @write, else the other
 *	way: all, or a negative errno. Optional.
 * @register_device: from now on, before an unmap of a range completes, call the
 *	dma_unmap of @device, with no lock held that @unpin_pages takes, until the range
 *	has no pinned page. Called before the device's open. Optional.
 * @unregister_device: the end of it, after the device's close. Waits for a call of
 *	dma_unmap that is in flight. There if @register_device is.
 * @usage: fill in the zeroed @usage. Runs as @ioctl does, beside everything; must not wait
 *	for user memory, nor keep those who map and unmap waiting for long. Optional.
 * @mapping_from: the lowest mapping that ends at @iova or behind it; false if there is none.
 *	As @usage. Optional.
 *
 * The five before these two are called for devices that are being opened, are open, or
 * being closed, concurrently with each other and with @ioctl; attach and detach of other
 * groups may run beside them.
 */
struct vfio_iommu_driver_ops {
	struct module *owner;
	const char *name;
	long (*check_extension)(void *data, unsigned long extension);
	void *(*open)(unsigned long type);
	void (*release)(void *data);
	int (*attach_group)(void *data, struct iommu_group *group, enum vfio_group_kind kind,
			    struct vfio_refusal *refusal);
	void (*detach_group)(void *data, struct iommu_group *group);
	long (*ioctl)(void *data, unsigned int cmd, unsigned long arg,
		      struct vfio_refusal *refusal);
	void (*revoke)(void *data, phys_addr_t start, u64 size);
	ssize_t (*read)(void *data, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(void *data, const char __user *buf, size_t count, loff_t *pos);
	int (*mmap)(void *data, struct vm_area_struct *vma);
	int (*pin_pages)(void *data, struct iommu_group *group, dma_addr_t iova, int npages,
			 int prot, struct page **pages);
	void (*unpin_pages)(void *data, dma_addr_t iova, int npages);
	int (*dma_rw)(void *data, dma_addr_t iova, void *buf, size_t len, bool write);
	void (*register_device)(void *data, struct vfio_device *device);
	void (*unregister_device)(void *data, struct vfio_device *device);
	void (*usage)(void *data, struct vfio_iommu_usage *usage);
	bool (*mapping_from)(void *data, u64 iova, struct vfio_iommu_mapping *mapping);
};

/**
 * struct vfio_iommu_driver - an entry of the registry of IOMMU drivers
 * @ops: set by the driver before registration
 */
struct vfio_iommu_driver {
	const struct vfio_iommu_driver_ops *ops;

	/* private: */
	struct list_head node;
};

int ovfio_register_iommu_driver(struct vfio_iommu_driver *driver);
void ovfio_unregister_iommu_driver(struct vfio_iommu_driver *driver);

/**
 * struct vfio_info_caps - a capability chain on its way to the end of an info structure
 * @buf: the chain; struct vfio_info_cap_header.next counts from @buf until
 *	ovfio_info_caps_copy() knows where the chain will lie
 * @size: bytes used
 * @last: offset of the last header in @buf
 *
 * Start with all zero; ovfio_info_caps_free() when done.
 */
struct vfio_info_caps {
	u8 *buf;
	size_t size;
	size_t last;
};

void *ovfio_info_cap_add(struct vfio_info_caps *caps, size_t size, u16 id, u16 version);
int ovfio_info_caps_copy(struct vfio_info_caps *caps, void __user *info, u32 info_size,
			 u32 *argsz, u32 *cap_offset);
void ovfio_info_caps_free(struct vfio_info_caps *caps);

#endif
