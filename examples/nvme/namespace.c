// SPDX-License-Identifier: GPL-2.0-only
#include "namespace.h"

#include "../story.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Identify. */

int identity_length(const char *field, int length)
{
	while (length && (field[length - 1] == ' ' || !field[length - 1]))
		length--;
	return length;
}

static void print_controller(const struct nvme *nvme)
{
	const struct nvme_identity *is = &nvme->identity;

	printf("model      %.*s\n", identity_text(is->model));
	printf("serial     %.*s\n", identity_text(is->serial));
	printf("firmware   %.*s\n", identity_text(is->firmware));
	printf("version    %u.%u.%u\n", is->version >> 16, is->version >> 8 & 0xff,
	       is->version & 0xff);
	printf("registers  queues of up to %u entries, ready within %u ms, doorbells %u bytes apart\n",
	       NVME_CAP_MQES(nvme->cap) + 1, NVME_CAP_TO(nvme->cap) * 500,
	       4u << NVME_CAP_DSTRD(nvme->cap));
	if (is->max_transfer)
		printf("transfer   up to %zu KiB\n", (nvme->page << is->max_transfer) / 1024);
	else
		printf("transfer   of any size\n");
	printf("cache      %s\n", is->write_cache & 1 ? "volatile; flushed at the end of a write" :
	       "none that a loss of power empties");
}

static const struct nvme_namespace_identity *identify_namespace(struct nvme *nvme, uint32_t id)
{
	nvme_identify(nvme, NVME_IDENTIFY_NAMESPACE, id);
	return nvme->identify.vaddr;
}

static void print_namespace(const struct nvme_namespace_identity *is, uint32_t id)
{
	unsigned int in_use = is->format & 0xf;
	uint64_t block = 1ull << is->format_list[in_use].block_shift;

	printf("namespace  %u: %llu blocks of %llu bytes, %llu MiB\n", id,
	       (unsigned long long)is->blocks, (unsigned long long)block,
	       (unsigned long long)(is->blocks * block >> 20));
	for (unsigned int i = 0; i <= is->formats && i < 16; i++) {
		const struct nvme_lba_format *format = &is->format_list[i];

		if (!format->block_shift)
			continue;
		printf("  format   %u: %llu bytes + %u of metadata%s\n", i,
		       1ull << format->block_shift, format->metadata,
		       i == in_use ? ", in use" : "");
	}
}

void nvme_print_identity(struct nvme *nvme)
{
	uint32_t ids[NVME_IDENTIFY_SIZE / sizeof(uint32_t)];
	unsigned int count = 0;

	print_controller(nvme);
	nvme_identify(nvme, NVME_IDENTIFY_NAMESPACES, 0);
	memcpy(ids, nvme->identify.vaddr, sizeof(ids));
	for (; count < sizeof(ids) / sizeof(ids[0]) && ids[count]; count++)
		print_namespace(identify_namespace(nvme, ids[count]), ids[count]);
	if (!count)
		printf("namespace  none\n");
}

struct nvme_namespace nvme_namespace(struct nvme *nvme, uint32_t id)
{
	const struct nvme_namespace_identity *is;
	const struct nvme_lba_format *format;

	if (!id || id > nvme->identity.namespaces)
		fail("there is no namespace %u; the drive has numbers up to %u", id,
		     nvme->identity.namespaces);
	is = identify_namespace(nvme, id);
	format = &is->format_list[is->format & 0xf];
	if (!is->blocks)
		fail("namespace %u is not active: it has no blocks", id);
	if (format->block_shift < 9 || format->block_shift > 16)
		fail("namespace %u has blocks of 2^%u bytes: not for this driver", id,
		     format->block_shift);
	if (format->metadata)
		fail("namespace %u has %u bytes of metadata beside each block: not for this "
		     "driver", id, format->metadata);
	return (struct nvme_namespace) {
		.id = id, .blocks = is->blocks, .block_size = 1u << format->block_shift,
	};
}

void namespace_expect(const struct nvme_namespace *ns, uint64_t lba, uint64_t bytes)
{
	uint64_t blocks = bytes / ns->block_size;

	if (!bytes || bytes % ns->block_size)
		fail("%llu bytes are not a number of %u-byte blocks", (unsigned long long)bytes,
		     ns->block_size);
	if (lba >= ns->blocks || ns->blocks - lba < blocks)
		fail("blocks %llu to %llu are not all on the drive, which has %llu",
		     (unsigned long long)lba, (unsigned long long)(lba + blocks - 1),
		     (unsigned long long)ns->blocks);
}

/* Commands. */

bool nvme_submit_io(struct nvme *nvme, struct nvme_queue *queue, const struct nvme_namespace *ns,
		    enum nvme_io_opcode opcode, uint64_t lba, const struct dma_buffer *buffer,
		    size_t offset, size_t length, void *context)
{
	struct nvme_slot *slot = queue_slot(queue);
	struct nvme_command command = {
		.opcode = opcode,
		.namespace = ns->id,
		.cdw10 = (uint32_t)lba,
		.cdw11 = lba >> 32,
		.cdw12 = length / ns->block_size - 1,
	};

	if (!slot)
		return false;
	if (length > nvme->max_transfer || length / ns->block_size > 0x10000)
		fail("%zu bytes are more than a command of this drive moves", length);
	if (!prp_build(command.prp, &slot->list, buffer, offset, length, nvme->page))
		fail("%zu bytes at %zu of a buffer of %zu cannot be named to the drive", length,
		     offset, buffer->size);
	queue_submit(queue, slot, &command, context);
	return true;
}

static void keep_status(void *arg, struct nvme_queue *queue, const struct nvme_result *result)
{
	(void)queue;
	*(uint16_t *)arg = result->status;
}

static uint16_t wait_for_status(struct nvme *nvme)
{
	struct nvme_wait wait;
	uint16_t status = 0;

	wait_init(&wait, nvme->io, 1);
	while (queue_under_way(nvme->io))
		if (!wait_for_answers(&wait, keep_status, &status))
			nvme_recover(nvme, keep_status, &status);
	wait_free(&wait);
	return status;
}

uint16_t nvme_io(struct nvme *nvme, const struct nvme_namespace *ns, enum nvme_io_opcode opcode,
		 uint64_t lba, const struct dma_buffer *buffer, size_t length)
{
	nvme_submit_io(nvme, nvme->io, ns, opcode, lba, buffer, 0, length, nvme);
	return wait_for_status(nvme);
}

uint16_t nvme_flush(struct nvme *nvme, const struct nvme_namespace *ns)
{
	struct nvme_command command = { .opcode = NVME_FLUSH, .namespace = ns->id };

	if (!(nvme->identity.write_cache & 1))
		return 0;
	queue_submit(nvme->io, queue_slot(nvme->io), &command, nvme);
	return wait_for_status(nvme);
}
