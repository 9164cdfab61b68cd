/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes, links and folders of the kernel. All paths are absolute and formatted as by
 * printf(); $VFIOCTL_ROOT is put before them.
 */
#ifndef VFIOCTL_SYSFS_H
#define VFIOCTL_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define PATH	__attribute__((format(printf, 1, 2)))
#define PATH2	__attribute__((format(printf, 2, 3)))

const char *sysfs_root(void);
char *sysfs_path(const char *path, ...) PATH;
bool sysfs_exists(const char *path, ...) PATH;
char *sysfs_read(const char *path, ...) PATH;
bool sysfs_number(uint64_t *value, const char *path, ...) PATH2;
char *sysfs_link(const char *path, ...) PATH;
char *sysfs_link_name(const char *path, ...) PATH;
int sysfs_list(struct strings *names, const char *path, ...) PATH2;
int sysfs_write(const char *value, const char *path, ...) PATH2;

#endif
