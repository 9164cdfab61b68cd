// SPDX-License-Identifier: GPL-2.0-only
/*
 * A complete user-level NVMe driver, small enough to read: controller start, admin queue,
 * identify, one pair of I/O queues, MSI-X, blocks read and written by DMA. main() is the
 * table of contents; vfio_device.c holds what has nothing to do with NVMe. Numbers in
 * comments are sections of the NVM Express Base Specification 1.4.
 *
 * At the end the driver tells the drive to read a block into memory that the program
 * does not map any more, which the IOMMU must block.
 */
#include "story.h"
#include "vfio_device.h"

#include <getopt.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NVME_CLASS	0x010802	/* mass storage, non-volatile memory, NVM Express */

/* Registers in BAR 0 (3.1). */
#define NVME_CAP	0x00	/* 64 bits: what the controller can do */
#define NVME_CC		0x14	/* configuration */
#define NVME_CSTS	0x1c	/* status */
#define NVME_AQA	0x24	/* admin queue sizes */
#define NVME_ASQ	0x28	/* admin submission queue, I/O address */
#define NVME_ACQ	0x30	/* admin completion queue, I/O address */
#define NVME_DOORBELLS	0x1000

#define NVME_CC_ENABLE		(1u << 0)
#define NVME_CC_SHUTDOWN	(1u << 14)
#define NVME_CC_SQ_ENTRY_64	(6u << 16)	/* 2^6 bytes */
#define NVME_CC_CQ_ENTRY_16	(4u << 20)

#define NVME_CSTS_READY		(1u << 0)
#define NVME_CSTS_FATAL		(1u << 1)
#define NVME_CSTS_SHUTDOWN	(3u << 2)
#define NVME_CSTS_SHUTDOWN_DONE	(2u << 2)

enum nvme_admin_opcode {
	NVME_DELETE_SQ = 0x00,
	NVME_CREATE_SQ = 0x01,
	NVME_DELETE_CQ = 0x04,
	NVME_CREATE_CQ = 0x05,
	NVME_IDENTIFY = 0x06,
	NVME_SET_FEATURES = 0x09,
};

enum nvme_io_opcode {
	NVME_WRITE = 0x01,
	NVME_READ = 0x02,
};

#define NVME_QUEUE_PHYSICALLY_CONTIGUOUS	0x1
#define NVME_QUEUE_INTERRUPTS			0x2
#define NVME_FEATURE_NUMBER_OF_QUEUES		0x07
#define NVME_IDENTIFY_NAMESPACE			0
#define NVME_IDENTIFY_CONTROLLER		1

struct nvme_command {		/* 4.2 */
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp1;		/* I/O address of the data's first page ... */
	uint64_t prp2;		/* ... and of the second, if there is one */
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct nvme_completion {	/* 4.6 */
	uint32_t result;
	uint32_t reserved;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t id;
	uint16_t status;	/* bit 0 is the phase */
};

_Static_assert(sizeof(struct nvme_command) == 64, "as CC.IOSQES says");
_Static_assert(sizeof(struct nvme_completion) == 16, "as CC.IOCQES says");

#define DEPTH	16		/* entries of each queue */
#define PAGE	4096		/* the controller's page size, CC.MPS = 0 */

/* One mapping holds all that the controller reaches; these are offsets in pages. */
enum layout {
	ADMIN_SQ, ADMIN_CQ, IO_SQ, IO_CQ, IDENTIFY, DATA, DATA_2, PAGES,
};

#define IOVA_MEMORY	0x100000
#define IOVA_CANARY	0x200000

struct nvme_queue {
	unsigned int id;	/* of both queues, and of the MSI-X vector */
	struct nvme_command *sq;
	volatile struct nvme_completion *cq;
	unsigned int tail;	/* next free entry of sq */
	unsigned int head;	/* next expected entry of cq */
	unsigned int phase;	/* of a new entry there; flips at each round */
	uint16_t command;	/* identifier of the last command */
	uint64_t interrupts;	/* how many there were */
};

struct nvme {
	struct vfio_device dev;
	void *bar;
	size_t bar_size;
	int irqs[2];
	struct dma_buffer memory;
	struct nvme_queue admin, io;
	unsigned int doorbell_stride;
	unsigned int timeout_ms;
	unsigned int block_size;
	uint64_t blocks;
};

static void *page(const struct nvme *nvme, enum layout index)
{
	return (char *)nvme->memory.vaddr + index * PAGE;
}

static uint64_t page_iova(const struct nvme *nvme, enum layout index)
{
	return nvme->memory.iova + index * PAGE;
}

/* Queues. */

static void queue_init(const struct nvme *nvme, struct nvme_queue *queue, unsigned int id,
		       enum layout sq, enum layout cq)
{
	*queue = (struct nvme_queue) {
		.id = id, .sq = page(nvme, sq), .cq = page(nvme, cq), .phase = 1,
	};
}

/* Submission queue tail doorbell, and its completion queue's head doorbell (3.1.24, 3.1.25). */
static void ring(const struct nvme *nvme, unsigned int id, int completion, uint32_t value)
{
	mmio_write32(nvme->bar, NVME_DOORBELLS + (2 * id + completion) * nvme->doorbell_stride,
		     value);
}

static int completed(const struct nvme_queue *queue)
{
	return (queue->cq[queue->head].status & 1) == queue->phase;
}

static void wait_for_completion(const struct nvme *nvme, struct nvme_queue *queue)
{
	uint64_t fired;

	/* An interrupt says "look", the phase bit decides; a few looks are plenty. */
	for (int i = 0; i < 10; i++) {
		fired = vfio_irq_wait(nvme->irqs[queue->id], PATIENCE_MS);
		queue->interrupts += fired;
		if (fired && completed(queue))
			return;
		if (!fired)
			break;
	}
	fail("%s on queue %u in %d s, controller status 0x%x",
	     completed(queue) ? "a completion, but no interrupt" : "no completion", queue->id,
	     PATIENCE_MS / 1000, mmio_read32(nvme->bar, NVME_CSTS));
}

/* Submit one command and wait for it; returns its status, 0 if all is well. */
static unsigned int submit(const struct nvme *nvme, struct nvme_queue *queue,
			   struct nvme_command command)
{
	volatile struct nvme_completion *done = &queue->cq[queue->head];
	unsigned int status;

	command.id = ++queue->command;
	queue->sq[queue->tail] = command;
	queue->tail = (queue->tail + 1) % DEPTH;
	/* The command must be in memory before the controller hears of it ... */
	dma_barrier();
	ring(nvme, queue->id, 0, queue->tail);

	wait_for_completion(nvme, queue);
	/* ... and its results are not to be read before the phase bit that announces them. */
	dma_barrier();
	if (done->id != command.id)
		fail("queue %u completed command %u instead of %u", queue->id, done->id,
		     command.id);
	status = done->status >> 1;
	queue->head = (queue->head + 1) % DEPTH;
	if (!queue->head)
		queue->phase = !queue->phase;
	ring(nvme, queue->id, 1, queue->head);
	return status;
}

static void admin(struct nvme *nvme, const char *what, struct nvme_command command)
{
	unsigned int status = submit(nvme, &nvme->admin, command);

	if (status)
		fail("the controller refuses to %s: status 0x%x", what, status);
}

/* Controller. */

static void wait_for_status(const struct nvme *nvme, uint32_t mask, uint32_t value,
			    const char *what)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };
	uint32_t status = 0;

	for (unsigned int waited = 0; waited <= nvme->timeout_ms; waited++) {
		status = mmio_read32(nvme->bar, NVME_CSTS);
		if ((status & mask) == value)
			return;
		if (status & NVME_CSTS_FATAL)
			break;
		nanosleep(&millisecond, NULL);
	}
	fail("the controller does not become %s: status 0x%x", what, status);
}

static void expect_nvme(const struct vfio_device *dev)
{
	uint32_t class = vfio_config_read(dev, PCI_CLASS_REVISION, 4) >> 8;

	if (class != NVME_CLASS)
		fail("%s has PCI class %06x, but an NVMe controller has %06x", dev->bdf, class,
		     NVME_CLASS);
}

/* 7.6.1, with MSI-X first: a controller may look at its interrupt mode when it is enabled. */
static void nvme_start(struct nvme *nvme)
{
	uint64_t cap;

	nvme->bar = vfio_map_bar(&nvme->dev, VFIO_PCI_BAR0_REGION_INDEX, &nvme->bar_size);
	cap = mmio_read64(nvme->bar, NVME_CAP);
	nvme->doorbell_stride = 4u << (cap >> 32 & 0xf);
	nvme->timeout_ms = (cap >> 24 & 0xff) * 500 + PATIENCE_MS;
	if (cap >> 48 & 0xf)
		fail("the controller cannot use 4 KiB pages");

	mmio_write32(nvme->bar, NVME_CC, 0);
	wait_for_status(nvme, NVME_CSTS_READY, 0, "idle");

	nvme->memory = dma_alloc(PAGES * PAGE, IOVA_MEMORY);
	dma_map(&nvme->dev, &nvme->memory, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	queue_init(nvme, &nvme->admin, 0, ADMIN_SQ, ADMIN_CQ);
	queue_init(nvme, &nvme->io, 1, IO_SQ, IO_CQ);

	vfio_irq_enable(&nvme->dev, VFIO_PCI_MSIX_IRQ_INDEX, nvme->irqs, 2);

	mmio_write32(nvme->bar, NVME_AQA, (DEPTH - 1) << 16 | (DEPTH - 1));
	mmio_write64(nvme->bar, NVME_ASQ, page_iova(nvme, ADMIN_SQ));
	mmio_write64(nvme->bar, NVME_ACQ, page_iova(nvme, ADMIN_CQ));
	dma_barrier();
	mmio_write32(nvme->bar, NVME_CC,
		     NVME_CC_ENABLE | NVME_CC_SQ_ENTRY_64 | NVME_CC_CQ_ENTRY_16);
	wait_for_status(nvme, NVME_CSTS_READY, NVME_CSTS_READY, "ready");
	say("start", "controller ready, %d pages mapped, 2 MSI-X vectors", PAGES);
}

/* An identify field: ASCII, padded with spaces. */
static int trimmed(const char *field, int length)
{
	while (length && field[length - 1] == ' ')
		length--;
	return length;
}

static void nvme_identify(struct nvme *nvme)
{
	const unsigned char *data = page(nvme, IDENTIFY);
	const char *text = page(nvme, IDENTIFY);
	unsigned int format;

	admin(nvme, "identify itself", (struct nvme_command) {
		.opcode = NVME_IDENTIFY,
		.prp1 = page_iova(nvme, IDENTIFY),
		.cdw10 = NVME_IDENTIFY_CONTROLLER,
	});
	say("identify", "model \"%.*s\", serial \"%.*s\", firmware \"%.*s\"",
	    trimmed(text + 24, 40), text + 24, trimmed(text + 4, 20), text + 4,
	    trimmed(text + 64, 8), text + 64);

	admin(nvme, "identify namespace 1", (struct nvme_command) {
		.opcode = NVME_IDENTIFY,
		.namespace = 1,
		.prp1 = page_iova(nvme, IDENTIFY),
		.cdw10 = NVME_IDENTIFY_NAMESPACE,
	});
	memcpy(&nvme->blocks, data, sizeof(nvme->blocks));
	format = data[26] & 0xf;
	nvme->block_size = 1u << data[128 + 4 * format + 2];
	if (!nvme->blocks || nvme->block_size < 512 || nvme->block_size > PAGE)
		fail("namespace 1 has %llu blocks of %u bytes: not for this driver",
		     (unsigned long long)nvme->blocks, nvme->block_size);
	say("namespace", "1: %llu blocks of %u bytes", (unsigned long long)nvme->blocks,
	    nvme->block_size);
}

static void nvme_create_io_queues(struct nvme *nvme)
{
	const struct nvme_queue *io = &nvme->io;

	/* One of each; the controller wants both numbers minus one. */
	admin(nvme, "grant I/O queues", (struct nvme_command) {
		.opcode = NVME_SET_FEATURES,
		.cdw10 = NVME_FEATURE_NUMBER_OF_QUEUES,
		.cdw11 = 0,
	});
	admin(nvme, "create a completion queue", (struct nvme_command) {
		.opcode = NVME_CREATE_CQ,
		.prp1 = page_iova(nvme, IO_CQ),
		.cdw10 = (DEPTH - 1) << 16 | io->id,
		.cdw11 = io->id << 16 | NVME_QUEUE_INTERRUPTS | NVME_QUEUE_PHYSICALLY_CONTIGUOUS,
	});
	admin(nvme, "create a submission queue", (struct nvme_command) {
		.opcode = NVME_CREATE_SQ,
		.prp1 = page_iova(nvme, IO_SQ),
		.cdw10 = (DEPTH - 1) << 16 | io->id,
		.cdw11 = io->id << 16 | NVME_QUEUE_PHYSICALLY_CONTIGUOUS,
	});
	say("queues", "I/O queue pair %u of %d entries, completions by MSI-X vector %u", io->id,
	    DEPTH, io->id);
}

static unsigned int nvme_io(struct nvme *nvme, enum nvme_io_opcode opcode, uint64_t lba,
			    unsigned int blocks, uint64_t prp1, uint64_t prp2)
{
	return submit(nvme, &nvme->io, (struct nvme_command) {
		.opcode = opcode,
		.namespace = 1,
		.prp1 = prp1,
		.prp2 = prp2,
		.cdw10 = (uint32_t)lba,
		.cdw11 = lba >> 32,
		.cdw12 = blocks - 1,
	});
}

/* Two pages between the drive and DATA. */
#define TRANSFER (2 * PAGE)

static void nvme_transfer(struct nvme *nvme, enum nvme_io_opcode opcode, uint64_t lba)
{
	unsigned int blocks = TRANSFER / nvme->block_size, status;

	if (lba >= nvme->blocks || nvme->blocks - lba < blocks)
		fail("block %llu and the %u after it are not on the drive, which has %llu",
		     (unsigned long long)lba, blocks - 1, (unsigned long long)nvme->blocks);
	status = nvme_io(nvme, opcode, lba, blocks, page_iova(nvme, DATA),
			 page_iova(nvme, DATA_2));
	if (status)
		fail("the drive cannot %s %u blocks at %llu: status 0x%x",
		     opcode == NVME_READ ? "read" : "write", blocks, (unsigned long long)lba,
		     status);
}

/* The line @text over and over, as "yes TEXT | head -c SIZE" prints it. */
static char *repeated(const char *text)
{
	size_t length = strlen(text) + 1;
	char *buffer = malloc(TRANSFER);

	if (!buffer)
		fail("out of memory");
	for (size_t i = 0; i < TRANSFER; i++)
		buffer[i] = i % length == length - 1 ? '\n' : text[i % length];
	return buffer;
}

static void nvme_expect(struct nvme *nvme, uint64_t lba, const char *text)
{
	char *expected = repeated(text);

	/* So that a transfer that never happens cannot pass for a good one. */
	memset(page(nvme, DATA), 0, TRANSFER);
	nvme_transfer(nvme, NVME_READ, lba);
	if (memcmp(page(nvme, DATA), expected, TRANSFER) != 0)
		fail("blocks at %llu do not hold \"%s\"", (unsigned long long)lba, text);
	free(expected);
	say("read", "%u blocks at %llu: \"%s\", all %d bytes as expected",
	    TRANSFER / nvme->block_size, (unsigned long long)lba, text, TRANSFER);
}

static void nvme_write(struct nvme *nvme, uint64_t lba, const char *text)
{
	char *data = repeated(text);

	memcpy(page(nvme, DATA), data, TRANSFER);
	nvme_transfer(nvme, NVME_WRITE, lba);
	free(data);
	say("write", "%u blocks at %llu: \"%s\"", TRANSFER / nvme->block_size,
	    (unsigned long long)lba, text);
	nvme_expect(nvme, lba, text);
}

/* Make the canary differ from the drive's @data in every byte. */
static void fill_canary(struct dma_buffer *canary, const unsigned char *data)
{
	unsigned char *bytes = canary->vaddr;

	for (size_t i = 0; i < PAGE; i++)
		bytes[i] = ~data[i];
}

static void nvme_try_forbidden_dma(struct nvme *nvme, uint64_t lba)
{
	struct dma_buffer canary = dma_alloc(PAGE, IOVA_CANARY);
	unsigned int blocks = PAGE / nvme->block_size, status;
	const unsigned char *data = page(nvme, DATA), *bytes = canary.vaddr;
	size_t same = 0;

	nvme_transfer(nvme, NVME_READ, lba);

	/* The control: while the page is mapped, the same command does reach it. */
	dma_map(&nvme->dev, &canary, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	fill_canary(&canary, data);
	status = nvme_io(nvme, NVME_READ, lba, blocks, canary.iova, 0);
	if (status || memcmp(bytes, data, PAGE) != 0)
		fail("a read into the canary page did not work while it was mapped");
	say("canary", "mapped: a read of %u blocks arrives there", blocks);

	dma_unmap(&nvme->dev, &canary);
	fill_canary(&canary, data);
	status = nvme_io(nvme, NVME_READ, lba, blocks, canary.iova, 0);
	/* Not every controller notices, so memory is the judge and not the status. */
	while (same < PAGE && (bytes[same] ^ data[same]) == 0xff)
		same++;
	if (same != PAGE)
		fail("NOT ISOLATED: the drive wrote byte %zu of an unmapped page", same);
	say("", "unmapped: the same read, %zu of %d bytes untouched: blocked (status 0x%x)",
	    same, PAGE, status);
	dma_free(&canary);
}

static void nvme_stop(struct nvme *nvme)
{
	say("msi-x", "%u I/O commands, %llu interrupts on their vector", nvme->io.command,
	    (unsigned long long)nvme->io.interrupts);
	admin(nvme, "delete the submission queue", (struct nvme_command) {
		.opcode = NVME_DELETE_SQ, .cdw10 = nvme->io.id,
	});
	admin(nvme, "delete the completion queue", (struct nvme_command) {
		.opcode = NVME_DELETE_CQ, .cdw10 = nvme->io.id,
	});
	/* A normal shutdown (7.6.2) writes the drive's caches back. */
	mmio_write32(nvme->bar, NVME_CC,
		     mmio_read32(nvme->bar, NVME_CC) | NVME_CC_SHUTDOWN);
	wait_for_status(nvme, NVME_CSTS_SHUTDOWN, NVME_CSTS_SHUTDOWN_DONE, "shut down");
	mmio_write32(nvme->bar, NVME_CC, 0);
	wait_for_status(nvme, NVME_CSTS_READY, 0, "idle");

	vfio_irq_disable(&nvme->dev, VFIO_PCI_MSIX_IRQ_INDEX, nvme->irqs, 2);
	/* Unmap before the memory can become something else. */
	dma_unmap(&nvme->dev, &nvme->memory);
	dma_free(&nvme->memory);
	vfio_unmap_bar(nvme->bar, nvme->bar_size);
}

static void usage(FILE *stream)
{
	fprintf(stream,
		"usage: nvme [OPTION]... BDF\n"
		"Drive the NVMe controller at PCI address BDF, bound to vfio-pci, through VFIO.\n"
		"Without --write nothing on the drive changes.\n"
		"\n"
		"  -e, --expect=LBA:TEXT  fail unless the %d KiB from block LBA on are the line\n"
		"                         TEXT over and over, as 'yes TEXT' prints it\n"
		"  -w, --write=LBA:TEXT   OVERWRITE the %d KiB from block LBA on with such lines\n"
		"  -g, --group-path=PATH  the group's node (default: /dev/vfio/GROUP, from sysfs)\n"
		"  -h, --help             this text\n"
		"\n"
		"exit status: 0 all went as it should, 1 something did not, 2 wrong usage\n",
		TRANSFER / 1024, TRANSFER / 1024);
}

/* Splits "LBA:TEXT"; NULL if it is something else. */
static const char *parse_blocks(const char *argument, uint64_t *lba)
{
	char *end;

	*lba = strtoull(argument, &end, 0);
	return end != argument && *argument != '-' && *end == ':' && end[1] ? end + 1 : NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "expect", required_argument, NULL, 'e' },
		{ "write", required_argument, NULL, 'w' },
		{ "group-path", required_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *group_path = NULL, *expected = NULL, *written = NULL;
	uint64_t expect_lba = 0, write_lba = 0;
	struct nvme nvme = { 0 };
	int option, wrong = 0;

	while ((option = getopt_long(argc, argv, "e:w:g:h", options, NULL)) != -1) {
		switch (option) {
		case 'e':
			expected = parse_blocks(optarg, &expect_lba);
			wrong |= !expected;
			break;
		case 'w':
			written = parse_blocks(optarg, &write_lba);
			wrong |= !written;
			break;
		case 'g':
			group_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			wrong = 1;
		}
	}
	if (wrong || argc - optind != 1) {
		usage(stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);

	vfio_open(&nvme.dev, argv[optind], group_path);
	vfio_describe(&nvme.dev);
	expect_nvme(&nvme.dev);
	vfio_enable_bus_master(&nvme.dev);
	nvme_start(&nvme);
	nvme_identify(&nvme);
	nvme_create_io_queues(&nvme);
	if (expected)
		nvme_expect(&nvme, expect_lba, expected);
	if (written)
		nvme_write(&nvme, write_lba, written);
	nvme_try_forbidden_dma(&nvme, expect_lba);
	nvme_stop(&nvme);
	vfio_close(&nvme.dev);
	return 0;
}
