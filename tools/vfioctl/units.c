// SPDX-License-Identifier: GPL-2.0-only
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char letters[] = "KMGTPE";

/**
 * parse_id() - read the number of a user, of a group of users or of a process
 * @text: decimal
 * @number: of it
 *
 * Return: false if it is none; the largest stands for nobody.
 */
bool parse_id(const char *text, unsigned int *number)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	*number = value;
	return isdigit((unsigned char)*text) && !*end && !errno && value < UINT32_MAX;
}

/**
 * parse_size() - read an amount of memory
 * @text: "4096", "64K": a whole number, then K, M, G, T, P or E, by 1024
 * @size: in bytes
 *
 * Return: false if it is none, or 0, or too much.
 */
bool parse_size(const char *text, uint64_t *size)
{
	char *end;
	uint64_t number;
	int shift = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*end) {
		const char *letter = strchr(letters, toupper((unsigned char)*end));

		if (!letter)
			return false;
		shift = 10 * (int)(letter - letters + 1);
		end++;
	}
	/* "64KiB" and "64KB" are meant the same. */
	if (shift && (strcasecmp(end, "ib") == 0 || strcasecmp(end, "b") == 0))
		end += strlen(end);
	if (*end || errno || !number || number > UINT64_MAX >> shift)
		return false;
	*size = number << shift;
	return true;
}

/**
 * format_size() - an amount of memory in words
 * @size: in bytes
 *
 * Return: "64 KiB", in the largest unit that leaves a whole number; for free().
 */
char *format_size(uint64_t size)
{
	int unit = -1;

	while (size && size % 1024 == 0 && unit < (int)strlen(letters) - 1) {
		size /= 1024;
		unit++;
	}
	if (unit < 0)
		return format("%" PRIu64 " bytes", size);
	return format("%" PRIu64 " %ciB", size, letters[unit]);
}

/**
 * parse_range() - read a range of addresses
 * @text: "0x1000-0x1fff": first and last; or "0x1000+4K": first and size
 * @range: of it
 *
 * Return: false if it is none.
 */
bool parse_range(const char *text, struct range *range)
{
	char *end, *last;
	uint64_t size;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	range->start = strtoull(text, &end, 0);
	if (*end == '+') {
		if (!parse_size(end + 1, &size))
			return false;
		range->end = range->start + size - 1;
	} else if (*end == '-' && isdigit((unsigned char)end[1])) {
		range->end = strtoull(end + 1, &last, 0);
		if (*last)
			return false;
	} else {
		return false;
	}
	return !errno && range->end >= range->start;
}

/**
 * format_range() - a range in words
 * @range: of addresses
 *
 * Return: "0x1000-0x1fff", as parse_range() reads it; for free().
 */
char *format_range(const struct range *range)
{
	return format("0x%" PRIx64 "-0x%" PRIx64, range->start, range->end);
}

/**
 * ranges_meet() - do they have an address in common
 * @a: one
 * @b: the other
 *
 * Return: true if they have.
 */
bool ranges_meet(const struct range *a, const struct range *b)
{
	return a->start <= b->end && b->start <= a->end;
}
