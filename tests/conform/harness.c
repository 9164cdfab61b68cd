// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests: each in a child with a time limit, a look at the kernel log
 * and at what it left behind, and a line of TAP.
 */
#include "harness.h"

#include <fnmatch.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel_log.h"
#include "leftovers.h"

/* Generous, as an emulated machine on a loaded host is ten times slower than idle. */
enum { USUAL_LIMIT = 120, STUCK_LIMIT = 30 };

enum state { PASSED, FAILED, SKIPPED };

/* Shared with the children. The first of a test's processes to speak decides. */
struct verdict {
	int spoken;
	enum state state;
	unsigned int limit;
	char reason[1024];
};

static const char *const state_names[] = { "pass", "fail", "skip" };

static struct test *tests;
static struct verdict *verdict;
static bool ours;
static FILE *results;
/* How many times slower than usual the machine is. */
static unsigned int patience = 1;
static unsigned int counts[ARRAY_SIZE(state_names)];

void test_register(struct test *test)
{
	test->next = tests;
	tests = test;
}

static void speak(enum state state, const char *format, va_list args)
{
	if (__atomic_exchange_n(&verdict->spoken, 1, __ATOMIC_ACQ_REL))
		return;
	verdict->state = state;
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
}

static void conclude(enum state state, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	speak(state, format, args);
	va_end(args);
}

void fail_at(const char *file, int line, const char *format, ...)
{
	char words[768];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	conclude(FAILED, "%s:%d: %s", file, line, words);
	_exit(1);
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	speak(SKIPPED, format, args);
	va_end(args);
	_exit(0);
}

void needs_one_thread(void)
{
	if (!getenv("CONFORM_ONE_THREAD"))
		skip("QEMU 7.2 does not bear it with a thread for each CPU: THREAD=single CONFORM_ONE_THREAD=1");
}

void improvement(const char *why)
{
	if (!ours)
		skip("improvement over in-tree: %s", why);
}

void time_limit(unsigned int seconds)
{
	verdict->limit = seconds;
}

bool testing_ours(void)
{
	return ours;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Waits until the child is a zombie, or the limit, which the child may raise. */
static bool ended_in_time(pid_t child)
{
	time_t start = now();
	struct pollfd ready = { .events = POLLIN };

	ready.fd = syscall(SYS_pidfd_open, child, 0);
	while (now() - start < (time_t)(verdict->limit * patience))
		if (poll(&ready, 1, 1000) > 0)
			break;
	close(ready.fd);
	return ready.revents;
}

/* Ends and reaps all that is left of the test. False: something is stuck in the kernel. */
static bool reap_group(pid_t group)
{
	time_t start = now();
	pid_t reaped;

	kill(-group, SIGKILL);
	do {
		reaped = waitpid(-group, NULL, WNOHANG);
		if (!reaped)
			usleep(10000);
	} while (reaped >= 0 && now() - start < STUCK_LIMIT);
	return reaped < 0;
}

/* Where the threads of a test are in the kernel, for who wants to know why it does not end. */
static void tell_where(pid_t group)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "for task in $(pgrep -g %d | sed 's,.*,/proc/&/task/*,'); do"
		 " echo \"# $task $(cat $task/comm) $(cat $task/syscall)\";"
		 " sed 's/^/#   /' $task/stack; done 2>/dev/null", group);
	fflush(stdout);
	if (system(command) < 0)
		perror("system");
}

static void __attribute__((noreturn)) be_the_test(const struct test *test)
{
	setpgid(0, 0);
	test->run();
	fflush(stdout);
	_exit(0);
}

static void judge_exit(int status)
{
	if (WIFSIGNALED(status))
		conclude(FAILED, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		conclude(FAILED, "exited with status %d", WEXITSTATUS(status));
}

/* What the test itself did right can still have hurt the kernel or left something. */
static void judge_aftermath(struct kernel_log *log)
{
	char words[512];

	if (leftovers(words, sizeof(words))) {
		/* The test's own complaint, if any, is the better explanation. */
		if (verdict->state != FAILED) {
			verdict->spoken = 0;
			conclude(FAILED, "afterwards: %s", words);
		}
	}
	if (kernel_complained(log, words, sizeof(words)) && verdict->state != FAILED) {
		verdict->spoken = 0;
		conclude(FAILED, "the kernel complained: %s", words);
	}
}

/* False: something of it is stuck in the kernel, and no other test can be judged. */
static bool run_child(const struct test *test)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child < 0) {
		conclude(FAILED, "fork: %s", strerror(errno));
		return true;
	}
	if (!child)
		be_the_test(test);
	/* In both, or the parent could kill a group that does not exist yet. */
	setpgid(child, child);
	if (!ended_in_time(child)) {
		conclude(FAILED, "no end after %u s", verdict->limit * patience);
		tell_where(child);
		kill(child, SIGKILL);
	} else {
		waitpid(child, &status, 0);
		judge_exit(status);
	}
	if (reap_group(child))
		return true;
	verdict->spoken = 0;
	conclude(FAILED, "a process is stuck in the kernel");
	tell_where(child);
	return false;
}

static void report(const struct test *test, unsigned int number)
{
	const char *newline = strchrnul(verdict->reason, '\n');

	verdict->reason[newline - verdict->reason] = '\0';
	printf("%s %u - %s%s%s\n", verdict->state == FAILED ? "not ok" : "ok", number,
	       test->name, verdict->state == SKIPPED ? " # SKIP " : "",
	       verdict->state == SKIPPED ? verdict->reason : "");
	if (verdict->state == FAILED)
		printf("# %s\n", verdict->reason);
	fflush(stdout);
	if (results) {
		fprintf(results, "%s\t%s\t%s\n", test->name, state_names[verdict->state],
			verdict->reason);
		fflush(results);
	}
	counts[verdict->state]++;
}

static void run_test(const struct test *test, unsigned int number, struct kernel_log *log)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->limit = USUAL_LIMIT;
	if (!run_child(test)) {
		report(test, number);
		printf("Bail out! %s\n", test->name);
		exit(1);
	}
	judge_aftermath(log);
	report(test, number);
}

/* By file and line: the order in which they are read. */
static int reading_order(const void *left, const void *right)
{
	const struct test *a = *(const struct test *const *)left;
	const struct test *b = *(const struct test *const *)right;
	int files = strcmp(a->file, b->file);

	return files ? files : a->line - b->line;
}

static bool runs_here(const struct test *test)
{
	return sizeof(long) == 8 || !(test->flags & TEST_NATIVE);
}

static bool asked_for(const struct test *test, char **globs)
{
	if (!*globs)
		return true;
	for (; *globs; globs++)
		if (!fnmatch(*globs, test->name, 0))
			return true;
	return false;
}

static size_t select_tests(const struct test ***selected, char **globs)
{
	const struct test *test;
	size_t count = 0;

	for (test = tests; test; test = test->next)
		count++;
	*selected = calloc(count + 1, sizeof(**selected));
	if (!*selected)
		abort();
	count = 0;
	for (test = tests; test; test = test->next)
		if (runs_here(test) && asked_for(test, globs))
			(*selected)[count++] = test;
	qsort(*selected, count, sizeof(**selected), reading_order);
	return count;
}

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "impl", required_argument, NULL, 'i' },
	{ "list", no_argument, NULL, 'l' },
	{ "patience", required_argument, NULL, 'p' },
	{ "results", required_argument, NULL, 'r' },
	{ },
};

static void __attribute__((noreturn)) usage(FILE *out, int status)
{
	fprintf(out,
		"usage: vfio-conform [OPTION...] [GLOB...]\n"
		"  --impl ours|intree  which modules are loaded (default: $IMPL, else ours)\n"
		"  --list              print each test's name and description, run nothing\n"
		"  --patience N        give each test N times the usual time, on slow kernels\n"
		"  --results FILE      one line per test: name, pass|fail|skip, reason\n"
		"  GLOB                names of the tests to run (default: all)\n");
	exit(status);
}

static bool parse_impl(const char *impl)
{
	if (strcmp(impl, "ours") && strcmp(impl, "intree")) {
		fprintf(stderr, "vfio-conform: --impl is ours or intree, not '%s'\n", impl);
		exit(2);
	}
	return !strcmp(impl, "ours");
}

static unsigned int parse_patience(const char *number)
{
	int value = atoi(number);

	if (value < 1) {
		fprintf(stderr, "vfio-conform: --patience is 1 or more, not '%s'\n", number);
		exit(2);
	}
	return value;
}

static void list(const struct test *const *selected, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s\t%s%s\n", selected[i]->name, selected[i]->description,
		       selected[i]->flags & TEST_NATIVE ? " [64-bit only]" : "");
}

static int run_all(const struct test *const *selected, size_t count)
{
	struct kernel_log log;

	if (geteuid()) {
		fprintf(stderr, "vfio-conform: must run as root, in the lab\n");
		return 2;
	}
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (verdict == MAP_FAILED)
		abort();
	/* Orphans of a test come to us, so that none outlives its test unseen. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leftovers_remember();
	kernel_log_open(&log);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++)
		run_test(selected[i], i + 1, &log);
	printf("%u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED],
	       counts[SKIPPED]);
	return counts[FAILED] || !count;
}

int main(int argc, char **argv)
{
	const char *impl = getenv("IMPL");
	const struct test **selected;
	bool only_list = false;
	size_t count;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			usage(stdout, 0);
		case 'i':
			impl = optarg;
			break;
		case 'l':
			only_list = true;
			break;
		case 'p':
			patience = parse_patience(optarg);
			break;
		case 'r':
			results = fopen(optarg, "w");
			if (!results) {
				perror(optarg);
				return 2;
			}
			break;
		default:
			usage(stderr, 2);
		}
	}
	ours = parse_impl(impl ? impl : "ours");
	/* For vfio-modules, which some tests run. */
	setenv("IMPL", ours ? "ours" : "intree", 1);
	count = select_tests(&selected, argv + optind);
	if (only_list) {
		list(selected, count);
		return 0;
	}
	return run_all(selected, count);
}
