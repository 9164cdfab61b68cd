// SPDX-License-Identifier: GPL-2.0-only
#include "latency.h"

#define STEP_BITS	5

/* Below 32 each value has its bucket; then each power of two has 32. */
static unsigned int bucket_of(uint64_t ns)
{
	unsigned int power;

	if (ns < LATENCY_STEPS)
		return ns;
	power = 63 - __builtin_clzll(ns) - STEP_BITS;
	return power * LATENCY_STEPS + (ns >> power);
}

static uint64_t end_of(unsigned int bucket)
{
	unsigned int power = bucket / LATENCY_STEPS;

	if (!power)
		return bucket;
	power--;
	return ((bucket % LATENCY_STEPS + LATENCY_STEPS + 1ull) << power) - 1;
}

void latency_add(struct latency *latency, uint64_t ns)
{
	if (!latency->count || ns < latency->least)
		latency->least = ns;
	if (ns > latency->most)
		latency->most = ns;
	latency->count++;
	latency->sum += ns;
	latency->buckets[bucket_of(ns)]++;
}

void latency_merge(struct latency *into, const struct latency *from)
{
	if (from->count && (!into->count || from->least < into->least))
		into->least = from->least;
	if (from->most > into->most)
		into->most = from->most;
	into->count += from->count;
	into->sum += from->sum;
	for (unsigned int i = 0; i < sizeof(into->buckets) / sizeof(into->buckets[0]); i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t latency_percentile(const struct latency *latency, double share)
{
	uint64_t wanted = share * latency->count, seen = 0;
	unsigned int i;

	/* At least one, and as many as it takes for the share to be reached. */
	if (wanted < share * latency->count || !wanted)
		wanted++;
	for (i = 0; i < sizeof(latency->buckets) / sizeof(latency->buckets[0]) - 1; i++) {
		seen += latency->buckets[i];
		if (seen >= wanted)
			break;
	}
	return end_of(i) < latency->most ? end_of(i) : latency->most;
}
