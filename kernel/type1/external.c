// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that a kernel module pins is noted in its mapping, with how often. It counts
 * against RLIMIT_MEMLOCK unless the whole mapping is pinned, and counted, for a real
 * device anyway. Before a mapping goes, the modules are told and give their pins back.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <vfio.h>

#include "external.h"
#include "pin.h"

/* A page pinned from outside, under its number within the mapping. */
struct external_pin {
	struct page *page;
	unsigned int times;
};

static unsigned long number_of(const struct mapping *mapping, dma_addr_t iova)
{
	return (iova - mapping->span.start) >> PAGE_SHIFT;
}

/* Is the mapping pinned as a whole, for a domain? */
static bool pinned_as_a_whole(const struct mapping *mapping)
{
	return mapping->runs.count;
}

static void mark_dirty(struct mapping *mapping, unsigned long index)
{
	if (mapping->dirty)
		__set_bit(index, mapping->dirty);
}

/**
 * external_mark_pinned() - all pages pinned from outside are dirty
 * @mapping: with a log; its instance's lock held
 */
void external_mark_pinned(struct mapping *mapping)
{
	struct external_pin *pin;
	unsigned long index;

	xa_for_each(&mapping->external, index, pin)
		mark_dirty(mapping, index);
}

/**
 * external_count() - pages pinned from outside count on their own from now on
 * @mapping: no longer pinned as a whole
 *
 * They were allowed once, so the limit is not asked again.
 */
void external_count(struct mapping *mapping)
{
	if (!mapping->external_pages)
		return;
	mmap_write_lock(mapping->mm);
	mapping->mm->locked_vm += mapping->external_pages;
	mmap_write_unlock(mapping->mm);
}

/**
 * external_uncount() - the mapping is about to be pinned, and counted, as a whole
 * @mapping: the mapping
 */
void external_uncount(struct mapping *mapping)
{
	if (mapping->external_pages)
		account_locked_vm(mapping->mm, mapping->external_pages, false);
}

static long pin_one(struct mapping *mapping, unsigned long index, int prot, struct page **page)
{
	unsigned long vaddr = mapping->vaddr + (index << PAGE_SHIFT);
	long ret;

	if (mapping->mm == current->mm)
		return pin_pages(mapping->mm, vaddr, 1, prot, page);
	if (!mmget_not_zero(mapping->mm))
		return -EFAULT;
	ret = pin_pages(mapping->mm, vaddr, 1, prot, page);
	mmput(mapping->mm);
	return ret;
}

/* The mapping's page, pinned, counted and noted. The mapping is busy, the lock not held. */
static struct external_pin *add_pin(struct mapping *mapping, unsigned long index)
{
	struct external_pin *pin;
	long ret;

	pin = kzalloc(sizeof(*pin), GFP_KERNEL_ACCOUNT);
	if (!pin)
		return ERR_PTR(-ENOMEM);
	/* With all that the mapping allows: a later pin of the same page may want more. */
	ret = pin_one(mapping, index, mapping->prot, &pin->page);
	if (ret < 0)
		goto err_free;
	ret = pinned_as_a_whole(mapping) ? 0 : count_locked(mapping->mm, 1, NULL);
	if (ret)
		goto err_unpin;
	ret = xa_err(xa_store(&mapping->external, index, pin, GFP_KERNEL_ACCOUNT));
	if (ret)
		goto err_uncount;
	return pin;

err_uncount:
	if (!pinned_as_a_whole(mapping))
		account_locked_vm(mapping->mm, 1, false);
err_unpin:
	unpin_user_page(pin->page);
err_free:
	kfree(pin);
	return ERR_PTR(ret);
}

/* With the lock held and the mapping not busy, or ERR_PTR without the lock. */
static struct mapping *lock_mapping(struct type1 *type1, dma_addr_t iova, int prot)
{
	struct mapping *mapping;
	int ret;

	ret = type1_lock_settled(type1, iova, iova);
	if (ret)
		return ERR_PTR(ret);
	mapping = mapping_first(&type1->mappings, iova, iova);
	if (!mapping)
		ret = -EINVAL;
	else if (prot & ~mapping->prot)
		ret = -EPERM;
	else if (mapping->vaddr_invalid)
		ret = -EBUSY;
	if (!ret)
		return mapping;
	mutex_unlock(&type1->lock);
	return ERR_PTR(ret);
}

static int pin_page_at(struct type1 *type1, dma_addr_t iova, int prot, struct page **page)
{
	struct external_pin *pin;
	struct mapping *mapping;
	unsigned long index;

	mapping = lock_mapping(type1, iova, prot);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	index = number_of(mapping, iova);
	pin = xa_load(&mapping->external, index);
	if (!pin) {
		mapping->busy = true;
		mutex_unlock(&type1->lock);
		pin = add_pin(mapping, index);
		mutex_lock(&type1->lock);
		mapping->busy = false;
		type1_settle(type1);
		if (IS_ERR(pin)) {
			mutex_unlock(&type1->lock);
			return PTR_ERR(pin);
		}
		mapping->external_pages++;
	}
	pin->times++;
	mark_dirty(mapping, index);
	*page = pin->page;
	mutex_unlock(&type1->lock);
	return 0;
}

/*
 * Gives one page back. The lock is enough, also while the mapping is busy: this is what a
 * device does when it is told that the mapping goes.
 */
static void unpin_page_at(struct type1 *type1, dma_addr_t iova)
{
	struct external_pin *pin = NULL;
	struct mapping *mapping;
	struct mm_struct *mm;
	bool counted, dirty;

	mutex_lock(&type1->lock);
	mapping = mapping_first(&type1->mappings, iova, iova);
	if (mapping)
		pin = xa_load(&mapping->external, number_of(mapping, iova));
	if (WARN_ON_ONCE(!pin) || --pin->times) {
		mutex_unlock(&type1->lock);
		return;
	}
	xa_erase(&mapping->external, number_of(mapping, iova));
	mapping->external_pages--;
	mark_dirty(mapping, number_of(mapping, iova));
	counted = !pinned_as_a_whole(mapping);
	dirty = mapping->prot & IOMMU_WRITE;
	mm = mapping->mm;
	mmgrab(mm);
	mutex_unlock(&type1->lock);

	/* The mapping may be gone from here on. */
	unpin_user_pages_dirty_lock(&pin->page, 1, dirty);
	if (counted)
		account_locked_vm(mm, 1, false);
	mmdrop(mm);
	kfree(pin);
}

/**
 * type1_pin_pages() - see &vfio_iommu_driver_ops.pin_pages
 * @data: the instance
 * @group: the emulated device's group
 * @iova: page aligned
 * @npages: how many
 * @prot: IOMMU_READ, IOMMU_WRITE: what the device will do
 * @pages: filled in
 *
 * Return: 0; -EINVAL where nothing is mapped; -EPERM beyond what the mapping
 * allows; -EBUSY while its process address is invalid; -EFAULT; -ENOMEM; -EINTR. On
 * failure no page stays pinned.
 */
int type1_pin_pages(void *data, struct iommu_group *group, dma_addr_t iova, int npages, int prot,
		    struct page **pages)
{
	struct type1 *type1 = data;
	int i, ret = 0;

	if (!PAGE_ALIGNED(iova))
		return -EINVAL;
	down_read(&type1->attach);
	for (i = 0; i < npages; i++) {
		ret = pin_page_at(type1, iova + ((dma_addr_t)i << PAGE_SHIFT), prot, &pages[i]);
		if (ret)
			break;
	}
	while (ret && i--)
		unpin_page_at(type1, iova + ((dma_addr_t)i << PAGE_SHIFT));
	up_read(&type1->attach);
	return ret;
}

/**
 * type1_unpin_pages() - see &vfio_iommu_driver_ops.unpin_pages
 * @data: the instance
 * @iova: page aligned
 * @npages: how many; each pinned before
 */
void type1_unpin_pages(void *data, dma_addr_t iova, int npages)
{
	struct type1 *type1 = data;
	int i;

	for (i = 0; i < npages; i++)
		unpin_page_at(type1, iova + ((dma_addr_t)i << PAGE_SHIFT));
}

static int copy_page_at(struct type1 *type1, dma_addr_t iova, void *buf, size_t len, bool write)
{
	int prot = write ? IOMMU_WRITE : IOMMU_READ;
	struct mapping *mapping;
	struct page *page;
	long ret;

	mapping = lock_mapping(type1, iova, prot);
	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	mapping->busy = true;
	mutex_unlock(&type1->lock);

	ret = pin_one(mapping, number_of(mapping, iova), prot, &page);
	if (ret > 0) {
		if (write)
			memcpy_to_page(page, offset_in_page(iova), buf, len);
		else
			memcpy_from_page(buf, page, offset_in_page(iova), len);
		unpin_user_pages_dirty_lock(&page, 1, write);
	}

	mutex_lock(&type1->lock);
	if (ret > 0 && write)
		mark_dirty(mapping, number_of(mapping, iova));
	mapping->busy = false;
	type1_settle(type1);
	mutex_unlock(&type1->lock);
	return ret < 0 ? ret : 0;
}

/**
 * type1_dma_rw() - see &vfio_iommu_driver_ops.dma_rw
 * @data: the instance
 * @iova: anywhere in a mapping
 * @buf: kernel memory
 * @len: bytes
 * @write: to the user's memory, or from it
 *
 * Return: 0, or a negative errno as of type1_pin_pages(); then some of it may have been
 * copied.
 */
int type1_dma_rw(void *data, dma_addr_t iova, void *buf, size_t len, bool write)
{
	struct type1 *type1 = data;
	int ret = 0;

	down_read(&type1->attach);
	while (len && !ret) {
		size_t part = min_t(size_t, len, PAGE_SIZE - offset_in_page(iova));

		ret = copy_page_at(type1, iova, buf, part, write);
		iova += part;
		buf += part;
		len -= part;
	}
	up_read(&type1->attach);
	return ret;
}

/**
 * type1_register_device() - see &vfio_iommu_driver_ops.register_device
 * @data: the instance
 * @device: wants to know what is unmapped
 */
void type1_register_device(void *data, struct vfio_device *device)
{
	struct type1 *type1 = data;

	mutex_lock(&type1->listeners_lock);
	list_add_tail(&device->iommu_node, &type1->listeners);
	mutex_unlock(&type1->listeners_lock);
}

/**
 * type1_unregister_device() - see &vfio_iommu_driver_ops.unregister_device
 * @data: the instance
 * @device: registered; has given back all its pages
 */
void type1_unregister_device(void *data, struct vfio_device *device)
{
	struct type1 *type1 = data;

	mutex_lock(&type1->listeners_lock);
	list_del(&device->iommu_node);
	mutex_unlock(&type1->listeners_lock);
}

static void tell_listeners(struct type1 *type1, const struct mapping *mapping)
{
	struct vfio_device *device;

	mutex_lock(&type1->listeners_lock);
	list_for_each_entry(device, &type1->listeners, iommu_node)
		device->ops->dma_unmap(device, mapping->span.start, mapping_size(mapping));
	mutex_unlock(&type1->listeners_lock);
}

/* Ten seconds, a tenth of one at a time. */
#define WITHDRAW_TRIES	100

/**
 * external_withdraw() - have all pins of a mapping given back
 * @type1: the instance, no lock of it held but &type1.attach
 * @mapping: busy, about to go
 *
 * Asked again while a page is left: who has just pinned it may not have noted it yet. A
 * page that is never given back stays pinned for ever, for the module still uses it.
 */
void external_withdraw(struct type1 *type1, struct mapping *mapping)
{
	struct external_pin *pin;
	unsigned long index;
	unsigned int tries;

	for (tries = 0; tries < WITHDRAW_TRIES && !xa_empty(&mapping->external); tries++) {
		if (tries)
			msleep(100);
		tell_listeners(type1, mapping);
	}
	if (WARN_ON_ONCE(!xa_empty(&mapping->external)))
		xa_for_each(&mapping->external, index, pin)
			kfree(pin);
	xa_destroy(&mapping->external);
}
