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

struct sample *sample_take(void);
void sample_free(struct sample *sample);
struct strings sample_lines(const struct sample *now, const struct sample *before);

#endif
