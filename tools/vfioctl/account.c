// SPDX-License-Identifier: GPL-2.0-only
#include "account.h"

#include <grp.h>

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
