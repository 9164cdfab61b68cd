// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small text files of the kernel (sysfs, procfs), by printf-like paths.
 */
#include "textfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#define FORMAT_PATH(path, format)						\
	do {									\
		va_list args;							\
										\
		va_start(args, format);						\
		vsnprintf(path, sizeof(path), format, args);			\
		va_end(args);							\
	} while (0)

static int read_path(char *text, size_t size, const char *path)
{
	int error, fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	error = errno;
	close(fd);
	errno = error;
	if (length < 0)
		return -1;
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return 0;
}

int text_read(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return read_path(text, size, path);
}

int text_write(const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t written;
	int error, fd;

	FORMAT_PATH(path, format);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return written < 0 ? -1 : 0;
}

long long text_number(const char *format, ...)
{
	char path[PATH_MAX], text[64];

	FORMAT_PATH(path, format);
	if (read_path(text, sizeof(text), path))
		FAIL("cannot read %s: %s", path, strerror(errno));
	return strtoll(text, NULL, 0);
}

long long text_field(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(word);
	long long value = -1;
	char line[512];

	if (!file)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, word, length))
			value = strtoll(line + length, NULL, 0);
	fclose(file);
	return value;
}

bool link_name(char *name, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	FORMAT_PATH(path, format);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	snprintf(name, size, "%s", basename(target));
	return true;
}

bool path_exists(const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return !access(path, F_OK);
}
