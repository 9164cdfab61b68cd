// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost against work: does a page cost the same in a large mapping as in a small one, a
 * mapping beside many as alone? Each line: series, how much work, instructions (or, where
 * the series says so, bytes) for one piece of it.
 */
#include <linux/limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../tests/conform/textfile.h"
#include "bench.h"
#include "memory.h"

enum {
	SAMPLES = 5,
	SMALL_SAMPLES = 101,
	MAPPINGS_MOST = 60000,
	GROUPS_MOST = 64,
	THREADS_MOST = 8,
	ROUNDS = 20,	/* of each thread */
};

static FILE *out;

static void point(const char *series, unsigned long x, double y)
{
	fprintf(out, "%s\t%lu\t%.6g\n", series, x, y);
	fflush(out);
}

static const struct {
	enum layout layout;
	const char *name;
} layouts[] = {
	{ ORDERED, "4k-ordered" },
	{ RUNS, "4k-runs" },
	{ SCATTERED, "4k-scattered" },
	{ THP, "thp" },
	{ HUGETLB, "hugetlb" },
};

/* Instructions to map and to unmap a range, each the median of some samples. */
static void map_cost(int container, const char *base, size_t size, uint64_t *mapped,
		     uint64_t *unmapped)
{
	uint64_t in[SAMPLES], away[SAMPLES];

	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t start = now();

		map(container, IOVA, base, size, READ_WRITE);
		in[i] = now() - start;
		start = now();
		unmap(container, IOVA, size);
		away[i] = now() - start;
	}
	*mapped = median(in, SAMPLES);
	*unmapped = median(away, SAMPLES);
}

static void layout_points(int container, const char *name, const struct memory *memory)
{
	char series[64];

	for (size_t size = MIB; size <= memory->size; size *= 2) {
		uint64_t mapped, unmapped;

		if (memory->layout == HUGETLB && size < HUGE_PAGE)
			continue;
		map_cost(container, memory->base, size, &mapped, &unmapped);
		snprintf(series, sizeof(series), "size-map-%s", name);
		point(series, size / MIB, (double)mapped / (size / PAGE));
		snprintf(series, sizeof(series), "size-unmap-%s", name);
		point(series, size / MIB, (double)unmapped / (size / PAGE));
	}
}

/* Exactly: without what counters lag behind, and with the free pages that a CPU keeps. */
static uint64_t free_bytes(void)
{
	FILE *zones;
	uint64_t pages = 0;
	char line[256];
	unsigned long count;

	OK(text_write("1", "/proc/sys/vm/stat_refresh"));
	zones = fopen("/proc/zoneinfo", "re");
	CHECK(zones);
	while (fgets(line, sizeof(line), zones))
		if (sscanf(line, " pages free %lu", &count) == 1 ||
		    sscanf(line, " count: %lu", &count) == 1)
			pages += count;
	fclose(zones);
	return pages * PAGE;
}

/*
 * The kernel's memory for a mapping: page tables of the IOMMU, and what VFIO remembers. In
 * a new container, as one that had mappings may keep page tables.
 */
static void overhead_point(const char *name, const struct memory *memory)
{
	struct assignment assigned = assign_ivshmem(false);
	uint64_t before = free_bytes();
	char series[64];

	map(assigned.container, IOVA, memory->base, memory->size, READ_WRITE);
	snprintf(series, sizeof(series), "bytes-per-gib-%s", name);
	point(series, memory->size / MIB,
	      ((double)before - free_bytes()) * 1024 * MIB / memory->size);
	unassign(&assigned);
}

/* Half of what there is, as a layout can need a second try, but a power of two. */
static size_t largest(void)
{
	size_t available = text_field("/proc/meminfo", "MemAvailable:") * 1024, size = MIB;

	while (size * 4 <= available)
		size *= 2;
	return size;
}

static void sizes(void)
{
	size_t most = largest();

	for (unsigned int i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct memory memory = memory_new(layouts[i].layout, most);
		struct assignment assigned;

		overhead_point(layouts[i].name, &memory);
		assigned = assign_ivshmem(false);
		layout_points(assigned.container, layouts[i].name, &memory);
		unassign(&assigned);
		memory_free(&memory);
	}
}

static void one_more(int container, char *page, uint64_t iova, unsigned long live)
{
	uint64_t in[SMALL_SAMPLES], away[SMALL_SAMPLES];

	for (unsigned int i = 0; i < SMALL_SAMPLES; i++) {
		uint64_t start = now();

		map(container, iova, page, PAGE, READ_WRITE);
		in[i] = now() - start;
		start = now();
		unmap(container, iova, PAGE);
		away[i] = now() - start;
	}
	point("live-map", live, median(in, SMALL_SAMPLES));
	point("live-unmap", live, median(away, SMALL_SAMPLES));
}

/*
 * A page more beside many, and all at once. The most first, before the kernel has free
 * objects left from fewer.
 */
static void mappings(void)
{
	static const unsigned long counts[] = { MAPPINGS_MOST, 30000, 10000, 1000, 100, 10, 1 };
	struct assignment assigned = assign_ivshmem(false);
	struct memory memory = memory_new(ORDERED, (MAPPINGS_MOST / 512 + 1) * 2 * MIB);

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		uint64_t before = free_bytes(), start = now();

		for (unsigned long j = 0; j < counts[i]; j++)
			map(assigned.container, IOVA + j * PAGE, memory.base + j * PAGE, PAGE,
			    READ_WRITE);
		point("count-map", counts[i], (double)(now() - start) / counts[i]);
		if (counts[i] == MAPPINGS_MOST)
			point("bytes-per-mapping", counts[i],
			      ((double)before - free_bytes()) / counts[i]);
		one_more(assigned.container, memory.base, IOVA - PAGE, counts[i]);
		start = now();
		try_unmap(assigned.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL);
		point("count-unmap-all", counts[i], (double)(now() - start) / counts[i]);
	}
	memory_free(&memory);
	unassign(&assigned);
}

/* The virtual functions of the drive, each of which is a group of its own. */
static void make_groups(struct pci_device *vfs)
{
	struct pci_device drive = pci_find(NVME, 0);
	char path[PATH_MAX], text[16];

	CHECK(!system("modprobe nvme"));
	OK(pci_bind(&drive, "nvme"));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", drive.name);
	OK(text_write("0", "%s/sriov_drivers_autoprobe", path));
	snprintf(text, sizeof(text), "%d", GROUPS_MOST);
	OK(text_write(text, "%s/sriov_numvfs", path));
	for (unsigned int i = 0; i < GROUPS_MOST; i++)
		vfs[i] = vfio_device(NVME, 1 + i);
}

/* One container with ever more groups: what the next costs, and what mappings cost. */
static void groups(const struct pci_device *vfs, const struct memory *memory)
{
	struct assignment first = assign_group(vfs[0], VFIO_TYPE1v2_IOMMU);
	int fds[GROUPS_MOST];

	for (unsigned int count = 1; count <= GROUPS_MOST; count++) {
		uint64_t mapped, unmapped, start;

		if (count > 1) {
			fds[count - 1] = group_open(&vfs[count - 1]);
			start = now();
			OK(try_set_container(fds[count - 1], first.container));
			point("groups-attach", count, now() - start);
		}
		if (count & (count - 1))
			continue;
		map_cost(first.container, memory->base, memory->size, &mapped, &unmapped);
		point("groups-map", count, (double)mapped / (memory->size / PAGE));
		point("groups-unmap", count, (double)unmapped / (memory->size / PAGE));
	}
	for (unsigned int i = 1; i < GROUPS_MOST; i++)
		OK(close(fds[i]));
	unassign(&first);
}

struct worker {
	pthread_t thread;
	struct assignment assigned;
	char *base;
	size_t size;
};

static void *map_and_unmap(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		map(worker->assigned.container, IOVA, worker->base, worker->size, READ_WRITE);
		unmap(worker->assigned.container, IOVA, worker->size);
	}
	return NULL;
}

/* Each thread on a container of its own; the instructions of all, by the pages of all. */
static void threads(const struct pci_device *vfs, const struct memory *memory)
{
	struct worker workers[THREADS_MOST];

	for (unsigned int i = 0; i < THREADS_MOST; i++) {
		workers[i].assigned = assign_group(vfs[i], VFIO_TYPE1v2_IOMMU);
		workers[i].size = memory->size / THREADS_MOST;
		workers[i].base = memory->base + i * workers[i].size;
	}
	for (unsigned int count = 1; count <= THREADS_MOST; count++) {
		uint64_t start = now();

		for (unsigned int i = 0; i < count; i++)
			EQUAL(pthread_create(&workers[i].thread, NULL, map_and_unmap,
					     &workers[i]), 0);
		for (unsigned int i = 0; i < count; i++)
			EQUAL(pthread_join(workers[i].thread, NULL), 0);
		point("threads", count,
		      (double)(now() - start) / ROUNDS / count / (workers[0].size / PAGE));
	}
	for (unsigned int i = 0; i < THREADS_MOST; i++)
		unassign(&workers[i].assigned);
}

void scale(FILE *results)
{
	static struct pci_device vfs[GROUPS_MOST];
	struct memory memory;

	out = results;
	mappings();
	memory = memory_new(ORDERED, 64 * MIB);
	make_groups(vfs);
	groups(vfs, &memory);
	threads(vfs, &memory);
	memory_free(&memory);
	sizes();
}
