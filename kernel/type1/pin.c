// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include <vfio.h>

#include "foreign.h"
#include "pin.h"

/*
 * What is found or let go of at once. A few pages need no allocation for their list; many
 * get a page of it, and make do with the small list if there is none to be had. On the
 * stack it is __uninitialized: the kernel's compiler would clear it each time.
 */
#define SMALL_BATCH	16

struct batch {
	struct page *small[SMALL_BATCH];
	union {
		void *room;
		struct page **pages;
		struct frames *frames;
	};
	unsigned long count;	/* of pages there is room for */
};

static void batch_init(struct batch *batch, unsigned long wanted)
{
	batch->room = NULL;
	if (wanted > SMALL_BATCH)
		batch->room = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	batch->count = PAGE_SIZE / sizeof(*batch->pages);
	if (!batch->room) {
		batch->room = batch->small;
		batch->count = SMALL_BATCH;
	}
}

static void batch_free(struct batch *batch)
{
	if (batch->room != batch->small)
		free_page((unsigned long)batch->room);
}

static unsigned long batch_frames(const struct batch *batch)
{
	return batch->count * sizeof(*batch->pages) / sizeof(*batch->frames);
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

/* Asked only where the limit is reached: it takes longer than all else about counting. */
static bool may_exceed_limit(const struct mapping *mapping)
{
	const struct cred *caller = override_creds(mapping->cred);
	bool may = capable(CAP_IPC_LOCK);

	revert_creds(caller);
	return may;
}

/**
 * count_locked() - count pages against RLIMIT_MEMLOCK (M7)
 * @mapping: whose memory it is; the limit, and who is above it, are those of who mapped it
 * @pages: how many
 * @refusal: for the reason, or NULL
 *
 * Return: 0; -ENOMEM beyond the limit, with a line in the log; -EINTR.
 */
int count_locked(const struct mapping *mapping, unsigned long pages, struct vfio_refusal *refusal)
{
	struct mm_struct *mm = mapping->mm;
	unsigned long locked, limit;
	int ret;

	if (!pages)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	limit = task_rlimit(mapping->task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	ret = __account_locked_vm(mm, pages, true, mapping->task,
				  mm->locked_vm + pages > limit && may_exceed_limit(mapping));
	/* What this very mapping has got so far is part of what it asks for. */
	locked = mm->locked_vm - mapping->locked;
	mmap_write_unlock(mm);
	if (ret)
		ovfio_refuse_and_log(refusal, OPENVFIO_REASON_MEMLOCK, ret,
				     "%s (pid %d) may not lock %lu KiB more for DMA: %lu KiB are locked, RLIMIT_MEMLOCK is %lu KiB; raise it (ulimit -l)",
				     mapping->task->comm, task_tgid_nr(mapping->task),
				     (pages + mapping->locked) << (PAGE_SHIFT - 10),
				     locked << (PAGE_SHIFT - 10),
				     task_rlimit(mapping->task, RLIMIT_MEMLOCK) >> 10);
	return ret;
}

/* The zero page is part of the kernel's image, and so it is reserved. */
static enum run_hold hold_page(struct page *page)
{
	if (likely(!PageReserved(page)))
		return RUN_PINNED;
	return is_zero_pfn(page_to_pfn(page)) ? RUN_ZERO : RUN_PINNED_UNCOUNTED;
}

/* How many pages, from the first on, are one run. */
static unsigned long run_length(struct page **pages, unsigned long count, enum run_hold hold)
{
	struct page *next = pages[0];
	unsigned long n = 1;

	if (hold == RUN_ZERO) {
		while (n < count && pages[n] == next)
			n++;
		return n;
	}
	for (; n < count; n++) {
		next = nth_page(next, 1);
		if (pages[n] != next || hold_page(next) != hold)
			break;
	}
	return n;
}

/*
 * Adds freshly pinned pages to the runs; from then on they are unpinned through them.
 * The zero page is let go at once: everybody's mappings share it, and its reference
 * count is not for us to run up. A function of its own, which makes its loop shorter.
 */
static noinline int keep_pages(struct mapping *mapping, struct page **pages, unsigned long count,
			       unsigned long *counted)
{
	struct page **first = pages;
	unsigned long n, sum = 0;
	int ret;

	for (; count; pages += n, count -= n) {
		enum run_hold hold = hold_page(*pages);

		n = run_length(pages, count, hold);
		/* Only the first can go on with what there was before. */
		ret = pages == first ? runs_add(&mapping->runs, page_to_pfn(*pages), n, hold)
				     : runs_append(&mapping->runs, page_to_pfn(*pages), n, hold);
		if (ret) {
			unpin_user_pages(pages, count);
			return ret;
		}
		if (hold == RUN_ZERO)
			unpin_user_pages(pages, n);
		else if (hold == RUN_PINNED)
			sum += n;
	}
	*counted = sum;
	return 0;
}

/* What a call of take_pages() knows of the ones before. */
struct search {
	struct batch batch;
	unsigned long window;
	bool foreign;
};

static void search_begin(struct search *search, unsigned long wanted)
{
	batch_init(&search->batch, wanted);
	search->window = 1;
	search->foreign = false;
}

static long take_foreign(struct mapping *mapping, struct search *search, unsigned long vaddr,
			 unsigned long count)
{
	unsigned long i, pieces = batch_frames(&search->batch);
	struct frames *frames = search->batch.frames;
	long found;
	int ret;

	found = foreign_frames(mapping->mm, vaddr, count, mapping->prot & IOMMU_WRITE, frames,
			       &pieces);
	search->foreign = found > 0;
	if (found < 0)
		return found;
	mapping->foreign = true;
	for (i = 0; i < pieces; i++) {
		ret = runs_add(&mapping->runs, frames[i].pfn, frames[i].pages, RUN_FOREIGN);
		if (ret)
			return ret;
	}
	return found;
}

/*
 * What is there is pinned without a lock, many pages at a time. What is not has to be faulted
 * in, which pins one by one; but the first fault may bring a huge page. So that is done for
 * one page, and for more and more while no more than that turns out to be there.
 */
#define SLOW_MOST	512

static long pin_own(struct search *search, unsigned long vaddr, unsigned long count, int prot)
{
	struct page **pages = search->batch.pages;
	long pinned;

	pinned = pin_user_pages_fast_only(vaddr, count, gup_flags(prot), pages);
	if (pinned > 0) {
		if (pinned > search->window)
			search->window = 1;
		return pinned;
	}
	count = min(count, search->window);
	search->window = min(8 * search->window, SLOW_MOST);
	return pin_user_pages_fast(vaddr, count, gup_flags(prot), pages) ?: -EFAULT;
}

static long take_own(struct mapping *mapping, struct search *search, unsigned long vaddr,
		     unsigned long count, struct vfio_refusal *refusal)
{
	unsigned long counted;
	long pinned;
	int ret;

	count = min(count, search->batch.count);
	pinned = mapping->mm == current->mm ?
		 pin_own(search, vaddr, count, mapping->prot) :
		 pin_pages(mapping->mm, vaddr, count, mapping->prot, search->batch.pages);
	if (pinned < 0)
		return pinned;
	ret = keep_pages(mapping, search->batch.pages, pinned, &counted);
	if (!ret)
		ret = count_locked(mapping, counted, refusal);
	if (ret)
		return ret;
	mapping->locked += counted;
	return pinned;
}

/* What comes after memory of a device is likely more of it. */
static long take_pages(struct mapping *mapping, struct search *search, unsigned long vaddr,
		       unsigned long count, struct vfio_refusal *refusal)
{
	long taken = -EFAULT;

	if (search->foreign)
		taken = take_foreign(mapping, search, vaddr, count);
	if (taken == -EFAULT)
		taken = take_own(mapping, search, vaddr, count, refusal);
	if (taken == -EFAULT)
		taken = take_foreign(mapping, search, vaddr, count);
	if (taken == -EFAULT)
		ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY, taken,
			     "the process has no memory at 0x%lx that a device may %s", vaddr,
			     mapping->prot & IOMMU_WRITE ? "write" : "read");
	return taken;
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
	struct search search __uninitialized;
	long ret = 0;

	search_begin(&search, left);
	while (left) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = take_pages(mapping, &search, vaddr, left, refusal);
		if (ret < 0)
			break;
		left -= ret;
		vaddr += (unsigned long)ret << PAGE_SHIFT;
		ret = 0;
		cond_resched();
	}
	batch_free(&search.batch);
	if (ret)
		unpin_mapping(mapping);
	return ret;
}

/**
 * forget_pins() - leave the memory behind a mapping pinned and counted, for ever
 * @mapping: a domain may have kept some of it: a leak is not a hole
 */
void forget_pins(struct mapping *mapping)
{
	mapping->locked = 0;
	runs_free(&mapping->runs);
}

/**
 * struct release - pages on their way to their owners
 * @batch: pages of short runs, to be unpinned by one call
 * @used: of @batch
 * @dirty: a device could write them
 * @mm: in which @locked pages count
 * @locked: to be taken off the count of @mm
 */
struct release {
	struct batch batch;
	unsigned long used;
	bool dirty;
	struct mm_struct *mm;
	unsigned long locked;
};

static void release_begin(struct release *release, unsigned long runs)
{
	release->used = 0;
	release->dirty = false;
	release->mm = NULL;
	release->locked = 0;
	batch_init(&release->batch, runs);
}

static void unpin_short_runs(struct release *release)
{
	if (release->used)
		unpin_user_pages_dirty_lock(release->batch.pages, release->used, release->dirty);
	release->used = 0;
	cond_resched();
}

static void unpin_run(struct run run, bool dirty)
{
	if (run_is_pinned(run))
		unpin_user_page_range_dirty_lock(pfn_to_page(run.pfn), run.pages, dirty);
}

/* Of a few pages, each costs less in a list than by a call for the run. */
#define SHORT_RUN	3

static void release_run(struct release *release, struct run run)
{
	struct page **pages;
	unsigned long i;

	if (run.pages > SHORT_RUN) {
		unpin_run(run, release->dirty);
		cond_resched();
		return;
	}
	if (!run_is_pinned(run))
		return;
	if (release->used + run.pages > release->batch.count)
		unpin_short_runs(release);
	pages = release->batch.pages + release->used;
	release->used += run.pages;
	for (i = 0; i < run.pages; i++)
		pages[i] = pfn_to_page(run.pfn + i);
}

/* The count goes back to the mm it was taken from, whoever calls. */
static void uncount_locked(struct mm_struct *mm, unsigned long pages)
{
	if (!pages)
		return;
	mmap_write_lock(mm);
	__account_locked_vm(mm, pages, false, current, true);
	mmap_write_unlock(mm);
}

static void release_mapping(struct release *release, struct mapping *mapping)
{
	bool dirty = mapping->prot & IOMMU_WRITE;
	struct run_walk walk = runs_walk(&mapping->runs);
	struct run run;

	if (release->dirty != dirty) {
		unpin_short_runs(release);
		release->dirty = dirty;
	}
	while (runs_next(&walk, &run))
		release_run(release, run);
	if (release->mm != mapping->mm) {
		uncount_locked(release->mm, release->locked);
		release->mm = mapping->mm;
		release->locked = 0;
	}
	release->locked += mapping->locked;
	forget_pins(mapping);
}

static void release_end(struct release *release)
{
	unpin_short_runs(release);
	uncount_locked(release->mm, release->locked);
	batch_free(&release->batch);
}

static noinline void unpin_runs(struct mapping *mapping)
{
	struct release release __uninitialized;

	release_begin(&release, mapping->runs.count);
	release_mapping(&release, mapping);
	release_end(&release);
}

/**
 * unpin_mapping() - let go of the memory behind a mapping
 * @mapping: no device can reach it any more: every domain's IOTLB has been flushed (U5)
 *
 * Pages the device could write are marked dirty.
 */
void unpin_mapping(struct mapping *mapping)
{
	struct run run;

	if (mapping->runs.count > 1) {
		unpin_runs(mapping);
		return;
	}
	if (runs_single(&mapping->runs, &run))
		unpin_run(run, mapping->prot & IOMMU_WRITE);
	uncount_locked(mapping->mm, mapping->locked);
	forget_pins(mapping);
}

/**
 * unpin_mappings() - let go of the memory behind many mappings
 * @mappings: by &mapping.todo; no device can reach them any more, as for unpin_mapping(),
 *	but for those that are &mapping.kept, which stay pinned and counted
 */
void unpin_mappings(struct list_head *mappings)
{
	struct release release __uninitialized;
	struct mapping *mapping;

	release_begin(&release, ULONG_MAX);
	list_for_each_entry(mapping, mappings, todo) {
		if (mapping->kept)
			forget_pins(mapping);
		else
			release_mapping(&release, mapping);
	}
	release_end(&release);
}

