// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/irqdomain.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "domain.h"

static bool disable_hugepages;
module_param(disable_hugepages, bool, 0644);
MODULE_PARM_DESC(disable_hugepages, "Map by the CPU's page size only, never by IOMMU superpages");

static int find_bus(struct device *dev, void *arg)
{
	struct bus_type **bus = arg;

	if (*bus && *bus != dev->bus)
		return -EINVAL;
	*bus = dev->bus;
	return 0;
}

/**
 * domain_alloc() - a new, empty domain with one group attached
 * @group: a group whose DMA ownership is held
 *
 * Return: the domain, with no &struct type1_group yet, or ERR_PTR: -EIO if the IOMMU has
 * no domain to give, or the errno of the attachment.
 */
struct type1_domain *domain_alloc(struct iommu_group *group)
{
	struct type1_domain *domain;
	struct bus_type *bus = NULL;
	int ret;

	ret = iommu_group_for_each_dev(group, &bus, find_bus);
	if (ret)
		return ERR_PTR(ret);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&domain->groups);

	ret = -EIO;
	domain->iommu = bus ? iommu_domain_alloc(bus) : NULL;
	if (!domain->iommu)
		goto err_free;
	ret = iommu_attach_group(domain->iommu, group);
	if (ret)
		goto err_free_iommu;
	if (domain->iommu->ops->enforce_cache_coherency)
		domain->coherent = domain->iommu->ops->enforce_cache_coherency(domain->iommu);
	return domain;

err_free_iommu:
	iommu_domain_free(domain->iommu);
err_free:
	kfree(domain);
	return ERR_PTR(ret);
}

/**
 * domain_free() - the end of a domain
 * @domain: with no group attached and nothing mapped
 */
void domain_free(struct type1_domain *domain)
{
	iommu_domain_free(domain->iommu);
	kfree(domain);
}

/**
 * domains_alike() - could one page table serve the groups of both? (I2)
 * @a: a domain
 * @b: a domain
 */
bool domains_alike(const struct type1_domain *a, const struct type1_domain *b)
{
	return a->iommu->ops == b->iommu->ops && a->coherent == b->coherent;
}

/*
 * Takes a range, mapped throughout, out of a domain and of its IOTLB. False if the
 * IOMMU kept some of it.
 */
static bool unmap_range(struct type1_domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = iommu_unmap_fast(domain->iommu, iova, size, &gather);
	iommu_iotlb_sync(domain->iommu, &gather);
	return !WARN_ON_ONCE(unmapped != size);
}

/* On failure @iova is where it stopped. */
static int map_run(struct type1_domain *domain, unsigned long *iova, struct run run, int prot)
{
	/* The zero page is one page however often it comes. */
	bool zero = run.hold == RUN_ZERO;
	unsigned long chunk = zero || READ_ONCE(disable_hugepages) ? 1 : run.pages;
	int ret;

	for (; run.pages; run.pages -= chunk) {
		ret = iommu_map(domain->iommu, *iova, PFN_PHYS(run.pfn), chunk << PAGE_SHIFT,
				prot | IOMMU_CACHE);
		if (ret)
			return ret;
		*iova += chunk << PAGE_SHIFT;
		run.pfn += zero ? 0 : chunk;
		cond_resched();
	}
	return 0;
}

/**
 * domain_map() - let a domain's devices reach a mapping
 * @domain: does not have it yet
 * @mapping: pinned
 * @clean: on failure, set to false if some of it could not be taken out of @domain again
 *
 * Return: 0, or a negative errno with nothing of it in @domain, if @clean is true.
 */
int domain_map(struct type1_domain *domain, const struct mapping *mapping, bool *clean)
{
	unsigned long iova = mapping->span.start;
	u32 i;

	*clean = true;
	for (i = 0; i < mapping->runs.count; i++) {
		int ret = map_run(domain, &iova, runs_get(&mapping->runs, i), mapping->prot);

		if (!ret)
			continue;
		if (iova != mapping->span.start)
			*clean = unmap_range(domain, mapping->span.start,
					     iova - mapping->span.start);
		return ret;
	}
	return 0;
}

/**
 * domain_unmap() - a domain's devices cannot reach a mapping any more
 * @domain: has it
 * @mapping: the mapping, whole
 *
 * When it returns, the IOTLB holds nothing of it either.
 *
 * Return: false if the IOMMU kept some of it: then its memory must stay pinned for
 * ever, which is a leak, but not a hole.
 */
bool domain_unmap(struct type1_domain *domain, const struct mapping *mapping)
{
	return unmap_range(domain, mapping->span.start, mapping_size(mapping));
}

static int device_remaps_interrupts(struct device *dev, void *arg)
{
	return device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP) ? 0 : -EPERM;
}

/**
 * group_interrupts_isolated() - can no device of the group forge another's interrupt? (I1)
 * @group: the group
 */
bool group_interrupts_isolated(struct iommu_group *group)
{
	return irq_domain_check_msi_remap() ||
	       !iommu_group_for_each_dev(group, NULL, device_remaps_interrupts);
}

/*
 * The region in which the kernel places MSI doorbells by software has to be told to
 * the domain; its base is handed out through @msi_base.
 */
static int exclude_region(struct windows *windows, struct iommu_resv_region *region,
			  u64 *msi_base)
{
	if (region->type == IOMMU_RESV_SW_MSI && msi_base)
		*msi_base = region->start;
	if (!region->length)
		return 0;
	/* Firmware keeps these for itself, but the kernel knows it gets along without. */
	if (region->type == IOMMU_RESV_DIRECT_RELAXABLE)
		return 0;
	return windows_exclude(windows, region->start, region->start + region->length - 1);
}

/**
 * group_narrow_windows() - leave in the windows what a group can use (M4)
 * @group: the group
 * @domain: the kernel's domain that the group is or will be attached to
 * @windows: narrowed
 * @msi_base: if not NULL, set to the base of the group's software MSI region, if it has one
 *
 * Return: 0 or a negative errno.
 */
int group_narrow_windows(struct iommu_group *group, struct iommu_domain *domain,
			 struct windows *windows, u64 *msi_base)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	int ret;

	if (domain->geometry.force_aperture)
		windows_clip(windows, domain->geometry.aperture_start,
			     domain->geometry.aperture_end);
	ret = iommu_get_group_resv_regions(group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		if (!ret)
			ret = exclude_region(windows, region, msi_base);
		list_del(&region->list);
		kfree(region);
	}
	return ret;
}
