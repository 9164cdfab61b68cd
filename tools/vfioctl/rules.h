/* SPDX-License-Identifier: GPL-2.0-only */
/* The udev rules that vfioctl makes: one file for each device and purpose. */
#ifndef VFIOCTL_RULES_H
#define VFIOCTL_RULES_H

#include <stdbool.h>

#include "saved.h"

int rules_write_bind(const struct saved *saved);
int rules_drop_bind(const char *device);
bool rules_have_bind(const char *device);
char *rules_read_bind(const char *device);
int rules_put_bind_back(const char *device, const char *text);
int rules_write_grant(const char *device, const char *user, const char *group_owner,
		      bool persistent);
int rules_drop_grant(const char *device);
bool rules_have_grant(const char *device);
char *rules_read_grant(const char *device, bool *persistent);
int rules_put_grant_back(const char *device, const char *text, bool persistent);
void rules_sweep(void);

#endif
