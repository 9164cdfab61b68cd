/* SPDX-License-Identifier: GPL-2.0-only */
/* Users of the system. (grp.h has a "struct group", and so has host.h: keep them apart.) */
#ifndef VFIOCTL_ACCOUNT_H
#define VFIOCTL_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

bool account_in_group(const char *user, gid_t primary, gid_t gid);

#endif
