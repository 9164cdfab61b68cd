// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-bench: what each operation of <linux/vfio.h> costs. Knows nothing of whose modules
 * it runs on. Runs as root; makes use of the devices of lab/machine/bench.
 */
#include "bench.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>

#include "memory.h"

bool quick;
static unsigned int samples_wanted;	/* 0: as the case has it */

static const struct suite *const suites[] = {
	&dma_suite, &regions_suite, &open_suite, &irq_suite, &access_suite, &bar_suite,
	&info_suite, &dirty_suite, &workload_suite,
};

static const char *running = "vfio-bench";
static char work_words[64];

void fail_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: %s:%d: ", running, file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* A case that cannot run here would be missing from the table, so it is an error. */
void skip(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", running);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void work(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(work_words, sizeof(work_words), format, args);
	va_end(args);
}

struct assignment assign_ivshmem(bool open_device)
{
	struct pci_device pci = vfio_device(IVSHMEM, 0);

	if (open_device)
		return assign(pci, VFIO_TYPE1v2_IOMMU);
	return assign_group(pci, VFIO_TYPE1v2_IOMMU);
}

static void call(void (*step)(const struct bench *), const struct bench *bench)
{
	if (step)
		step(bench);
}

static void nothing(const struct bench *)
{
}

static uint64_t sample(const struct bench *bench)
{
	uint64_t start, end;

	call(bench->before, bench);
	start = now();
	bench->run(bench);
	end = now();
	call(bench->after, bench);
	return end - start;
}

/* What the measuring itself costs. */
static uint64_t overhead(void)
{
	static const struct bench empty = { .run = nothing };

	sample(&empty);
	return sample(&empty);
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

uint64_t median(uint64_t *samples, unsigned int count)
{
	qsort(samples, count, sizeof(*samples), compare);
	return samples[count / 2];
}

static void run(const struct bench *bench, FILE *results)
{
	unsigned int count = samples_wanted ?: quick ? bench->quick : bench->samples;
	uint64_t *samples = calloc(count, sizeof(*samples));
	uint64_t empty = overhead(), middle;

	CHECK(samples);
	running = bench->name;
	work_words[0] = '\0';
	call(bench->setup, bench);
	for (unsigned int i = 0; i < count; i++)
		samples[i] = sample(bench) - empty;
	call(bench->teardown, bench);
	middle = median(samples, count);
	fprintf(results, "%s\t%lu\t%lu\t%lu\t%u\t%lu\t%g\t%s\t%s\n", bench->name, middle,
		samples[0], samples[count - 1], count, quick ? 0 : bench->floor,
		quick ? 0 : bench->goal, bench->what, work_words);
	fflush(results);
	free(samples);
}

static bool wanted(const struct bench *bench, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, bench->name, 0))
			return true;
	return false;
}

static void run_suites(char **patterns, FILE *results)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(suites); i++)
		for (unsigned int j = 0; j < suites[i]->count; j++)
			if (wanted(&suites[i]->cases[j], patterns))
				run(&suites[i]->cases[j], results);
	memory_drop();
}

static void list(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(suites); i++)
		for (unsigned int j = 0; j < suites[i]->count; j++)
			printf("%s\t%s\n", suites[i]->cases[j].name, suites[i]->cases[j].what);
}

static int usage(FILE *where, int status)
{
	fprintf(where,
		"usage: vfio-bench [--quick | --scale] [--results FILE] [--samples N] [PATTERN...]\n"
		"       vfio-bench --list\n"
		"Measures the cases whose names match. A line each, separated by tabs: name,\n"
		"median, least and most, samples, floor, goal, words, work of a sample.\n"
		"With --scale, cost against work; a line for a point: series, work, cost.\n");
	return status;
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		FAIL("cannot write %s: %s", path, strerror(errno));
	return file;
}

int main(int, char **argv)
{
	FILE *results = stdout;
	bool scaling = false;

	for (argv++; *argv && !strncmp(*argv, "--", 2); argv++) {
		if (!strcmp(*argv, "--quick")) {
			quick = true;
		} else if (!strcmp(*argv, "--scale")) {
			scaling = true;
		} else if (!strcmp(*argv, "--list")) {
			list();
			return 0;
		} else if (!strcmp(*argv, "--results") && argv[1]) {
			results = create(*++argv);
		} else if (!strcmp(*argv, "--samples") && argv[1]) {
			samples_wanted = atoi(*++argv);
		} else if (!strcmp(*argv, "--help")) {
			return usage(stdout, 0);
		} else {
			return usage(stderr, 2);
		}
	}
	if (scaling)
		scale(results);
	else
		run_suites(argv, results);
	return fclose(results) ? 1 : 0;
}
