// SPDX-License-Identifier: GPL-2.0-only
/* The text of a saved device's file. Pure: knows nothing of where the files are. */
#include "saved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The lines of a file, in their order. Some become parts of paths in sysfs. */
static const struct field {
	const char *name;
	size_t offset;
	bool required;
	bool in_path;
} fields[] = {
	{ "device", offsetof(struct saved, device), true, true },
	{ "id", offsetof(struct saved, id), true, true },
	{ "driver", offsetof(struct saved, driver), true, true },
	{ "previous_driver", offsetof(struct saved, previous_driver), false, true },
	{ "previous_module", offsetof(struct saved, previous_module), false, true },
	{ "previous_override", offsetof(struct saved, previous_override), false, false },
	{ "user", offsetof(struct saved, user), false, false },
	{ "group_owner", offsetof(struct saved, group_owner), false, false },
};

#define FIELDS	(sizeof(fields) / sizeof(fields[0]))

static char *value_of(struct saved *saved, const struct field *field)
{
	return (char *)saved + field->offset;
}

/* A name goes to the end of its line; as part of a path it leads nowhere else. */
static bool is_fit(const struct field *field, const char *value)
{
	return !strchr(value, '\n') &&
	       (!field->in_path || (value[0] != '.' && !strchr(value, '/')));
}

/**
 * saved_unfit() - what of a device could not be read again
 * @saved: the device
 *
 * Return: the name of the line; NULL if saved_parse() reads all as saved_format() writes it.
 */
const char *saved_unfit(const struct saved *saved)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const char *value = value_of((struct saved *)saved, &fields[i]);

		if (!is_fit(&fields[i], value) || (fields[i].required && !*value))
			return fields[i].name;
	}
	return NULL;
}

/**
 * saved_format() - the text of a saved device's file
 * @saved: the device
 * @text: for the text
 * @size: of @text, in bytes; SAVED_TEXT is always enough
 *
 * Return: 0, -ENOSPC, or -EINVAL if saved_unfit().
 */
int saved_format(const struct saved *saved, char *text, size_t size)
{
	size_t used;

	if (saved_unfit(saved))
		return -EINVAL;
	used = snprintf(text, size,
			"# %s as it was before it was given to %s.\n"
			"# \"vfioctl restore %s\" gives it back and removes this file.\n",
			saved->device, saved->driver, saved->device);
	for (size_t i = 0; i < FIELDS && used < size; i++)
		used += snprintf(text + used, size - used, "%s=%s\n", fields[i].name,
				 value_of((struct saved *)saved, &fields[i]));
	if (used < size)
		used += snprintf(text + used, size - used, "force=%s\n",
				 saved->force ? "yes" : "no");
	return used < size ? 0 : -ENOSPC;
}

static const struct field *field_named(const char *name, size_t length)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (strlen(fields[i].name) == length && !memcmp(fields[i].name, name, length))
			return &fields[i];
	}
	return NULL;
}

static const char *parse_force(const char *value, struct saved *saved)
{
	saved->force = !strcmp(value, "yes");
	return saved->force || !strcmp(value, "no") ? NULL : "neither yes nor no";
}

/* What is wrong with the line of @length bytes at @line, or NULL. */
static const char *parse_line(const char *line, size_t length, struct saved *saved)
{
	const char *equals = memchr(line, '=', length);
	const struct field *field;
	char value[SAVED_NAME];
	size_t value_length;

	if (!length || line[0] == '#')
		return NULL;
	if (!equals)
		return "no '=' in it";
	value_length = length - (equals + 1 - line);
	if (value_length >= sizeof(value))
		return "too long";
	memcpy(value, equals + 1, value_length);
	value[value_length] = '\0';
	if (strlen(value) != value_length)
		return "a character that no name has";
	if (equals - line == (ptrdiff_t)strlen("force") && !memcmp(line, "force", strlen("force")))
		return parse_force(value, saved);
	field = field_named(line, equals - line);
	if (!field)
		return "a name that is not known";
	if (!is_fit(field, value))
		return "leads elsewhere";
	strcpy(value_of(saved, field), value);
	return NULL;
}

static const char *missing_field(struct saved *saved)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (fields[i].required && !value_of(saved, &fields[i])[0])
			return fields[i].name;
	}
	return NULL;
}

/**
 * saved_parse() - read the text of a saved device's file
 * @text: all of it
 * @saved: is filled in
 * @why: for what is wrong with the text, in words
 * @why_size: of @why, in bytes
 *
 * Return: 0, or -EINVAL and words in @why.
 */
int saved_parse(const char *text, struct saved *saved, char *why, size_t why_size)
{
	unsigned int number = 1;
	const char *wrong;

	memset(saved, 0, sizeof(*saved));
	for (const char *line = text; *line; number++) {
		size_t length = strcspn(line, "\n");

		wrong = parse_line(line, length, saved);
		if (wrong) {
			snprintf(why, why_size, "line %u: %s", number, wrong);
			return -EINVAL;
		}
		line += length;
		if (*line)
			line++;
	}
	wrong = missing_field(saved);
	if (wrong) {
		snprintf(why, why_size, "no line '%s='", wrong);
		return -EINVAL;
	}
	return 0;
}
