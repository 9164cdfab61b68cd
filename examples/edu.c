// SPDX-License-Identifier: GPL-2.0-only
/*
 * A complete user-level driver for QEMU's teaching device "edu": it computes factorials,
 * raises INTx and copies memory by DMA. main() is the table of contents; vfio_device.c
 * holds what has nothing to do with this device.
 *
 * At the end the driver asks its device for what VFIO promises to prevent: DMA to
 * memory that the program did not map. A canary page shows whether it happened.
 */
#include "story.h"
#include "vfio_device.h"

#include <getopt.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

/* Registers in BAR 0. */
#define EDU_ID		0x00	/* 0xMMmm00ed, version */
#define EDU_LIVENESS	0x04	/* reads back as the complement of what was written */
#define EDU_FACTORIAL	0x08	/* write n, read n! when it is done */
#define EDU_STATUS	0x20
#define EDU_IRQ_STATUS	0x24	/* causes that hold the INTx line up */
#define EDU_IRQ_RAISE	0x60	/* adds causes */
#define EDU_IRQ_ACK	0x64	/* takes causes away */
#define EDU_DMA_SOURCE	0x80
#define EDU_DMA_DEST	0x88
#define EDU_DMA_COUNT	0x90
#define EDU_DMA_COMMAND	0x98

#define EDU_STATUS_IRQ_FACTORIAL	0x80

#define EDU_DMA_START		0x1
#define EDU_DMA_TO_MEMORY	0x2
#define EDU_DMA_IRQ		0x4

#define EDU_CAUSE_FACTORIAL	0x001
#define EDU_CAUSE_DMA		0x100
#define EDU_CAUSE_TEST		0x040	/* ours, any other bit */

/*
 * The device's own memory, seen by its DMA engine only. The model refuses a transfer
 * that touches the last byte (by ending QEMU), hence 4095 and not 4096.
 */
#define EDU_MEMORY	0x40000
#define EDU_TRANSFER	4095

/* I/O addresses, chosen by us. The DMA engine has 28 address bits: below 256 MiB. */
#define IOVA_SOURCE	0x100000
#define IOVA_DEST	0x200000
#define IOVA_CANARY	0x300000

#define CANARY		0xa5

struct edu {
	struct vfio_device dev;
	void *bar;
	size_t bar_size;
	int irq;			/* eventfd */
	struct dma_buffer source;	/* the device may only read it */
	struct dma_buffer dest;
	struct dma_buffer canary;	/* mapped for a while, and then no more */
};

static void edu_start(struct edu *edu)
{
	uint32_t id, alive;

	edu->bar = vfio_map_bar(&edu->dev, VFIO_PCI_BAR0_REGION_INDEX, &edu->bar_size);
	id = mmio_read32(edu->bar, EDU_ID);
	mmio_write32(edu->bar, EDU_LIVENESS, 0x12345678);
	alive = mmio_read32(edu->bar, EDU_LIVENESS);
	if ((id & 0xff) != 0xed || alive != ~0x12345678u)
		fail("BAR 0 does not answer like edu: id 0x%08x, liveness 0x%08x", id, alive);
	say("bar", "id 0x%08x, liveness 0x12345678 -> 0x%08x", id, alive);

	/* A cause left over from before would fire as soon as INTx is connected. */
	mmio_write32(edu->bar, EDU_IRQ_ACK, mmio_read32(edu->bar, EDU_IRQ_STATUS));
	vfio_irq_enable(&edu->dev, VFIO_PCI_INTX_IRQ_INDEX, &edu->irq, 1);
}

/*
 * INTx is a level: the line stays up until the driver tells the device to take it down,
 * which the kernel cannot do. So VFIO masks the line each time it signals the eventfd,
 * and the driver unmasks it once its device is quiet.
 */
static void edu_ack(struct edu *edu, uint32_t causes)
{
	mmio_write32(edu->bar, EDU_IRQ_ACK, causes);
	/* Writes may be on their way for a while; a read does not return before them. */
	mmio_read32(edu->bar, EDU_IRQ_STATUS);
}

static void edu_wait(struct edu *edu, uint32_t cause)
{
	uint32_t causes;

	if (!vfio_irq_wait(edu->irq, PATIENCE_MS))
		fail("no interrupt in %d s while waiting for cause 0x%x; irq status 0x%x",
		     PATIENCE_MS / 1000, cause, mmio_read32(edu->bar, EDU_IRQ_STATUS));
	causes = mmio_read32(edu->bar, EDU_IRQ_STATUS);
	if (causes != cause)
		fail("interrupt with cause 0x%x instead of 0x%x", causes, cause);
	edu_ack(edu, causes);
	vfio_irq_unmask(&edu->dev, VFIO_PCI_INTX_IRQ_INDEX);
}

static void edu_try_interrupts(struct edu *edu)
{
	mmio_write32(edu->bar, EDU_IRQ_RAISE, EDU_CAUSE_TEST);
	if (vfio_irq_wait(edu->irq, PATIENCE_MS) != 1)
		fail("raised INTx, but the eventfd did not count one interrupt");
	say("intx", "raised: the eventfd counts 1");

	if (vfio_irq_wait(edu->irq, 100))
		fail("INTx fired again although it should be masked");
	say("", "line still up: silent, as VFIO masked it when it fired");

	vfio_irq_unmask(&edu->dev, VFIO_PCI_INTX_IRQ_INDEX);
	if (!vfio_irq_wait(edu->irq, PATIENCE_MS))
		fail("unmasked INTx with the line up, but it did not fire again");
	say("", "unmasked with the line up: fires again at once");

	edu_ack(edu, EDU_CAUSE_TEST);
	vfio_irq_unmask(&edu->dev, VFIO_PCI_INTX_IRQ_INDEX);
	if (vfio_irq_wait(edu->irq, 100))
		fail("INTx fires although the device is quiet");
	say("", "acknowledged, then unmasked: silent");
}

static void edu_factorial(struct edu *edu, uint32_t n)
{
	mmio_write32(edu->bar, EDU_STATUS, EDU_STATUS_IRQ_FACTORIAL);
	mmio_write32(edu->bar, EDU_FACTORIAL, n);
	edu_wait(edu, EDU_CAUSE_FACTORIAL);
	mmio_write32(edu->bar, EDU_STATUS, 0);
	say("factorial", "%u! = %u, told by interrupt", n,
	    mmio_read32(edu->bar, EDU_FACTORIAL));
}

static void edu_copy(struct edu *edu, uint64_t source, uint64_t dest, uint32_t direction)
{
	dma_barrier();
	mmio_write64(edu->bar, EDU_DMA_SOURCE, source);
	mmio_write64(edu->bar, EDU_DMA_DEST, dest);
	mmio_write64(edu->bar, EDU_DMA_COUNT, EDU_TRANSFER);
	mmio_write64(edu->bar, EDU_DMA_COMMAND, EDU_DMA_START | EDU_DMA_IRQ | direction);
	edu_wait(edu, EDU_CAUSE_DMA);
	if (mmio_read64(edu->bar, EDU_DMA_COMMAND) & EDU_DMA_START)
		fail("the DMA engine says it is done, and still runs");
	dma_barrier();
}

static void edu_load(struct edu *edu, uint64_t iova)
{
	edu_copy(edu, iova, EDU_MEMORY, 0);
}

static void edu_store(struct edu *edu, uint64_t iova)
{
	edu_copy(edu, EDU_MEMORY, iova, EDU_DMA_TO_MEMORY);
}

/* The first byte of @buffer that is not @value, or EDU_TRANSFER. */
static size_t first_not(const struct dma_buffer *buffer, uint8_t value)
{
	const uint8_t *bytes = buffer->vaddr;
	size_t i = 0;

	while (i < EDU_TRANSFER && bytes[i] == value)
		i++;
	return i;
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 256 + 1);
}

static size_t first_not_pattern(const struct dma_buffer *buffer)
{
	const uint8_t *bytes = buffer->vaddr;
	size_t i = 0;

	while (i < EDU_TRANSFER && bytes[i] == pattern(i))
		i++;
	return i;
}

static void edu_map_memory(struct edu *edu)
{
	uint8_t *bytes;

	edu->source = dma_alloc(EDU_TRANSFER, IOVA_SOURCE);
	edu->dest = dma_alloc(EDU_TRANSFER, IOVA_DEST);
	edu->canary = dma_alloc(EDU_TRANSFER, IOVA_CANARY);
	bytes = edu->source.vaddr;
	for (size_t i = 0; i < EDU_TRANSFER; i++)
		bytes[i] = pattern(i);

	dma_map(&edu->dev, &edu->source, VFIO_DMA_MAP_FLAG_READ);
	dma_map(&edu->dev, &edu->dest, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	dma_map(&edu->dev, &edu->canary, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	say("map", "source 0x%x read-only, destination 0x%x, canary 0x%x", IOVA_SOURCE,
	    IOVA_DEST, IOVA_CANARY);
}

static void edu_try_dma(struct edu *edu)
{
	size_t same;

	edu_load(edu, IOVA_SOURCE);
	say("dma", "%d bytes memory -> device", EDU_TRANSFER);
	edu_store(edu, IOVA_DEST);
	same = first_not_pattern(&edu->dest);
	if (same != EDU_TRANSFER)
		fail("what came back by DMA differs from byte %zu on", same);
	say("", "%zu bytes device -> memory: the same bytes came back", same);
}

/* Every test has its control: the same transfer does arrive while the page is mapped. */
static void edu_try_forbidden_dma(struct edu *edu)
{
	size_t same;

	memset(edu->canary.vaddr, CANARY, edu->canary.size);
	edu_store(edu, IOVA_CANARY);
	if (first_not_pattern(&edu->canary) != EDU_TRANSFER)
		fail("DMA into the canary page did not work while it was mapped");
	say("canary", "mapped: the device writes it");

	dma_unmap(&edu->dev, &edu->canary);
	memset(edu->canary.vaddr, CANARY, edu->canary.size);
	edu_store(edu, IOVA_CANARY);
	same = first_not(&edu->canary, CANARY);
	if (same != EDU_TRANSFER)
		fail("NOT ISOLATED: the device wrote byte %zu of an unmapped page", same);
	say("", "unmapped: the device writes again, %zu of %d bytes untouched: blocked", same,
	    EDU_TRANSFER);

	/* The device's memory still holds the pattern, so zeros can only come from this read. */
	edu_load(edu, IOVA_CANARY);
	memset(edu->dest.vaddr, 0xff, edu->dest.size);
	edu_store(edu, IOVA_DEST);
	same = first_not(&edu->dest, 0);
	if (same != EDU_TRANSFER)
		fail("NOT ISOLATED: the device read 0x%02x at byte %zu of an unmapped page",
		     ((uint8_t *)edu->dest.vaddr)[same], same);
	say("", "unmapped: the device reads it, and gets %zu zeros instead: blocked", same);

	/* And now it holds zeros, which would show in the source page. */
	edu_store(edu, IOVA_SOURCE);
	same = first_not_pattern(&edu->source);
	if (same != EDU_TRANSFER)
		fail("NOT ISOLATED: the device wrote byte %zu of a read-only page", same);
	say("read-only", "the device writes the source page, %zu of %d bytes untouched: blocked",
	    same, EDU_TRANSFER);
}

static void edu_stop(struct edu *edu)
{
	vfio_irq_disable(&edu->dev, VFIO_PCI_INTX_IRQ_INDEX, &edu->irq, 1);
	/* Unmap before the memory can become something else. */
	dma_unmap(&edu->dev, &edu->source);
	dma_unmap(&edu->dev, &edu->dest);
	dma_free(&edu->source);
	dma_free(&edu->dest);
	dma_free(&edu->canary);
	vfio_unmap_bar(edu->bar, edu->bar_size);
}

static void hold(void)
{
	say("hold", "in use until standard input ends");
	while (getchar() != EOF)
		;
}

static void usage(FILE *stream)
{
	fprintf(stream,
		"usage: edu [OPTION]... BDF\n"
		"Drive QEMU's edu device at PCI address BDF, bound to vfio-pci, through VFIO.\n"
		"\n"
		"  -g, --group-path=PATH  the group's node (default: /dev/vfio/GROUP, from sysfs)\n"
		"  -w, --hold             keep the device in use until standard input ends\n"
		"  -h, --help             this text\n"
		"\n"
		"exit status: 0 all went as it should, 1 something did not, 2 wrong usage\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group-path", required_argument, NULL, 'g' },
		{ "hold", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *group_path = NULL;
	struct edu edu = { 0 };
	int option, wait = 0;

	while ((option = getopt_long(argc, argv, "g:wh", options, NULL)) != -1) {
		switch (option) {
		case 'g':
			group_path = optarg;
			break;
		case 'w':
			wait = 1;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);

	vfio_open(&edu.dev, argv[optind], group_path);
	vfio_describe(&edu.dev);
	vfio_expect_id(&edu.dev, EDU_VENDOR, EDU_DEVICE);
	vfio_enable_bus_master(&edu.dev);
	edu_start(&edu);
	edu_try_interrupts(&edu);
	edu_factorial(&edu, 10);
	edu_map_memory(&edu);
	edu_try_dma(&edu);
	edu_try_forbidden_dma(&edu);
	if (wait)
		hold();
	edu_stop(&edu);
	vfio_close(&edu.dev);
	return 0;
}
