// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second IOMMU driver, for the tests of the registry and of the container file's
 * optional read, write and mmap (rules C2, G8). Its instance is a page of memory; it
 * maps nothing, so a group attached to it stays in its blocking domain. To emulated
 * devices the page is what lies at IOVA 0 (E1 to E3).
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

/* An IOMMU type that Linux will not use; the tests know it, too. */
#define PAGE_IOMMU	0x7f01
/* Returns how many groups are attached. */
#define PAGE_IOMMU_GROUPS	_IO(VFIO_TYPE, 0xff)
/* Returns how many devices want to hear of unmaps. */
#define PAGE_IOMMU_DEVICES	_IO(VFIO_TYPE, 0xf1)
/* Tells them of an unmap of the page; returns how often it is still pinned then. */
#define PAGE_IOMMU_UNMAP	_IO(VFIO_TYPE, 0xf2)
/* Returns how often it is pinned. */
#define PAGE_IOMMU_PINNED	_IO(VFIO_TYPE, 0xf3)

static unsigned int max_groups = 1;
module_param(max_groups, uint, 0644);
MODULE_PARM_DESC(max_groups, "Groups that can be attached; the next is refused with ENOSPC");

struct page_iommu {
	void *memory;
	atomic_t groups;
	atomic_t pinned;
	struct mutex lock;
	struct list_head devices;
};

static long page_check_extension(void *data, unsigned long extension)
{
	return extension == PAGE_IOMMU;
}

static void *page_open(unsigned long type)
{
	struct page_iommu *iommu = kzalloc(sizeof(*iommu), GFP_KERNEL);

	if (!iommu)
		return ERR_PTR(-ENOMEM);
	iommu->memory = (void *)get_zeroed_page(GFP_KERNEL);
	if (!iommu->memory) {
		kfree(iommu);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&iommu->lock);
	INIT_LIST_HEAD(&iommu->devices);
	return iommu;
}

static void page_release(void *data)
{
	struct page_iommu *iommu = data;

	WARN_ON(atomic_read(&iommu->groups) || atomic_read(&iommu->pinned));
	WARN_ON(!list_empty(&iommu->devices));
	free_page((unsigned long)iommu->memory);
	kfree(iommu);
}

static int page_attach_group(void *data, struct iommu_group *group, enum vfio_group_kind kind,
			     struct vfio_refusal *refusal)
{
	struct page_iommu *iommu = data;

	if (atomic_inc_return(&iommu->groups) <= max_groups)
		return 0;
	atomic_dec(&iommu->groups);
	return -ENOSPC;
}

static void page_detach_group(void *data, struct iommu_group *group)
{
	struct page_iommu *iommu = data;

	atomic_dec(&iommu->groups);
}

static int page_pin_pages(void *data, struct iommu_group *group, dma_addr_t iova, int npages,
			  int prot, struct page **pages)
{
	struct page_iommu *iommu = data;

	if (iova || npages != 1)
		return -EINVAL;
	atomic_inc(&iommu->pinned);
	pages[0] = virt_to_page(iommu->memory);
	return 0;
}

static void page_unpin_pages(void *data, dma_addr_t iova, int npages)
{
	struct page_iommu *iommu = data;

	WARN_ON(iova || npages != 1 || atomic_dec_return(&iommu->pinned) < 0);
}

static int page_dma_rw(void *data, dma_addr_t iova, void *buf, size_t len, bool write)
{
	struct page_iommu *iommu = data;

	if (iova >= PAGE_SIZE || len > PAGE_SIZE - iova)
		return -EINVAL;
	if (write)
		memcpy(iommu->memory + iova, buf, len);
	else
		memcpy(buf, iommu->memory + iova, len);
	return 0;
}

static void page_register_device(void *data, struct vfio_device *device)
{
	struct page_iommu *iommu = data;

	mutex_lock(&iommu->lock);
	list_add(&device->iommu_node, &iommu->devices);
	mutex_unlock(&iommu->lock);
}

static void page_unregister_device(void *data, struct vfio_device *device)
{
	struct page_iommu *iommu = data;

	mutex_lock(&iommu->lock);
	list_del(&device->iommu_node);
	mutex_unlock(&iommu->lock);
}

/* Unpinning takes no lock here, so the callback can run under ours. */
static long tell_devices(struct page_iommu *iommu, bool unmap)
{
	struct vfio_device *device;
	long devices = 0;

	mutex_lock(&iommu->lock);
	list_for_each_entry(device, &iommu->devices, iommu_node) {
		devices++;
		if (unmap)
			device->ops->dma_unmap(device, 0, PAGE_SIZE);
	}
	mutex_unlock(&iommu->lock);
	return devices;
}

static long page_ioctl(void *data, unsigned int cmd, unsigned long arg,
		       struct vfio_refusal *refusal)
{
	struct page_iommu *iommu = data;

	switch (cmd) {
	case PAGE_IOMMU_GROUPS:
		return atomic_read(&iommu->groups);
	case PAGE_IOMMU_DEVICES:
		return tell_devices(iommu, false);
	case PAGE_IOMMU_UNMAP:
		tell_devices(iommu, true);
		fallthrough;
	case PAGE_IOMMU_PINNED:
		return atomic_read(&iommu->pinned);
	default:
		return -ENOTTY;
	}
}

static ssize_t page_read(void *data, char __user *buf, size_t count, loff_t *pos)
{
	struct page_iommu *iommu = data;

	return simple_read_from_buffer(buf, count, pos, iommu->memory, PAGE_SIZE);
}

static ssize_t page_write(void *data, const char __user *buf, size_t count, loff_t *pos)
{
	struct page_iommu *iommu = data;

	return simple_write_to_buffer(iommu->memory, PAGE_SIZE, pos, buf, count);
}

/* The mapping holds the page itself, so it may outlive the instance. */
static int page_mmap(void *data, struct vm_area_struct *vma)
{
	struct page_iommu *iommu = data;

	if (vma->vm_pgoff || vma_pages(vma) != 1)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, virt_to_page(iommu->memory));
}

static const struct vfio_iommu_driver_ops page_ops = {
	.owner = THIS_MODULE,
	.name = "page",
	.check_extension = page_check_extension,
	.open = page_open,
	.release = page_release,
	.attach_group = page_attach_group,
	.detach_group = page_detach_group,
	.ioctl = page_ioctl,
	.read = page_read,
	.write = page_write,
	.mmap = page_mmap,
	.pin_pages = page_pin_pages,
	.unpin_pages = page_unpin_pages,
	.dma_rw = page_dma_rw,
	.register_device = page_register_device,
	.unregister_device = page_unregister_device,
};

static struct vfio_iommu_driver page_driver = { .ops = &page_ops };

static int __init page_init(void)
{
	return ovfio_register_iommu_driver(&page_driver);
}
module_init(page_init);

static void __exit page_exit(void)
{
	ovfio_unregister_iommu_driver(&page_driver);
}
module_exit(page_exit);

MODULE_DESCRIPTION("openvfio: an IOMMU driver for tests");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
