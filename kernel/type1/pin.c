// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include <vfio.h>

#include "foreign.h"
#include "pin.h"

/*
 * A small mapping needs no allocation for its list of pages; a large one gets a page
 * of them, and makes do with the small list if there is none to be had.
 */
#define SMALL_BATCH	16

struct batch {
	struct page *small[SMALL_BATCH];
	union {
		struct page **pages;
		unsigned long *pfns;
	};
	unsigned long room;
};

static void batch_init(struct batch *batch, unsigned long wanted)
{
	batch->pages = NULL;
	if (wanted > SMALL_BATCH)
		batch->pages = (struct page **)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (batch->pages) {
		batch->room = PAGE_SIZE / sizeof(*batch->pages);
	} else {
		batch->pages = batch->small;
		batch->room = SMALL_BATCH;
	}
}

static void batch_free(struct batch *batch)
{
	if (batch->pages != batch->small)
		free_page((unsigned long)batch->pages);
}

static unsigned int gup_flags(int prot)
{
	return FOLL_LONGTERM | (prot & IOMMU_WRITE ? FOLL_WRITE : 0);
}

/**
 * pin_pages() - pin pages of a process
 * @mm: whose; its address space is there (current's, or the caller holds mm_users)
 * @vaddr: first address
 * @count: how many
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @pages: filled in
 *
 * Return: pages pinned, at least one; or a negative errno.
 */
long pin_pages(struct mm_struct *mm, unsigned long vaddr, unsigned long count, int prot,
	       struct page **pages)
{
	long pinned;

	if (mm == current->mm) {
		pinned = pin_user_pages_fast(vaddr, count, gup_flags(prot), pages);
	} else {
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		pinned = pin_user_pages_remote(mm, vaddr, count, gup_flags(prot), pages, NULL,
					       NULL);
		mmap_read_unlock(mm);
	}
	return pinned ?: -EFAULT;
}

/**
 * count_locked() - count pages against RLIMIT_MEMLOCK (M7)
 * @mapping: whose memory it is; the limit is that of who mapped it
 * @pages: how many
 * @refusal: for the reason, or NULL
 *
 * Return: 0; -ENOMEM beyond the limit, with a line in the log; -EINTR.
 */
int count_locked(const struct mapping *mapping, unsigned long pages, struct vfio_refusal *refusal)
{
	struct mm_struct *mm = mapping->mm;
	unsigned long locked;
	int ret;

	if (!pages)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = __account_locked_vm(mm, pages, true, mapping->task, mapping->unlimited);
	locked = mm->locked_vm;
	mmap_write_unlock(mm);
	if (ret)
		ovfio_refuse_and_log(refusal, OPENVFIO_REASON_MEMLOCK, ret,
				     "%s (pid %d) may not lock %lu KiB more for DMA: %lu KiB are locked, RLIMIT_MEMLOCK is %lu KiB; raise it (ulimit -l)",
				     mapping->task->comm, task_tgid_nr(mapping->task),
				     pages << (PAGE_SHIFT - 10), locked << (PAGE_SHIFT - 10),
				     task_rlimit(mapping->task, RLIMIT_MEMLOCK) >> 10);
	return ret;
}

static enum run_hold hold_page(struct page *page)
{
	if (is_zero_pfn(page_to_pfn(page)))
		return RUN_ZERO;
	return PageReserved(page) ? RUN_PINNED_UNCOUNTED : RUN_PINNED;
}

/*
 * Adds freshly pinned pages to the runs; from then on they are unpinned through them.
 * The zero page is let go at once: everybody's mappings share it, and its reference
 * count is not for us to run up.
 */
static int keep_pages(struct mapping *mapping, struct page **pages, unsigned long count,
		      unsigned long *counted)
{
	unsigned long i;
	int ret = 0;

	*counted = 0;
	for (i = 0; i < count; i++) {
		enum run_hold hold = hold_page(pages[i]);

		ret = runs_add_page(&mapping->runs, page_to_pfn(pages[i]), hold);
		if (ret)
			break;
		if (hold == RUN_ZERO)
			unpin_user_page(pages[i]);
		else if (hold == RUN_PINNED)
			++*counted;
	}
	if (ret)
		unpin_user_pages(pages + i, count - i);
	return ret;
}

static int keep_foreign(struct mapping *mapping, const unsigned long *pfns, unsigned long count)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = runs_add_page(&mapping->runs, pfns[i], RUN_FOREIGN);
	return ret;
}

static long take_foreign(struct mapping *mapping, struct batch *batch, unsigned long vaddr,
			 unsigned long count, struct vfio_refusal *refusal)
{
	long found;
	int ret;

	mapping->foreign = true;
	found = foreign_pfns(mapping->mm, vaddr, count, mapping->prot & IOMMU_WRITE, batch->pfns);
	if (found == -EFAULT)
		ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY, found,
			     "the process has no memory at 0x%lx that a device may %s", vaddr,
			     mapping->prot & IOMMU_WRITE ? "write" : "read");
	if (found < 0)
		return found;
	ret = keep_foreign(mapping, batch->pfns, found);
	return ret ?: found;
}

static long take_pages(struct mapping *mapping, struct batch *batch, unsigned long vaddr,
		       unsigned long count, struct vfio_refusal *refusal)
{
	unsigned long counted;
	long pinned;
	int ret;

	count = min(count, batch->room);
	pinned = pin_pages(mapping->mm, vaddr, count, mapping->prot, batch->pages);
	if (pinned == -EFAULT)
		return take_foreign(mapping, batch, vaddr, count, refusal);
	if (pinned < 0)
		return pinned;
	ret = keep_pages(mapping, batch->pages, pinned, &counted);
	if (!ret)
		ret = count_locked(mapping, counted, refusal);
	if (ret)
		return ret;
	mapping->locked += counted;
	return pinned;
}

/**
 * pin_mapping() - pin and count all memory behind a mapping
 * @mapping: busy, its runs empty; its mm is the caller's or the caller holds mm_users
 * @refusal: for the reason, or NULL
 *
 * Context: Process context; no lock of the container held but its attach semaphore, for
 * page faults may last.
 * Return: 0 with &mapping.runs covering the mapping; else nothing is pinned or counted
 * and -EFAULT (no such memory, or not writable as asked), -ENOMEM (also for
 * RLIMIT_MEMLOCK), or -EINTR (fatal signal).
 */
int pin_mapping(struct mapping *mapping, struct vfio_refusal *refusal)
{
	unsigned long left = mapping_size(mapping) >> PAGE_SHIFT;
	unsigned long vaddr = mapping->vaddr;
	struct batch batch;
	long ret = 0;

	batch_init(&batch, left);
	while (left) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = take_pages(mapping, &batch, vaddr, left, refusal);
		if (ret < 0)
			break;
		left -= ret;
		vaddr += (unsigned long)ret << PAGE_SHIFT;
		ret = 0;
		cond_resched();
	}
	batch_free(&batch);
	if (ret)
		unpin_mapping(mapping);
	return ret;
}

/**
 * unpin_mapping() - let go of the memory behind a mapping
 * @mapping: no device can reach it any more: every domain's IOTLB has been flushed (U5)
 *
 * Pages the device could write are marked dirty. The count goes back to the mm it was
 * taken from, whoever calls.
 */
void unpin_mapping(struct mapping *mapping)
{
	bool dirty = mapping->prot & IOMMU_WRITE;
	u32 i;

	for (i = 0; i < mapping->runs.count; i++) {
		struct run run = runs_get(&mapping->runs, i);

		if (run.hold == RUN_PINNED || run.hold == RUN_PINNED_UNCOUNTED)
			unpin_user_page_range_dirty_lock(pfn_to_page(run.pfn), run.pages, dirty);
		cond_resched();
	}
	if (mapping->locked)
		account_locked_vm(mapping->mm, mapping->locked, false);
	mapping->locked = 0;
	runs_free(&mapping->runs);
}
