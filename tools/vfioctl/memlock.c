// SPDX-License-Identifier: GPL-2.0-only
#include "memlock.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pam_limits.h"
#include "sysfs.h"
#include "units.h"

#define CAP_IPC_LOCK	14

static uint64_t bytes(rlim_t limit)
{
	return limit == RLIM_INFINITY ? UNLIMITED : limit;
}

/* "CapEff:	000001ffffffffff" */
static bool may_lock(const char *pid)
{
	char *text = sysfs_read("/proc/%s/status", pid);
	char *line = text ? strstr(text, "CapEff:") : NULL;
	uint64_t capabilities = 0;
	bool may = line && sscanf(line, "CapEff: %" SCNx64, &capabilities) == 1 &&
		   capabilities >> CAP_IPC_LOCK & 1;

	free(text);
	return may;
}

/**
 * memlock_of_self() - of this program, so of the shell it was called from
 * @limit: what holds
 */
void memlock_of_self(struct memlock *limit)
{
	struct rlimit kernel = {};

	getrlimit(RLIMIT_MEMLOCK, &kernel);
	limit->soft = bytes(kernel.rlim_cur);
	limit->hard = bytes(kernel.rlim_max);
	limit->exempt = geteuid() == 0;
}

/**
 * memlock_parse() - read a limit
 * @text: a number, or a word for none
 * @unit: that the number counts, in bytes
 * @value: in bytes, or UNLIMITED
 *
 * Return: false if it is none.
 */
bool memlock_parse(const char *text, uint64_t unit, uint64_t *value)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (!strcasecmp(text, "unlimited") || !strcasecmp(text, "infinity") || same(text, "-1")) {
		*value = UNLIMITED;
		return true;
	}
	if (end == text || *end)
		return false;
	*value = number > UINT64_MAX / unit ? UNLIMITED : number * unit;
	return true;
}

/**
 * memlock_of_process() - of a process that runs
 * @limit: what holds
 * @pid: its number
 *
 * Return: false if it is not there, or not visible.
 */
bool memlock_of_process(struct memlock *limit, const char *pid)
{
	char *text = sysfs_read("/proc/%s/limits", pid);
	char *line = text ? strstr(text, "Max locked memory") : NULL;
	char soft[32], hard[32];
	bool fine = line && sscanf(line, "Max locked memory %31s %31s", soft, hard) == 2 &&
		    memlock_parse(soft, 1, &limit->soft) && memlock_parse(hard, 1, &limit->hard);

	free(text);
	limit->exempt = fine && may_lock(pid);
	return fine;
}

/**
 * memlock_of_user() - what a user gets at the next login
 * @limit: what pam_limits will set: the limits of process 1, changed by its files
 * @account: the user's
 */
void memlock_of_user(struct memlock *limit, const struct passwd *account)
{
	if (!memlock_of_process(limit, "1"))
		memlock_of_self(limit);
	pam_limits_apply(limit, account);
	limit->exempt = account->pw_uid == 0;
}

/**
 * memlock_suffices() - can that much be pinned
 * @limit: what holds
 * @size: in bytes
 *
 * Return: true if it can.
 */
bool memlock_suffices(const struct memlock *limit, uint64_t size)
{
	return limit->exempt || limit->soft >= size;
}

/**
 * format_limit() - a limit in words
 * @limit: in bytes, or UNLIMITED
 *
 * Return: for free().
 */
char *format_limit(uint64_t limit)
{
	return limit == UNLIMITED ? copy("unlimited") : format_size(limit);
}
