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

static void mark_dirty(struct type1 *type1, struct mapping *mapping, unsigned long index)
{
	lockdep_assert_held(&type1->lock);

	if (mapping->dirty)
		__set_bit(index, mapping->dirty);
}

/**
 * external_mark_pinned() - all pages pinned from outside are dirty
 * @type1: the instance, its lock held
 * @mapping: with a log
 */
void external_mark_pinned(struct type1 *type1, struct mapping *mapping)
{
	struct external_pin *pin;
	unsigned long index;

	xa_for_each(&mapping->external, index, pin)
		mark_dirty(type1, mapping, index);
}

/**
 * external_become_whole() - the mapping is about to be pinned, and counted, as a whole
 * @type1: the instance, &type1.attach held for writing, so nothing is pinned meanwhile
 * @mapping: the mapping
 *
 * The pages pinned from outside do not count on their own any more.
 */
void external_become_whole(struct type1 *type1, struct mapping *mapping)
{
	unsigned long pages;

	lockdep_assert_held_write(&type1->attach);

	mutex_lock(&type1->lock);
	mapping->whole = true;
	pages = mapping->external_pages;
	mutex_unlock(&type1->lock);
	if (pages)
		account_locked_vm(mapping->mm, pages, false);
}

/**
 * external_become_single() - the reverse: the mapping is not pinned as a whole any more
 * @type1: the instance, &type1.attach held for writing
 * @mapping: the mapping
 *
 * The pages were allowed once, so the limit is not asked again. Those given back while
 * they are being counted still counted as part of the whole.
 */
void external_become_single(struct type1 *type1, struct mapping *mapping)
{
	unsigned long before, after;

	lockdep_assert_held_write(&type1->attach);

	mutex_lock(&type1->lock);
	before = mapping->external_pages;
	mapping->whole = before;
	mutex_unlock(&type1->lock);
	if (!before)
		return;

	mmap_write_lock(mapping->mm);
	mapping->mm->locked_vm += before;
	mmap_write_unlock(mapping->mm);

	mutex_lock(&type1->lock);
	after = mapping->external_pages;
	mapping->whole = false;
	mutex_unlock(&type1->lock);
	if (after < before)
		account_locked_vm(mapping->mm, before - after, false);
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
	ret = mapping->whole ? 0 : count_locked(mapping, 1, NULL);
	if (ret)
		goto err_unpin;
	ret = xa_err(xa_store(&mapping->external, index, pin, GFP_KERNEL_ACCOUNT));
	if (ret)
		goto err_uncount;
	return pin;

err_uncount:
	if (!mapping->whole)
		account_locked_vm(mapping->mm, 1, false);
err_unpin:
	unpin_user_page(pin->page);
err_free:
	kfree(pin);
	return ERR_PTR(ret);
}

/* Once more, if it is pinned already. */
static bool pin_again(struct type1 *type1, struct mapping *mapping, unsigned long index,
		      struct page **page)
{
	struct external_pin *pin;

	mutex_lock(&type1->lock);
	pin = xa_load(&mapping->external, index);
	if (pin) {
		pin->times++;
		*page = pin->page;
		mark_dirty(type1, mapping, index);
	}
	mutex_unlock(&type1->lock);
	return pin;
}

/* The mapping is busy: nobody else adds pins to it, but some may be given back. */
static int pin_page(struct type1 *type1, struct mapping *mapping, unsigned long index,
		    struct page **page)
{
	struct external_pin *pin;

	if (pin_again(type1, mapping, index, page))
		return 0;
	pin = add_pin(mapping, index);
	if (IS_ERR(pin))
		return PTR_ERR(pin);
	mutex_lock(&type1->lock);
	mapping->external_pages++;
	pin->times = 1;
	mark_dirty(type1, mapping, index);
	mutex_unlock(&type1->lock);
	*page = pin->page;
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
	mark_dirty(type1, mapping, number_of(mapping, iova));
	counted = !mapping->whole;
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

/* Marks the mappings of a range busy, all at once, if they cover it and allow @prot. */
static int claim_range(struct type1 *type1, dma_addr_t iova, dma_addr_t last, int prot,
		       struct list_head *mappings)
{
	struct mapping *mapping;
	dma_addr_t next = iova;
	bool covered = false;
	int ret;

	lockdep_assert_held(&type1->attach);

	ret = type1_lock_settled(type1, iova, last);
	if (ret)
		return ret;
	for (mapping = mapping_first(&type1->mappings, iova, last); mapping && !ret;
	     mapping = mapping_next(mapping, iova, last)) {
		if (mapping->span.start > next)
			break;
		if (prot & ~mapping->prot)
			ret = -EPERM;
		else if (mapping->vaddr_invalid)
			ret = -EBUSY;
		covered = mapping->span.last >= last;
		next = mapping->span.last + 1;
		list_add_tail(&mapping->todo, mappings);
	}
	if (!ret && !covered)
		ret = -EINVAL;
	if (!ret)
		list_for_each_entry(mapping, mappings, todo)
			mapping->busy = true;
	mutex_unlock(&type1->lock);
	return ret;
}

/*
 * All mappings of the range are busy for all of the time: who waits for one while holding
 * pins of another would wait for somebody who waits for these pins.
 */
static int pin_range(struct type1 *type1, struct list_head *mappings, dma_addr_t iova, int npages,
		     struct page **pages)
{
	struct mapping *mapping = list_first_entry(mappings, struct mapping, todo);
	int i, ret = 0;

	for (i = 0; i < npages; i++) {
		dma_addr_t at = iova + ((dma_addr_t)i << PAGE_SHIFT);

		if (at > mapping->span.last)
			mapping = list_next_entry(mapping, todo);
		ret = pin_page(type1, mapping, number_of(mapping, at), &pages[i]);
		if (ret)
			break;
	}
	while (ret && i--)
		unpin_page_at(type1, iova + ((dma_addr_t)i << PAGE_SHIFT));
	return ret;
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
 * Return: 0; -EINVAL where nothing is mapped; -EPERM beyond what the mapping allows;
 * -EBUSY while its process address is invalid; -EFAULT; -ENOMEM; -EINTR. On failure no
 * page stays pinned.
 */
int type1_pin_pages(void *data, struct iommu_group *group, dma_addr_t iova, int npages, int prot,
		    struct page **pages)
{
	dma_addr_t last = iova + ((dma_addr_t)npages << PAGE_SHIFT) - 1;
	struct type1 *type1 = data;
	LIST_HEAD(mappings);
	int ret;

	if (!PAGE_ALIGNED(iova) || npages <= 0 || last < iova)
		return -EINVAL;
	down_read(&type1->attach);
	ret = claim_range(type1, iova, last, prot, &mappings);
	if (!ret) {
		ret = pin_range(type1, &mappings, iova, npages, pages);
		type1_uncollect(type1, &mappings);
	}
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

/* Within one page. The mapping is busy, so no report of what is dirty comes in between. */
static int copy_at(struct type1 *type1, struct mapping *mapping, dma_addr_t iova, void *buf,
		   size_t len, bool write)
{
	int prot = write ? IOMMU_WRITE : IOMMU_READ;
	struct page *page;
	long ret;

	ret = pin_one(mapping, number_of(mapping, iova), prot, &page);
	if (ret < 0)
		return ret;
	if (write)
		memcpy_to_page(page, offset_in_page(iova), buf, len);
	else
		memcpy_from_page(buf, page, offset_in_page(iova), len);
	unpin_user_pages_dirty_lock(&page, 1, write);
	if (write) {
		mutex_lock(&type1->lock);
		mark_dirty(type1, mapping, number_of(mapping, iova));
		mutex_unlock(&type1->lock);
	}
	return 0;
}

static int claim_and_copy(struct type1 *type1, dma_addr_t iova, void *buf, size_t len, bool write)
{
	LIST_HEAD(mappings);
	int ret;

	ret = claim_range(type1, iova, iova, write ? IOMMU_WRITE : IOMMU_READ, &mappings);
	if (ret)
		return ret;
	ret = copy_at(type1, list_first_entry(&mappings, struct mapping, todo), iova, buf, len,
		      write);
	type1_uncollect(type1, &mappings);
	return ret;
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

		ret = claim_and_copy(type1, iova, buf, part, write);
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

	lockdep_assert_held(&type1->listeners_lock);

	list_for_each_entry(device, &type1->listeners, iommu_node)
		device->ops->dma_unmap(device, mapping->span.start, mapping_size(mapping));
}

static bool pins_left(struct type1 *type1, struct mapping *mapping)
{
	bool left;

	mutex_lock(&type1->lock);
	left = mapping->external_pages;
	mutex_unlock(&type1->lock);
	return left;
}

/**
 * external_withdraw() - have all pins of a mapping given back
 * @type1: the instance, no lock of it held but &type1.attach
 * @mapping: busy, about to go
 *
 * Asked again while a page is left: who has just pinned it may not have noted it yet. To
 * go on without would leave a module with a page that is not its user's any more.
 */
void external_withdraw(struct type1 *type1, struct mapping *mapping)
{
	unsigned int tries;

	lockdep_assert_held(&type1->attach);

	/* A busy mapping gets no more of them. Without any it may have nodes of one that failed. */
	if (!READ_ONCE(mapping->external_pages) && xa_empty(&mapping->external))
		return;
	for (tries = 0; pins_left(type1, mapping); tries++) {
		if (tries)
			msleep(10);
		if (tries % 1000 == 999)
			pr_warn("an emulated device does not give back its pages of IOVA 0x%lx-0x%lx, which is to be unmapped\n",
				mapping->span.start, mapping->span.last);
		mutex_lock(&type1->listeners_lock);
		tell_listeners(type1, mapping);
		mutex_unlock(&type1->listeners_lock);
	}
	xa_destroy(&mapping->external);
}
