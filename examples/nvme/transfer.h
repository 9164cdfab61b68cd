/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks between a drive and a file, with as many commands under way as the queues hold. */
#ifndef NVME_TRANSFER_H
#define NVME_TRANSFER_H

#include "namespace.h"

enum transfer_kind {
	TRANSFER_READ,		/* from the drive into the file */
	TRANSFER_WRITE,		/* from the file to the drive */
	TRANSFER_VERIFY,	/* read from the drive, and compare with the file */
};

/*
 * The @bytes, whole blocks, from block @lba on, which are the file @fd from its start on.
 * A command that was lost is given once more. False, and says why, if not all went well.
 */
bool nvme_transfer(struct nvme *nvme, const struct nvme_namespace *ns, enum transfer_kind kind,
		   uint64_t lba, uint64_t bytes, int fd);

#endif
