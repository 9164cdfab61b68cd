/* SPDX-License-Identifier: GPL-2.0-only */
/* The udev rules that vfioctl makes: one file for each device and purpose. */
#ifndef VFIOCTL_RULES_H
#define VFIOCTL_RULES_H

#include <stdbool.h>

#include "node.h"
#include "saved.h"
#include "text.h"

bool rules_may_bind(const char *driver);
int rules_write_bind(const struct saved *saved);
int rules_drop_bind(const char *device);
bool rules_have_bind(const char *device);
char *rules_read_bind(const char *device);
int rules_put_bind_back(const char *device, const char *text);
int rules_write_grant(const char *device, const char *user, const char *group_owner);
int rules_drop_grant(const char *device);
int rules_write_owner(const char *device, const char *user, const char *group_owner,
		      bool persistent);
int rules_drop_owner(const char *device);
char *rules_read_owner(const char *device, bool *persistent);
int rules_put_owner_back(const char *device, const char *text, bool persistent);
void rules_node_state(const struct strings *members, struct node_state *state);
void rules_sweep(void);

#endif
