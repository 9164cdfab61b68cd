// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "foreign.h"

/* The page frame behind which the answer of pfn_valid() can be another. */
static unsigned long next_answer(unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	return SUBSECTION_ALIGN_UP(pfn + 1);
#else
	return pfn + 1;
#endif
}

/* M6: the kernel gives memory of its own to others; only what never was its own is safe. */
static bool frames_are_foreign(struct frames frames)
{
	unsigned long pfn = frames.pfn, end = frames.pfn + frames.pages;

	while (pfn < end) {
		if (!pfn_valid(pfn))
			pfn = next_answer(pfn);
		else if (PageReserved(pfn_to_page(pfn)))
			pfn++;
		else
			return false;
	}
	return true;
}

static bool pte_allows(pte_t pte, bool write)
{
	return pte_present(pte) && (!write || pte_write(pte));
}

/* How many pages, from the first entry on, lie one after the other; it allows what is asked. */
static struct frames take_frames(const pte_t *pte, unsigned long pages, bool write)
{
	struct frames frames = { .pfn = pte_pfn(*pte), .pages = 1 };

	while (frames.pages < pages && pte_allows(pte[frames.pages], write) &&
	       pte_pfn(pte[frames.pages]) == frames.pfn + frames.pages)
		frames.pages++;
	return frames;
}

/*
 * As much as one page of PTEs has, which is walked with its lock taken once. @count is the
 * room in @found at first, then what is used of it.
 */
static unsigned long walk_ptes(const pte_t *pte, unsigned long pages, bool write,
			       struct frames *found, unsigned long *count)
{
	unsigned long i = 0, used = 0;

	while (i < pages && used < *count && pte_allows(pte[i], write)) {
		found[used] = take_frames(pte + i, pages - i, write);
		i += found[used++].pages;
	}
	*count = used;
	return i;
}

static unsigned long pages_to(unsigned long vaddr, unsigned long end)
{
	return (end - vaddr) >> PAGE_SHIFT;
}

/* 0 if the first page is not there yet, or not writable yet. */
static unsigned long walk_present(struct vm_area_struct *vma, unsigned long vaddr,
				  unsigned long pages, bool write, struct frames *found,
				  unsigned long *count)
{
	spinlock_t *lock;
	pte_t *pte;

	if (follow_pte(vma->vm_mm, vaddr, &pte, &lock))
		return 0;
	/* A word to sparse, which cannot see the lock being taken. */
	__acquire(lock);
	pages = min(pages, pages_to(vaddr, pmd_addr_end(vaddr, vma->vm_end)));
	pages = walk_ptes(pte, pages, write, found, count);
	pte_unmap_unlock(pte, lock);
	return pages;
}

/* A fault that leaves no PTE behind will not do so the next time either. */
#define FAULT_TRIES	4

/* With mmap_lock held. Waits for faults, if need be. */
static long find_frames(struct mm_struct *mm, unsigned long vaddr, unsigned long pages, bool write,
			struct frames *found, unsigned long *count)
{
	unsigned int flags = FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0);
	unsigned long room = *count, there;
	unsigned int tries = FAULT_TRIES;
	struct vm_area_struct *vma;
	bool unlocked = false;
	int ret;

	/* Not mmap_assert_locked(): with DEBUG_VM it needs a symbol that modules do not get. */
	lockdep_assert_held(&mm->mmap_lock);

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		vma = vma_lookup(mm, vaddr);
		if (!vma || !(vma->vm_flags & VM_PFNMAP) ||
		    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)) || !tries--)
			return -EFAULT;
		*count = room;
		there = walk_present(vma, vaddr, min(pages, pages_to(vaddr, vma->vm_end)), write,
				     found, count);
		if (there)
			return there;
		/* Dropping the lock may have changed the mapping, so look again. */
		ret = fixup_user_fault(mm, vaddr, flags, &unlocked);
	} while (!ret);
	return ret;
}

/**
 * foreign_frames() - the page frames behind a VM_PFNMAP range (rule M6)
 * @mm: whose
 * @vaddr: first address, page aligned
 * @pages: how many are wanted
 * @write: the device is to write
 * @found: filled in, in the order of addresses
 * @count: how many @found has room for, at least one; set to how many are filled in
 *
 * The pages are faulted in as needed. Nothing keeps them there: who gives such memory
 * out has to say so when it is gone (&vfio_iommu_driver_ops.revoke).
 *
 * Context: Process context; takes mmap_lock.
 * Return: the number of page frames, at least one, and perhaps fewer than are wanted;
 * -EFAULT if @vaddr is not such memory, or is the kernel's own memory after all; -EINTR.
 */
long foreign_frames(struct mm_struct *mm, unsigned long vaddr, unsigned long pages, bool write,
		    struct frames *found, unsigned long *count)
{
	unsigned long i;
	long ret;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	ret = find_frames(mm, untagged_addr(vaddr), pages, write, found, count);
	mmap_read_unlock(mm);
	for (i = 0; ret > 0 && i < *count; i++)
		if (!frames_are_foreign(found[i]))
			ret = -EFAULT;
	return ret;
}
