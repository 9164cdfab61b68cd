/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's tracepoints tell of a stretch of a test.
 */
#ifndef CONFORM_TRACING_H
#define CONFORM_TRACING_H

#include <stdio.h>

/* An event, named as its folder is: "iommu/map". What was traced before is forgotten. */
void trace_start(const char *event);

/* Ends it; gives the lines of the trace, to be closed by the caller. */
FILE *trace_stop(const char *event);

#endif
