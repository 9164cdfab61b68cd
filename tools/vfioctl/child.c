// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "say.h"

/* As shells have it. */
#define STATUS_NOT_EXECUTABLE	126
#define STATUS_NOT_FOUND	127
#define STATUS_SIGNAL		128

static volatile pid_t child;

static void pass_on(int number)
{
	if (child > 0)
		kill(child, number);
}

/*
 * What the terminal sends goes to the program as well, which decides; what is sent to us alone
 * is meant for it. Either way we stay, to give back what it had.
 */
static void set_signals(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction forward = { .sa_handler = pass_on };

	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGQUIT, &ignore, NULL);
	sigaction(SIGTERM, &forward, NULL);
	sigaction(SIGHUP, &forward, NULL);
}

static void reset_signals(const sigset_t *mask)
{
	static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static void execute(char **words)
{
	int error;

	execvp(words[0], words);
	error = errno;
	say_error(words[0], "cannot be run: %s", strerror(error));
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

static int await(void)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_CANNOT;
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/**
 * child_run() - run a program, and wait until it ends
 * @words: the program and its arguments, NULL-terminated
 * @prepare: is called in the new process before the program; not 0 means that it said why not
 * @argument: for @prepare
 *
 * From here on this process outlives signals from the terminal.
 *
 * Return: the exit status, as a shell would give it; STATUS_CANNOT if it was not started.
 */
int child_run(char **words, int (*prepare)(void *argument), void *argument)
{
	sigset_t all, before;
	int status;

	fflush(stdout);
	sigfillset(&all);
	/* Nothing is to arrive between the fork and the knowledge of whom to pass it on to. */
	sigprocmask(SIG_SETMASK, &all, &before);
	set_signals();
	child = fork();
	if (!child) {
		reset_signals(&before);
		if (prepare(argument))
			_exit(STATUS_CANNOT);
		execute(words);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		say_error(words[0], "cannot be started: %s", strerror(errno));
		return STATUS_CANNOT;
	}
	status = await();
	child = 0;
	return status;
}
