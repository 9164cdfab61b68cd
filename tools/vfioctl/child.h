/* SPDX-License-Identifier: GPL-2.0-only */
/* A program run to its end, in the place of this one. */
#ifndef VFIOCTL_CHILD_H
#define VFIOCTL_CHILD_H

int child_run(char **words, int (*prepare)(void *argument), void *argument);

#endif
