/* SPDX-License-Identifier: GPL-2.0-only */
/* What an example tells the person who runs it. */
#ifndef STORY_H
#define STORY_H

/* One line of the story on standard output: a label and what happened. */
void say(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From now on no story, only complaints. */
void say_nothing(void);
/* "PROGRAM: sentence" on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and exit with status 1. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
