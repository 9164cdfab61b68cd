// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl top: users of VFIO as they work, on a terminal or, again and again, as text. */
#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sample.h"
#include "say.h"
#include "text.h"
#include "usage.h"
#include "verbs.h"

static bool positive(const struct invocation *call, const char *option, double *value)
{
	const char *text = option_value(call, option);
	char *end;

	if (!text)
		return true;
	*value = strtod(text, &end);
	if (end != text && !*end && *value > 0 && *value < 1e6)
		return true;
	say_error(option, "'%s' is no number above 0", text);
	return false;
}

static void print_lines(const struct sample *now, const struct sample *before)
{
	struct strings lines = sample_lines(now, before);

	if (before)
		putchar('\n');
	for (size_t i = 0; i < lines.count; i++)
		puts(lines.items[i]);
	strings_free(&lines);
}

static void print_document(const struct invocation *call, const struct sample *now,
			   const struct sample *before)
{
	struct json_object *all = document(call, NULL);

	usage_describe_rates(all, now, before);
	print_json_line(all);
	json_object_put(all);
}

static void pause_for(double seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds };

	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &time) == EINTR)
		;
}

/* Without a terminal: the first time without rates, as there is nothing to compare with. */
static int run_batch(const struct invocation *call, double delay, double count)
{
	struct sample *before = NULL;

	for (double i = 0; i < count; i++) {
		struct sample *now;

		if (before)
			pause_for(delay);
		now = sample_take();
		if (call->json)
			print_document(call, now, before);
		else
			print_lines(now, before);
		sample_free(before);
		before = now;
		if (fflush(stdout))
			break;
	}
	sample_free(before);
	return STATUS_OK;
}

static void draw(const struct strings *lines, size_t first)
{
	erase();
	attron(A_BOLD);
	mvprintw(0, 0, "vfioctl top: q quits, up and down move");
	attroff(A_BOLD);
	for (size_t i = first; i < lines->count && (int)(i - first) + 2 < LINES; i++)
		mvaddnstr((int)(i - first) + 2, 0, lines->items[i], COLS);
	refresh();
}

/* What was typed until the time is up; false: to quit. */
static bool keys(double delay, size_t *first)
{
	timeout((int)(delay * 1000));
	switch (getch()) {
	case 'q':
	case 27:
		return false;
	case KEY_DOWN:
		++*first;
		return true;
	case KEY_UP:
		*first -= *first > 0;
		return true;
	default:
		return true;
	}
}

static int run_screen(double delay)
{
	struct sample *before = NULL;
	size_t first = 0;
	bool goes_on = true;

	initscr();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	while (goes_on) {
		struct sample *now = sample_take();
		struct strings lines = sample_lines(now, before);

		if (first >= lines.count)
			first = lines.count - 1;
		draw(&lines, first);
		strings_free(&lines);
		sample_free(before);
		before = now;
		goes_on = keys(delay, &first);
	}
	endwin();
	sample_free(before);
	return STATUS_OK;
}

static bool has_screen(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && !same(term, "dumb");
}

static int top(struct invocation *call)
{
	bool batch = option_given(call, "batch");
	double delay = 2, count = call->json && !batch ? 1 : 1e6;

	if (!positive(call, "delay", &delay) || !positive(call, "count", &count))
		return STATUS_USAGE;
	if (batch || call->json || option_given(call, "count") || !has_screen())
		return run_batch(call, delay, count);
	return run_screen(delay);
}

static const struct option_def options[] = {
	{ .name = "batch", .letter = 'b', .help = "print text again and again, for a file" },
	{ .name = "delay", .letter = 'd', .argument = "SECONDS",
	  .help = "time from one look to the next (default: 2)" },
	{ .name = "count", .letter = 'n', .argument = "TIMES",
	  .help = "look so many times; the first has no rates yet" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl top", "on a terminal, until q is typed" },
	{ "vfioctl top -b -n 2 -d 10", "what happens in ten seconds, as text" },
	{ "vfioctl top --json -n 2 -d 10 | tail -n 1 | jq '.vectors[] | {bdf, kind, vector, per_second}'",
	  "how often each interrupt came in ten seconds" },
	{},
};

const struct command top_command = {
	.name = "top",
	.operands = "",
	.flags = COMMAND_READS | COMMAND_ROOT,
	.summary = "live: memory pinned, maps and unmaps, interrupts per second",
	.description =
		"Shows containers with the memory they pin and how often they map and unmap, "
		"processes with their locked memory, and each interrupt vector with its rate. "
		"Without a terminal it prints text.\n\n"
		"Containers are told by openvfio's modules only; the rest is from /proc.\n\n"
		"--json prints one line for each look, and looks once unless --count or --batch say "
		"otherwise. Rates are null where there was no earlier look.",
	.options = options,
	.examples = examples,
	.run = top,
};
