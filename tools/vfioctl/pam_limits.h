/* SPDX-License-Identifier: GPL-2.0-only */
/* What pam_limits will make of its files at a login, for locked memory. */
#ifndef VFIOCTL_PAM_LIMITS_H
#define VFIOCTL_PAM_LIMITS_H

#include "memlock.h"

struct passwd;

void pam_limits_apply(struct memlock *limit, const struct passwd *account);

#endif
