// SPDX-License-Identifier: GPL-2.0-only
#include "sample.h"

#include <stdlib.h>
#include <time.h>

/**
 * sample_take() - look at everything once
 *
 * Return: for sample_free().
 */
struct sample *sample_take(void)
{
	struct sample *sample = allocate(sizeof(*sample));
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	sample->debugfs = debugfs_read(false);
	processes_read(&sample->processes);
	vectors_read(&sample->vectors);
	return sample;
}

/**
 * sample_free() - the end of it
 * @sample: or NULL
 */
void sample_free(struct sample *sample)
{
	if (!sample)
		return;
	debugfs_free(sample->debugfs);
	processes_free(&sample->processes);
	vectors_free(&sample->vectors);
	free(sample);
}

/* Short, as it is looked at and not computed with. */
static char *about(uint64_t bytes)
{
	static const char letters[] = "KMGTPE";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (!bytes)
		return copy("0");
	for (; value >= 1024 && letters[unit + 1]; unit++)
		value /= 1024;
	return format("%.*f %ciB", value < 10 ? 1 : 0, value, letters[unit]);
}

/**
 * sample_seconds() - the time between two samples
 * @now: a sample
 * @before: an earlier one, or NULL
 *
 * Return: seconds; 0 if there is no earlier one.
 */
double sample_seconds(const struct sample *now, const struct sample *before)
{
	return before ? now->time - before->time : 0;
}

/**
 * sample_rate() - how often something is counted
 * @now: how often so far
 * @before: how often in the earlier sample
 * @seconds: between the two
 *
 * Return: times per second; 0 if that cannot be told.
 */
double sample_rate(uint64_t now, uint64_t before, double seconds)
{
	return seconds > 0 && now >= before ? (double)(now - before) / seconds : 0;
}

/**
 * sample_container() - a container as it was seen
 * @sample: or NULL
 * @id: its number
 *
 * Return: owned by @sample; NULL if it is not in it.
 */
const struct container_row *sample_container(const struct sample *sample, uint64_t id)
{
	for (size_t i = 0; sample && i < sample->debugfs->containers_count; i++)
		if (sample->debugfs->containers[i].id == id)
			return &sample->debugfs->containers[i];
	return NULL;
}

static void add_container(struct strings *lines, const struct container_row *row,
			  const struct container_row *before, double seconds)
{
	char *mapped = about(row->mapped), *pinned = about(row->pinned);
	char *name = printable(row->name);
	char *user = format("%s (%d)", name, row->pid);

	strings_take(lines, format("%9llu  %-24.24s %-12.12s %8llu %9s %9s %9.0f %9.0f",
				   (unsigned long long)row->id, user, row->groups,
				   (unsigned long long)row->mappings, mapped, pinned,
				   before ? sample_rate(row->maps, before->maps, seconds) : 0,
				   before ? sample_rate(row->unmaps, before->unmaps, seconds) : 0));
	free(user);
	free(name);
	free(mapped);
	free(pinned);
}

static void add_containers(struct strings *lines, const struct sample *now,
			   const struct sample *before, double seconds)
{
	if (now->debugfs->why_not) {
		strings_take(lines, format("not seen: %s", now->debugfs->why_not));
		return;
	}
	strings_take(lines, format("%9s  %-24s %-12s %8s %9s %9s %9s %9s", "CONTAINER",
				   "OPENED BY", "GROUPS", "MAPPINGS", "MAPPED", "PINNED",
				   "MAPS/S", "UNMAPS/S"));
	for (size_t i = 0; i < now->debugfs->containers_count; i++) {
		const struct container_row *row = &now->debugfs->containers[i];

		add_container(lines, row, sample_container(before, row->id), seconds);
	}
}

static void add_processes(struct strings *lines, const struct sample *now)
{
	strings_take(lines, format("%9s  %-24s %-12s %8s %9s", "PROCESS", "NAME", "GROUPS",
				   "DEVICES", "LOCKED"));
	for (size_t i = 0; i < now->processes.count; i++) {
		const struct process *process = &now->processes.items[i];
		char *groups = strings_join(&process->groups, ",");
		char *locked = about(process->locked);
		char *name = printable(process->name);

		strings_take(lines, format("%9d  %-24.24s %-12.12s %8zu %9s", process->pid,
					   name, *groups ? groups : "-",
					   process->device_files, locked));
		free(groups);
		free(locked);
		free(name);
	}
}

static void add_vectors(struct strings *lines, const struct sample *now,
			const struct sample *before, double seconds)
{
	strings_take(lines, format("%-14s %-10s %6s %12s %14s", "DEVICE", "INTERRUPT", "IRQ",
				   "PER SECOND", "SINCE ENABLED"));
	for (size_t i = 0; i < now->vectors.count; i++) {
		const struct vector *vector = &now->vectors.items[i];
		const struct vector *old = before ? vectors_find(&before->vectors, vector) : NULL;
		double often = old ? sample_rate(vector->count, old->count, seconds) : 0;
		char *name = format("%s[%u]", vector->kind, vector->number);

		strings_take(lines, format("%-14s %-10s %6u %12.0f %14llu", vector->bdf, name,
					   vector->irq, often,
					   (unsigned long long)vector->count));
		free(name);
	}
}

/**
 * sample_lines() - what is to be seen
 * @now: a sample
 * @before: an earlier one for the rates, or NULL
 *
 * Return: lines of text, for strings_free().
 */
struct strings sample_lines(const struct sample *now, const struct sample *before)
{
	double seconds = sample_seconds(now, before);
	struct strings lines = {};

	add_containers(&lines, now, before, seconds);
	strings_add(&lines, "");
	add_processes(&lines, now);
	if (now->processes.unseen)
		strings_take(&lines, format("not seen: " UNSEEN_PROCESSES, now->processes.unseen));
	strings_add(&lines, "");
	add_vectors(&lines, now, before, seconds);
	return lines;
}
