// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include "../story.h"
#include "latency.h"
#include "status.h"
#include "stop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	const struct bench_options *options;
	struct nvme *nvme;
	const struct nvme_namespace *ns;
	struct nvme_queue *queue;	/* this thread's alone */
	struct nvme_wait wait;
	struct dma_buffer buffer;	/* a part of it for each command */
	size_t *offsets;		/* a command's context: where its part is */
	uint64_t left;			/* commands to give */
	uint64_t end;			/* when to give no more, ns; 0: never */
	uint64_t random;		/* state of the generator */
	uint64_t place;			/* the last one, in commands from the start */
	uint16_t status;		/* the first that is not zero */
	bool stuck;			/* a command was not answered in time */
	struct latency latency;
	pthread_t thread;
};

/* xorshift64: the same places in each run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t next_lba(struct worker *worker)
{
	uint64_t blocks = worker->options->size / worker->ns->block_size;
	uint64_t places = worker->ns->blocks / blocks;

	if (worker->options->random)
		worker->place = next_random(&worker->random) % places;
	else if (++worker->place >= places)
		worker->place = 0;
	return worker->place * blocks;
}

static void give(struct worker *worker, size_t *offset)
{
	enum nvme_io_opcode opcode = worker->options->overwrite ? NVME_WRITE : NVME_READ;

	if (!worker->left)
		return;
	worker->left--;
	nvme_submit_io(worker->nvme, worker->queue, worker->ns, opcode, next_lba(worker),
		       &worker->buffer, *offset, worker->options->size, offset);
}

static void answer(void *arg, struct nvme_queue *queue, const struct nvme_result *result)
{
	struct worker *worker = arg;

	(void)queue;
	latency_add(&worker->latency, result->latency);
	if (result->status) {
		worker->status = result->status;
		worker->left = 0;
	}
	give(worker, result->context);
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < worker->nvme->options.depth; i++)
		give(worker, &worker->offsets[i]);
	while (queue_under_way(worker->queue)) {
		if (!wait_for_answers(&worker->wait, answer, worker)) {
			worker->stuck = true;
			break;
		}
		if (stop_asked() || (worker->end && now() >= worker->end))
			worker->left = 0;
	}
	return NULL;
}

static void prepare(struct worker *worker, struct nvme *nvme, const struct nvme_namespace *ns,
		    const struct bench_options *options, unsigned int index)
{
	unsigned int queues = nvme->options.queues, depth = nvme->options.depth;
	uint64_t places = ns->blocks / (options->size / ns->block_size);
	/* Parts that do not begin on a page would take one entry more. */
	size_t part = (options->size + nvme->page - 1) / nvme->page * nvme->page;

	*worker = (struct worker) {
		.options = options, .nvme = nvme, .ns = ns, .queue = &nvme->io[index],
		.buffer = pool_take(&nvme->pool, depth * part),
		.offsets = calloc(depth, sizeof(*worker->offsets)),
		.left = options->ios ? options->ios / queues + (index < options->ios % queues) :
			UINT64_MAX,
		.random = 0x9e3779b97f4a7c15 * (index + 1),
		.place = places / queues * index,
	};
	if (!worker->offsets)
		fail("out of memory");
	for (unsigned int i = 0; i < depth; i++)
		worker->offsets[i] = i * part;
	wait_init(&worker->wait, worker->queue, 1);
}

/* The workers' threads, from start to end; returns how long that took, in ns. */
static uint64_t run(struct worker *workers, unsigned int count, unsigned int seconds)
{
	uint64_t start = now();

	for (unsigned int i = 0; i < count; i++) {
		if (workers[i].left == UINT64_MAX)
			workers[i].end = start + seconds * 1000000000ull;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("cannot create a thread");
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	return now() - start;
}

/* What it costs to look at a queue that has no answer, in ns. */
static double cost_of_look(struct nvme_wait *wait)
{
	const unsigned int times = 10000;
	uint64_t looks = wait->looks, least = UINT64_MAX;

	/* The shortest of some: one into which no interrupt fell. */
	for (int i = 0; i < 20; i++) {
		uint64_t start = now(), taken;

		wait_look(wait, times);
		taken = now() - start;
		least = taken < least ? taken : least;
	}
	wait->looks = looks;
	return (double)least / times;
}

struct sum {
	struct latency latency;
	uint64_t ns, looks, wakes, interrupts;
	double look_ns;
};

static void print_json(const struct sum *sum, const struct bench_options *options)
{
	printf("{\"ios\": %llu, \"size\": %zu, \"ns\": %llu, \"iops\": %.0f, \"looks\": %llu, "
	       "\"look_ns\": %.2f, \"wakes\": %llu, \"interrupts\": %llu, \"latency_ns\": "
	       "{\"least\": %llu, \"mean\": %.0f, \"p50\": %llu, \"p90\": %llu, \"p99\": %llu, "
	       "\"p99.9\": %llu, \"most\": %llu}}\n",
	       (unsigned long long)sum->latency.count, options->size, (unsigned long long)sum->ns,
	       sum->latency.count * 1e9 / sum->ns, (unsigned long long)sum->looks, sum->look_ns,
	       (unsigned long long)sum->wakes, (unsigned long long)sum->interrupts,
	       (unsigned long long)sum->latency.least,
	       (double)sum->latency.sum / sum->latency.count,
	       (unsigned long long)latency_percentile(&sum->latency, 0.5),
	       (unsigned long long)latency_percentile(&sum->latency, 0.9),
	       (unsigned long long)latency_percentile(&sum->latency, 0.99),
	       (unsigned long long)latency_percentile(&sum->latency, 0.999),
	       (unsigned long long)sum->latency.most);
}

static void print_words(const struct sum *sum, const struct nvme *nvme,
			const struct bench_options *options)
{
	const struct latency *latency = &sum->latency;
	double seconds = sum->ns / 1e9;

	printf("bench      %llu %s %s of %zu bytes on %u queues of depth %u, %s\n",
	       (unsigned long long)latency->count, options->random ? "random" : "sequential",
	       options->overwrite ? "writes" : "reads", options->size, nvme->options.queues,
	       nvme->options.depth, nvme->options.polled ? "polled" : "by interrupt");
	printf("rate       %.0f IOPS, %.1f MiB/s, in %.3f s\n", latency->count / seconds,
	       latency->count * options->size / seconds / (1 << 20), seconds);
	printf("latency    in us: %.1f least, %.1f mean, %.1f most\n", latency->least / 1e3,
	       (double)latency->sum / latency->count / 1e3, latency->most / 1e3);
	printf("           of 50 %% up to %.1f, of 90 %% %.1f, of 99 %% %.1f, of 99.9 %% %.1f\n",
	       latency_percentile(latency, 0.5) / 1e3, latency_percentile(latency, 0.9) / 1e3,
	       latency_percentile(latency, 0.99) / 1e3, latency_percentile(latency, 0.999) / 1e3);
	if (nvme->options.polled)
		printf("waiting    %llu looks without an answer, %.1f ns each\n",
		       (unsigned long long)sum->looks, sum->look_ns);
	else
		printf("waiting    asleep %llu times, %llu interrupts\n",
		       (unsigned long long)sum->wakes, (unsigned long long)sum->interrupts);
}

static void add(struct sum *sum, struct worker *worker)
{
	latency_merge(&sum->latency, &worker->latency);
	sum->looks += worker->wait.looks;
	sum->wakes += worker->wait.wakes;
	sum->interrupts += queue_interrupts(worker->queue);
}

static void ignore(void *arg, struct nvme_queue *queue, const struct nvme_result *result)
{
	(void)arg;
	(void)queue;
	(void)result;
}

/* Until nothing is under way on any queue, by the controller's reset if need be. */
static void settle(struct nvme *nvme, const struct worker *workers)
{
	for (unsigned int i = 0; i < nvme->options.queues; i++)
		if (workers[i].stuck)
			nvme_recover(nvme, ignore, NULL);
}

static bool went_well(struct nvme *nvme, const struct worker *workers)
{
	bool well = true;

	for (unsigned int i = 0; i < nvme->options.queues; i++) {
		if (workers[i].status)
			complain("queue %u: %s", i + 1, nvme_status_text(workers[i].status));
		well &= !workers[i].stuck && !workers[i].status;
	}
	return well;
}

bool nvme_bench(struct nvme *nvme, const struct nvme_namespace *ns,
		const struct bench_options *options)
{
	unsigned int count = nvme->options.queues;
	struct worker *workers = calloc(count, sizeof(*workers));
	struct sum *sum = calloc(1, sizeof(*sum));
	bool well;

	if (!workers || !sum)
		fail("out of memory");
	namespace_expect(ns, 0, options->size);
	for (unsigned int i = 0; i < count; i++)
		prepare(&workers[i], nvme, ns, options, i);
	if (nvme->options.polled)
		sum->look_ns = cost_of_look(&workers[0].wait);

	sum->ns = run(workers, count, options->seconds);
	settle(nvme, workers);
	well = went_well(nvme, workers);
	for (unsigned int i = 0; i < count; i++) {
		add(sum, &workers[i]);
		wait_free(&workers[i].wait);
		free(workers[i].offsets);
	}
	if (!sum->latency.count)
		well = false;
	else if (options->json)
		print_json(sum, options);
	else
		print_words(sum, nvme, options);
	free(workers);
	free(sum);
	return well;
}
