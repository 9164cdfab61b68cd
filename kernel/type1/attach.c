// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching groups to a container's domains, and the way back. With the attach
 * semaphore held for writing no mapping is being made or removed meanwhile.
 */
#include <linux/slab.h>
#include <linux/sched/mm.h>
#include <vfio.h>

#include "dirty.h"
#include "external.h"
#include "pin.h"
#include "type1.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Let groups be used whose devices can forge interrupts (no interrupt remapping)");

/* Page sizes in which any domain's mapping can be made; the CPU's is the smallest shown. */
static u64 visible_pgsizes(u64 pgsizes)
{
	return pgsizes & ~PAGE_MASK ? (pgsizes & PAGE_MASK) | PAGE_SIZE : pgsizes;
}

static u64 common_pgsizes(struct type1 *type1)
{
	struct type1_domain *domain;
	u64 pgsizes = PAGE_MASK;

	lockdep_assert_held_write(&type1->attach);

	list_for_each_entry(domain, &type1->domains, node)
		pgsizes &= visible_pgsizes(domain->iommu->pgsize_bitmap);
	return pgsizes;
}

/* The windows of all attached groups. */
static int compute_windows(struct type1 *type1, struct windows *windows)
{
	struct type1_domain *domain;
	struct type1_group *member;
	int ret;

	lockdep_assert_held_write(&type1->attach);

	ret = windows_init(windows);
	if (ret)
		return ret;
	list_for_each_entry(domain, &type1->domains, node)
		list_for_each_entry(member, &domain->groups, node) {
			ret = group_narrow_windows(member->group, domain->iommu, windows, NULL);
			if (ret) {
				windows_free(windows);
				return ret;
			}
		}
	return 0;
}

/* The windows that are left with @group in @domain, too: those that are there ask nobody again. */
static int narrow_windows(struct type1 *type1, struct windows *windows, struct iommu_group *group,
			  struct type1_domain *domain, u64 *msi_base)
{
	int ret;

	/* Only who attaches or detaches changes them. */
	lockdep_assert_held_write(&type1->attach);

	ret = type1->windows_stale ? compute_windows(type1, windows)
				   : windows_copy(windows, &type1->windows);
	if (ret)
		return ret;
	ret = group_narrow_windows(group, domain->iommu, windows, msi_base);
	if (ret)
		windows_free(windows);
	return ret;
}

static void publish(struct type1 *type1, struct windows *windows)
{
	mutex_lock(&type1->lock);
	swap(type1->windows, *windows);
	type1->pgsizes = common_pgsizes(type1);
	mutex_unlock(&type1->lock);
	type1->windows_stale = false;
	windows_free(windows);
}

/* C5: what is mapped already must be possible for the newcomer too. */
static bool mappings_fit(struct type1 *type1, const struct windows *windows,
			 struct vfio_refusal *refusal)
{
	struct mapping *mapping;

	lockdep_assert_held_write(&type1->attach);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX))
		if (!windows_contain(windows, mapping->span.start, mapping->span.last)) {
			ovfio_refuse_and_log(refusal, OPENVFIO_REASON_WINDOW, -EINVAL,
					     "the group cannot join: IOVA 0x%lx-0x%lx is mapped, but not within what its IOMMU can use",
					     mapping->span.start, mapping->span.last);
			return false;
		}
	return true;
}

/* Gives a new domain all mappings but those with foreign memory. */
static int replay(struct type1 *type1, struct type1_domain *domain, struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	bool clean;
	int ret;

	lockdep_assert_held_write(&type1->attach);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		if (mapping->foreign)
			continue;
		ret = domain_map(domain, mapping, &clean);
		if (ret)
			return type1_refuse_map(mapping, ret, refusal);
		cond_resched();
	}
	return 0;
}

/* The rest, and from then on the domain is one of the container's. */
static int replay_foreign(struct type1 *type1, struct type1_domain *domain, bool first,
			  struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	bool clean;
	int ret;

	lockdep_assert_held(&type1->lock);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		if (!mapping->foreign || (mapping->revoked && !first))
			continue;
		ret = domain_map(domain, mapping, &clean);
		if (ret)
			return type1_refuse_map(mapping, ret, refusal);
	}
	/* Not revoked is only what is foreign and in the domains. */
	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping && first;
	     mapping = mapping_next(mapping, 0, ULONG_MAX))
		if (mapping->foreign)
			mapping->revoked = false;
	list_add_tail(&domain->node, &type1->domains);
	return 0;
}

static void unpin_from_domain(struct type1 *type1, struct mapping *mapping, bool clean)
{
	type1_let_go(mapping, clean);
	external_become_single(type1, mapping);
}

static int pin_for_domain(struct type1 *type1, struct mapping *mapping,
			  struct vfio_refusal *refusal)
{
	bool own = mapping->mm == current->mm;
	int ret;

	if (!own && !mmget_not_zero(mapping->mm))
		return ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY, -EFAULT,
				    "the process that made mapping 0x%lx-0x%lx has gone",
				    mapping->span.start, mapping->span.last);
	external_become_whole(type1, mapping);
	/* Revoked, as it is in no domain, so nobody looks at it while this is found out anew. */
	mapping->foreign = false;
	ret = pin_mapping(mapping, refusal);
	if (ret)
		external_become_single(type1, mapping);
	if (!own)
		mmput(mapping->mm);
	return ret;
}

static void unpin_all(struct type1 *type1, struct mapping *end)
{
	struct mapping *mapping;

	lockdep_assert_held_write(&type1->attach);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping && mapping != end;
	     mapping = mapping_next(mapping, 0, ULONG_MAX))
		unpin_from_domain(type1, mapping, true);
}

/* The first domain: what emulated devices had pinned page by page is now pinned whole. */
static int pin_all(struct type1 *type1, struct vfio_refusal *refusal)
{
	struct mapping *mapping;
	int ret;

	lockdep_assert_held_write(&type1->attach);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		ret = pin_for_domain(type1, mapping, refusal);
		if (ret) {
			unpin_all(type1, mapping);
			return ret;
		}
	}
	return 0;
}

static bool any_foreign(struct type1 *type1)
{
	struct mapping *mapping;

	lockdep_assert_held(&type1->lock);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX))
		if (mapping->foreign)
			return true;
	return false;
}

/* A new domain, with its group, becomes one of the container's. On failure it is empty. */
static int enter_domain(struct type1 *type1, struct type1_domain *domain, bool first,
			unsigned long revocations, struct vfio_refusal *refusal)
{
	int ret;

	ret = replay(type1, domain, refusal);
	if (ret)
		return ret;
	mutex_lock(&type1->lock);
	/* What pin_all() found may have been taken back since. */
	if (first && type1->revocations != revocations && any_foreign(type1))
		ret = ovfio_refuse(refusal, OPENVFIO_REASON_MEMORY, -EFAULT,
				   "a device whose memory may be mapped was just closed; try again");
	else
		ret = replay_foreign(type1, domain, first, refusal);
	mutex_unlock(&type1->lock);
	return ret;
}

/*
 * I2: moves a group, attached to the new domain @own, to a domain of the container that
 * can serve it. Returns that domain, or NULL with the group back in @own.
 */
static struct type1_domain *share_domain(struct type1 *type1, struct type1_domain *own,
					 struct iommu_group *group, int *ret)
{
	struct type1_domain *domain;

	lockdep_assert_held_write(&type1->attach);

	*ret = 0;
	list_for_each_entry(domain, &type1->domains, node) {
		if (!domains_alike(domain, own))
			continue;
		iommu_detach_group(own->iommu, group);
		if (!iommu_attach_group(domain->iommu, group))
			return domain;
		*ret = iommu_attach_group(own->iommu, group);
		if (*ret)
			return NULL;
	}
	return NULL;
}

static int check_isolation(struct iommu_group *group, struct vfio_refusal *refusal)
{
	if (allow_unsafe_interrupts || group_interrupts_isolated(group))
		return 0;
	return ovfio_refuse_and_log(refusal, OPENVFIO_REASON_ISOLATION, -EPERM,
				    "group %d has no interrupt isolation: its devices could forge interrupts; enable interrupt remapping, or trust the user and set vfio_iommu_type1.allow_unsafe_interrupts=1",
				    iommu_group_id(group));
}

static int refuse_attach(struct iommu_group *group, int error, struct vfio_refusal *refusal)
{
	if (error == -ENOMEM)
		return error;
	return ovfio_refuse(refusal, OPENVFIO_REASON_IOMMU, error,
			    "the IOMMU driver could not attach group %d to a domain (%d)",
			    iommu_group_id(group), error);
}

/* Who attaches needs the mappings complete, their process addresses included (U4). */
static int check_vaddrs(struct type1 *type1, struct vfio_refusal *refusal)
{
	lockdep_assert_held_write(&type1->attach);

	if (!READ_ONCE(type1->vaddrs_invalid))
		return 0;
	return ovfio_refuse(refusal, OPENVFIO_REASON_VADDR, -EBUSY,
			    "the process addresses of %u mappings are marked; give new ones first",
			    READ_ONCE(type1->vaddrs_invalid));
}

/* A window for messages, for an IOMMU that translates these, too. */
static int set_msi_base(struct type1_domain *domain, struct iommu_group *group, u64 base,
			struct vfio_refusal *refusal)
{
	int ret = base ? iommu_get_msi_cookie(domain->iommu, base) : 0;

	return ret && ret != -ENODEV ? refuse_attach(group, ret, refusal) : 0;
}

/*
 * A group, attached to @own, gets this as a domain of the container, with all that is mapped
 * there. On failure it is attached to nothing, and @own is gone.
 */
static int start_domain(struct type1 *type1, struct type1_domain *own, struct iommu_group *group,
			u64 msi_base, struct vfio_refusal *refusal)
{
	unsigned long revocations = READ_ONCE(type1->revocations);
	bool first = list_empty(&type1->domains), pinned = false;
	int ret;

	lockdep_assert_held_write(&type1->attach);

	ret = set_msi_base(own, group, msi_base, refusal);
	if (!ret && first) {
		ret = pin_all(type1, refusal);
		pinned = !ret;
	}
	if (!ret)
		ret = enter_domain(type1, own, first, revocations, refusal);
	if (!ret)
		return 0;
	/* Nobody's device reaches the domain any more, and with it goes all it had. */
	iommu_detach_group(own->iommu, group);
	domain_free(own);
	if (pinned)
		unpin_all(type1, NULL);
	return ret;
}

/* The group, attached to @own, joins a domain of the container's, or makes this one. */
static int join_domain(struct type1 *type1, struct type1_domain *own, struct type1_group *member,
		       u64 msi_base, struct vfio_refusal *refusal)
{
	struct type1_domain *shared;
	int ret;

	shared = share_domain(type1, own, member->group, &ret);
	if (shared || ret)
		domain_free(own);
	if (ret)
		/* Attached to nothing now; the DMA owner's blocking domain keeps it in. */
		return refuse_attach(member->group, ret, refusal);
	if (!shared) {
		ret = start_domain(type1, own, member->group, msi_base, refusal);
		if (ret)
			return ret;
		shared = own;
	}
	list_add(&member->node, &shared->groups);
	return 0;
}

static int attach_locked(struct type1 *type1, struct type1_group *member,
			 struct vfio_refusal *refusal)
{
	struct iommu_group *group = member->group;
	struct type1_domain *own;
	struct windows windows;
	u64 msi_base = 0;
	int ret;

	ret = check_vaddrs(type1, refusal);
	if (ret)
		return ret;
	ret = check_isolation(group, refusal);
	if (ret)
		return ret;
	own = domain_alloc(group);
	if (IS_ERR(own))
		return refuse_attach(group, PTR_ERR(own), refusal);
	ret = narrow_windows(type1, &windows, group, own, &msi_base);
	if (ret)
		goto err_detach;
	if (!mappings_fit(type1, &windows, refusal)) {
		windows_free(&windows);
		ret = -EINVAL;
		goto err_detach;
	}
	ret = join_domain(type1, own, member, msi_base, refusal);
	if (ret)
		windows_free(&windows);
	else
		publish(type1, &windows);
	return ret;

err_detach:
	iommu_detach_group(own->iommu, group);
	domain_free(own);
	return ret;
}

static int attach_emulated(struct type1 *type1, struct type1_group *member,
			   struct vfio_refusal *refusal)
{
	int ret = check_vaddrs(type1, refusal);

	if (ret)
		return ret;
	list_add(&member->node, &type1->emulated);
	return 0;
}

/**
 * type1_attach_group() - see &vfio_iommu_driver_ops.attach_group
 * @data: the instance
 * @group: a real group, whose DMA ownership is held, or an emulated one
 * @kind: which of the two
 * @refusal: for the reason
 *
 * Return: 0; -EBUSY while a process address is invalid (U4); -EPERM (no interrupt
 * isolation, I1); -EINVAL (existing mappings lie where the group cannot have them, C5); or
 * another errno. On failure nothing is changed.
 */
int type1_attach_group(void *data, struct iommu_group *group, enum vfio_group_kind kind,
		       struct vfio_refusal *refusal)
{
	struct type1 *type1 = data;
	struct type1_group *member;
	int ret;

	member = kzalloc(sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return -ENOMEM;
	member->group = group;
	down_write(&type1->attach);
	ret = kind == VFIO_GROUP_EMULATED ? attach_emulated(type1, member, refusal)
					   : attach_locked(type1, member, refusal);
	up_write(&type1->attach);
	if (ret)
		kfree(member);
	return ret;
}

static struct type1_group *find_member(struct type1 *type1, struct iommu_group *group,
				       struct type1_domain **found)
{
	struct type1_domain *domain;
	struct type1_group *member;

	lockdep_assert_held_write(&type1->attach);

	list_for_each_entry(domain, &type1->domains, node)
		list_for_each_entry(member, &domain->groups, node)
			if (member->group == group) {
				*found = domain;
				return member;
			}
	return NULL;
}

/* The last domain goes, emulated devices stay: mappings stay, pinned only for these. */
static void empty_last_domain(struct type1 *type1)
{
	struct mapping *mapping;

	lockdep_assert_held_write(&type1->attach);

	for (mapping = mapping_first(&type1->mappings, 0, ULONG_MAX); mapping;
	     mapping = mapping_next(mapping, 0, ULONG_MAX)) {
		unpin_from_domain(type1, mapping, type1_leave_domains(type1, mapping));
		mutex_lock(&type1->lock);
		if (type1->dirty_log)
			dirty_all(type1, mapping);
		mutex_unlock(&type1->lock);
		cond_resched();
	}
}

static void unlist_domain(struct type1 *type1, struct type1_domain *domain)
{
	mutex_lock(&type1->lock);
	list_del(&domain->node);
	mutex_unlock(&type1->lock);
}

/* The last group of a domain takes the domain along; the last of all, the mappings. */
static void remove_domain(struct type1 *type1, struct type1_domain *domain,
			  struct iommu_group *group)
{
	lockdep_assert_held_write(&type1->attach);

	if (list_is_singular(&type1->domains)) {
		if (list_empty(&type1->emulated))
			type1_drop_mappings(type1);
		else
			empty_last_domain(type1);
	}
	iommu_detach_group(domain->iommu, group);
	/* Without a device there is nothing to take out of it page by page. */
	unlist_domain(type1, domain);
	domain_free(domain);
}

static bool detach_emulated(struct type1 *type1, struct iommu_group *group)
{
	struct type1_group *member;

	lockdep_assert_held_write(&type1->attach);

	list_for_each_entry(member, &type1->emulated, node)
		if (member->group == group) {
			list_del(&member->node);
			kfree(member);
			if (list_empty(&type1->emulated) && list_empty(&type1->domains))
				type1_drop_mappings(type1);
			return true;
		}
	return false;
}

/* With a group less, there may be more windows; out of memory, the old ones still hold. */
static void widen_windows(struct type1 *type1)
{
	struct windows windows;

	type1->windows_stale = true;
	if (!compute_windows(type1, &windows))
		publish(type1, &windows);
}

/**
 * type1_detach_group() - see &vfio_iommu_driver_ops.detach_group
 * @data: the instance
 * @group: an attached group
 */
void type1_detach_group(void *data, struct iommu_group *group)
{
	struct type1 *type1 = data;
	struct type1_domain *domain;
	struct type1_group *member;

	down_write(&type1->attach);
	if (detach_emulated(type1, group))
		goto out;
	member = find_member(type1, group, &domain);
	if (WARN_ON_ONCE(!member))
		goto out;
	list_del(&member->node);
	if (list_empty(&domain->groups))
		remove_domain(type1, domain, group);
	else
		iommu_detach_group(domain->iommu, group);
	kfree(member);
	widen_windows(type1);
out:
	up_write(&type1->attach);
}
