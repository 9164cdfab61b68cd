// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log through /dev/kmsg, one record per read.
 */
#include "kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The same words as in lab/dmesg-clean. */
static const char complaints[] =
	"BUG:|WARNING:|Oops|Call Trace|general protection|kernel panic|blocked for more than|"
	"soft lockup|rcu:.*stall|refcount_t:|scheduling while atomic|"
	"Objects remaining in";

void kernel_log_open(struct kernel_log *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0 || lseek(log->fd, 0, SEEK_END) < 0) {
		perror("/dev/kmsg");
		exit(2);
	}
}

bool kernel_log_read(struct kernel_log *log, char *line, size_t size)
{
	char record[8192];
	const char *text;
	ssize_t length;

	do {
		length = read(log->fd, record, sizeof(record) - 1);
	} while (length < 0 && errno == EPIPE); /* overtaken by the writer: go on */
	if (length < 0)
		return false;
	record[length] = '\0';
	*strchrnul(record, '\n') = '\0';
	text = strchr(record, ';');
	snprintf(line, size, "%s", text ? text + 1 : record);
	return true;
}

bool kernel_complained(struct kernel_log *log, char *words, size_t size)
{
	bool complained = false;
	char line[512];
	regex_t pattern;

	if (regcomp(&pattern, complaints, REG_EXTENDED | REG_NOSUB))
		abort();
	while (kernel_log_read(log, line, sizeof(line))) {
		if (complained || regexec(&pattern, line, 0, NULL, 0))
			continue;
		complained = true;
		snprintf(words, size, "%s", line);
	}
	regfree(&pattern);
	return complained;
}

static bool has_all(const char *line, const char *text, va_list more)
{
	for (; text; text = va_arg(more, const char *))
		if (!strstr(line, text))
			return false;
	return true;
}

bool kernel_log_shows(struct kernel_log *log, const char *text, ...)
{
	struct pollfd ready = { .fd = log->fd, .events = POLLIN };
	char line[512];
	va_list more;
	bool found;

	/* Each quiet stretch of ten seconds ends the wait, not the time in all. */
	while (poll(&ready, 1, 10000) > 0) {
		while (kernel_log_read(log, line, sizeof(line))) {
			va_start(more, text);
			found = has_all(line, text, more);
			va_end(more);
			if (found)
				return true;
		}
	}
	return false;
}
