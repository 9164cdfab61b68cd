/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that have VFIO files open, and how much memory they keep in place: from /proc. */
#ifndef VFIOCTL_PROCESSES_H
#define VFIOCTL_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

struct process {
	int pid;
	char *name;
	uint64_t locked;		/* bytes that count against RLIMIT_MEMLOCK (VmLck) */
	uint64_t pinned;		/* bytes (VmPin); VFIO does not count there */
	size_t container_files, device_files;
	struct strings containers;	/* their numbers, if the modules tell */
	struct strings groups;
	struct strings devices;		/* their addresses, if the modules tell */
};

struct processes {
	struct process *items;
	size_t count;
	size_t unseen;			/* those whose files we may not see */
};

bool process_owner(const char *pid, uid_t *owner);
void processes_read(struct processes *processes);
int group_number_of(const char *name);
char *processes_with_device(const char *device, int group_number);
void processes_free(struct processes *processes);

#endif
