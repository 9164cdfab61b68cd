// SPDX-License-Identifier: GPL-2.0-only
#include "account.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#include "say.h"
#include "text.h"
#include "units.h"

/* The system's own is only good until the next question. */
static struct passwd *keep(const struct passwd *found)
{
	struct passwd *account = found ? allocate(sizeof(*account)) : NULL;

	if (!found)
		return NULL;
	account->pw_name = copy(found->pw_name);
	account->pw_dir = copy(found->pw_dir);
	account->pw_uid = found->pw_uid;
	account->pw_gid = found->pw_gid;
	return account;
}

/**
 * account_of_number() - the account of a user
 * @number: of the user
 *
 * Return: what a program needs to become the user, for account_free(); NULL if there is none.
 */
struct passwd *account_of_number(uid_t number)
{
	return keep(getpwuid(number));
}

/**
 * account_find() - the account of a user
 * @user: name or number
 *
 * Says so if there is none.
 *
 * Return: as account_of_number().
 */
struct passwd *account_find(const char *user)
{
	const struct passwd *found = getpwnam(user);
	uid_t number;

	if (!found && parse_id(user, &number))
		found = getpwuid(number);
	if (!found)
		say_error(user, "no such user; see getent passwd");
	return keep(found);
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
 * account_group() - the number of a group of users
 * @name: its name
 * @gid: gets the number
 *
 * Return: false if there is none of that name.
 */
bool account_group(const char *name, gid_t *gid)
{
	const struct group *found = getgrnam(name);

	if (found)
		*gid = found->gr_gid;
	return found;
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
