// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static void *or_die(void *memory)
{
	if (!memory)
		die("memory", "there is none left");
	return memory;
}

/**
 * allocate() - memory, zeroed
 * @size: in bytes
 *
 * Return: never NULL; for free().
 */
void *allocate(size_t size)
{
	return or_die(calloc(1, size));
}

/**
 * resize() - make memory larger or smaller
 * @memory: from allocate() or here, or NULL
 * @size: in bytes, not 0; what is new is not zeroed
 *
 * Return: never NULL; for free().
 */
void *resize(void *memory, size_t size)
{
	return or_die(realloc(memory, size));
}

/**
 * copy() - a string of one's own
 * @text: or NULL
 *
 * Return: NULL for NULL; for free().
 */
char *copy(const char *text)
{
	return text ? or_die(strdup(text)) : NULL;
}

/**
 * format_va() - format() for who has a va_list
 * @format: as for printf()
 * @args: its arguments
 *
 * Return: for free().
 */
char *format_va(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die("memory", "there is none left");
	return text;
}

/**
 * format() - printf() into a string of one's own
 * @format: as for printf()
 *
 * Return: for free().
 */
char *format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_va(format, args);
	va_end(args);
	return text;
}

/**
 * shell_word() - a string as one word of a shell's command
 * @text: anything
 *
 * Return: in quotes if need be; for free().
 */
char *shell_word(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+:@%,=";
	char *word, *end;

	if (*text && !text[strspn(text, plain)])
		return copy(text);
	/* A quote is one that ends the quotes, an escaped one, and one that begins them. */
	word = end = allocate(4 * strlen(text) + 3);
	*end++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			end = stpcpy(end, "'\\'");
		*end++ = *text;
	}
	*end = '\'';
	return word;
}

/* The bytes of the character at @text, of UTF-8; 0 if it is none that a terminal only shows. */
static size_t shown(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 :
			text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/**
 * printable() - a string of somebody else's, for a terminal
 * @text: anything: programs name themselves as they like
 *
 * Return: with \xNN for what is more to a terminal than a character; for free().
 */
char *printable(const char *text)
{
	char *whole = allocate(4 * strlen(text) + 1), *end = whole;

	while (*text) {
		size_t length = shown((const unsigned char *)text);

		if (length)
			end = mempcpy(end, text, length);
		else
			end += sprintf(end, "\\x%02x", (unsigned char)*text);
		text += length ? length : 1;
	}
	return whole;
}

/**
 * same() - are two strings equal
 * @a: or NULL, which equals nothing
 * @b: likewise
 *
 * Return: true if they are.
 */
bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/**
 * begins() - does a string begin with another
 * @text: or NULL, which begins with nothing
 * @prefix: the other
 *
 * Return: true if it does.
 */
bool begins(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

/**
 * strings_take() - add a string that the list is to own
 * @strings: the list
 * @text: from allocate(), copy() or format()
 */
void strings_take(struct strings *strings, char *text)
{
	strings->items = resize(strings->items, (strings->count + 1) * sizeof(*strings->items));
	strings->items[strings->count++] = text;
}

/**
 * strings_add() - add a copy of a string
 * @strings: the list
 * @text: not NULL
 */
void strings_add(struct strings *strings, const char *text)
{
	strings_take(strings, copy(text));
}

static int compare(const void *a, const void *b)
{
	/* "group 9" before "group 10". */
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/**
 * strings_sort() - by name, numbers in names by value
 * @strings: the list
 */
void strings_sort(struct strings *strings)
{
	if (strings->count)
		qsort(strings->items, strings->count, sizeof(*strings->items), compare);
}

/**
 * strings_have() - is it in the list
 * @strings: the list
 * @text: what is looked for
 *
 * Return: true if it is.
 */
bool strings_have(const struct strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (same(strings->items[i], text))
			return true;
	return false;
}

/**
 * strings_join() - all in one
 * @strings: the list
 * @between: what goes between two of them
 *
 * Return: for free().
 */
char *strings_join(const struct strings *strings, const char *between)
{
	size_t length = 1;
	char *all;

	for (size_t i = 0; i < strings->count; i++)
		length += strlen(strings->items[i]) + strlen(between);
	all = allocate(length);
	for (size_t i = 0; i < strings->count; i++) {
		if (i)
			strcat(all, between);
		strcat(all, strings->items[i]);
	}
	return all;
}

/**
 * strings_free() - the strings and the list; it is empty then
 * @strings: the list
 */
void strings_free(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct strings){};
}
