/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the process, laid out in physical memory in a known way. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>

enum layout {
	ORDERED,	/* 4 KiB pages, in long runs, as a fresh process gets them */
	RUNS,		/* 4 KiB pages in runs of 1 to 16 */
	SCATTERED,	/* 4 KiB pages, each alone */
	THP,		/* transparent huge pages */
	HUGETLB,	/* huge pages of 2 MiB, reserved */
	UNTOUCHED_4K,	/* not there yet: 4 KiB pages when touched */
	UNTOUCHED_THP,	/* not there yet: huge pages when touched */
};

struct memory {
	char *base;
	size_t size;
	enum layout layout;
};

/* Fails unless the physical layout is as asked for. The size is in multiples of 2 MiB. */
struct memory memory_new(enum layout layout, size_t size);
void memory_free(struct memory *memory);

/* The same, kept until another is asked for, as most cases follow on others like them. */
struct memory *memory_get(enum layout layout, size_t size);
void memory_drop(void);

/* Pieces of it that are contiguous in physical memory. */
unsigned long memory_runs(const struct memory *memory);

/* A number below @limit, the same sequence in every run of the program. */
unsigned long chance(unsigned long limit);

#endif
