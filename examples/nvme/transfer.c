// SPDX-License-Identifier: GPL-2.0-only
#include "transfer.h"

#include "../story.h"
#include "status.h"
#include "stop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command's part of the whole, and its memory. */
struct piece {
	enum { IDLE, READY, UNDER_WAY } state;
	size_t buffer_offset;
	uint64_t position;	/* in the file, and on the drive from lba on */
	size_t length;
	bool again;		/* it was lost once */
};

struct transfer {
	struct nvme *nvme;
	const struct nvme_namespace *ns;
	enum transfer_kind kind;
	uint64_t lba, bytes;
	int fd;
	uint64_t next;		/* position of the next piece */
	struct dma_buffer buffer;
	char *expected;		/* what the file has, to compare with */
	size_t piece_size;	/* of all but the last */
	struct piece *pieces;	/* depth * queues */
	unsigned int count, under_way;
	bool failed;
};

/* Files. */

static bool file_read(const struct transfer *t, char *data, const struct piece *piece)
{
	for (size_t done = 0; done < piece->length;) {
		ssize_t got = pread(t->fd, data + done, piece->length - done,
				    piece->position + done);

		if (got <= 0) {
			complain("cannot read the file: %s", got ? strerror(errno) : "it ends early");
			return false;
		}
		done += got;
	}
	return true;
}

static bool file_write(const struct transfer *t, const char *data, const struct piece *piece)
{
	for (size_t done = 0; done < piece->length;) {
		ssize_t put = pwrite(t->fd, data + done, piece->length - done,
				     piece->position + done);

		if (put < 0) {
			complain("cannot write the file: %s", strerror(errno));
			return false;
		}
		done += put;
	}
	return true;
}

/* Pieces. */

static char *data_of(const struct transfer *t, const struct piece *piece)
{
	return (char *)t->buffer.vaddr + piece->buffer_offset;
}

static uint64_t lba_of(const struct transfer *t, const struct piece *piece)
{
	return t->lba + piece->position / t->ns->block_size;
}

static bool differs(const struct transfer *t, const struct piece *piece)
{
	const char *data = data_of(t, piece);
	size_t same = 0;

	if (!file_read(t, t->expected, piece))
		return true;
	while (same < piece->length && data[same] == t->expected[same])
		same++;
	if (same == piece->length)
		return false;
	complain("block %llu is not as in the file, from its byte %zu on",
		 (unsigned long long)lba_of(t, piece) + same / t->ns->block_size,
		 same % t->ns->block_size);
	return true;
}

/* The next part of the whole, if there is one, with its data if it is to be written. */
static void prepare(struct transfer *t, struct piece *piece)
{
	uint64_t left = t->bytes - t->next;

	if (!left || t->failed)
		return;
	if (stop_asked()) {
		complain("interrupted after %llu of %llu bytes", (unsigned long long)t->next,
			 (unsigned long long)t->bytes);
		t->failed = true;
		return;
	}
	piece->position = t->next;
	piece->length = left < t->piece_size ? left : t->piece_size;
	piece->again = false;
	t->next += piece->length;
	if (t->kind == TRANSFER_WRITE)
		t->failed = !file_read(t, data_of(t, piece), piece);
	else
		/* So that a transfer that never happens cannot pass for a good one. */
		memset(data_of(t, piece), 0xa5, piece->length);
	if (!t->failed)
		piece->state = READY;
}

static void refused(struct transfer *t, struct piece *piece, uint16_t status)
{
	if (nvme_status_can_retry(status) && !piece->again && !t->failed) {
		piece->again = true;
		piece->state = READY;
		return;
	}
	complain("cannot %s %zu blocks at %llu: %s", t->kind == TRANSFER_WRITE ? "write" : "read",
		 piece->length / t->ns->block_size, (unsigned long long)lba_of(t, piece),
		 nvme_status_text(status));
	t->failed = true;
}

static void answer(void *arg, struct nvme_queue *queue, const struct nvme_result *result)
{
	struct transfer *t = arg;
	struct piece *piece = result->context;

	(void)queue;
	piece->state = IDLE;
	t->under_way--;
	if (result->status)
		refused(t, piece, result->status);
	else if (t->kind == TRANSFER_READ)
		t->failed |= !file_write(t, data_of(t, piece), piece);
	else if (t->kind == TRANSFER_VERIFY)
		t->failed |= differs(t, piece);
}

/* Each piece has its queue, in which there is a slot for it. */
static void submit_all(struct transfer *t)
{
	enum nvme_io_opcode opcode = t->kind == TRANSFER_WRITE ? NVME_WRITE : NVME_READ;

	for (unsigned int i = 0; i < t->count; i++) {
		struct piece *piece = &t->pieces[i];
		struct nvme_queue *queue = &t->nvme->io[i % t->nvme->options.queues];

		if (piece->state == IDLE)
			prepare(t, piece);
		if (piece->state != READY || t->failed)
			continue;
		nvme_submit_io(t->nvme, queue, t->ns, opcode, lba_of(t, piece), &t->buffer,
			       piece->buffer_offset, piece->length, piece);
		piece->state = UNDER_WAY;
		t->under_way++;
	}
}

static void allocate(struct transfer *t)
{
	size_t size = t->piece_size;

	if (!size)
		fail("a command of %zu bytes is not a block of %u", t->nvme->max_transfer,
		     t->ns->block_size);
	t->count = t->nvme->options.queues * t->nvme->options.depth;
	t->pieces = calloc(t->count, sizeof(*t->pieces));
	t->expected = malloc(size);
	if (!t->pieces || !t->expected)
		fail("out of memory");
	t->buffer = pool_take(&t->nvme->pool, t->count * size);
	for (unsigned int i = 0; i < t->count; i++)
		t->pieces[i].buffer_offset = i * size;
}

bool nvme_transfer(struct nvme *nvme, const struct nvme_namespace *ns, enum transfer_kind kind,
		   uint64_t lba, uint64_t bytes, int fd)
{
	struct transfer t = {
		.nvme = nvme, .ns = ns, .kind = kind, .lba = lba, .bytes = bytes, .fd = fd,
		.piece_size = nvme->max_transfer / ns->block_size * ns->block_size,
	};
	struct nvme_wait wait;

	namespace_expect(ns, lba, bytes);
	allocate(&t);
	wait_init(&wait, nvme->io, nvme->options.queues);
	for (submit_all(&t); t.under_way; submit_all(&t))
		if (!wait_for_answers(&wait, answer, &t))
			nvme_recover(nvme, answer, &t);
	wait_free(&wait);
	free(t.pieces);
	free(t.expected);
	return !t.failed;
}
