/* SPDX-License-Identifier: GPL-2.0-only */
/* A namespace: a number of blocks, of a size. And the commands that read and write them. */
#ifndef NVME_NAMESPACE_H
#define NVME_NAMESPACE_H

#include "controller.h"

struct nvme_namespace {
	uint32_t id;
	uint64_t blocks;
	uint32_t block_size;
};

/* Text in the drive's answers is padded with spaces: for "%.*s". */
int identity_length(const char *field, int length);
#define identity_text(field)	identity_length(field, sizeof(field)), field

/* What the drive says about itself and its namespaces, printed. */
void nvme_print_identity(struct nvme *nvme);

/* Fails if there is no namespace @id, or it is not one that this driver reads and writes. */
struct nvme_namespace nvme_namespace(struct nvme *nvme, uint32_t id);
/* Fails unless the @bytes from block @lba on are whole blocks and all there. */
void namespace_expect(const struct nvme_namespace *ns, uint64_t lba, uint64_t bytes);

/*
 * Read or write (NVME_READ, NVME_WRITE) the @length bytes, whole blocks, from block @lba on,
 * to or from @offset in @buffer. False if @queue is full.
 */
bool nvme_submit_io(struct nvme *nvme, struct nvme_queue *queue, const struct nvme_namespace *ns,
		    enum nvme_io_opcode opcode, uint64_t lba, const struct dma_buffer *buffer,
		    size_t offset, size_t length, void *context);
/* The same, on the first queue, and wait for the answer; returns its status. */
uint16_t nvme_io(struct nvme *nvme, const struct nvme_namespace *ns, enum nvme_io_opcode opcode,
		 uint64_t lba, const struct dma_buffer *buffer, size_t length);
/* What was written is to survive a loss of power. Returns the status. */
uint16_t nvme_flush(struct nvme *nvme, const struct nvme_namespace *ns);

#endif
