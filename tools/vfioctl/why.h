/* SPDX-License-Identifier: GPL-2.0-only */
/* Why devices share a group. */
#ifndef VFIOCTL_WHY_H
#define VFIOCTL_WHY_H

#include "host.h"
#include "output.h"

bool describe_why(struct json_object *group, const struct group *members, struct pci_access *pci);

#endif
