/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program does without a command: the whole way once, told line by line. */
#ifndef NVME_TALE_H
#define NVME_TALE_H

#include "namespace.h"

struct tale {
	const char *expected, *written;	/* lines of text; NULL: none */
	uint64_t expect_lba, write_lba;	/* where they are, or go */
};

#define TALE_SIZE	8192		/* bytes of text at each place */

/* Options for nvme_open() that need little memory. */
extern const struct nvme_options tale_options;

/*
 * Read and write as @tale says; then have the drive read a block into memory that is not
 * mapped any more, which the IOMMU must block.
 */
void nvme_tell(struct nvme *nvme, const struct nvme_namespace *ns, const struct tale *tale);

#endif
