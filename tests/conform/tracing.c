// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints through tracefs.
 */
#include "tracing.h"

#include <fcntl.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

#define TRACING "/sys/kernel/tracing"

void trace_start(const char *event)
{
	/* The trace is emptied by opening it so, not by what is written to it. */
	int trace = OK(open(TRACING "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC));

	OK(close(trace));
	/* Names of processes are learnt by code switched on in the scheduler: see docs/lab.md. */
	OK(text_write("0", TRACING "/options/record-cmd"));
	OK(text_write("1", TRACING "/events/%s/enable", event));
}

FILE *trace_stop(const char *event)
{
	FILE *trace;

	OK(text_write("0", TRACING "/events/%s/enable", event));
	trace = fopen(TRACING "/trace", "r");
	CHECK(trace);
	return trace;
}
