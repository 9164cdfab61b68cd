/* SPDX-License-Identifier: GPL-2.0-only */
/* Many durations, and what share of them was how short: to 1/32 of the value, in fixed room. */
#ifndef NVME_LATENCY_H
#define NVME_LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS	32	/* of each power of two */

struct latency {
	uint64_t count, sum, least, most;
	uint64_t buckets[60 * LATENCY_STEPS];
};

void latency_add(struct latency *latency, uint64_t ns);
void latency_merge(struct latency *into, const struct latency *from);
/* The duration, rounded up to its bucket's end, that @share (0 to 1) of all do not exceed. */
uint64_t latency_percentile(const struct latency *latency, double share);

#endif
