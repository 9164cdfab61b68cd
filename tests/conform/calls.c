// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kprobe that belongs to a file, unlike those of tracefs: a test that fails leaves none.
 */
#include "calls.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

#define KPROBE "/sys/bus/event_source/devices/kprobe"

int count_calls(const char *function)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .kprobe_func = (uintptr_t)function,
	};

	/* To count for a thread is to switch a static key in finish_task_switch(). */
	needs_one_thread();
	if (!path_exists(KPROBE))
		skip("the kernel has no kprobes");
	attr.type = text_number(KPROBE "/type");
	/* Of this thread, on every CPU. */
	return OK(syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

uint64_t calls_counted(int counter)
{
	uint64_t count;

	EQUAL(read(counter, &count, sizeof(count)), sizeof(count));
	return count;
}
