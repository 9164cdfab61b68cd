// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of VFIO in documents. Who opened a container need not have it any more, as descriptors
 * can be passed on: so both are told, and of memory whose it is.
 */
#include "usage.h"

#include <stdlib.h>

static void add_name(struct json_object *process, int pid, const char *name)
{
	add_number(process, "pid", pid);
	add_text(process, "name", name);
}

static void add_process(struct json_object *object, const char *key, int pid, const char *name)
{
	if (pid)
		add_name(add_object(object, key), pid, name);
	else
		add_text(object, key, NULL);
}

/* Not told: null. */
static void add_count(struct json_object *object, const char *key, int64_t count)
{
	if (count < 0)
		add_text(object, key, NULL);
	else
		add_number(object, key, count);
}

static void append_group(struct json_object *array, const char *name)
{
	json_object_array_add(array, json_object_new_int(group_number_of(name)));
}

static void add_words(struct json_object *object, const char *key, const struct strings *words)
{
	struct json_object *array = add_array(object, key);

	for (size_t i = 0; i < words->count; i++)
		append_text(array, words->items[i]);
}

/* The words of a list with commas, "-" for none. */
static void add_list(struct json_object *object, const char *key, const char *list,
		     void (*append)(struct json_object *array, const char *word))
{
	struct json_object *array = add_array(object, key);
	const char *at = list;

	while (*at && !same(list, "-")) {
		int length = 0;
		char *word;

		while (at[length] && at[length] != ',')
			length++;
		word = format("%.*s", length, at);
		append(array, word);
		free(word);
		at += length + (at[length] == ',');
	}
}

/* Processes that have a file of the container open. */
static void add_container_holders(struct json_object *object, const struct sample *sample,
				  const struct container_row *row)
{
	struct json_object *array = add_array(object, "holders");
	char *id = format("%llu", (unsigned long long)row->id);

	for (size_t i = 0; i < sample->processes.count; i++) {
		const struct process *process = &sample->processes.items[i];

		if (strings_have(&process->containers, id))
			add_name(append_object(array), process->pid, process->name);
	}
	free(id);
}

static struct json_object *describe_container(struct json_object *array,
					      const struct sample *sample,
					      const struct container_row *row)
{
	struct json_object *object = append_object(array);

	add_number(object, "container", (int64_t)row->id);
	add_text(object, "iommu", same(row->iommu, "-") ? NULL : row->iommu);
	add_number(object, "type", row->type);
	add_process(object, "opener", row->pid, row->name);
	add_container_holders(object, sample, row);
	add_list(object, "groups", row->groups, append_group);
	add_number(object, "mappings", (int64_t)row->mappings);
	add_number(object, "mapped", (int64_t)row->mapped);
	add_number(object, "pinned", (int64_t)row->pinned);
	add_number(object, "maps", (int64_t)row->maps);
	add_number(object, "unmaps", (int64_t)row->unmaps);
	return object;
}

static void add_group_holders(struct json_object *object, const struct sample *sample,
			      const char *group)
{
	struct json_object *array = add_array(object, "holders");

	for (size_t i = 0; i < sample->processes.count; i++) {
		const struct process *process = &sample->processes.items[i];

		if (strings_have(&process->groups, group))
			add_name(append_object(array), process->pid, process->name);
	}
}

static void describe_group(struct json_object *array, const struct sample *sample, const char *name,
			   const struct group_row *row)
{
	struct json_object *object = append_object(array);

	add_number(object, "group", group_number_of(name));
	add_count(object, "container", row && row->container ? (int64_t)row->container : -1);
	add_count(object, "open_devices", row ? row->open : -1);
	add_process(object, "opener", row ? row->pid : 0, row ? row->name : NULL);
	add_group_holders(object, sample, name);
}

/* What the kernel says is open, and else what a process is seen to have open. */
static void describe_groups(struct json_object *array, const struct sample *sample)
{
	struct strings seen = {};

	for (size_t i = 0; i < sample->debugfs->groups_count; i++) {
		const struct group_row *row = &sample->debugfs->groups[i];

		if (row->pid) {
			describe_group(array, sample, row->group, row);
			strings_add(&seen, row->group);
		}
	}
	for (size_t i = 0; i < sample->processes.count; i++) {
		const struct strings *groups = &sample->processes.items[i].groups;

		for (size_t j = 0; j < groups->count; j++) {
			if (strings_have(&seen, groups->items[j]))
				continue;
			describe_group(array, sample, groups->items[j], NULL);
			strings_add(&seen, groups->items[j]);
		}
	}
	strings_free(&seen);
}

static struct json_object *describe_vector(struct json_object *array, const struct vector *vector)
{
	struct json_object *object = append_object(array);

	add_text(object, "kind", vector->kind);
	add_number(object, "vector", vector->number);
	add_number(object, "irq", vector->irq);
	add_number(object, "count", (int64_t)vector->count);
	return object;
}

static void add_vectors(struct json_object *object, const struct sample *sample, const char *bdf)
{
	struct json_object *array = add_array(object, "vectors");

	for (size_t i = 0; i < sample->vectors.count; i++)
		if (same(sample->vectors.items[i].bdf, bdf))
			describe_vector(array, &sample->vectors.items[i]);
}

static void describe_device(struct json_object *array, const struct sample *sample, const char *bdf,
			    int group, const struct device_row *row)
{
	struct json_object *object = append_object(array);

	add_text(object, "bdf", bdf);
	add_count(object, "group", group);
	add_text(object, "driver", row ? row->driver : NULL);
	add_count(object, "open", row ? row->open : -1);
	add_process(object, "opener", row && row->open ? row->pid : 0, row ? row->name : NULL);
	if (row)
		add_list(object, "interrupts", row->interrupts, append_text);
	else
		add_text(object, "interrupts", NULL);
	add_vectors(object, sample, bdf);
}

/* Devices in use; without the tables, those that are seen to have interrupts enabled. */
static void describe_devices(struct json_object *array, const struct sample *sample,
			     const struct host *host)
{
	struct strings seen = {};

	for (size_t i = 0; i < sample->debugfs->devices_count; i++) {
		const struct device_row *row = &sample->debugfs->devices[i];

		if (row->open) {
			describe_device(array, sample, row->bdf, group_number_of(row->group), row);
			strings_add(&seen, row->bdf);
		}
	}
	for (size_t i = 0; i < sample->vectors.count; i++) {
		const char *bdf = sample->vectors.items[i].bdf;
		const struct device *device = host_device(host, bdf);

		if (strings_have(&seen, bdf))
			continue;
		describe_device(array, sample, bdf, device ? device->group_number : NO_GROUP, NULL);
		strings_add(&seen, bdf);
	}
	strings_free(&seen);
}

static void describe_process(struct json_object *array, const struct process *process)
{
	struct json_object *object = append_object(array), *groups;

	add_name(object, process->pid, process->name);
	add_number(object, "locked", (int64_t)process->locked);
	add_number(object, "pinned", (int64_t)process->pinned);
	add_number(object, "container_files", (int64_t)process->container_files);
	add_number(object, "device_files", (int64_t)process->device_files);
	add_words(object, "containers", &process->containers);
	groups = add_array(object, "groups");
	for (size_t i = 0; i < process->groups.count; i++)
		append_group(groups, process->groups.items[i]);
	add_words(object, "devices", &process->devices);
}

static void describe_processes(struct json_object *array, const struct sample *sample)
{
	for (size_t i = 0; i < sample->processes.count; i++)
		describe_process(array, &sample->processes.items[i]);
}

static void add_source(struct json_object *all, const struct sample *sample)
{
	add_text(all, "source", sample->debugfs->why_not ? "proc" : "debugfs");
	if (sample->debugfs->why_not)
		document_unseen(all, "%s", sample->debugfs->why_not);
}

/**
 * usage_describe() - who has what open, and how much memory it keeps
 * @all: the document that gets it
 * @sample: of now
 * @host: of now
 */
void usage_describe(struct json_object *all, const struct sample *sample, const struct host *host)
{
	struct json_object *array;

	add_source(all, sample);
	array = add_array(all, "containers");
	for (size_t i = 0; i < sample->debugfs->containers_count; i++)
		describe_container(array, sample, &sample->debugfs->containers[i]);
	describe_groups(add_array(all, "groups"), sample);
	describe_devices(add_array(all, "devices"), sample, host);
	describe_processes(add_array(all, "processes"), sample);
}

/* Null where there is nothing to compare with: *@before is not there. */
static void add_rate(struct json_object *object, const char *key, uint64_t now,
		     const uint64_t *before, double seconds)
{
	if (before)
		add_real(object, key, sample_rate(now, *before, seconds));
	else
		add_text(object, key, NULL);
}

static void describe_container_rates(struct json_object *array, const struct sample *now,
				     const struct sample *before, const struct container_row *row)
{
	struct json_object *object = describe_container(array, now, row);
	const struct container_row *old = sample_container(before, row->id);
	double seconds = sample_seconds(now, before);

	add_rate(object, "maps_per_second", row->maps, old ? &old->maps : NULL, seconds);
	add_rate(object, "unmaps_per_second", row->unmaps, old ? &old->unmaps : NULL, seconds);
}

static void describe_vector_rate(struct json_object *array, const struct sample *now,
				 const struct sample *before, const struct vector *vector)
{
	struct json_object *object = describe_vector(array, vector);
	const struct vector *old = before ? vectors_find(&before->vectors, vector) : NULL;

	add_text(object, "bdf", vector->bdf);
	add_rate(object, "per_second", vector->count, old ? &old->count : NULL,
		 sample_seconds(now, before));
}

/**
 * usage_describe_rates() - what users do, and how often
 * @all: the document that gets it
 * @now: a sample
 * @before: an earlier one for the rates, or NULL
 */
void usage_describe_rates(struct json_object *all, const struct sample *now,
			  const struct sample *before)
{
	struct json_object *array;

	add_source(all, now);
	if (now->processes.unseen)
		document_unseen(all, UNSEEN_PROCESSES, now->processes.unseen);
	if (before)
		add_real(all, "seconds", sample_seconds(now, before));
	else
		add_text(all, "seconds", NULL);
	array = add_array(all, "containers");
	for (size_t i = 0; i < now->debugfs->containers_count; i++)
		describe_container_rates(array, now, before, &now->debugfs->containers[i]);
	describe_processes(add_array(all, "processes"), now);
	array = add_array(all, "vectors");
	for (size_t i = 0; i < now->vectors.count; i++)
		describe_vector_rate(array, now, before, &now->vectors.items[i]);
}
