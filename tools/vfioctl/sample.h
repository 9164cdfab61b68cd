/* SPDX-License-Identifier: GPL-2.0-only */
/* What top looks at, at one moment; two of them make rates. */
#ifndef VFIOCTL_SAMPLE_H
#define VFIOCTL_SAMPLE_H

#include "debugfs.h"
#include "interrupts.h"
#include "processes.h"

struct sample {
	double time;			/* seconds of a clock that only goes on */
	struct debugfs *debugfs;
	struct processes processes;
	struct vectors vectors;
};

/* As for printf(), with sample.processes.unseen. */
#define UNSEEN_PROCESSES	"the files of %zu processes are not visible without root"

struct sample *sample_take(void);
void sample_free(struct sample *sample);
double sample_seconds(const struct sample *now, const struct sample *before);
double sample_rate(uint64_t now, uint64_t before, double seconds);
const struct container_row *sample_container(const struct sample *sample, uint64_t id);
struct strings sample_lines(const struct sample *now, const struct sample *before);

#endif
