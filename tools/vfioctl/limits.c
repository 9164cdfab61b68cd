// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl limits SIZE: the limit of locked memory that a driver needs, and how to set it. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "durable.h"
#include "memlock.h"
#include "output.h"
#include "processes.h"
#include "say.h"
#include "sysfs.h"
#include "units.h"
#include "verbs.h"

#define KIB	1024

struct wish {
	uint64_t needed;	/* in bytes, a multiple of 1024 */
	char *user;		/* as limits.conf(5) names one */
	const char *unit;	/* of systemd, NULL if not asked */
	unsigned int pid;		/* 0 if not asked */
	struct memlock limit;
};

/* Each container counts what it has mapped, also if another has mapped the same. */
static bool read_size(struct wish *wish, const struct invocation *call)
{
	const char *word = call->operands.items[0];
	const char *containers = option_value(call, "containers");
	unsigned long long times = containers ? strtoull(containers, NULL, 10) : 1;
	uint64_t size;

	if (!parse_size(word, &size)) {
		say_error(word, "not an amount of memory; write 64M or 4G");
		return false;
	}
	if (!times || size > (UINT64_MAX - KIB) / times) {
		say_error("--containers", "'%s' is no number of containers", containers);
		return false;
	}
	wish->needed = (size * times + KIB - 1) / KIB * KIB;
	return true;
}

/* A user who has no account, as in a container, has a number. */
static void name_user(struct wish *wish, const struct passwd *account, uid_t number)
{
	wish->user = account ? copy(account->pw_name) : format(":%u", number);
}

static bool read_process(struct wish *wish, const char *pid)
{
	struct passwd *owner;
	uid_t number;

	if (!parse_id(pid, &wish->pid) || !process_owner(pid, &number) ||
	    !memlock_of_process(&wish->limit, pid)) {
		say_error(pid, "no such process, or its limits are not visible");
		return false;
	}
	owner = account_of_number(number);
	name_user(wish, owner, number);
	account_free(owner);
	return true;
}

static bool read_user(struct wish *wish, const char *user)
{
	struct passwd *account = account_find(user);

	if (!account)
		return false;
	name_user(wish, account, account->pw_uid);
	memlock_of_user(&wish->limit, account);
	account_free(account);
	return true;
}

static void read_self(struct wish *wish)
{
	struct passwd *me = account_of_number(geteuid());

	name_user(wish, me, geteuid());
	memlock_of_self(&wish->limit);
	account_free(me);
}

static bool read_whose(struct wish *wish, const struct invocation *call)
{
	const char *pid = option_value(call, "pid");
	const char *user = option_value(call, "user");

	wish->unit = option_value(call, "unit");
	if (wish->unit && (strchr(wish->unit, '/') || !*wish->unit)) {
		say_error(wish->unit, "not the name of a unit; write router.service");
		return false;
	}
	if (pid)
		return read_process(wish, pid);
	if (user)
		return read_user(wish, user);
	read_self(wish);
	return true;
}

static char *unit_name(const struct wish *wish)
{
	return format("%s%s", wish->unit, strchr(wish->unit, '.') ? "" : ".service");
}

static char *target_path(const struct wish *wish)
{
	char *unit, *path;

	if (!wish->unit)
		return format("/etc/security/limits.d/vfioctl-%s.conf", wish->user);
	unit = unit_name(wish);
	path = format("/etc/systemd/system/%s.d/vfioctl.conf", unit);
	free(unit);
	return path;
}

static char *target_text(const struct wish *wish)
{
	if (wish->unit)
		return format("# Made by vfioctl limits.\n[Service]\nLimitMEMLOCK=%" PRIu64 "\n",
			      wish->needed);
	return format("# Made by vfioctl limits; in KiB, from the next login on.\n"
		      "%s - memlock %" PRIu64 "\n", wish->user, wish->needed / KIB);
}

static void describe_limit(struct json_object *all, const char *key, uint64_t limit)
{
	if (limit == UNLIMITED)
		add_text(all, key, NULL);
	else
		add_address(all, key, limit);
}

static struct json_object *describe(struct invocation *call, const struct wish *wish)
{
	struct json_object *all = document(call, NULL);
	char *path = target_path(wish), *text = target_text(wish);

	add_address(all, "needed", wish->needed);
	add_text(all, "user", wish->user);
	if (wish->pid)
		add_number(all, "pid", wish->pid);
	else
		add_text(all, "pid", NULL);
	describe_limit(all, "soft", wish->limit.soft);
	describe_limit(all, "hard", wish->limit.hard);
	add_bool(all, "exempt", wish->limit.exempt);
	add_bool(all, "enough", memlock_suffices(&wish->limit, wish->needed));
	add_raw_text(all, "path", path);
	add_raw_text(all, "text", text);
	free(text);
	free(path);
	return all;
}

static void print_whose(const struct json_object *all)
{
	if (get(all, "pid"))
		printf("process %d", (int)get_number(all, "pid"));
	else
		printf("user %s", get_text(all, "user"));
}

static char *limit_in_words(const struct json_object *all, const char *key)
{
	return format_limit(get(all, key) ? json_object_get_uint64(get(all, key)) : UNLIMITED);
}

static void print(const struct json_object *all)
{
	uint64_t bytes = json_object_get_uint64(get(all, "needed"));
	char *needed = format_size(bytes);
	char *soft = limit_in_words(all, "soft");
	char *hard = limit_in_words(all, "hard");
	bool enough = get_bool(all, "enough");

	printf("needed: %s of locked memory (RLIMIT_MEMLOCK %" PRIu64 ")\n", needed, bytes);
	print_whose(all);
	printf(" has: %s, at most %s%s: %s%s%s\n", soft, hard,
	       get_bool(all, "exempt") ? ", which does not count (CAP_IPC_LOCK)" : "",
	       colour_on(enough ? GOOD : BAD), enough ? "enough" : "too little", colour_off(GOOD));
	if (!enough && get(all, "pid"))
		printf("now, as root: prlimit --pid %d --memlock=%" PRIu64 "\n",
		       (int)get_number(all, "pid"), bytes);
	printf("for good, in %s:\n%s", get_text(all, "path"), get_text(all, "text"));
	free(hard);
	free(soft);
	free(needed);
}

static int install(const struct json_object *all, const struct wish *wish)
{
	const char *path = get_text(all, "path");
	char *folder = copy(path), *slash = strrchr(folder, '/');
	int error;

	*slash = 0;
	error = durable_write(get_text(all, "text"), folder, slash + 1);
	free(folder);
	if (error)
		return STATUS_CANNOT;
	printf("%s: written; it holds %s\n", path, wish->unit ?
	       "after 'systemctl daemon-reload', when the unit is started" : "from the next login on");
	return STATUS_OK;
}

static int limits(struct invocation *call)
{
	struct wish wish = {};
	struct json_object *all;
	int status;

	if (option_given(call, "pid") && option_given(call, "user")) {
		say_error("--pid", "a process has a user already; leave out --user");
		return STATUS_USAGE;
	}
	if (!read_size(&wish, call))
		return STATUS_USAGE;
	if (!read_whose(&wish, call))
		return STATUS_CANNOT;
	all = describe(call, &wish);
	status = get_bool(all, "enough") ? STATUS_OK : STATUS_NO;
	if (option_given(call, "install")) {
		status = install(all, &wish);
		document_finish(all);
	} else {
		document_deliver(call, all, print);
	}
	free(wish.user);
	return status;
}

static const struct option_def options[] = {
	{ .name = "user", .letter = 'u', .argument = "USER", .help = "for this user instead of you" },
	{ .name = "unit", .letter = 'U', .argument = "UNIT",
	  .help = "make a drop-in for this unit of systemd instead of a line of limits.d" },
	{ .name = "pid", .letter = 'p', .argument = "PID", .help = "for this process, and the user it belongs to" },
	{ .name = "containers", .letter = 'c', .argument = "NUMBER",
	  .help = "the same memory is mapped in as many containers; each counts" },
	{ .name = "install", .help = "write the file, as root" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl limits 4G --user alice", "is it enough, and the line that makes it so" },
	{ "vfioctl limits 4G --unit router.service --install", "for a service" },
	{},
};

const struct command limits_command = {
	.name = "limits",
	.operands = "SIZE",
	.operand = OPERAND_OTHER,
	.least = 1,
	.most = 1,
	.flags = COMMAND_READS,
	.summary = "the limit of locked memory that a driver needs, and how to set it",
	.description =
		"All memory that a driver maps for its device is pinned, and counts against "
		"RLIMIT_MEMLOCK of its process, unless that has CAP_IPC_LOCK. Says whether the limit "
		"is enough for SIZE, and prints the file that raises it: a line for pam_limits, or a "
		"drop-in for systemd. For another user, the limit is what the next login gives. "
		"Memory that the program locks itself (mlock) counts once more.",
	.options = options,
	.examples = examples,
	.no = "too little",
	.run = limits,
};
