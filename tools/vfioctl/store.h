/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of saved devices: in /run/openvfio until the next boot, in /etc/openvfio for good. */
#ifndef VFIOCTL_STORE_H
#define VFIOCTL_STORE_H

#include <stdbool.h>

#include "saved.h"
#include "text.h"

#define STORE_RUN	"/run/openvfio"
#define STORE_ETC	"/etc/openvfio"

int store_lock(void);
void store_unlock(void);
int store_load(const char *device, struct saved *saved, bool *persistent);
int store_save(const struct saved *saved, bool persistent);
int store_drop(const char *device);
void store_list(struct strings *devices);

#endif
