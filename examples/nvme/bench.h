/* SPDX-License-Identifier: GPL-2.0-only */
/* How many commands in a second, and how long each takes. */
#ifndef NVME_BENCH_H
#define NVME_BENCH_H

#include "namespace.h"

struct bench_options {
	size_t size;		/* bytes of a command, whole blocks */
	bool random;		/* anywhere on the drive, else one after another */
	bool overwrite;		/* write instead of read */
	uint64_t ios;		/* how many in all; 0: for @seconds */
	unsigned int seconds;
	bool json;
};

/* On all queues, a thread for each. Prints the result; false, and says why, if it failed. */
bool nvme_bench(struct nvme *nvme, const struct nvme_namespace *ns,
		const struct bench_options *options);

#endif
