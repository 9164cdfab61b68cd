// SPDX-License-Identifier: GPL-2.0-only
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "sysfs.h"

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
	char *draft = format("%s/.%s.new", in, name);
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

/**
 * durable_remove() - remove a file, and wait until that is on the disk
 * @folder: absolute, without $VFIOCTL_ROOT
 * @name: of the file in it; if there is none, nothing is to do
 *
 * Also removes the draft that a durable_write() left that was killed. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int durable_remove(const char *folder, const char *name)
{
	char *in = sysfs_path("%s", folder);
	char *path = format("%s/%s", in, name);
	char *draft = format("%s/.%s.new", in, name);
	bool gone = unlink(draft) == 0;
	int error = 0;

	if (!unlink(path))
		gone = true;
	else if (errno != ENOENT)
		error = -errno;
	if (!error && gone)
		error = sync_folder(in);
	if (error)
		say_error(path, "cannot be removed: %s", strerror(-error));
	free(draft);
	free(path);
	free(in);
	return error;
}
