// SPDX-License-Identifier: GPL-2.0-only
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "text.h"

static void line(const char *kind, const char *object, const char *cause, va_list args)
{
	char *said = format_va(cause, args);
	char *safe_object = printable(object), *safe = printable(said);

	/* What was said before comes first, also where both go to one file. */
	fflush(stdout);
	fprintf(stderr, "vfioctl: %s%s: %s\n", kind, safe_object, safe);
	free(safe);
	free(safe_object);
	free(said);
}

/**
 * say_error() - why something was not done
 * @object: what it is about: a device, a file, an option
 * @cause: as for printf(): the cause, and after a semicolon the remedy
 */
void say_error(const char *object, const char *cause, ...)
{
	va_list args;

	va_start(args, cause);
	line("", object, cause, args);
	va_end(args);
}

/**
 * say_warning() - something the user should know, although it was done
 * @object: as for say_error()
 * @cause: as for say_error()
 */
void say_warning(const char *object, const char *cause, ...)
{
	va_list args;

	va_start(args, cause);
	line("warning: ", object, cause, args);
	va_end(args);
}

/**
 * say_progress() - what is going on, where that takes long
 * @object: as for say_error()
 * @what: as for printf()
 */
void say_progress(const char *object, const char *what, ...)
{
	va_list args;

	va_start(args, what);
	line("", object, what, args);
	va_end(args);
}

/**
 * die() - say_error() and end with STATUS_CANNOT
 * @object: as for say_error()
 * @cause: as for say_error()
 *
 * Not for verbs that have changed something: they unwind.
 */
void die(const char *object, const char *cause, ...)
{
	va_list args;

	va_start(args, cause);
	fflush(stdout);
	fprintf(stderr, "vfioctl: %s: ", object);
	vfprintf(stderr, cause, args);
	fputc('\n', stderr);
	va_end(args);
	exit(STATUS_CANNOT);
}
