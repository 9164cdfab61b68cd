// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's memory: who may touch it when, and its mapping into processes.
 *
 * While memory decoding is off, in D3 and during a reset, an access would hit nothing
 * and on many machines bring the host down. So every access passes a gate: memory_lock
 * for reading with memory_on true. Closing the gate also takes away all mappings; the
 * next touch faults, and waits or gets SIGBUS (rules B3, B6).
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>

#include "pci.h"

/* As unmap_mapping_range(), which asks of each page whether it is one to be kept. */
static void zap(struct address_space *mapping)
{
	struct vm_area_struct *vma;
	struct rb_node *node;

	i_mmap_lock_read(mapping);
	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		vma = rb_entry(node, struct vm_area_struct, shared.rb);
		zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	i_mmap_unlock_read(mapping);
}

/**
 * vfio_pci_memory_off() - close the gate
 * @dev: &vfio_pci_device.memory_lock held for writing
 */
void vfio_pci_memory_off(struct vfio_pci_device *dev)
{
	lockdep_assert_held_write(&dev->memory_lock);

	dev->memory_on = false;
	zap(dev->vdev.mapping);
}

/**
 * vfio_pci_memory_refuse() - say why the gate is closed
 * @dev: &vfio_pci_device.memory_lock held
 *
 * Return: -EIO
 */
int vfio_pci_memory_refuse(struct vfio_pci_device *dev)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;
	struct pci_dev *pdev = dev->pdev;

	lockdep_assert_held(&dev->memory_lock);

	if (pdev->current_state != PCI_D0 && pdev->current_state != PCI_UNKNOWN)
		return ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY_OFF, -EIO,
				    "%s is asleep in %s; its memory answers in D0 only",
				    pci_name(pdev), pci_power_name(pdev->current_state));
	if (!vfio_pci_answers(dev))
		return ovfio_refuse(refusal, OPENVFIO_REASON_LOST, -EIO,
				    "%s does not answer any more: it was taken out, or has failed",
				    pci_name(pdev));
	return ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY_OFF, -EIO,
			    "memory decoding of %s is off; set bit 1 of its COMMAND register",
			    pci_name(pdev));
}

/**
 * vfio_pci_memory_lost() - close the gate for good if the device is not there any more
 * @dev: the device, being removed
 *
 * Better a SIGBUS than ones that look like data, or a bus error that the host is to handle.
 */
void vfio_pci_memory_lost(struct vfio_pci_device *dev)
{
	if (vfio_pci_answers(dev))
		return;
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	if (dev->memory_on)
		pci_notice(dev->pdev, "vfio: is gone, and so are the mappings of its memory; opened by %s (pid %d)\n",
			   dev->vdev.opener.comm, dev->vdev.opener.pid);
	vfio_pci_memory_off(dev);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
}

static int claim_bar(struct vfio_pci_device *dev, unsigned int bar)
{
	void __iomem *io;
	int ret;

	lockdep_assert_held(&dev->bar_lock);

	ret = pci_request_selected_regions(dev->pdev, 1 << bar, "vfio-pci");
	if (ret)
		return ovfio_refuse_and_log(&dev->vdev.refusal, OPENVFIO_REASON_BAR_BUSY, ret,
					    "another driver has BAR %u of %s, %pR; /proc/iomem or /proc/ioports has its name, and it has to let go",
					    bar, pci_name(dev->pdev), &dev->pdev->resource[bar]);
	io = pci_iomap(dev->pdev, bar, 0);
	if (io) {
		smp_store_release(&dev->bar[bar], io);
		return 0;
	}
	pci_release_selected_regions(dev->pdev, 1 << bar);
	return -ENOMEM;
}

/**
 * vfio_pci_claim_bar() - make a BAR ours in /proc/iomem and reachable for the kernel
 * @dev: the device
 * @bar: 0 to 5, not empty
 *
 * On first use; the claim is kept until the last close.
 *
 * Return: 0; -EBUSY if another driver has the BAR (rule B7); -ENOMEM.
 */
int vfio_pci_claim_bar(struct vfio_pci_device *dev, unsigned int bar)
{
	int ret = 0;

	if (smp_load_acquire(&dev->bar[bar]))
		return 0;
	mutex_lock(&dev->bar_lock);
	if (!dev->bar[bar])
		ret = claim_bar(dev, bar);
	mutex_unlock(&dev->bar_lock);
	return ret;
}

/**
 * vfio_pci_release_bars() - at the last close
 * @dev: the device
 */
void vfio_pci_release_bars(struct vfio_pci_device *dev)
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (dev->bar[bar]) {
			if (vfio_pci_bar_mappable(dev, bar))
				ovfio_revoke_memory(pci_resource_start(dev->pdev, bar),
						    PAGE_ALIGN(pci_resource_len(dev->pdev, bar)));
			pci_iounmap(dev->pdev, dev->bar[bar]);
			pci_release_selected_regions(dev->pdev, 1 << bar);
			dev->bar[bar] = NULL;
		}
		if (dev->bar_rest[bar].parent)
			release_resource(&dev->bar_rest[bar]);
	}
	dev->bars_mappable = 0;
}

/*
 * Whatever shares a page with a small BAR would be mapped along with it. So the BAR has to
 * begin the page, and the rest of it is kept free for as long as the device is open.
 */
static bool reserve_rest(struct vfio_pci_device *dev, unsigned int bar)
{
	struct resource *res = &dev->pdev->resource[bar], *rest = &dev->bar_rest[bar];

	*rest = (struct resource) {
		.name = "vfio-pci (rest of the page)",
		.start = res->end + 1,
		.end = res->start + PAGE_SIZE - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	return res->parent && !request_resource(res->parent, rest);
}

static bool make_mappable(struct vfio_pci_device *dev, unsigned int bar)
{
	struct resource *res = &dev->pdev->resource[bar];

	if (!(res->flags & IORESOURCE_MEM) || res->flags & IORESOURCE_UNSET ||
	    !resource_size(res) || !PAGE_ALIGNED(res->start))
		return false;
	return resource_size(res) >= PAGE_SIZE || reserve_rest(dev, bar);
}

/**
 * vfio_pci_find_mappable() - which BARs can be mapped? (V5)
 * @dev: open in progress; vfio_pci_release_bars() undoes it
 */
void vfio_pci_find_mappable(struct vfio_pci_device *dev)
{
	unsigned int bar;

	dev->bars_mappable = 0;
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		if (make_mappable(dev, bar))
			dev->bars_mappable |= BIT(bar);
}

/**
 * vfio_pci_bar_mappable() - can a process map it?
 * @dev: the device, open
 * @bar: 0 to 5
 */
bool vfio_pci_bar_mappable(struct vfio_pci_device *dev, unsigned int bar)
{
	return dev->bars_mappable & BIT(bar);
}

/* One fault fills the 2 MiB around it: few faults for a big BAR, little work for one touch. */
#define FAULT_WINDOW	PMD_SIZE

static unsigned long vma_to_pfn(struct vfio_pci_device *dev, struct vm_area_struct *vma,
				unsigned long addr)
{
	unsigned long page_shift = VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT;
	unsigned int bar = vma->vm_pgoff >> page_shift;
	unsigned long page = vma->vm_pgoff & ((1UL << page_shift) - 1);

	return PHYS_PFN(pci_resource_start(dev->pdev, bar)) + page +
	       ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/**
 * struct fault_window - what is filled along with the page that faulted
 * @mm: whose page table
 * @start: first address
 * @last: last byte; in the same page of PTEs
 * @pfn: of the page that faulted
 */
struct fault_window {
	struct mm_struct *mm;
	unsigned long start;
	unsigned long last;
	unsigned long pfn;
};

/*
 * Called once, for the page that faulted, with the lock of its page of PTEs held. That page
 * is there, with protection and memory type as the kernel wants them; the whole BAR has the
 * same, as vfio_pci_claim_bar() has it mapped. What others have put there meanwhile stays.
 */
static int fill_around(pte_t *pte, unsigned long addr, void *data)
{
	const struct fault_window *window = data;
	unsigned long before = (addr - window->start) >> PAGE_SHIFT;
	unsigned long pfn = window->pfn - before;
	pgprot_t prot;

	if (!pte_present(*pte))
		return 0;
	prot = pte_pgprot(*pte);
	pte -= before;
	for (addr = window->start; addr < window->last; addr += PAGE_SIZE, pte++, pfn++)
		if (pte_none(*pte))
			set_pte_at(window->mm, addr, pte, pte_mkspecial(pfn_pte(pfn, prot)));
	return 0;
}

/*
 * The page that faulted the usual way, and those around it as that one. If these fail, for
 * lack of memory, they fault when they are touched.
 */
static vm_fault_t fill_window(struct vfio_pci_device *dev, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	struct fault_window window = {
		.mm = vma->vm_mm,
		.start = max(vma->vm_start, ALIGN_DOWN(addr, FAULT_WINDOW)),
		.last = min(vma->vm_end - 1, addr | (FAULT_WINDOW - 1)),
		.pfn = vma_to_pfn(dev, vma, addr),
	};
	vm_fault_t ret;

	ret = vmf_insert_pfn(vma, addr, window.pfn);
	if (ret == VM_FAULT_NOPAGE && window.last - window.start >= PAGE_SIZE)
		apply_to_page_range(vma->vm_mm, addr, PAGE_SIZE, fill_around, &window);
	return ret;
}

static vm_fault_t bar_fault(struct vm_fault *vmf)
{
	struct vfio_pci_device *dev = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	/* A process that is being killed touches nothing more. */
	if (down_read_killable(&dev->memory_lock))
		return ret;
	/* In low power a mapping must not wake the device, a read or write does (R5). */
	if (dev->memory_on && !dev->low_power)
		ret = fill_window(dev, vmf);
	up_read(&dev->memory_lock);
	return ret;
}

/* No open and close: the mapping holds the device file, and that is all it needs. */
static const struct vm_operations_struct bar_vm_ops = {
	.fault = bar_fault,
};

/* B5 */
static int check_mmap(struct vfio_pci_device *dev, unsigned long bar, unsigned long page,
		      struct vm_area_struct *vma)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;
	const char *name = pci_name(dev->pdev);
	unsigned long pages;

	if (bar >= PCI_STD_NUM_BARS)
		return ovfio_refuse(refusal, OPENVFIO_REASON_NO_MMAP, -EINVAL,
				    "region %lu of %s cannot be mapped: only BARs can", bar, name);
	bar = array_index_nospec(bar, PCI_STD_NUM_BARS);
	if (!(vma->vm_flags & VM_SHARED))
		return ovfio_refuse(refusal, OPENVFIO_REASON_PRIVATE, -EINVAL,
				    "a BAR can be mapped with MAP_SHARED only");
	if (!vfio_pci_bar_mappable(dev, bar))
		return ovfio_refuse(refusal, OPENVFIO_REASON_NO_MMAP, -EINVAL,
				    "BAR %lu of %s, %pR, cannot be mapped: it has no whole page of memory for itself",
				    bar, name, &dev->pdev->resource[bar]);
	pages = PAGE_ALIGN(pci_resource_len(dev->pdev, bar)) >> PAGE_SHIFT;
	if (page >= pages || vma_pages(vma) > pages - page)
		return ovfio_refuse(refusal, OPENVFIO_REASON_BEYOND_END, -EINVAL,
				    "%lu pages from page %lu on are beyond the end of BAR %lu of %s, which has %lu",
				    vma_pages(vma), page, bar, name, pages);
	return 0;
}

/**
 * ovfio_pci_mmap() - map a BAR, or a part of it, into a process (rule B5)
 * @vdev: the device
 * @vma: shared; vm_pgoff says which region and where in it
 *
 * Return: 0; -EINVAL if that is no BAR that can be mapped, or beyond its end; -EBUSY if
 * another driver has the BAR.
 */
int ovfio_pci_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct vfio_pci_device *dev = to_pci(vdev);
	unsigned long page_shift = VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT;
	unsigned long bar = vma->vm_pgoff >> page_shift;
	unsigned long page = vma->vm_pgoff & ((1UL << page_shift) - 1);
	int ret;

	ret = check_mmap(dev, bar, page, vma);
	if (ret)
		return ret;
	ret = vfio_pci_claim_bar(dev, array_index_nospec(bar, PCI_STD_NUM_BARS));
	if (ret)
		return ret;

	vma->vm_private_data = dev;
	vma->vm_ops = &bar_vm_ops;
	vma->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	/* Not encrypted, where memory is (AMD's SME): a device does not know the key. */
	vma->vm_page_prot = pgprot_decrypted(pgprot_noncached(vma->vm_page_prot));
	return 0;
}
EXPORT_SYMBOL_GPL(ovfio_pci_mmap);
