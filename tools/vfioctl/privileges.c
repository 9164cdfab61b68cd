// SPDX-License-Identifier: GPL-2.0-only
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

static int become(const struct passwd *account)
{
	/* The user last: after that, the rest is not permitted any more. */
	if (initgroups(account->pw_name, account->pw_gid) || setgid(account->pw_gid) ||
	    setuid(account->pw_uid))
		return -errno;
	setenv("USER", account->pw_name, 1);
	setenv("LOGNAME", account->pw_name, 1);
	setenv("HOME", account->pw_dir, 1);
	return 0;
}

/**
 * privileges_drop() - become a user, with the user's groups and without capabilities
 * @account: the user's
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int privileges_drop(const struct passwd *account)
{
	int error = become(account);

	if (error)
		say_error(account->pw_name, "one cannot become this user: %s", strerror(-error));
	return error;
}
