// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "foreign.h"

/* M6: the kernel gives memory of its own to others; only what never was its own is safe. */
static bool pfn_is_foreign(unsigned long pfn)
{
	return !pfn_valid(pfn) || PageReserved(pfn_to_page(pfn));
}

/* As much as one page of PTEs has, which is walked with its lock taken once. */
static long walk_ptes(pte_t *pte, unsigned long pages, bool write, unsigned long *pfns)
{
	unsigned long i;

	for (i = 0; i < pages; i++, pte++) {
		if (!pte_present(*pte) || (write && !pte_write(*pte)))
			break;
		if (!pfn_is_foreign(pte_pfn(*pte)))
			return -EFAULT;
		pfns[i] = pte_pfn(*pte);
	}
	return i;
}

static unsigned long pages_to(unsigned long vaddr, unsigned long end)
{
	return (end - vaddr) >> PAGE_SHIFT;
}

/* 0 if the first page is not there yet, or not writable yet. */
static long walk_present(struct vm_area_struct *vma, unsigned long vaddr, unsigned long pages,
			 bool write, unsigned long *pfns)
{
	spinlock_t *lock;
	pte_t *pte;
	long ret;

	if (follow_pte(vma->vm_mm, vaddr, &pte, &lock))
		return 0;
	/* A word to sparse, which cannot see the lock being taken. */
	__acquire(lock);
	pages = min(pages, pages_to(vaddr, pmd_addr_end(vaddr, vma->vm_end)));
	ret = walk_ptes(pte, pages, write, pfns);
	pte_unmap_unlock(pte, lock);
	return ret;
}

/* A fault that leaves no PTE behind will not do so the next time either. */
#define FAULT_TRIES	4

/**
 * foreign_pfns() - the page frames behind a VM_PFNMAP range (rule M6)
 * @mm: whose
 * @vaddr: first address, page aligned
 * @pages: how many are wanted, not more than @pfns has room for
 * @write: the device is to write
 * @pfns: filled in
 *
 * The pages are faulted in as needed. Nothing keeps them there: who gives such memory
 * out has to say so when it is gone (&vfio_iommu_driver_ops.revoke).
 *
 * Context: Process context; takes mmap_lock.
 * Return: the number of page frames, at least one; -EFAULT if @vaddr is not such
 * memory, or is the kernel's own memory after all; -EINTR.
 */
long foreign_pfns(struct mm_struct *mm, unsigned long vaddr, unsigned long pages, bool write,
		  unsigned long *pfns)
{
	unsigned int flags = FAULT_FLAG_REMOTE | (write ? FAULT_FLAG_WRITE : 0);
	struct vm_area_struct *vma;
	unsigned int tries = FAULT_TRIES;
	bool unlocked = false;
	long ret;

	vaddr = untagged_addr(vaddr);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	do {
		ret = fatal_signal_pending(current) ? -EINTR : -EFAULT;
		vma = vma_lookup(mm, vaddr);
		if (ret == -EINTR || !vma || !(vma->vm_flags & VM_PFNMAP) ||
		    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)) || !tries--)
			break;
		ret = walk_present(vma, vaddr, min(pages, pages_to(vaddr, vma->vm_end)), write,
				   pfns);
		if (ret)
			break;
		/* Dropping the lock may have changed the mapping, so look again. */
		ret = fixup_user_fault(mm, vaddr, flags, &unlocked);
	} while (!ret);
	mmap_read_unlock(mm);
	return ret;
}
