// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool coloured(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && !same(term, "dumb");
}

/**
 * colour_on() - what to print before coloured text
 * @colour: which
 *
 * Return: "" if there are no colours.
 */
const char *colour_on(enum colour colour)
{
	static const char *const codes[] = {
		[PLAIN] = "", [GOOD] = "\033[32m", [BAD] = "\033[31m", [MARKED] = "\033[1m",
		[DIM] = "\033[2m",
	};

	return coloured() ? codes[colour] : "";
}

/**
 * colour_off() - what to print after coloured text
 * @colour: as given to colour_on()
 *
 * Return: "" if there are no colours.
 */
const char *colour_off(enum colour colour)
{
	return colour != PLAIN && coloured() ? "\033[0m" : "";
}

/* How wide a line may be; 0: as wide as it likes. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}

/**
 * table_begin() - begin a table
 * @table: not initialized
 * @heads: of the columns, NULL-terminated; outlives the table
 */
void table_begin(struct table *table, const char *const *heads)
{
	*table = (struct table){ .heads = heads };
	while (heads[table->columns])
		table->columns++;
}

/**
 * table_cell() - the next cell
 * @table: the table
 * @colour: of the text
 * @text: as for printf()
 */
void table_cell(struct table *table, enum colour colour, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	strings_take(&table->cells, format_va(text, args));
	va_end(args);
	table->colours = resize(table->colours, table->cells.count * sizeof(*table->colours));
	table->colours[table->cells.count - 1] = colour;
}

static void find_widths(const struct table *table, size_t *widths)
{
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = strlen(table->heads[i]);
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t width = strlen(table->cells.items[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
}

/* The last column has what the terminal leaves, and no spaces at its end. */
static void print_row(const struct table *table, const size_t *widths, char *const *cells,
		      const enum colour *colours)
{
	size_t room = terminal_width(), used = 0;

	for (size_t i = 0; i < table->columns; i++) {
		bool last = i == table->columns - 1;
		enum colour colour = colours ? colours[i] : MARKED;
		int most = last && room > used + 8 ? (int)(room - used) : 1 << 16;

		printf("%s%.*s%s", colour_on(colour), most, cells[i], colour_off(colour));
		if (!last)
			printf("%*s", (int)(widths[i] - strlen(cells[i]) + 2), "");
		used += widths[i] + 2;
	}
	putchar('\n');
}

/**
 * table_end() - print a table and free it
 * @table: the table
 */
void table_end(struct table *table)
{
	size_t *widths = allocate(table->columns * sizeof(*widths));

	find_widths(table, widths);
	print_row(table, widths, (char *const *)table->heads, NULL);
	for (size_t i = 0; i + table->columns <= table->cells.count; i += table->columns)
		print_row(table, widths, table->cells.items + i, table->colours + i);
	free(widths);
	free(table->colours);
	strings_free(&table->cells);
}
