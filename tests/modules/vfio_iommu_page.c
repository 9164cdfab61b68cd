// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second IOMMU driver, for the tests of the registry and of the container file's
 * optional read, write and mmap (rules C2, G8). Its instance is a page of memory; it
 * maps nothing, so a group attached to it stays in its blocking domain.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

/* An IOMMU type that Linux will not use; the tests know it, too. */
#define PAGE_IOMMU	0x7f01
/* Returns how many groups are attached. */
#define PAGE_IOMMU_GROUPS	_IO(VFIO_TYPE, 0xf0)

static unsigned int max_groups = 1;
module_param(max_groups, uint, 0644);
MODULE_PARM_DESC(max_groups, "Groups that can be attached; the next is refused with ENOSPC");

struct page_iommu {
	void *memory;
	atomic_t groups;
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
	return iommu;
}

static void page_release(void *data)
{
	struct page_iommu *iommu = data;

	WARN_ON(atomic_read(&iommu->groups));
	free_page((unsigned long)iommu->memory);
	kfree(iommu);
}

static int page_attach_group(void *data, struct iommu_group *group, enum vfio_group_kind kind)
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

static long page_ioctl(void *data, unsigned int cmd, unsigned long arg)
{
	struct page_iommu *iommu = data;

	return cmd == PAGE_IOMMU_GROUPS ? atomic_read(&iommu->groups) : -ENOTTY;
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
