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
#include "signals.h"

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

/* What a terminal tells all of its foreground; the child may not have its session yet. */
static void pass_on_to_all(int number)
{
	if (child > 0 && kill(-child, number))
		kill(child, number);
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
 * @program: its @prepare is called in the new process, before it; not 0 means that it said why
 *	not
 *
 * From here on this process outlives signals, to give back what the program had; the program
 * gets them, and decides. One that was heard before keeps it from being started.
 *
 * Return: the exit status, as a shell would give it; STATUS_CANNOT if it was not started.
 */
int child_run(const struct program *program)
{
	sigset_t all, before;
	int status;

	fflush(stdout);
	sigfillset(&all);
	/* Nothing is to arrive between the fork and the knowledge of whom to pass it on to. */
	sigprocmask(SIG_SETMASK, &all, &before);
	signals_pass_on(pass_on, program->apart ? pass_on_to_all : NULL);
	if (signals_heard()) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		say_error("interrupted", "%s is not started", program->words[0]);
		return STATUS_CANNOT;
	}
	child = fork();
	if (!child) {
		if (program->apart)
			setsid();
		signals_reset();
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (program->prepare(program->argument))
			_exit(STATUS_CANNOT);
		execute(program->words);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		say_error(program->words[0], "cannot be started: %s", strerror(errno));
		return STATUS_CANNOT;
	}
	status = await();
	child = 0;
	return status;
}
