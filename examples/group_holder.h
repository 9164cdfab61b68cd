/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has a group, when it is somebody else. */
#ifndef GROUP_HOLDER_H
#define GROUP_HOLDER_H

/* A hint on standard error that names the processes which have the file at @path open. */
void group_held(const char *path);

#endif
