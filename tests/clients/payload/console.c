// SPDX-License-Identifier: GPL-2.0-only
/* Words and numbers for the first serial line. */
#include "machine.h"

#define LINE		0x3f8
#define LINE_STATUS	0x3fd
#define LINE_READY	(1u << 5)

static void put(char character)
{
	while (!(in8(LINE_STATUS) & LINE_READY))
		;
	out8(LINE, character);
}

void print(const char *string)
{
	while (*string)
		put(*string++);
}

void print_hex(uint32_t value, int digits)
{
	while (digits-- > 0)
		put("0123456789abcdef"[(value >> 4 * digits) & 15]);
}

void print_number(uint32_t value)
{
	if (value >= 10)
		print_number(value / 10);
	put('0' + value % 10);
}
