// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures to order: the kernel counts a thread's allocations down from the number in its
 * fail-nth file, and lets the one fail that reaches zero.
 */
#include "failing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

#define SETTINGS "/sys/kernel/debug/"

/* More than any call of ours makes, so that a test that never ends is told as such. */
enum { MOST = 5000 };

/* The kernel's command line says which slabs may fail: see lab/debug.config. */
static bool slabs_chosen(void)
{
	char chosen[8];

	return !text_read(chosen, sizeof(chosen), "/sys/kernel/slab/kmalloc-64/failslab") &&
	       !strcmp(chosen, "1");
}

struct failing failing_start(void)
{
	struct failing failing = { .injected = true };

	failing.control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (failing.control < 0 || !slabs_chosen())
		skip("this kernel fails nothing to order: see make check-debug");
	OK(text_write("Y", SETTINGS "failslab/cache-filter"));
	/* Those that may sleep are nearly all. */
	OK(text_write("N", SETTINGS "failslab/ignore-gfp-wait"));
	OK(text_write("N", SETTINGS "fail_page_alloc/ignore-gfp-wait"));
	OK(text_write("N", SETTINGS "fail_page_alloc/ignore-gfp-highmem"));
	OK(text_write("0", SETTINGS "fail_page_alloc/min-order"));
	/* The words about each failure have a call trace, like those of real trouble. */
	OK(text_write("0", SETTINGS "failslab/verbose"));
	OK(text_write("0", SETTINGS "fail_page_alloc/verbose"));
	OK(text_write("0", SETTINGS "fail_usercopy/verbose"));
	return failing;
}

bool failing_goes_on(struct failing *failing)
{
	if (failing->injected && failing->nth < MOST)
		return true;
	if (failing->injected)
		FAIL("still failing after %u allocations", failing->nth);
	printf("# %u failures ordered, %u calls refused\n", failing->nth - 1, failing->refused);
	return false;
}

void failing_arm(struct failing *failing)
{
	char number[16];
	int length = snprintf(number, sizeof(number), "%u", ++failing->nth);

	EQUAL(pwrite(failing->control, number, length, 0), length);
}

/*
 * The read and the write below copy too, and may be what fails; the next try then works. The
 * number is taken before it is copied.
 */
static unsigned int failures_left(const struct failing *failing)
{
	char number[16] = "";

	if (pread(failing->control, number, sizeof(number) - 1, 0) < 0)
		return 1;
	return atoi(number);
}

void failing_disarm(struct failing *failing, long long value, const char *call)
{
	int error = errno;

	failing->injected = !failures_left(failing);
	while (pwrite(failing->control, "0", 1, 0) < 0)
		;
	if (value < 0 && !failing->injected)
		FAIL("%s failed by itself: %s", call, strerrorname_np(error));
	if (value < 0 && error != ENOMEM && error != EFAULT && error != failing->also)
		FAIL("%s gave %s when allocation %u failed", call, strerrorname_np(error),
		     failing->nth);
	failing->refused += value < 0;
	errno = error;
}
