// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/irqdomain.h>
#include <linux/moduleparam.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
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
 * The most that is flushed from the IOTLB by one command: drivers count its pages in 32 bits,
 * rounded up to a power of two.
 */
#define FLUSH_MOST	(1UL << 40)

/*
 * With @queued the IOMMU driver only collects the pages of page tables that are to be freed,
 * and does not flush at each gap or change of size. So this flushes, all of @start to @last,
 * in the way that lets go of what devices have cached too.
 */
static void flush_gathered(struct type1_domain *domain, struct iommu_iotlb_gather *gather,
			   unsigned long start, unsigned long last)
{
	gather->queued = false;
	gather->start = start;
	gather->end = last;
	gather->pgsize = 1UL << __ffs(domain->iommu->pgsize_bitmap);
	iommu_iotlb_sync(domain->iommu, gather);
	gather->queued = true;
}

/*
 * Takes a range, mapped throughout, out of a domain and of its IOTLB. False if the
 * IOMMU kept some of it.
 *
 * Queued: else VT-d's driver flushes whenever the granularity changes, what came before, and
 * frees the page tables of what comes next, which are not flushed yet.
 */
static bool unmap_range(struct type1_domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather;
	bool clean = true;
	size_t part;

	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	for (; size; iova += part, size -= part) {
		part = min(size, FLUSH_MOST - (iova & (FLUSH_MOST - 1)));
		if (WARN_ON_ONCE(iommu_unmap_fast(domain->iommu, iova, part, &gather) != part))
			clean = false;
		flush_gathered(domain, &gather, iova, iova + part - 1);
		if (part != size)
			cond_resched();
	}
	return clean;
}

/**
 * struct reach - how far a mapping has got into a domain
 * @iova: what is below is mapped
 * @torn: bytes behind that a call that failed may have left some of
 */
struct reach {
	unsigned long iova;
	size_t torn;
};

/*
 * VT-d's driver leaves what it wrote when there is no memory for the next page table, and the
 * IOMMU core does not know. Of what is not there nothing may be unmapped: the driver would take
 * the size of a table that is missing for that of the range, and other mappings with it.
 */
static bool unmap_torn(struct type1_domain *domain, const struct reach *reach)
{
	unsigned long start = reach->iova;
	size_t at, present = 0;
	bool clean = true;

	for (at = 0; at <= reach->torn; at += PAGE_SIZE) {
		if (at < reach->torn && iommu_iova_to_phys(domain->iommu, start + at)) {
			present += PAGE_SIZE;
			continue;
		}
		if (present && !unmap_range(domain, start + at - present, present))
			clean = false;
		present = 0;
		cond_resched();
	}
	return clean;
}

/* Takes out what a map that failed has brought in. False if the IOMMU kept some of it. */
static noinline bool undo_map(struct type1_domain *domain, unsigned long start,
			      const struct reach *reach)
{
	bool clean = unmap_torn(domain, reach);

	if (reach->iova != start && !unmap_range(domain, start, reach->iova - start))
		clean = false;
	return clean;
}

/* Between calls of a long map. Who is to die is not kept from it. */
static int pause_mapping(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int map_run(struct type1_domain *domain, struct reach *reach, struct run run, int prot)
{
	/* The zero page is one page however often it comes. */
	bool zero = run.hold == RUN_ZERO;
	unsigned long piece = zero || READ_ONCE(disable_hugepages) ? 1 : run.pages;
	int ret;

	for (; run.pages; run.pages -= piece) {
		ret = iommu_map(domain->iommu, reach->iova, PFN_PHYS(run.pfn), piece << PAGE_SHIFT,
				prot | IOMMU_CACHE);
		if (ret) {
			reach->torn = piece << PAGE_SHIFT;
			return ret;
		}
		reach->iova += piece << PAGE_SHIFT;
		run.pfn += zero ? 0 : piece;
		ret = pause_mapping();
		if (ret)
			return ret;
	}
	return 0;
}

/* A run is worth a call of its own if it may have huge pages in it. */
#define LONG_RUN	(SZ_2M >> PAGE_SHIFT)

/* Short runs, to be mapped by one call: a list of a page, or a few without one. */
#define SMALL_LIST	8

/**
 * struct filling - a mapping on its way into a domain
 * @domain: the domain
 * @prot: of the mapping
 * @reach: how far it has got
 * @list: runs that come next
 * @room: of @list
 * @used: of @list
 * @most: pages of a run that goes to @list; 0 if each is to be mapped by a call of its own
 * @small: the list when there is no memory for another
 */
struct filling {
	struct type1_domain *domain;
	int prot;
	struct reach reach;
	struct scatterlist *list;
	unsigned int room;
	unsigned int used;
	unsigned long most;
	struct scatterlist small[SMALL_LIST];
};

static void filling_init(struct filling *filling, struct type1_domain *domain,
			 const struct mapping *mapping)
{
	unsigned long pages = mapping_size(mapping) >> PAGE_SHIFT;

	filling->domain = domain;
	filling->prot = mapping->prot;
	filling->reach = (struct reach){ .iova = mapping->span.start };
	filling->list = NULL;
	filling->used = 0;
	filling->most = 0;
	/* A list is joined where it is contiguous, which would make huge pages again. */
	if (READ_ONCE(disable_hugepages))
		return;
	filling->most = LONG_RUN - 1;
	filling->room = PAGE_SIZE / sizeof(*filling->list);
	if (pages > SMALL_LIST)
		filling->list = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!filling->list) {
		filling->list = filling->small;
		filling->room = SMALL_LIST;
	}
	sg_init_table(filling->list, filling->room);
}

static void filling_free(struct filling *filling)
{
	if (filling->list != filling->small)
		free_page((unsigned long)filling->list);
}

static size_t list_size(const struct filling *filling)
{
	size_t size = 0;
	unsigned int i;

	for (i = 0; i < filling->used; i++)
		size += filling->list[i].length;
	return size;
}

/* Maps what is in the list. */
static int fill_list(struct filling *filling)
{
	ssize_t done;

	if (!filling->used)
		return 0;
	done = iommu_map_sg(filling->domain->iommu, filling->reach.iova, filling->list,
			    filling->used, filling->prot | IOMMU_CACHE);
	if (done < 0) {
		filling->reach.torn = list_size(filling);
		return done;
	}
	filling->used = 0;
	filling->reach.iova += done;
	return pause_mapping();
}

static int fill_by_list(struct filling *filling, unsigned long pfn, unsigned long pages)
{
	if (filling->used == filling->room) {
		int ret = fill_list(filling);

		if (ret)
			return ret;
	}
	sg_set_page(&filling->list[filling->used++], pfn_to_page(pfn), pages << PAGE_SHIFT, 0);
	return 0;
}

/* The zero page is one page however often it comes. */
static int fill_zeros(struct filling *filling, struct run run)
{
	int ret = 0;

	for (; run.pages && !ret; run.pages--)
		ret = fill_by_list(filling, run.pfn, 1);
	return ret;
}

static int fill_run(struct filling *filling, struct run run)
{
	int ret;

	/* What is not memory of the kernel's has no struct page to be in a list by. */
	if (run_is_pinned(run) && run.pages <= filling->most)
		return fill_by_list(filling, run.pfn, run.pages);
	if (run.hold == RUN_ZERO && filling->most)
		return fill_zeros(filling, run);
	ret = fill_list(filling);
	return ret ?: map_run(filling->domain, &filling->reach, run, filling->prot);
}

static noinline int map_runs(struct type1_domain *domain, const struct mapping *mapping,
			     struct reach *reach)
{
	struct run_walk walk = runs_walk(&mapping->runs);
	struct filling filling __uninitialized;
	struct run run;
	int ret = 0;

	filling_init(&filling, domain, mapping);
	while (!ret && runs_next(&walk, &run))
		ret = fill_run(&filling, run);
	if (!ret)
		ret = fill_list(&filling);
	filling_free(&filling);
	*reach = filling.reach;
	return ret;
}

/**
 * domain_map() - let a domain's devices reach a mapping
 * @domain: does not have it yet
 * @mapping: pinned
 * @clean: on failure, set to false if some of it could not be taken out of @domain again
 *
 * Return: 0, or a negative errno with nothing of it in @domain, if @clean is true; -EINTR on a
 * fatal signal.
 */
int domain_map(struct type1_domain *domain, const struct mapping *mapping, bool *clean)
{
	unsigned long start = mapping->span.start;
	struct reach reach = { .iova = start };
	struct run run;
	int ret;

	*clean = true;
	/* The zero page comes again and again, so a run of it is many. */
	if (runs_single(&mapping->runs, &run) && run.hold != RUN_ZERO)
		ret = map_run(domain, &reach, run, mapping->prot);
	else
		ret = map_runs(domain, mapping, &reach);
	if (ret)
		*clean = undo_map(domain, start, &reach);
	return ret;
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

/* The last mapping up to which, from @first on, there is no gap, and not too much. */
static struct mapping *span_end(struct mapping *first, struct list_head *mappings)
{
	struct mapping *last = first, *next = list_next_entry(first, todo);

	while (!list_entry_is_head(next, mappings, todo) && !next->foreign &&
	       next->span.start == last->span.last + 1 &&
	       next->span.last - first->span.start < FLUSH_MOST) {
		last = next;
		next = list_next_entry(next, todo);
	}
	return last;
}

/* Mappings of a span end above where the IOMMU stopped: it may have kept some of these. */
static void mark_kept(struct mapping *first, struct mapping *last, size_t unmapped)
{
	struct mapping *mapping = first;

	for (;; mapping = list_next_entry(mapping, todo)) {
		if (mapping->span.last - first->span.start >= unmapped)
			mapping->kept = true;
		if (mapping == last)
			break;
	}
}

/**
 * domain_unmap_all() - a domain's devices cannot reach any of many mappings any more
 * @domain: has them
 * @mappings: by &mapping.todo, in the order of IOVAs; those with foreign memory are left out
 *
 * When it returns, the IOTLB holds nothing of them either. What lies together is unmapped
 * by one call, and the IOTLB flushed once. &mapping.kept is set where the IOMMU may have
 * kept some.
 */
void domain_unmap_all(struct type1_domain *domain, struct list_head *mappings)
{
	struct iommu_iotlb_gather gather;
	unsigned long start = 0, end = 0;
	struct mapping *first, *last;

	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	list_for_each_entry(first, mappings, todo) {
		size_t size, unmapped;

		if (first->foreign)
			continue;
		last = span_end(first, mappings);
		if (end && last->span.last - start >= FLUSH_MOST) {
			flush_gathered(domain, &gather, start, end);
			end = 0;
		}
		if (mapping_size(first) > FLUSH_MOST) {
			first->kept |= !unmap_range(domain, first->span.start, mapping_size(first));
			continue;
		}
		if (!end)
			start = first->span.start;
		end = last->span.last;
		size = end - first->span.start + 1;
		unmapped = iommu_unmap_fast(domain->iommu, first->span.start, size, &gather);
		if (WARN_ON_ONCE(unmapped < size))
			mark_kept(first, last, unmapped);
		first = last;
		cond_resched();
	}
	if (end)
		flush_gathered(domain, &gather, start, end);
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
