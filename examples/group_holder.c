// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group has one user at a time. Who that is, the kernel does not say; but the processes
 * that a user may look into say which files they have open, and root may look into all.
 */
#define _GNU_SOURCE
#include "group_holder.h"

#include "story.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Compared by device, as the same group may have several names. */
static bool has_open(const char *pid, dev_t device)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	struct stat file;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	files = opendir(path);
	if (!files)
		return false;
	while (!found && (entry = readdir(files)))
		found = !fstatat(dirfd(files), entry->d_name, &file, 0) &&
			S_ISCHR(file.st_mode) && file.st_rdev == device;
	closedir(files);
	return found;
}

static void name_of(const char *pid, char *name, int size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (!file || !fgets(name, size, file))
		snprintf(name, size, "?");
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
}

void group_held(const char *path)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool found = false;
	struct stat group;
	char name[32];

	while (processes && !stat(path, &group) && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !has_open(entry->d_name, group.st_rdev))
			continue;
		name_of(entry->d_name, name, sizeof(name));
		complain("hint: a group has one user at a time; this one is held by process %s (%s)",
			 entry->d_name, name);
		found = true;
	}
	if (processes)
		closedir(processes);
	if (!found)
		complain("hint: a group has one user at a time, here a process of another user; "
			 "root sees whose: fuser -v %s", path);
}
