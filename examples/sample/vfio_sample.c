// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_sample: a bus driver to learn from, and a device for machines that have none.
 *
 * It shows all that a driver of a device without an IOMMU of its own has to do:
 *
 * - register with ovfio_register_emulated_device(), which gives the device a group and a
 *   node /dev/vfio/N (sample_create());
 * - serve the file operations and ioctls of the device file: one region that is memory,
 *   one interrupt, reset (sample_read() to sample_ioctl());
 * - do the device's DMA for it, now and then by ovfio_dma_rw() (copy()) or again and again
 *   on pages pinned by ovfio_pin_pages() (hold(), fill());
 * - let go of pinned pages when the user unmaps them (sample_dma_unmap());
 * - leave the device quiet at the last close (sample_close()).
 *
 * There is no bus and no hardware: the devices are children of one root device, and live
 * from module load to unload. On a real bus, registration goes to probe() and remove().
 * vfio_sample.h has the registers; tests/conform/emulated.c is a program that uses them.
 *
 *	modprobe vfio_sample count=2
 *	ls /sys/devices/vfio-sample/vfio-sample.0/iommu_group/ -d
 *	# name for VFIO_GROUP_GET_DEVICE_FD: vfio-sample.0
 */
#include <linux/eventfd.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

#include "vfio_sample.h"

#define SAMPLE_MAX_DEVICES	64

static unsigned int count = 1;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Devices to make, 1 to 64");

static bool own_dma;
module_param(own_dma, bool, 0444);
MODULE_PARM_DESC(own_dma,
		 "Register as if the devices did DMA by themselves: without an IOMMU that is refused, or taken in no-IOMMU mode");

/**
 * struct hold - pages pinned by SAMPLE_HOLD
 * @iova: of the first
 * @npages: 0 if nothing is held
 * @pages: the pages
 */
struct hold {
	dma_addr_t iova;
	int npages;
	struct page **pages;
};

/**
 * struct sample - one device
 * @dev: what is in sysfs; its release frees all
 * @vdev: what the core knows
 * @memory: region 0
 * @command_lock: one command at a time
 * @hold_lock: guards what follows; never held around a call of the core that pins or copies,
 *	as sample_dma_unmap() takes it
 * @hold: the pages that are pinned
 * @unmaps: calls of sample_dma_unmap(), so that hold() sees if one came too early
 * @irq_lock: guards @irq
 * @irq: the user's eventfd, or NULL
 */
struct sample {
	struct device dev;
	struct vfio_device vdev;
	void *memory;
	struct mutex command_lock;
	struct mutex hold_lock;
	struct hold hold;
	unsigned long unmaps;
	struct mutex irq_lock;
	struct eventfd_ctx *irq;
};

static struct device *root;
static struct sample *samples[SAMPLE_MAX_DEVICES];

static struct sample *to_sample(struct vfio_device *vdev)
{
	return container_of(vdev, struct sample, vdev);
}

/* The user may have it mapped, so every field is read once, and then believed no more. */
static struct sample_registers *registers(struct sample *sample)
{
	return sample->memory;
}

static void raise_irq(struct sample *sample)
{
	mutex_lock(&sample->irq_lock);
	if (sample->irq)
		eventfd_signal(sample->irq, 1);
	mutex_unlock(&sample->irq_lock);
}

/* The pages that are held, for the caller alone; none are any more. */
static struct hold take_hold(struct sample *sample)
{
	struct hold hold = sample->hold;

	lockdep_assert_held(&sample->hold_lock);

	memset(&sample->hold, 0, sizeof(sample->hold));
	WRITE_ONCE(registers(sample)->held, 0);
	return hold;
}

static void end_hold(struct sample *sample, const struct hold *hold)
{
	if (!hold->npages)
		return;
	ovfio_unpin_pages(&sample->vdev, hold->iova, hold->npages);
	kvfree(hold->pages);
}

static bool overlaps(const struct hold *hold, dma_addr_t iova, u64 length)
{
	dma_addr_t last = hold->iova + ((u64)hold->npages << PAGE_SHIFT) - 1;

	return hold->npages && hold->iova <= iova + length - 1 && iova <= last;
}

/* It would be possible to keep the pages beside the range; this device drops them all. */
static void sample_dma_unmap(struct vfio_device *vdev, dma_addr_t iova, u64 length)
{
	struct sample *sample = to_sample(vdev);
	struct hold hold = {};

	mutex_lock(&sample->hold_lock);
	sample->unmaps++;
	if (overlaps(&sample->hold, iova, length)) {
		hold = take_hold(sample);
		WRITE_ONCE(registers(sample)->lost, READ_ONCE(registers(sample)->lost) + 1);
	}
	mutex_unlock(&sample->hold_lock);
	end_hold(sample, &hold);
}

/* False if an unmap came since @unmaps was read: it may have been for these very pages. */
static bool publish_hold(struct sample *sample, const struct hold *hold, unsigned long unmaps)
{
	bool current_still;

	mutex_lock(&sample->hold_lock);
	current_still = sample->unmaps == unmaps;
	if (current_still) {
		sample->hold = *hold;
		WRITE_ONCE(registers(sample)->held, hold->npages);
	}
	mutex_unlock(&sample->hold_lock);
	return current_still;
}

static int pin_once(struct sample *sample, const struct hold *hold)
{
	unsigned long unmaps;
	int ret;

	mutex_lock(&sample->hold_lock);
	unmaps = sample->unmaps;
	ret = sample->hold.npages ? -EBUSY : 0;
	mutex_unlock(&sample->hold_lock);
	if (!ret)
		ret = ovfio_pin_pages(&sample->vdev, hold->iova, hold->npages,
				      IOMMU_READ | IOMMU_WRITE, hold->pages);
	if (ret)
		return ret;
	if (publish_hold(sample, hold, unmaps))
		return 0;
	ovfio_unpin_pages(&sample->vdev, hold->iova, hold->npages);
	return -EAGAIN;
}

static int hold(struct sample *sample)
{
	u32 length = READ_ONCE(registers(sample)->length);
	struct hold hold = { .iova = READ_ONCE(registers(sample)->source) };
	int ret;

	if (!length || length > SAMPLE_MOST || !PAGE_ALIGNED(length))
		return -EINVAL;
	hold.npages = length >> PAGE_SHIFT;
	hold.pages = kvcalloc(hold.npages, sizeof(*hold.pages), GFP_KERNEL_ACCOUNT);
	if (!hold.pages)
		return -ENOMEM;
	do {
		ret = pin_once(sample, &hold);
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	if (ret)
		kvfree(hold.pages);
	return ret;
}

static int fill(struct sample *sample)
{
	u8 value = READ_ONCE(registers(sample)->value);
	int i, ret;

	/* Held all the while, so that no page is unpinned under our hands. */
	mutex_lock(&sample->hold_lock);
	ret = sample->hold.npages ? 0 : -EINVAL;
	for (i = 0; i < sample->hold.npages; i++) {
		void *page = kmap_local_page(sample->hold.pages[i]);

		memset(page, value, PAGE_SIZE);
		kunmap_local(page);
	}
	mutex_unlock(&sample->hold_lock);
	return ret;
}

static int drop(struct sample *sample)
{
	struct hold hold;

	mutex_lock(&sample->hold_lock);
	hold = take_hold(sample);
	mutex_unlock(&sample->hold_lock);
	end_hold(sample, &hold);
	return hold.npages ? 0 : -EINVAL;
}

static int copy(struct sample *sample)
{
	dma_addr_t destination = READ_ONCE(registers(sample)->destination);
	dma_addr_t source = READ_ONCE(registers(sample)->source);
	u32 length = READ_ONCE(registers(sample)->length);
	void *buffer;
	int ret;

	if (!length || length > SAMPLE_MOST)
		return -EINVAL;
	buffer = kvmalloc(length, GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return -ENOMEM;
	ret = ovfio_dma_rw(&sample->vdev, source, buffer, length, false);
	if (!ret)
		ret = ovfio_dma_rw(&sample->vdev, destination, buffer, length, true);
	kvfree(buffer);
	return ret;
}

static int run(struct sample *sample, u32 command)
{
	switch (command) {
	case SAMPLE_COPY:
		return copy(sample);
	case SAMPLE_HOLD:
		return hold(sample);
	case SAMPLE_FILL:
		return fill(sample);
	case SAMPLE_DROP:
		return drop(sample);
	default:
		return -EINVAL;
	}
}

/* What a write does beside storing its bytes. */
static void react(struct sample *sample, loff_t offset)
{
	if (offset == offsetof(struct sample_registers, command)) {
		mutex_lock(&sample->command_lock);
		WRITE_ONCE(registers(sample)->status,
			   run(sample, READ_ONCE(registers(sample)->command)));
		mutex_unlock(&sample->command_lock);
		raise_irq(sample);
	} else if (offset == offsetof(struct sample_registers, doorbell)) {
		raise_irq(sample);
	}
}

/* Positions outside of the one region there is are refused (B1). */
static bool in_region(loff_t position)
{
	return position >= 0 && position < SAMPLE_REGION_SIZE;
}

static ssize_t sample_read(struct vfio_device *vdev, char __user *buf, size_t size, loff_t *pos)
{
	if (!in_region(*pos))
		return -EINVAL;
	return simple_read_from_buffer(buf, size, pos, to_sample(vdev)->memory,
				       SAMPLE_REGION_SIZE);
}

static ssize_t sample_write(struct vfio_device *vdev, const char __user *buf, size_t size,
			    loff_t *pos)
{
	struct sample *sample = to_sample(vdev);
	loff_t offset = *pos;
	ssize_t ret;

	if (!in_region(offset))
		return -EINVAL;
	ret = simple_write_to_buffer(sample->memory, SAMPLE_REGION_SIZE, pos, buf, size);
	if (ret > 0)
		react(sample, offset);
	return ret;
}

/*
 * The page is ordinary memory, and the mapping holds a reference to it. A device's own
 * memory is mapped by remap_pfn_range() or page by page by a fault handler, and taken away
 * by unmap_mapping_range() on vdev->mapping.
 */
static int sample_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff ||
	    vma->vm_end - vma->vm_start != SAMPLE_REGION_SIZE)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, virt_to_page(to_sample(vdev)->memory));
}

/* Each info ioctl: as much of the structure as its first version had, argsz first. */
static long get_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	/* It is on no bus that VFIO knows, so there is no flag for it. */
	info.flags = VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = 1;
	info.num_irqs = 1;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long get_region_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index)
		return -EINVAL;
	info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		     VFIO_REGION_INFO_FLAG_MMAP;
	info.cap_offset = 0;
	info.size = SAMPLE_REGION_SIZE;
	info.offset = 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long get_irq_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index)
		return -EINVAL;
	info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	info.count = 1;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static void set_irq(struct sample *sample, struct eventfd_ctx *irq)
{
	mutex_lock(&sample->irq_lock);
	swap(sample->irq, irq);
	mutex_unlock(&sample->irq_lock);
	if (irq)
		eventfd_ctx_put(irq);
}

static long set_irq_fd(struct sample *sample, const void __user *data)
{
	struct eventfd_ctx *irq = NULL;
	s32 fd;

	if (get_user(fd, (const s32 __user *)data))
		return -EFAULT;
	if (fd >= 0)
		irq = eventfd_ctx_fdget(fd);
	if (IS_ERR(irq))
		return PTR_ERR(irq);
	set_irq(sample, irq);
	return 0;
}

static long trigger_if(struct sample *sample, const void __user *data)
{
	u8 wanted;

	if (get_user(wanted, (const u8 __user *)data))
		return -EFAULT;
	if (wanted)
		raise_irq(sample);
	return 0;
}

/* Rules Q1 to Q6, for one interrupt that can be triggered but not masked. */
static long set_irqs(struct sample *sample, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set set;
	void __user *data = arg + minsz;
	size_t data_size;

	if (copy_from_user(&set, arg, minsz))
		return -EFAULT;
	if (set.argsz < minsz || set.index || set.start || set.count > 1 ||
	    set.flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;
	if ((set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	data_size = set.argsz - minsz;

	switch (set.flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		if (set.count)
			raise_irq(sample);
		else
			set_irq(sample, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		return set.count && data_size ? trigger_if(sample, data) : -EINVAL;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return set.count && data_size >= sizeof(s32) ? set_irq_fd(sample, data) : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* A reset leaves the interrupt's eventfd alone, as it does for PCI devices (Q9). */
static void reset(struct sample *sample)
{
	mutex_lock(&sample->command_lock);
	drop(sample);
	memset(sample->memory, 0, SAMPLE_REGION_SIZE);
	registers(sample)->id = SAMPLE_ID;
	registers(sample)->machine = !!sample->vdev.kvm;
	mutex_unlock(&sample->command_lock);
}

static long sample_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct sample *sample = to_sample(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(uarg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(uarg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(sample, uarg);
	case VFIO_DEVICE_RESET:
		reset(sample);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Nobody else uses the device now: the next user finds nothing of the last one's. */
static int sample_open(struct vfio_device *vdev, struct vfio_refusal *refusal)
{
	struct sample *sample = to_sample(vdev);

	/*
	 * A page for this user alone: who maps it can keep a reference to it, and must not
	 * see in it what the next user writes.
	 */
	sample->memory = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!sample->memory)
		return -ENOMEM;
	reset(sample);
	return 0;
}

static void sample_close(struct vfio_device *vdev)
{
	struct sample *sample = to_sample(vdev);

	drop(sample);
	set_irq(sample, NULL);
	free_page((unsigned long)sample->memory);
	sample->memory = NULL;
}

static const struct vfio_device_ops sample_ops = {
	.owner = THIS_MODULE,
	.name = "vfio-sample",
	.open = sample_open,
	.close = sample_close,
	.read = sample_read,
	.write = sample_write,
	.ioctl = sample_ioctl,
	.mmap = sample_mmap,
	.dma_unmap = sample_dma_unmap,
};

static void sample_free(struct device *dev)
{
	struct sample *sample = container_of(dev, struct sample, dev);

	kfree(sample);
}

static struct sample *sample_create(unsigned int number)
{
	struct sample *sample = kzalloc(sizeof(*sample), GFP_KERNEL);
	int ret;

	if (!sample)
		return ERR_PTR(-ENOMEM);
	mutex_init(&sample->command_lock);
	mutex_init(&sample->hold_lock);
	mutex_init(&sample->irq_lock);
	device_initialize(&sample->dev);
	sample->dev.parent = root;
	sample->dev.release = sample_free;
	ret = dev_set_name(&sample->dev, "vfio-sample.%u", number);
	if (!ret)
		ret = device_add(&sample->dev);
	if (ret)
		goto err_put;

	sample->vdev.dev = &sample->dev;
	sample->vdev.ops = &sample_ops;
	if (own_dma)
		ret = ovfio_register_device(&sample->vdev);
	else
		ret = ovfio_register_emulated_device(&sample->vdev);
	if (ret)
		goto err_del;
	return sample;

err_del:
	device_del(&sample->dev);
err_put:
	put_device(&sample->dev);
	return ERR_PTR(ret);
}

static void destroy_all(void)
{
	unsigned int i;

	for (i = 0; i < SAMPLE_MAX_DEVICES && samples[i]; i++) {
		/* No file of it is open, as each would hold this module. */
		ovfio_unregister_device(&samples[i]->vdev);
		device_unregister(&samples[i]->dev);
	}
	root_device_unregister(root);
}

static int __init sample_init(void)
{
	unsigned int i;

	if (!count || count > SAMPLE_MAX_DEVICES)
		return -EINVAL;
	root = root_device_register("vfio-sample");
	if (IS_ERR(root))
		return PTR_ERR(root);
	for (i = 0; i < count; i++) {
		struct sample *sample = sample_create(i);

		if (IS_ERR(sample)) {
			destroy_all();
			return PTR_ERR(sample);
		}
		samples[i] = sample;
	}
	return 0;
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	destroy_all();
}
module_exit(sample_exit);

MODULE_DESCRIPTION("openvfio: a sample bus driver for a device without an IOMMU of its own");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
