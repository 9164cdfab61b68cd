// SPDX-License-Identifier: GPL-2.0-only
/*
 * A write to sysfs returns when the kernel is done, which may be when somebody closes a file. It
 * cannot be polled, and a signal would make of it what it does not make of itself: so a thread
 * tells, if it lasts, and ends with it.
 */
#include "waiting.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "say.h"
#include "text.h"

/* What ends within so many seconds is not told of. */
#define PATIENCE	1

struct waiting {
	const char *object;
	char *(*who)(const char *object);
	char *words;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;		/* for is_over */
	pthread_cond_t ended;
	bool is_over;
};

/* The lock is held. */
static bool outlasts_patience(struct waiting *waiting)
{
	struct timespec until;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	while (!waiting->is_over && !error)
		error = pthread_cond_clockwait(&waiting->ended, &waiting->lock, CLOCK_MONOTONIC,
					       &until);
	return !waiting->is_over;
}

/* To look at all processes takes its time: it may be over by then. */
static void tell(struct waiting *waiting)
{
	char *better = NULL;

	pthread_mutex_unlock(&waiting->lock);
	if (waiting->who)
		better = waiting->who(waiting->object);
	pthread_mutex_lock(&waiting->lock);
	if (!waiting->is_over)
		say_progress(waiting->object, "%s", better ? better : waiting->words);
	free(better);
}

static void *watch(void *argument)
{
	struct waiting *waiting = argument;

	pthread_mutex_lock(&waiting->lock);
	if (outlasts_patience(waiting))
		tell(waiting);
	pthread_mutex_unlock(&waiting->lock);
	return NULL;
}

/* Signals are for who waits. If there can be no thread, nothing is told. */
static void start(struct waiting *waiting)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	waiting->has_thread = !pthread_create(&waiting->thread, NULL, watch, waiting);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/**
 * waiting_begin() - before a call that may take long: if it does, that is told, once
 * @object: what it is about; outlives the waiting
 * @who: finds better words for the object, as it is when they are told, for free(); NULL if it
 *	finds none; called in a thread. Or NULL
 * @words: as for printf(): "waits for ..."
 *
 * Until waiting_end() the caller makes its call, and nothing else.
 *
 * Return: for waiting_end().
 */
struct waiting *waiting_begin(const char *object, char *(*who)(const char *object),
			      const char *words, ...)
{
	struct waiting *waiting = allocate(sizeof(*waiting));
	va_list args;

	va_start(args, words);
	waiting->words = format_va(words, args);
	va_end(args);
	waiting->object = object;
	waiting->who = who;
	pthread_mutex_init(&waiting->lock, NULL);
	pthread_cond_init(&waiting->ended, NULL);
	start(waiting);
	return waiting;
}

/**
 * waiting_end() - after the call
 * @waiting: from waiting_begin()
 */
void waiting_end(struct waiting *waiting)
{
	pthread_mutex_lock(&waiting->lock);
	waiting->is_over = true;
	pthread_cond_signal(&waiting->ended);
	pthread_mutex_unlock(&waiting->lock);
	if (waiting->has_thread)
		pthread_join(waiting->thread, NULL);
	pthread_cond_destroy(&waiting->ended);
	pthread_mutex_destroy(&waiting->lock);
	free(waiting->words);
	free(waiting);
}
