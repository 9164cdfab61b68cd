// SPDX-License-Identifier: GPL-2.0-only
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>

#include "say.h"
#include "text.h"

static bool is_number(const char *text, uid_t *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	*number = value;
	return *text >= '0' && *text <= '9' && !*end && !errno && value < UINT32_MAX;
}

/**
 * account_find() - the account of a user
 * @user: name or number
 *
 * Says so if there is none.
 *
 * Return: what a program needs to become the user, for account_free(); NULL if there is none.
 */
struct passwd *account_find(const char *user)
{
	const struct passwd *found = getpwnam(user);
	struct passwd *account;
	uid_t number;

	if (!found && is_number(user, &number))
		found = getpwuid(number);
	if (!found) {
		say_error(user, "no such user; see getent passwd");
		return NULL;
	}
	account = allocate(sizeof(*account));
	account->pw_name = copy(found->pw_name);
	account->pw_dir = copy(found->pw_dir);
	account->pw_uid = found->pw_uid;
	account->pw_gid = found->pw_gid;
	return account;
}

/**
 * account_free() - forget an account
 * @account: from account_find(), or NULL
 */
void account_free(struct passwd *account)
{
	if (!account)
		return;
	free(account->pw_name);
	free(account->pw_dir);
	free(account);
}

/**
 * account_in_group() - is a user in a group of users
 * @user: the name
 * @primary: the user's own group
 * @gid: the group asked for
 *
 * Return: true if the user is.
 */
bool account_in_group(const char *user, gid_t primary, gid_t gid)
{
	gid_t groups[256];
	int count = sizeof(groups) / sizeof(*groups);

	if (getgrouplist(user, primary, groups, &count) < 0)
		return primary == gid;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}
