/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: the IOMMU page tables behind a container. Groups that one page table can
 * serve share it; every domain holds every mapping.
 */
#ifndef OPENVFIO_TYPE1_DOMAIN_H
#define OPENVFIO_TYPE1_DOMAIN_H

#include <linux/iommu.h>
#include <linux/list.h>

#include "mapping.h"
#include "windows.h"

/**
 * struct type1_domain - one IOMMU page table
 * @node: in the container's list
 * @iommu: the kernel's domain
 * @coherent: it overrides the device's wish to bypass the CPU caches
 * @groups: struct type1_group.node
 */
struct type1_domain {
	struct list_head node;
	struct iommu_domain *iommu;
	bool coherent;
	struct list_head groups;
};

/* A group attached to a domain. */
struct type1_group {
	struct list_head node;
	struct iommu_group *group;
};

struct type1_domain *domain_alloc(struct iommu_group *group);
void domain_free(struct type1_domain *domain);
int domain_map(struct type1_domain *domain, const struct mapping *mapping, bool *clean);
bool domain_unmap(struct type1_domain *domain, const struct mapping *mapping);
void domain_unmap_all(struct type1_domain *domain, struct list_head *mappings);
bool domains_alike(const struct type1_domain *a, const struct type1_domain *b);
bool group_interrupts_isolated(struct iommu_group *group);
int group_narrow_windows(struct iommu_group *group, struct iommu_domain *domain,
			 struct windows *windows, u64 *msi_base);

#endif
