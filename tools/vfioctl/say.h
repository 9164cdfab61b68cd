/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes to standard error: one line, "vfioctl: object: cause; remedy". */
#ifndef VFIOCTL_SAY_H
#define VFIOCTL_SAY_H

void say_error(const char *object, const char *cause, ...) __attribute__((format(printf, 2, 3)));
void say_warning(const char *object, const char *cause, ...) __attribute__((format(printf, 2, 3)));
void say_progress(const char *object, const char *what, ...)
	__attribute__((format(printf, 2, 3)));
void die(const char *object, const char *cause, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif
