// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

/**
 * sysfs_root() - what is put before every path
 *
 * Return: $VFIOCTL_ROOT, or "".
 */
const char *sysfs_root(void)
{
	const char *root = secure_getenv("VFIOCTL_ROOT");

	return root ? root : "";
}

static char *below_root(const char *path, va_list args)
{
	char *tail = format_va(path, args);
	char *whole = format("%s%s", sysfs_root(), tail);

	free(tail);
	return whole;
}

/* Declares @whole, the path that @path and the arguments after it make; for free(). */
#define WHOLE_PATH(path)			\
	va_list args;				\
	char *whole;				\
	va_start(args, path);			\
	whole = below_root(path, args);		\
	va_end(args)

/**
 * sysfs_path() - a path below the root
 * @path: as for printf()
 *
 * Return: for free().
 */
char *sysfs_path(const char *path, ...)
{
	WHOLE_PATH(path);
	return whole;
}

/**
 * sysfs_exists() - is it there
 * @path: as for printf(); links are followed
 *
 * Return: true if it is.
 */
bool sysfs_exists(const char *path, ...)
{
	bool there;

	WHOLE_PATH(path);
	there = access(whole, F_OK) == 0;
	free(whole);
	return there;
}

static char *read_all(int fd)
{
	char *text = NULL;
	size_t size = 0, length = 0;
	ssize_t got;

	do {
		if (size - length < 2)
			text = resize(text, size += 4096);
		got = read(fd, text + length, size - length - 1);
		if (got > 0)
			length += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		free(text);
		return NULL;
	}
	while (length && text[length - 1] == '\n')
		length--;
	text[length] = 0;
	return text;
}

/**
 * sysfs_read() - the contents of a file
 * @path: as for printf()
 *
 * Return: without the line ends at its end, for free(); NULL and errno if it cannot be read.
 */
char *sysfs_read(const char *path, ...)
{
	char *text = NULL;
	int fd, error;

	WHOLE_PATH(path);
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	free(whole);
	if (fd < 0)
		return NULL;
	text = read_all(fd);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

/**
 * sysfs_number() - a number in a file, decimal or hexadecimal with 0x
 * @value: the number; left alone if there is none
 * @path: as for printf()
 *
 * Return: true if there is one.
 */
bool sysfs_number(uint64_t *value, const char *path, ...)
{
	char *text, *end;
	uint64_t number;
	bool fine;

	WHOLE_PATH(path);
	/* The path is complete: the root is not to be put before it again. */
	text = sysfs_read("%s", whole + strlen(sysfs_root()));
	free(whole);
	if (!text)
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	fine = end != text && !*end && !errno;
	if (fine)
		*value = number;
	free(text);
	return fine;
}

/**
 * sysfs_link() - where a link goes
 * @path: as for printf()
 *
 * Return: what the link says, for free(); NULL and errno if it cannot be read.
 */
char *sysfs_link(const char *path, ...)
{
	char target[PATH_MAX];
	ssize_t length;

	WHOLE_PATH(path);
	length = readlink(whole, target, sizeof(target) - 1);
	free(whole);
	if (length < 0)
		return NULL;
	target[length] = 0;
	return copy(target);
}

/**
 * sysfs_link_name() - the last part of where a link goes: the driver of "driver"
 * @path: as for printf()
 *
 * Return: for free(); NULL and errno if it cannot be read.
 */
char *sysfs_link_name(const char *path, ...)
{
	char *target, *slash, *name;

	WHOLE_PATH(path);
	target = sysfs_link("%s", whole + strlen(sysfs_root()));
	free(whole);
	if (!target)
		return NULL;
	slash = strrchr(target, '/');
	name = copy(slash ? slash + 1 : target);
	free(target);
	return name;
}

/**
 * sysfs_list() - what is in a folder
 * @names: the names are added here, and all sorted
 * @path: as for printf()
 *
 * Return: 0, or -errno if it cannot be read.
 */
int sysfs_list(struct strings *names, const char *path, ...)
{
	struct dirent *entry;
	DIR *folder;

	WHOLE_PATH(path);
	folder = opendir(whole);
	free(whole);
	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			strings_add(names, entry->d_name);
	closedir(folder);
	strings_sort(names);
	return 0;
}

/**
 * sysfs_write() - write an attribute, with one write
 * @value: what; a line end is not added
 * @path: as for printf()
 *
 * Says which file and why if it fails.
 *
 * Return: 0 or -errno.
 */
int sysfs_write(const char *value, const char *path, ...)
{
	int fd, error = 0;

	WHOLE_PATH(path);
	fd = open(whole, O_WRONLY | O_CLOEXEC);
	/* A write of no bytes would not reach the kernel. */
	if (fd < 0 || write(fd, *value ? value : "\n", *value ? strlen(value) : 1) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	if (error)
		say_error(whole, "cannot write '%s': %s", value, strerror(-error));
	free(whole);
	return error;
}
