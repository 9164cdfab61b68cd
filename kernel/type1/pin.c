// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "pin.h"

/*
 * A small mapping needs no allocation for its list of pages; a large one gets a page
 * of them, and makes do with the small list if there is none to be had.
 */
#define SMALL_BATCH	16

struct batch {
	struct page *small[SMALL_BATCH];
	struct page **pages;
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

/* M7: counted in the caller's mm, and refused beyond its RLIMIT_MEMLOCK. */
static int count_pages(struct mapping *mapping, unsigned long pages)
{
	int ret;

	if (!pages)
		return 0;
	ret = account_locked_vm(mapping->mm, pages, true);
	if (ret) {
		pr_warn_ratelimited("%s (pid %d): mapping %lu KiB for DMA goes over RLIMIT_MEMLOCK: %lu KiB locked, limit %lu KiB; raise the limit (ulimit -l)\n",
				    current->comm, task_tgid_nr(current),
				    mapping_size(mapping) >> 10,
				    mapping->mm->locked_vm << (PAGE_SHIFT - 10),
				    rlimit(RLIMIT_MEMLOCK) >> 10);
		return ret;
	}
	mapping->locked += pages;
	return 0;
}

static int pin_batch(struct mapping *mapping, struct batch *batch, unsigned long vaddr,
		     unsigned long pages)
{
	unsigned int flags = FOLL_LONGTERM | (mapping->prot & IOMMU_WRITE ? FOLL_WRITE : 0);
	unsigned long counted;
	int pinned, ret;

	pinned = pin_user_pages_fast(vaddr, min(pages, batch->room), flags, batch->pages);
	if (pinned <= 0)
		return pinned ?: -EFAULT;
	ret = keep_pages(mapping, batch->pages, pinned, &counted);
	if (!ret)
		ret = count_pages(mapping, counted);
	return ret ?: pinned;
}

/**
 * pin_mapping() - pin and count all memory behind a mapping
 * @mapping: a new mapping of the calling process's memory, its runs empty
 *
 * Context: Process context of &mapping.mm; no lock of the container held but its
 * attach semaphore, for page faults may last.
 * Return: 0 with &mapping.runs covering the mapping; else nothing is pinned or counted
 * and -EFAULT (no such memory, or not writable as asked), -ENOMEM (also for
 * RLIMIT_MEMLOCK), or -EINTR (fatal signal).
 */
int pin_mapping(struct mapping *mapping)
{
	unsigned long left = mapping_size(mapping) >> PAGE_SHIFT;
	unsigned long vaddr = mapping->vaddr;
	struct batch batch;
	int ret = 0;

	batch_init(&batch, left);
	while (left) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = pin_batch(mapping, &batch, vaddr, left);
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

		if (run.hold != RUN_ZERO)
			unpin_user_page_range_dirty_lock(pfn_to_page(run.pfn), run.pages, dirty);
		cond_resched();
	}
	if (mapping->locked)
		account_locked_vm(mapping->mm, mapping->locked, false);
	mapping->locked = 0;
	runs_free(&mapping->runs);
}
