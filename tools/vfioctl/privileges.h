/* SPDX-License-Identifier: GPL-2.0-only */
/* Becoming another user, for good. */
#ifndef VFIOCTL_PRIVILEGES_H
#define VFIOCTL_PRIVILEGES_H

struct passwd;

int privileges_drop(const struct passwd *account);

#endif
