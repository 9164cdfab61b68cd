/* SPDX-License-Identifier: GPL-2.0-only */
/* Users of the system. (grp.h has a "struct group", and so has host.h: keep them apart.) */
#ifndef VFIOCTL_ACCOUNT_H
#define VFIOCTL_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

struct passwd;

struct passwd *account_of_number(uid_t number);
struct passwd *account_find(const char *user);
void account_free(struct passwd *account);
bool account_group(const char *name, gid_t *gid);
bool account_in_group(const char *user, gid_t primary, gid_t gid);

#endif
