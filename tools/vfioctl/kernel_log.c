// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "text.h"

/* A record of /dev/kmsg is read as a whole or not at all. */
#define PIECE	16384

/**
 * kernel_log_open() - begin to read
 * @log: gets what the others need
 * @file: a copy of the log, or NULL for the log itself
 *
 * Return: 0, or a negative errno.
 */
int kernel_log_open(struct kernel_log *log, const char *file)
{
	char *path = file ? copy(file) : sysfs_path("/dev/kmsg");

	*log = (struct kernel_log){ .fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) };
	free(path);
	return log->fd < 0 ? -errno : 0;
}

/* Of what was lost, because it was not read in time, nothing is said: go on with the next. */
static bool read_more(struct kernel_log *log)
{
	ssize_t length;

	log->text = resize(log->text, log->used + PIECE + 1);
	do
		length = read(log->fd, log->text + log->used, PIECE);
	while (length < 0 && (errno == EPIPE || errno == EINTR));
	if (length <= 0)
		return false;
	log->used += (size_t)length;
	return true;
}

/**
 * kernel_log_line() - the next line
 * @log: from kernel_log_open()
 * @line: the line without its end, for free()
 *
 * Return: false if there is none yet.
 */
bool kernel_log_line(struct kernel_log *log, char **line)
{
	char *end = NULL;
	size_t length;

	while (!log->used || !(end = memchr(log->text, '\n', log->used)))
		if (!read_more(log))
			break;
	/* A copy may be cut: what is there is a line. /dev/kmsg has whole ones only. */
	if (!log->used)
		return false;
	if (!end)
		end = log->text + log->used++;
	length = (size_t)(end - log->text);
	*line = format("%.*s", (int)length, log->text);
	log->used -= length + 1;
	memmove(log->text, end + 1, log->used);
	return true;
}

/**
 * kernel_log_wait() - wait until there is more
 * @log: the log itself; a copy does not grow
 *
 * Return: false if there will never be more.
 */
bool kernel_log_wait(struct kernel_log *log)
{
	struct pollfd poll_fd = { .fd = log->fd, .events = POLLIN };

	while (poll(&poll_fd, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	return poll_fd.revents & POLLIN;
}

/**
 * kernel_log_close() - the end of it
 * @log: from kernel_log_open()
 */
void kernel_log_close(struct kernel_log *log)
{
	close(log->fd);
	free(log->text);
}
