/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case of the bench is. A case measures one operation, again and again; what has
 * to be made ready for it, and undone after it, is not measured.
 *
 * The calls of VFIO come from tests/conform (vfio.h, pci.h, irq.h), as does the way to
 * give up, FAIL(): a bench that goes on after a failed call would measure nothing.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <x86intrin.h>

#include "../tests/conform/harness.h"
#include "../tests/conform/vfio.h"

#define IVSHMEM 0x1af4, 0x1110	/* BAR 2: 128 MiB that are memory; no interrupt pin */

/* A place for large mappings, beyond the hole for interrupt messages below 4 GiB. */
#define IOVA (1ULL << 32)

enum { PAGE = 4096, HUGE_PAGE = 2 << 20 };

/**
 * struct bench - a case
 * @name: as in bench/cases.txt
 * @what: for people
 * @setup: once, before the first sample; may be NULL, as the three after it
 * @before: before each sample
 * @after: after each sample
 * @teardown: once, after the last sample
 * @run: what is measured
 * @samples: how many, in the full form
 * @quick: and in the quick form
 * @variant: whatever the functions want it to mean
 * @floor: instructions that nobody can save; 0: not known
 * @goal: in-tree's instructions, by ours, at least; 0: not slower
 *
 * Floor and goal are for the full form.
 */
struct bench {
	const char *name;
	const char *what;
	void (*setup)(const struct bench *bench);
	void (*before)(const struct bench *bench);
	void (*run)(const struct bench *bench);
	void (*after)(const struct bench *bench);
	void (*teardown)(const struct bench *bench);
	unsigned int samples;
	unsigned int quick;
	long variant;
	uint64_t floor;
	double goal;
};

struct suite {
	const struct bench *cases;
	unsigned int count;
};

#define SUITE(cases) { cases, ARRAY_SIZE(cases) }

extern const struct suite dma_suite, regions_suite, open_suite, irq_suite, access_suite,
	bar_suite, info_suite, dirty_suite, workload_suite;

/* The quick form: the same cases with less work. */
extern bool quick;

/* How much a sample of the case does, for the table: called by setup or before. */
void work(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The container and group of the ivshmem device, and perhaps the device, ready for use. */
struct assignment assign_ivshmem(bool open_device);

/*
 * The time stamp counter. In the lab's counting mode it counts the guest's instructions;
 * on hardware, ticks.
 */
static inline uint64_t now(void)
{
	return __rdtsc();
}

/* Sorts the samples. */
uint64_t median(uint64_t *samples, unsigned int count);

/* Cost against work: the figures of docs/performance.md. A line a point, by tabs. */
void scale(FILE *results);

#endif
