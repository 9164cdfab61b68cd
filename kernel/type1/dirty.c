// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware that we could ask which pages it wrote is not among what the IOMMU core lets
 * drivers ask. So a container with a real device in it reports all it has mapped; one with
 * emulated devices only reports what they pinned or wrote since the last report.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

#include "dirty.h"
#include "external.h"

static unsigned long log_bits(const struct mapping *mapping)
{
	return mapping_size(mapping) >> PAGE_SHIFT;
}

static size_t log_bytes(const struct mapping *mapping)
{
	return BITS_TO_LONGS(log_bits(mapping)) * sizeof(long);
}

/*
 * Where nothing is pinned for a mapping, it can have any length, and its user many of them.
 * Without this bound that would be as much memory of the kernel's as the user likes.
 */
static bool has_room(struct type1 *type1, const struct mapping *mapping)
{
	lockdep_assert_held(&type1->lock);

	return log_bytes(mapping) <= DIRTY_BITMAP_MAX - type1->log_bytes;
}

static int allocate_log(struct type1 *type1, struct mapping *mapping,
			struct vfio_refusal *refusal)
{
	if (log_bytes(mapping) > DIRTY_BITMAP_MAX)
		return ovfio_refuse(refusal, OPENVFIO_REASON_DIRTY, -EINVAL,
				    "IOVA 0x%lx-0x%lx is too long for the dirty log, whose bitmaps have 0x%llx bytes at most; map it in pieces",
				    mapping->span.start, mapping->span.last, DIRTY_BITMAP_MAX);
	if (!has_room(type1, mapping))
		return ovfio_refuse(refusal, OPENVFIO_REASON_DIRTY, -ENOMEM,
				    "IOVA 0x%lx-0x%lx has no room in the dirty log: the bitmaps of a container have 0x%llx bytes together at most, 0x%zx are in use",
				    mapping->span.start, mapping->span.last, DIRTY_BITMAP_MAX,
				    type1->log_bytes);
	mapping->dirty = kvzalloc(log_bytes(mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping->dirty)
		return -ENOMEM;
	type1->log_bytes += log_bytes(mapping);
	return 0;
}

/**
 * dirty_log_mapping() - begin a log for one mapping
 * @type1: the instance, without a domain; its lock held
 * @mapping: the mapping
 * @refusal: for the reason
 *
 * What is pinned already may be written any time, so it is in the log from the start.
 *
 * Return: 0; -EINVAL if it is too large for a log (8 TiB); -ENOMEM, also if all logs of the
 * container together would be.
 */
int dirty_log_mapping(struct type1 *type1, struct mapping *mapping, struct vfio_refusal *refusal)
{
	int ret;

	lockdep_assert_held(&type1->lock);

	if (!mapping->dirty) {
		ret = allocate_log(type1, mapping, refusal);
		if (ret)
			return ret;
	}
	external_mark_pinned(type1, mapping);
	return 0;
}

/**
 * dirty_unlog_mapping() - a mapping has no log any more, if it had one
 * @type1: the instance, its lock held
 * @mapping: the mapping
 */
void dirty_unlog_mapping(struct type1 *type1, struct mapping *mapping)
{
	lockdep_assert_held(&type1->lock);

	if (!mapping->dirty)
		return;
	type1->log_bytes -= log_bytes(mapping);
	kvfree(mapping->dirty);
	mapping->dirty = NULL;
}

static void stop(struct type1 *type1)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->lock);

	type1->dirty_log = false;
	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX))
		dirty_unlog_mapping(type1, mapping);
}

static int start(struct type1 *type1, struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	int ret = 0;

	lockdep_assert_held(&type1->attach);
	lockdep_assert_held(&type1->lock);

	if (type1->dirty_log)
		return 0;
	/* With a domain, all is dirty that is mapped, and nothing needs to be noted. */
	for (mapping = list_empty(&type1->domains) ?
		       mapping_first(&type1->mappings, 0, ULONG_MAX) : NULL;
	     mapping && !ret; mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      dirty_log_mapping(type1, mapping, refusal);
		cond_resched();
	}
	if (ret)
		stop(type1);
	else
		type1->dirty_log = true;
	return ret;
}

/* Bits of @source (NULL: all set), or of what the user has there, in one word. */
static int put_word(u64 __user *word, u64 bits, u64 mask)
{
	u64 old;

	if (get_user(old, word))
		return -EFAULT;
	return put_user((old & ~mask) | (bits & mask), word);
}

/* Up to 64 bits of a bitmap from @first on. */
static u64 take_bits(const unsigned long *source, unsigned long first, unsigned int count)
{
	unsigned int shift = first % BITS_PER_LONG;
	u64 bits;

	if (!source)
		return U64_MAX;
	bits = source[first / BITS_PER_LONG] >> shift;
	if (shift && shift + count > BITS_PER_LONG)
		bits |= (u64)source[first / BITS_PER_LONG + 1] << (BITS_PER_LONG - shift);
	return bits;
}

/* Words on their way to the user. */
#define CHUNK	64

/* Writes whole words to the user's bitmap, with the bits from @first on. */
static int put_words(u64 __user *to, unsigned long words, const unsigned long *source,
		     unsigned long first)
{
	unsigned long i, part;
	u64 chunk[CHUNK];

	memset(chunk, 0xff, sizeof(chunk));
	for (; words; words -= part, to += part, first += 64 * part) {
		part = min_t(unsigned long, words, CHUNK);
		for (i = 0; source && i < part; i++)
			chunk[i] = take_bits(source, first + 64 * i, 64);
		if (copy_to_user(to, chunk, part * sizeof(*chunk)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* Writes @count bits to the user's bitmap from bit @at on; what is around them stays. */
static int put_bits(u64 __user *data, u64 at, unsigned long count, const unsigned long *source)
{
	unsigned long done = 0;

	while (done < count) {
		unsigned int shift = at % 64;
		unsigned long part = min_t(unsigned long, 64 - shift, count - done);
		int ret;

		if (part == 64) {
			part = round_down(count - done, 64);
			ret = put_words(data + at / 64, part / 64, source, done);
		} else {
			ret = put_word(data + at / 64, take_bits(source, done, part) << shift,
				       ((1ULL << part) - 1) << shift);
		}
		if (ret)
			return ret;
		at += part;
		done += part;
	}
	return 0;
}

/**
 * dirty_check_bitmap() - is a user's bitmap fit for a range? (D1)
 * @type1: the instance, its lock held
 * @bitmap: as the user gave it
 * @size: bytes of the range
 * @refusal: for the reason
 *
 * Return: 0 or -EINVAL.
 */
int dirty_check_bitmap(struct type1 *type1, const struct vfio_bitmap *bitmap, u64 size,
		       struct vfio_refusal *refusal)
{
	u64 pages = size >> PAGE_SHIFT;

	lockdep_assert_held(&type1->lock);

	if (!type1->dirty_log)
		return ovfio_refuse(refusal, OPENVFIO_REASON_DIRTY, -EINVAL,
				    "the dirty log is off; DIRTY_PAGES with START first");
	if (bitmap->pgsize == type1_page_size(type1) && pages &&
	    bitmap->size <= DIRTY_BITMAP_MAX && bitmap->size >= ALIGN(pages, 64) / 8 &&
	    access_ok(bitmap->data, bitmap->size))
		return 0;
	return ovfio_refuse(refusal, OPENVFIO_REASON_DIRTY, -EINVAL,
			    "a bitmap of %llu bytes, a bit for 0x%llx, is not fit for %llu pages: see the MIGRATION capability",
			    bitmap->size, bitmap->pgsize, pages);
}

/**
 * dirty_report() - write the log of mappings to the user's bitmap
 * @type1: the instance, &type1.attach held for reading and no lock
 * @mappings: by &mapping.todo, all busy
 * @start: the IOVA of bit 0
 * @bitmap: the user's, checked
 *
 * Return: 0 or -EFAULT.
 */
int dirty_report(struct type1 *type1, struct list_head *mappings, unsigned long start,
		 const struct vfio_bitmap *bitmap)
{
	u64 __user *data = (u64 __user *)bitmap->data;
	struct mapping *mapping;

	lockdep_assert_held(&type1->attach);

	list_for_each_entry(mapping, mappings, todo) {
		bool all = !list_empty(&type1->domains);

		if (put_bits(data, (mapping->span.start - start) >> PAGE_SHIFT, log_bits(mapping),
			     all ? NULL : mapping->dirty))
			return -EFAULT;
	}
	return 0;
}

/**
 * dirty_all() - a real device may have written all of a mapping
 * @type1: the instance, its lock held
 * @mapping: just left the last domain
 *
 * Without a log of its own, which there may be no room for, all is dirty anyway.
 */
void dirty_all(struct type1 *type1, struct mapping *mapping)
{
	lockdep_assert_held(&type1->lock);

	if (!mapping->dirty && !has_room(type1, mapping))
		return;
	if (!dirty_log_mapping(type1, mapping, NULL))
		bitmap_fill(mapping->dirty, log_bits(mapping));
}

/* What was told is forgotten, but for what is still pinned. */
static void restart_log(struct type1 *type1, struct mapping *mapping)
{
	lockdep_assert_held(&type1->lock);

	if (!mapping->dirty)
		return;
	bitmap_zero(mapping->dirty, log_bits(mapping));
	external_mark_pinned(type1, mapping);
}

static void restart_logs(struct type1 *type1, struct list_head *mappings)
{
	struct mapping *mapping;

	mutex_lock(&type1->lock);
	list_for_each_entry(mapping, mappings, todo)
		restart_log(type1, mapping);
	mutex_unlock(&type1->lock);
}

static int get_bitmap(struct type1 *type1, const struct vfio_iommu_type1_dirty_bitmap_get *range,
		      struct vfio_refusal *refusal)
{
	unsigned long last = range->iova + range->size - 1;
	LIST_HEAD(mappings);
	int ret;

	if (!range->size || !PAGE_ALIGNED(range->iova | range->size))
		return ovfio_refuse(refusal, OPENVFIO_REASON_ALIGNMENT, -EINVAL,
				    "IOVA 0x%llx, size 0x%llx: want multiples of 0x%lx, and a size",
				    range->iova, range->size, PAGE_SIZE);
	if (last < range->iova)
		return ovfio_refuse(refusal, OPENVFIO_REASON_WRAP, -EOVERFLOW,
				    "IOVA 0x%llx with size 0x%llx goes over the end",
				    range->iova, range->size);
	down_read(&type1->attach);
	ret = type1_collect(type1, range->iova, last, &range->bitmap, &mappings, refusal);
	if (ret)
		goto out;
	ret = dirty_report(type1, &mappings, range->iova, &range->bitmap);
	if (!ret)
		restart_logs(type1, &mappings);
	type1_uncollect(type1, &mappings);
out:
	up_read(&type1->attach);
	return ret;
}

/* As always with a domain: then there is nothing to free that a report might be reading. */
static bool stop_without_logs(struct type1 *type1)
{
	bool none;

	mutex_lock(&type1->lock);
	none = !type1->log_bytes;
	if (none)
		type1->dirty_log = false;
	mutex_unlock(&type1->lock);
	return none;
}

static long switch_log(struct type1 *type1, bool on, struct vfio_refusal *refusal)
{
	int ret = 0;

	down_read(&type1->attach);
	/* A report in flight reads what is freed here. */
	ret = type1_lock_settled(type1, 0, ULONG_MAX);
	if (ret) {
		up_read(&type1->attach);
		return ret;
	}
	if (on)
		ret = start(type1, refusal);
	else
		stop(type1);
	mutex_unlock(&type1->lock);
	up_read(&type1->attach);
	return ret;
}

/**
 * type1_dirty_pages() - VFIO_IOMMU_DIRTY_PAGES (D1)
 * @type1: the instance
 * @arg: struct vfio_iommu_type1_dirty_bitmap, perhaps with the range behind it
 * @refusal: for the reason
 *
 * Return: 0; -EACCES in a v1 container; -EINVAL for anything but one flag, a range or
 * bitmap that is not fit, or a report while the log is off; -EOVERFLOW for a range that
 * wraps; -EFAULT; -ENOMEM; -EINTR.
 */
long type1_dirty_pages(struct type1 *type1, void __user *arg, struct vfio_refusal *refusal)
{
	size_t minsz = offsetofend(struct vfio_iommu_type1_dirty_bitmap, flags);
	struct vfio_iommu_type1_dirty_bitmap_get range;
	struct vfio_iommu_type1_dirty_bitmap dirty;

	if (!type1->v2)
		return ovfio_refuse(refusal, OPENVFIO_REASON_DIRTY, -EACCES,
				    "a v1 container has no dirty log; SET_IOMMU with VFIO_TYPE1v2_IOMMU");
	if (copy_from_user(&dirty, arg, minsz))
		return -EFAULT;
	if (dirty.argsz < minsz)
		return ovfio_refuse_argsz(refusal, dirty.argsz, minsz);
	switch (dirty.flags) {
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
		return switch_log(type1, true, refusal);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
		return stop_without_logs(type1) ? 0 : switch_log(type1, false, refusal);
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
		if (dirty.argsz < minsz + sizeof(range))
			return ovfio_refuse_argsz(refusal, dirty.argsz, minsz + sizeof(range));
		if (copy_from_user(&range, arg + minsz, sizeof(range)))
			return -EFAULT;
		return get_bitmap(type1, &range, refusal);
	default:
		return ovfio_refuse(refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "DIRTY_PAGES flags 0x%x: want one of START, STOP, GET_BITMAP",
				    dirty.flags);
	}
}
