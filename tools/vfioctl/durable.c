// SPDX-License-Identifier: GPL-2.0-only
#include "durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "sysfs.h"

#define DRAFT_END	".new"

/* What is in a folder is on the disk only after the folder itself is. */
static int sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

/* One folder and, where they are missing, those that it is in. */
static int make_folder(char *path)
{
	char *slash = strrchr(path, '/');
	int error;

	if (!mkdir(path, 0755))
		error = 0;
	else if (errno == EEXIST)
		return 0;
	else if (errno != ENOENT || !slash || slash == path)
		return -errno;
	else {
		*slash = '\0';
		error = make_folder(path);
		*slash = '/';
		if (!error && mkdir(path, 0755) && errno != EEXIST)
			error = -errno;
	}
	if (error)
		return error;
	*slash = '\0';
	error = sync_folder(slash == path ? "/" : path);
	*slash = '/';
	return error;
}

static int write_synced(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t length = strlen(text), written;
	int error = 0;

	if (fd < 0)
		return -errno;
	written = write(fd, text, length);
	if (written < 0)
		error = -errno;
	else if (written < length)
		error = -ENOSPC;
	else if (fsync(fd))
		error = -errno;
	close(fd);
	return error;
}

/**
 * durable_write() - make or replace a file, and wait until it is on the disk
 * @text: its contents
 * @folder: absolute, without $VFIOCTL_ROOT; is made if it is missing
 * @name: of the file in it
 *
 * The name stands for the old contents, or none, until all of the new are there. Says why if
 * it fails.
 *
 * Return: 0 or -errno; then the file is as it was.
 */
int durable_write(const char *text, const char *folder, const char *name)
{
	char *in = sysfs_path("%s", folder);
	char *path = format("%s/%s", in, name);
	/* Names that begin with a dot are not read by us, nor by udev. */
	char *draft = format("%s/.%s" DRAFT_END, in, name);
	int error = make_folder(in);

	if (!error)
		error = write_synced(draft, text);
	if (!error && rename(draft, path))
		error = -errno;
	if (error)
		unlink(draft);
	else
		error = sync_folder(in);
	if (error)
		say_error(path, "cannot be written: %s", strerror(-error));
	free(draft);
	free(path);
	free(in);
	return error;
}

/*
 * Also on a file system that is read-only, where whoever removes a name that is not there is
 * told that it is read-only.
 */
static bool is_missing(const char *path)
{
	struct stat found;

	return lstat(path, &found) && (errno == ENOENT || errno == ENOTDIR);
}

/**
 * durable_remove() - remove a file, and wait until that is on the disk
 * @folder: absolute, without $VFIOCTL_ROOT
 * @name: of the file in it; if there is none, nothing is to do
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int durable_remove(const char *folder, const char *name)
{
	char *in = sysfs_path("%s", folder);
	char *path = format("%s/%s", in, name);
	int error = unlink(path) ? -errno : sync_folder(in);

	if (error && is_missing(path))
		error = 0;
	if (error)
		say_error(path, "cannot be removed: %s", strerror(-error));
	free(path);
	free(in);
	return error;
}

static bool is_draft(const char *name, const char *prefix)
{
	size_t length = strlen(name);

	return name[0] == '.' && begins(name + 1, prefix) && length > strlen(DRAFT_END) &&
	       same(name + length - strlen(DRAFT_END), DRAFT_END);
}

/**
 * durable_sweep() - remove what a durable_write() left behind that was killed
 * @folder: absolute, without $VFIOCTL_ROOT
 * @prefix: how the names of the files begin; nobody else is writing such ones
 */
void durable_sweep(const char *folder, const char *prefix)
{
	char *in = sysfs_path("%s", folder);
	DIR *open = opendir(in);
	struct dirent *entry;

	while (open && (entry = readdir(open)))
		if (is_draft(entry->d_name, prefix))
			unlinkat(dirfd(open), entry->d_name, 0);
	if (open)
		closedir(open);
	free(in);
}
