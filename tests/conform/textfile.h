/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small text files of the kernel (sysfs, procfs), by printf-like paths.
 */
#ifndef CONFORM_TEXTFILE_H
#define CONFORM_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Without the last newline; -1 and errno when it cannot be read. */
int text_read(char *text, size_t size, const char *path, ...) __attribute__((format(printf, 3, 4)));

/* One write of the whole text; -1 and the kernel's errno when it is refused. */
int text_write(const char *text, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* The number in a file; fails the test when there is none. */
long long text_number(const char *path, ...) __attribute__((format(printf, 1, 2)));

/* The number after a word at the start of a line, as in /proc/vmstat; -1: no such line. */
long long text_field(const char *path, const char *word);

/* The last part of what a symbolic link names; false when it is no link. */
bool link_name(char *name, size_t size, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

bool path_exists(const char *path, ...) __attribute__((format(printf, 1, 2)));

#endif
