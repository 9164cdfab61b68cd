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
#include <uapi/linux/vfio.h>

#define OPENVFIO_VERSION "1.0.0"

struct vfio_device;
struct vfio_group;

/**
 * enum vfio_group_kind - how a group's devices do DMA
 * @VFIO_GROUP_REAL: through an IOMMU
 * @VFIO_GROUP_EMULATED: not at all: software does it for them
 * @VFIO_GROUP_NOIOMMU: to all memory, as the user is trusted
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
 *	sees; on failure nothing may stay behind. Process context; @open and @close
 *	of one device never run at the same time.
 * @close: the last file of the device went away. Must leave the device quiet: no
 *	interrupt, no DMA, no mapping of its memory.
 * @read: read @count bytes at file position @pos, to user memory
 * @write: write @count bytes at file position @pos, from user memory
 * @ioctl: any ioctl on the device file; -ENOTTY for an unknown one
 * @mmap: map a part of the device; called with the caller's mmap_lock held
 * @request: the device is wanted back. Called at once and then every ten seconds
 *	until the last file is closed, with @count as 0, 1, 2 ... Optional.
 * @match: does @name, as given to VFIO_GROUP_GET_DEVICE_FD, name this device? 1 yes,
 *	0 no, a negative errno to refuse the call. May write to @name. Optional:
 *	without it the whole of @name must be the device's name.
 * @blocked_by: if @member, a device of the same bus, is bound to a driver that
 *	keeps its IOMMU group from being used, write the driver's name to @driver
 *	(@size bytes) and return true. May sleep but not wait for a device lock.
 *	Optional.
 */
struct vfio_device_ops {
	struct module *owner;
	const char *name;
	int (*open)(struct vfio_device *device);
	void (*close)(struct vfio_device *device);
	ssize_t (*read)(struct vfio_device *device, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(struct vfio_device *device, const char __user *buf, size_t count,
			 loff_t *pos);
	long (*ioctl)(struct vfio_device *device, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct vfio_device *device, struct vm_area_struct *vma);
	void (*request)(struct vfio_device *device, unsigned int count);
	int (*match)(struct vfio_device *device, char *name);
	bool (*blocked_by)(struct device *member, char *driver, size_t size);
	void (*dma_unmap)(struct vfio_device *device, u64 iova, u64 length);
};

/**
 * struct vfio_device - a device offered to user programs
 * @dev: the bus's device; set by the bus driver before registration
 * @ops: set by the bus driver before registration
 * @mapping: the page cache identity of the device's files: unmap_mapping_range() on it
 *	takes away the user mappings of this device and of no other. Valid while the
 *	device is registered.
 *
 * A bus driver embeds it in its own structure. It must stay until
 * ovfio_unregister_device() returns, and no longer. The rest belongs to the core.
 */
struct vfio_device {
	struct device *dev;
	const struct vfio_device_ops *ops;
	struct address_space *mapping;

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
	char opener[TASK_COMM_LEN];
	pid_t opener_pid;
};

int ovfio_register_device(struct vfio_device *device);
void ovfio_unregister_device(struct vfio_device *device);
void ovfio_revoke_memory(phys_addr_t start, u64 size);

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
 *	those to come. DMA ownership of @group is held by the core. All or nothing.
 * @detach_group: @group's devices see none of the mappings any more
 * @ioctl: an ioctl on the container file that the core does not know; -ENOTTY if
 *	unknown here too. Runs concurrently with itself and with attach and detach.
 * @revoke: physical memory that is no RAM, a BAR, is no longer its user's: when the call
 *	returns no device of the instance may reach it. May be called at any time.
 *	Optional, for a driver that never maps such memory.
 * @read: read() on the container file. Optional; without it -EINVAL (rule G8).
 * @write: write() on the container file. Optional; without it -EINVAL (rule G8).
 * @mmap: mmap() on the container file. Optional; without it -ENODEV (rule G8). A
 *	mapping may outlive @release: what its vm_ops need must have a lifetime of
 *	its own, the module reference included.
 */
struct vfio_iommu_driver_ops {
	struct module *owner;
	const char *name;
	long (*check_extension)(void *data, unsigned long extension);
	void *(*open)(unsigned long type);
	void (*release)(void *data);
	int (*attach_group)(void *data, struct iommu_group *group, enum vfio_group_kind kind);
	void (*detach_group)(void *data, struct iommu_group *group);
	long (*ioctl)(void *data, unsigned int cmd, unsigned long arg);
	int (*pin_pages)(void *data, struct iommu_group *group, dma_addr_t iova, int npages,
			 int prot, struct page **pages);
	void (*unpin_pages)(void *data, dma_addr_t iova, int npages);
	int (*dma_rw)(void *data, dma_addr_t iova, void *buf, size_t len, bool write);
	void (*register_device)(void *data, struct vfio_device *device);
	void (*unregister_device)(void *data, struct vfio_device *device);
	void (*revoke)(void *data, phys_addr_t start, u64 size);
	ssize_t (*read)(void *data, char __user *buf, size_t count, loff_t *pos);
	ssize_t (*write)(void *data, const char __user *buf, size_t count, loff_t *pos);
	int (*mmap)(void *data, struct vm_area_struct *vma);
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
