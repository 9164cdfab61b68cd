// SPDX-License-Identifier: GPL-2.0-only
#include "tale.h"

#include "../story.h"
#include "status.h"

#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#define CANARY_SIZE	4096
#define CANARY_IOVA	0x10000000	/* far from what the pool gives */

const struct nvme_options tale_options = {
	.queues = 1, .depth = 3, .timeout_ms = PATIENCE_MS, .max_transfer = TALE_SIZE,
};

static void transfer(struct nvme *nvme, const struct nvme_namespace *ns,
		     enum nvme_io_opcode opcode, uint64_t lba, const struct dma_buffer *buffer)
{
	uint16_t status;

	namespace_expect(ns, lba, TALE_SIZE);
	status = nvme_io(nvme, ns, opcode, lba, buffer, TALE_SIZE);
	if (status)
		fail("the drive cannot %s %u blocks at %llu: %s",
		     opcode == NVME_READ ? "read" : "write", TALE_SIZE / ns->block_size,
		     (unsigned long long)lba, nvme_status_text(status));
}

/* The line @text over and over, as "yes TEXT | head -c SIZE" prints it. */
static void repeat(char *buffer, const char *text)
{
	size_t length = strlen(text) + 1;

	for (size_t i = 0; i < TALE_SIZE; i++)
		buffer[i] = i % length == length - 1 ? '\n' : text[i % length];
}

static void expect(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
		   const char *text, const struct dma_buffer *buffer)
{
	char expected[TALE_SIZE];

	repeat(expected, text);
	/* So that a transfer that never happens cannot pass for a good one. */
	memset(buffer->vaddr, 0, TALE_SIZE);
	transfer(nvme, ns, NVME_READ, lba, buffer);
	if (memcmp(buffer->vaddr, expected, TALE_SIZE) != 0)
		fail("blocks at %llu do not hold \"%s\"", (unsigned long long)lba, text);
	say("read", "%u blocks at %llu: \"%s\", all %d bytes as expected",
	    TALE_SIZE / ns->block_size, (unsigned long long)lba, text, TALE_SIZE);
}

static void write_text(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
		       const char *text, const struct dma_buffer *buffer)
{
	repeat(buffer->vaddr, text);
	transfer(nvme, ns, NVME_WRITE, lba, buffer);
	if (nvme_flush(nvme, ns))
		fail("the drive cannot write its cache back");
	say("write", "%u blocks at %llu: \"%s\"", TALE_SIZE / ns->block_size,
	    (unsigned long long)lba, text);
	expect(nvme, ns, lba, text, buffer);
}

/* Make the canary differ from the drive's @data in every byte. */
static void fill_canary(struct dma_buffer *canary, const unsigned char *data)
{
	unsigned char *bytes = canary->vaddr;

	for (size_t i = 0; i < CANARY_SIZE; i++)
		bytes[i] = ~data[i];
}

static void try_forbidden_dma(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
			      const struct dma_buffer *buffer)
{
	struct dma_buffer canary = dma_alloc(CANARY_SIZE, CANARY_IOVA);
	const unsigned char *data = buffer->vaddr, *bytes = canary.vaddr;
	size_t same = 0;
	uint16_t status;

	transfer(nvme, ns, NVME_READ, lba, buffer);

	/* The control: while the page is mapped, the same command does reach it. */
	dma_map(&nvme->dev, &canary, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	fill_canary(&canary, data);
	status = nvme_io(nvme, ns, NVME_READ, lba, &canary, CANARY_SIZE);
	if (status || memcmp(bytes, data, CANARY_SIZE) != 0)
		fail("a read into the canary page did not work while it was mapped");
	say("iommu", "mapped: a read of %d bytes reaches the canary page", CANARY_SIZE);

	/* The one place where this program names memory that is not mapped: on purpose. */
	dma_unmap(&nvme->dev, &canary);
	fill_canary(&canary, data);
	status = nvme_io(nvme, ns, NVME_READ, lba, &canary, CANARY_SIZE);
	/* Not every controller notices, so memory is the judge and not the status. */
	while (same < CANARY_SIZE && (bytes[same] ^ data[same]) == 0xff)
		same++;
	if (same != CANARY_SIZE)
		fail("NOT ISOLATED: the drive wrote byte %zu of an unmapped page", same);
	say("", "unmapped: the same read, %zu of %d bytes untouched: blocked (the drive "
	    "says: %s)", same, CANARY_SIZE, nvme_status_text(status));
	dma_free(&canary);
}

void nvme_tell(struct nvme *nvme, const struct nvme_namespace *ns, const struct tale *tale)
{
	struct dma_buffer buffer = pool_take(&nvme->pool, TALE_SIZE);
	const struct nvme_identity *is = &nvme->identity;

	say("identify", "model \"%.*s\", serial \"%.*s\", firmware \"%.*s\"",
	    identity_text(is->model), identity_text(is->serial), identity_text(is->firmware));
	say("namespace", "%u: %llu blocks of %u bytes", ns->id, (unsigned long long)ns->blocks,
	    ns->block_size);
	if (ns->block_size > CANARY_SIZE)
		fail("the tale is told with blocks of up to %d bytes", CANARY_SIZE);
	if (tale->expected)
		expect(nvme, ns, tale->expect_lba, tale->expected, &buffer);
	if (tale->written)
		write_text(nvme, ns, tale->write_lba, tale->written, &buffer);
	try_forbidden_dma(nvme, ns, tale->expect_lba, &buffer);
	say("msi-x", "%llu I/O commands, %llu interrupts on their vector",
	    (unsigned long long)nvme->io->commands,
	    (unsigned long long)queue_interrupts(nvme->io));
}
