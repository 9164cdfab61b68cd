/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory, strings and lists of strings. Out of memory ends the program: nothing is half done. */
#ifndef VFIOCTL_TEXT_H
#define VFIOCTL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strings {
	char **items;
	size_t count;
};

void *allocate(size_t size);
void *resize(void *memory, size_t size);
char *copy(const char *text);
char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *format_va(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
char *shell_word(const char *text);
char *printable(const char *text);
bool same(const char *a, const char *b);
bool begins(const char *text, const char *prefix);

void strings_add(struct strings *strings, const char *text);
void strings_take(struct strings *strings, char *text);
void strings_sort(struct strings *strings);
bool strings_have(const struct strings *strings, const char *text);
char *strings_join(const struct strings *strings, const char *between);
void strings_free(struct strings *strings);

#endif
