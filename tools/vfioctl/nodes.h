/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO's nodes, and which of them a process has open: told by the device, not by the path. */
#ifndef VFIOCTL_NODES_H
#define VFIOCTL_NODES_H

#include "text.h"

struct nodes;

struct nodes *nodes_read(void);
const char *nodes_of_file(struct nodes *nodes, const char *pid, const char *file);
char *nodes_device(const char *name);
void nodes_free(struct nodes *nodes);

#endif
