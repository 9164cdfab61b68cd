// SPDX-License-Identifier: GPL-2.0-only
#include "memlock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sysfs.h"
#include "units.h"

#define CAP_IPC_LOCK	14

static uint64_t bytes(rlim_t limit)
{
	return limit == RLIM_INFINITY ? UNLIMITED : limit;
}

/* "CapEff:	000001ffffffffff" */
static bool may_lock(int pid)
{
	char *text = sysfs_read("/proc/%d/status", pid);
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

static bool parse_value(const char *text, uint64_t unit, uint64_t *value)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	if (same(text, "unlimited") || same(text, "infinity") || same(text, "-1")) {
		*value = UNLIMITED;
		return true;
	}
	if (end == text || *end)
		return false;
	*value = number * unit;
	return true;
}

/**
 * memlock_of_process() - of a process that runs
 * @limit: what holds
 * @pid: its number
 *
 * Return: false if it is not there, or not visible.
 */
bool memlock_of_process(struct memlock *limit, int pid)
{
	char *text = sysfs_read("/proc/%d/limits", pid);
	char *line = text ? strstr(text, "Max locked memory") : NULL;
	char soft[32], hard[32];
	bool fine = line && sscanf(line, "Max locked memory %31s %31s", soft, hard) == 2 &&
		    parse_value(soft, 1, &limit->soft) && parse_value(hard, 1, &limit->hard);

	free(text);
	limit->exempt = fine && may_lock(pid);
	return fine;
}

/* "nobody - memlock 65536", in KiB; names of groups begin with @ and are not looked into. */
static void apply_line(struct memlock *limit, const char *line, const char *user, bool *named)
{
	char who[64], kind[8], item[16], text[32];
	uint64_t value;
	bool own;

	if (sscanf(line, "%63s %7s %15s %31s", who, kind, item, text) != 4 ||
	    !same(item, "memlock") || !parse_value(text, 1024, &value))
		return;
	own = same(who, user);
	/* What names the user goes before what is for all. */
	if (!own && (!same(who, "*") || *named))
		return;
	*named = own;
	if (!same(kind, "hard"))
		limit->soft = value;
	if (!same(kind, "soft"))
		limit->hard = value;
}

static void apply_file(struct memlock *limit, const char *path, const char *user, bool *named)
{
	char *text = sysfs_read("%s", path), *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		apply_line(limit, line, user, named);
	free(text);
}

/**
 * memlock_of_user() - what a user gets at the next login
 * @limit: what pam_limits will set: the limits of process 1, changed by its files
 * @user: the name
 */
void memlock_of_user(struct memlock *limit, const char *user)
{
	struct strings files = {};
	bool named = false;

	if (!memlock_of_process(limit, 1))
		memlock_of_self(limit);
	apply_file(limit, "/etc/security/limits.conf", user, &named);
	sysfs_list(&files, "/etc/security/limits.d");
	for (size_t i = 0; i < files.count; i++) {
		char *path = format("/etc/security/limits.d/%s", files.items[i]);

		apply_file(limit, path, user, &named);
		free(path);
	}
	strings_free(&files);
	if (limit->soft > limit->hard)
		limit->soft = limit->hard;
	limit->exempt = same(user, "root");
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
