// SPDX-License-Identifier: GPL-2.0-only
#include "signals.h"

#include <signal.h>
#include <stddef.h>

/* What a person, a terminal or a service manager ends programs with. */
static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE };

#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

/* As they were when we began; none was changed where @changed is false. */
static struct sigaction before[NUMBERS];
static bool changed[NUMBERS];

static volatile sig_atomic_t heard;

static void hear(int number)
{
	heard = number;
}

static void set(size_t i, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	if (!changed[i])
		sigaction(numbers[i], NULL, &before[i]);
	if (before[i].sa_handler == SIG_IGN)
		return;
	changed[i] = true;
	sigaction(numbers[i], &action, NULL);
}

static void set_one(int number, void (*handler)(int number))
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (numbers[i] == number)
			set(i, handler);
}

/**
 * signals_outlive_pipe() - do not end because nobody reads any more what we print
 */
void signals_outlive_pipe(void)
{
	set_one(SIGPIPE, SIG_IGN);
}

/**
 * signals_hear() - from here on only note that we are to end
 */
void signals_hear(void)
{
	for (size_t i = 0; i < NUMBERS; i++)
		set(i, numbers[i] == SIGPIPE ? SIG_IGN : hear);
}

/**
 * signals_heard() - are we to end
 *
 * Return: true if a signal came since signals_hear().
 */
bool signals_heard(void)
{
	return heard != 0;
}

/**
 * signals_pass_on() - from here on, signals are for the program that we run
 * @alone: for those that were sent to us alone
 * @terminal: for those of the terminal; NULL if they reach the program by themselves
 */
void signals_pass_on(void (*alone)(int number), void (*terminal)(int number))
{
	set_one(SIGINT, terminal ? terminal : SIG_IGN);
	set_one(SIGQUIT, terminal ? terminal : SIG_IGN);
	set_one(SIGTERM, alone);
	set_one(SIGHUP, terminal ? terminal : alone);
}

/**
 * signals_reset() - have all as it was when we began
 */
void signals_reset(void)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (changed[i])
			sigaction(numbers[i], &before[i], NULL);
}
