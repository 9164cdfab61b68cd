// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of limits.conf(5) says for whom, which kind of limit, of what, and how much:
 * "nobody - memlock 65536". What names the user goes before what names a group of users, and
 * that before what is for all, wherever the lines are; of equal ones, the last counts.
 */
#include "pam_limits.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "sysfs.h"
#include "units.h"

#define FOLDER	"/etc/security/limits.d"

/* How closely a line means the user. */
enum aim { AIM_OTHERS, AIM_ALL, AIM_GROUP, AIM_USER };

struct login {
	const struct passwd *account;
	struct memlock *limit;
	enum aim soft, hard;	/* of the lines that have set these so far */
	bool exempt;		/* a line says that no other is for this user */
};

/* "1000:2000", "1000:" and more, ":1000" alone. */
struct ids {
	unsigned int least, most;
	bool single;
};

static bool parse_ids(const char *text, struct ids *ids)
{
	const char *colon = strchr(text, ':');
	char *least = colon ? format("%.*s", (int)(colon - text), text) : NULL;
	bool fine;

	*ids = (struct ids){ .least = 0, .most = UINT32_MAX, .single = colon == text };
	fine = colon && (*least || colon[1]) && (!*least || parse_id(least, &ids->least)) &&
	       (!colon[1] || parse_id(colon + 1, &ids->most));
	if (fine && ids->single)
		ids->least = ids->most;
	free(least);
	return fine;
}

static bool within(const struct ids *ids, unsigned int number)
{
	return ids->least <= number && number <= ids->most;
}

/* One number is looked for in all groups of the user, several only in the first. */
static bool is_member(const struct passwd *account, const char *group)
{
	struct ids ids;
	gid_t gid;
	bool by_number = parse_ids(group, &ids);

	if (by_number && !ids.single)
		return within(&ids, account->pw_gid);
	if (by_number)
		gid = ids.least;
	return (by_number || account_group(group, &gid)) &&
	       account_in_group(account->pw_name, account->pw_gid, gid);
}

static enum aim aim_at(const struct passwd *account, const char *whom)
{
	struct ids ids;

	if (same(whom, account->pw_name))
		return AIM_USER;
	/* What does not name root is not for root. */
	if (account->pw_uid == 0)
		return AIM_OTHERS;
	if (same(whom, "*"))
		return AIM_ALL;
	if (*whom == '@')
		return is_member(account, whom + 1) ? AIM_GROUP : AIM_OTHERS;
	return parse_ids(whom, &ids) && within(&ids, account->pw_uid) ? AIM_USER : AIM_OTHERS;
}

static void set(uint64_t *limit, enum aim *before, enum aim aim, uint64_t value)
{
	if (aim < *before)
		return;
	*before = aim;
	*limit = value;
}

/* The next word of a line, "" at its end. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t"), *end = word + strcspn(word, " \t");

	*line = *end ? end + 1 : end;
	*end = 0;
	return word;
}

static void apply_line(struct login *login, char *line)
{
	char *whom, *kind, *item, *text;
	uint64_t value;
	enum aim aim;

	line[strcspn(line, "#")] = 0;
	whom = next_word(&line);
	kind = next_word(&line);
	item = next_word(&line);
	text = next_word(&line);
	aim = *kind ? aim_at(login->account, whom) : AIM_OTHERS;
	if (aim == AIM_OTHERS)
		return;
	if (same(kind, "-") && !*item && aim != AIM_ALL)
		login->exempt = true;
	if (strcasecmp(item, "memlock") || !memlock_parse(text, 1024, &value))
		return;
	if (strcasecmp(kind, "hard"))
		set(&login->limit->soft, &login->soft, aim, value);
	if (strcasecmp(kind, "soft"))
		set(&login->limit->hard, &login->hard, aim, value);
}

static void apply_file(struct login *login, const char *path)
{
	char *text = sysfs_read("%s", path), *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		apply_line(login, line);
	free(text);
}

static bool is_file_of_limits(const char *name)
{
	const char *dot = strrchr(name, '.');

	return same(dot, ".conf");
}

/**
 * pam_limits_apply() - what a login changes
 * @limit: before the login; as after it when this returns
 * @account: whose login
 */
void pam_limits_apply(struct memlock *limit, const struct passwd *account)
{
	const struct memlock before = *limit;
	struct login login = { .account = account, .limit = limit };
	struct strings files = {};

	apply_file(&login, "/etc/security/limits.conf");
	sysfs_list(&files, FOLDER);
	for (size_t i = 0; i < files.count; i++) {
		char *path = format("%s/%s", FOLDER, files.items[i]);

		if (is_file_of_limits(path))
			apply_file(&login, path);
		free(path);
	}
	strings_free(&files);
	if (login.exempt)
		*limit = before;
	if (limit->soft > limit->hard)
		limit->soft = limit->hard;
}
