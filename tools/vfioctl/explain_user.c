// SPDX-License-Identifier: GPL-2.0-only
/* explain: what is in the way of the user, and of the I/O addresses wanted. */
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "inquiry.h"
#include "memlock.h"
#include "reserved.h"
#include "sysfs.h"

/* A page or two of descriptors and one huge page: less is of no use to any driver. */
#define LEAST_MEMORY	(2u << 20)

/* For oneself the kernel is asked, which also knows of access control lists. */
static bool may_open(const struct inquiry *inquiry, const char *node)
{
	const struct passwd *account = inquiry->account;
	char *path = sysfs_path("%s", node);
	struct stat of = {};
	mode_t needed = 0006;
	bool may;

	if (inquiry->self) {
		may = eaccess(path, R_OK | W_OK) == 0;
	} else {
		may = stat(path, &of) == 0;
		if (of.st_uid == account->pw_uid)
			needed = 0600;
		else if (account_in_group(account->pw_name, account->pw_gid, of.st_gid))
			needed = 0060;
		may = may && ((of.st_mode & needed) == needed || account->pw_uid == 0);
	}
	free(path);
	return may;
}

static void ask_permission(struct inquiry *inquiry)
{
	const struct group *group = inquiry->group;
	const char *user = inquiry->account->pw_name;
	char *command = format("vfioctl grant %s --user %s", inquiry->subject, user);

	/* Before there is a node, what grant leaves for udev cannot be seen here. */
	if (group && group->node && !may_open(inquiry, group->node))
		add_problem(inquiry, BLOCKING, "permission", command,
			    "user %s may not open %s", user, group->node);
	if (sysfs_exists("/dev/vfio/vfio") && !may_open(inquiry, "/dev/vfio/vfio"))
		add_problem(inquiry, BLOCKING, "permission", "chmod 0666 /dev/vfio/vfio",
			    "user %s may not open /dev/vfio/vfio, which is safe for everybody", user);
	free(command);
}

static void ask_memlock(struct inquiry *inquiry)
{
	uint64_t wanted = inquiry->memory ? inquiry->memory : LEAST_MEMORY;
	const char *user = inquiry->account->pw_name;
	struct memlock limit;
	char *has, *needs, *command;

	if (inquiry->self)
		memlock_of_self(&limit);
	else
		memlock_of_user(&limit, inquiry->account);
	if (memlock_suffices(&limit, wanted))
		return;
	has = format_limit(limit.soft);
	needs = format_size(wanted);
	command = format("vfioctl limits %lluK --user %s --install",
			 (unsigned long long)(wanted + 1023) / 1024, user);
	add_problem(inquiry, BLOCKING, "memlock", command,
		    "user %s may have %s of memory locked (RLIMIT_MEMLOCK), and %s %s needed; a new "
		    "limit holds from the next login on", user, has, needs,
		    inquiry->memory ? "are" : "at least are");
	free(command);
	free(needs);
	free(has);
}

/**
 * ask_user() - what keeps the user from it
 * @inquiry: gets the problems
 */
void ask_user(struct inquiry *inquiry)
{
	ask_permission(inquiry);
	ask_memlock(inquiry);
}

static void ask_firmware(struct inquiry *inquiry, const struct reserved *reserved)
{
	char *range = format_range(&reserved->range);

	add_problem(inquiry, BLOCKING, "reserved-region", NULL,
		    "the firmware goes on using the I/O addresses %s of group %d (RMRR), so the IOMMU "
		    "is not given away; only the firmware's setup can end that", range,
		    inquiry->group->number);
	free(range);
}

static void ask_range(struct inquiry *inquiry, const struct reserved *all, size_t count)
{
	const struct reserved *hit = find_reserved(all, count, &inquiry->range);
	char *wanted, *taken, *command = NULL;
	struct range other;

	if (!hit)
		return;
	wanted = format_range(&inquiry->range);
	taken = format_range(&hit->range);
	if (find_free(all, count, inquiry->range.end - inquiry->range.start + 1, &other)) {
		char *range = format_range(&other);

		command = format("vfioctl explain %s --iova %s", inquiry->subject, range);
		free(range);
	}
	add_problem(inquiry, BLOCKING, "reserved-region", command,
		    "the I/O addresses %s cannot all be mapped: %s are reserved (%s)%s", wanted, taken,
		    hit->type, command ? "; have the driver use others, as those asked for here" : "");
	free(command);
	free(taken);
	free(wanted);
}

/**
 * ask_addresses() - which reserved region is in the way
 * @inquiry: gets the problems
 */
void ask_addresses(struct inquiry *inquiry)
{
	struct reserved *all;
	size_t count;

	if (!inquiry->group)
		return;
	all = read_reserved(inquiry->group, &count);
	for (size_t i = 0; i < count; i++)
		if (all[i].firmware)
			ask_firmware(inquiry, &all[i]);
	if (inquiry->range_asked)
		ask_range(inquiry, all, count);
	free(all);
}
