// SPDX-License-Identifier: GPL-2.0-only
#include "controller.h"

#include "../story.h"
#include "registers.h"
#include "status.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#define ADMIN_ENTRIES	16

/* Admin commands. */

static void keep_result(void *arg, struct nvme_queue *queue, const struct nvme_result *result)
{
	(void)queue;
	*(struct nvme_result *)arg = *result;
}

/* False if there was no answer in time. */
static bool admin_try(struct nvme *nvme, struct nvme_command command, struct nvme_result *result)
{
	queue_submit(&nvme->admin, queue_slot(&nvme->admin), &command, nvme);
	return wait_for_answers(&nvme->admin_wait, keep_result, result);
}

uint32_t nvme_admin(struct nvme *nvme, const char *what, struct nvme_command command)
{
	struct nvme_result result;

	if (!admin_try(nvme, command, &result))
		fail("the controller does not %s: no answer in %u ms, %s", what,
		     nvme->options.timeout_ms, controller_state(nvme->bar));
	if (result.status)
		fail("the controller refuses to %s: %s", what, nvme_status_text(result.status));
	return result.value;
}

void nvme_identify(struct nvme *nvme, unsigned int what, uint32_t namespace)
{
	nvme_admin(nvme, "identify itself", (struct nvme_command) {
		.opcode = NVME_IDENTIFY,
		.namespace = namespace,
		.prp = { nvme->identify.iova },
		.cdw10 = what,
	});
}

/* Memory, interrupts and queues. */

static int eventfd_of(const struct nvme *nvme, unsigned int id)
{
	return nvme->eventfds ? nvme->eventfds[id] : -1;
}

static void make_queue(struct nvme *nvme, struct nvme_queue *queue, unsigned int id,
		       unsigned int entries, size_t max_transfer)
{
	*queue = (struct nvme_queue) {
		.id = id,
		.entries = entries,
		.bar = nvme->bar,
		.sq_doorbell = doorbell(nvme->cap, 2 * id),
		.cq_doorbell = doorbell(nvme->cap, 2 * id + 1),
		.eventfd = eventfd_of(nvme, id),
		.timeout = nvme->options.timeout_ms * 1000000ull,
		.memory = pool_take(&nvme->pool,
				    queue_memory_size(entries, max_transfer, nvme->page)),
	};
	if (queue->cq_doorbell + 4 > nvme->bar_size)
		fail("BAR 0 has %zu bytes, not enough for the doorbells of queue %u",
		     nvme->bar_size, id);
	queue_init(queue, max_transfer, nvme->page);
}

/* One vector for each queue: a completion says by itself whose it is. */
static void enable_interrupts(struct nvme *nvme)
{
	unsigned int wanted = nvme->options.queues + 1;
	unsigned int vectors = vfio_irq_count(&nvme->dev, VFIO_PCI_MSIX_IRQ_INDEX);

	if (nvme->options.polled)
		return;
	if (vectors < wanted)
		fail("%s has %u MSI-X vectors, and %u queues and the admin queue want %u; "
		     "hint: --poll needs none", nvme->dev.bdf, vectors, wanted - 1, wanted);
	nvme->eventfds = calloc(wanted, sizeof(*nvme->eventfds));
	if (!nvme->eventfds)
		fail("out of memory");
	vfio_irq_enable(&nvme->dev, VFIO_PCI_MSIX_IRQ_INDEX, nvme->eventfds, wanted);
}

static void create_io_queue(struct nvme *nvme, const struct nvme_queue *queue)
{
	uint32_t size_and_id = (queue->entries - 1) << 16 | queue->id;

	nvme_admin(nvme, "create a completion queue", (struct nvme_command) {
		.opcode = NVME_CREATE_CQ,
		.prp = { queue_cq_iova(queue) },
		.cdw10 = size_and_id,
		.cdw11 = NVME_QUEUE_PHYSICALLY_CONTIGUOUS |
			 (queue->eventfd < 0 ? 0 : queue->id << 16 | NVME_QUEUE_INTERRUPTS),
	});
	nvme_admin(nvme, "create a submission queue", (struct nvme_command) {
		.opcode = NVME_CREATE_SQ,
		.prp = { queue_sq_iova(queue) },
		.cdw10 = size_and_id,
		.cdw11 = queue->id << 16 | NVME_QUEUE_PHYSICALLY_CONTIGUOUS,
	});
}

static void create_io_queues(struct nvme *nvme)
{
	unsigned int wanted = nvme->options.queues;
	/* As many of each kind; the controller has all numbers minus one. */
	uint32_t granted = nvme_admin(nvme, "grant I/O queues", (struct nvme_command) {
		.opcode = NVME_SET_FEATURES,
		.cdw10 = NVME_FEATURE_NUMBER_OF_QUEUES,
		.cdw11 = (wanted - 1) << 16 | (wanted - 1),
	});
	unsigned int submission = (granted & 0xffff) + 1, completion = (granted >> 16) + 1;

	if (submission < wanted || completion < wanted)
		fail("the controller grants %u submission and %u completion queues; "
		     "%u were wanted of each", submission, completion, wanted);
	for (unsigned int i = 0; i < wanted; i++)
		create_io_queue(nvme, &nvme->io[i]);
}

/* An empty admin queue, and the controller running with it. */
static void start(struct nvme *nvme)
{
	queue_restart(&nvme->admin);
	set_admin_queue(nvme->bar, ADMIN_ENTRIES, queue_sq_iova(&nvme->admin),
			queue_cq_iova(&nvme->admin));
	controller_enable(nvme->bar, nvme->cap, nvme->page);
}

static void expect_nvme(const struct vfio_device *dev)
{
	uint32_t class = vfio_config_read(dev, PCI_CLASS_REVISION, 4) >> 8;

	if (class != NVME_CLASS)
		fail("%s has PCI class %06x, but an NVMe controller has %06x", dev->bdf, class,
		     NVME_CLASS);
}

static void open_registers(struct nvme *nvme)
{
	nvme->bar = vfio_map_bar(&nvme->dev, VFIO_PCI_BAR0_REGION_INDEX, &nvme->bar_size);
	if (controller_gone(nvme->bar))
		fail("%s does not answer: its registers read as ones", nvme->dev.bdf);
	nvme->cap = mmio_read64(nvme->bar, NVME_CAP);
	if (!NVME_CAP_NVM(nvme->cap))
		fail("the controller does not have the NVM command set, just others");
	/* 4 KiB pages if it has them: what the IOMMU and most programs work with. */
	nvme->page = (size_t)1 << (12 + NVME_CAP_MPSMIN(nvme->cap));
}

static unsigned int io_entries(const struct nvme *nvme)
{
	unsigned int most = NVME_CAP_MQES(nvme->cap) + 1;

	if (nvme->options.depth + 1 > most)
		fail("a queue of this controller has at most %u entries, of which one stays "
		     "empty: the depth can be at most %u", most, most - 1);
	return nvme->options.depth + 1;
}

/* What a command can move: as the drive says, if it does, and as much as the caller wants. */
static size_t max_transfer(const struct nvme *nvme)
{
	unsigned int shift = nvme->identity.max_transfer;
	size_t most = shift && shift < 32 ? nvme->page << shift : SIZE_MAX;

	return most < nvme->options.max_transfer ? most : nvme->options.max_transfer;
}

static void open_admin_queue(struct nvme *nvme)
{
	pool_init(&nvme->pool, &nvme->dev, nvme->page);
	make_queue(nvme, &nvme->admin, 0, ADMIN_ENTRIES, 0);
	wait_init(&nvme->admin_wait, &nvme->admin, 1);
	nvme->identify = pool_take(&nvme->pool, NVME_IDENTIFY_SIZE);
}

static void open_io_queues(struct nvme *nvme)
{
	unsigned int entries = io_entries(nvme);

	nvme->io = calloc(nvme->options.queues, sizeof(*nvme->io));
	if (!nvme->io)
		fail("out of memory");
	for (unsigned int i = 0; i < nvme->options.queues; i++)
		make_queue(nvme, &nvme->io[i], i + 1, entries, nvme->max_transfer);
	create_io_queues(nvme);
}

void nvme_open(struct nvme *nvme, const char *bdf, const struct nvme_options *options)
{
	*nvme = (struct nvme) { .options = *options };
	vfio_open(&nvme->dev, bdf, options->group_path);
	vfio_describe(&nvme->dev);
	expect_nvme(&nvme->dev);
	vfio_enable_bus_master(&nvme->dev);
	open_registers(nvme);

	/* 7.6.1, but interrupts first: a controller may look at their mode when it is enabled. */
	controller_disable(nvme->bar, nvme->cap);
	enable_interrupts(nvme);
	open_admin_queue(nvme);
	start(nvme);
	say("start", "controller ready, %zu-byte pages, %s", nvme->page,
	    nvme->eventfds ? "an MSI-X vector for each queue" : "all queues polled");

	nvme_identify(nvme, NVME_IDENTIFY_CONTROLLER, 0);
	memcpy(&nvme->identity, nvme->identify.vaddr, sizeof(nvme->identity));
	nvme->max_transfer = max_transfer(nvme);
	open_io_queues(nvme);
	say("queues", "I/O queue pairs: %u of %u entries each, commands of up to %zu KiB",
	    nvme->options.queues, nvme->io->entries, nvme->max_transfer / 1024);
}

static void delete_io_queues(struct nvme *nvme)
{
	for (unsigned int i = 0; i < nvme->options.queues; i++) {
		nvme_admin(nvme, "delete the submission queue", (struct nvme_command) {
			.opcode = NVME_DELETE_SQ, .cdw10 = nvme->io[i].id,
		});
		nvme_admin(nvme, "delete the completion queue", (struct nvme_command) {
			.opcode = NVME_DELETE_CQ, .cdw10 = nvme->io[i].id,
		});
	}
}

void nvme_close(struct nvme *nvme)
{
	unsigned int vectors = nvme->options.queues + 1;

	delete_io_queues(nvme);
	controller_shutdown(nvme->bar, nvme->cap, nvme->identity.shutdown_us);
	/* From here on it reads and writes nothing, so its memory can go. */
	controller_disable(nvme->bar, nvme->cap);

	wait_free(&nvme->admin_wait);
	if (nvme->eventfds)
		vfio_irq_disable(&nvme->dev, VFIO_PCI_MSIX_IRQ_INDEX, nvme->eventfds, vectors);
	free(nvme->eventfds);
	for (unsigned int i = 0; i < nvme->options.queues; i++)
		queue_free(&nvme->io[i]);
	free(nvme->io);
	queue_free(&nvme->admin);
	pool_free(&nvme->pool);
	vfio_unmap_bar((void *)nvme->bar, nvme->bar_size);
	vfio_close(&nvme->dev);
}

/* When commands are not answered. */

/* True if the controller says that it aborted the command: its answer comes, or has come. */
static bool abort_command(struct nvme *nvme, const struct nvme_queue *queue,
			  const struct nvme_slot *slot)
{
	struct nvme_result result;

	return admin_try(nvme, (struct nvme_command) {
		.opcode = NVME_ABORT,
		.cdw10 = queue_slot_id(queue, slot) << 16 | queue->id,
	}, &result) && !result.status && !(result.value & 1);
}

/* All commands of the queue that are too late. */
static bool abort_late(struct nvme *nvme, struct nvme_queue *queue, nvme_done *done, void *arg)
{
	struct nvme_slot *slot;

	while ((slot = queue_timed_out(queue, now()))) {
		uint64_t submitted = slot->submitted;

		complain("queue %u: command %u was not answered in %u ms; aborting it", queue->id,
			 queue_slot_id(queue, slot), nvme->options.timeout_ms);
		if (!abort_command(nvme, queue, slot))
			return false;
		/* The command's own answer comes before that to Abort. */
		queue_reap(queue, done, arg);
		if (slot->context && slot->submitted == submitted)
			return false;
	}
	return true;
}

static void reset(struct nvme *nvme, nvme_done *done, void *arg)
{
	complain("that did not help (%s); resetting the controller", controller_state(nvme->bar));
	controller_disable(nvme->bar, nvme->cap);
	/* What is in the rings now is all that will ever be answered. */
	for (unsigned int i = 0; i < nvme->options.queues; i++) {
		queue_reap(&nvme->io[i], done, arg);
		queue_lose(&nvme->io[i], done, arg);
	}
	queue_lose(&nvme->admin, keep_result, &(struct nvme_result) { 0 });

	start(nvme);
	for (unsigned int i = 0; i < nvme->options.queues; i++)
		queue_restart(&nvme->io[i]);
	create_io_queues(nvme);
	complain("the controller is ready again");
}

void nvme_recover(struct nvme *nvme, nvme_done *done, void *arg)
{
	for (unsigned int i = 0; i < nvme->options.queues; i++) {
		if (!abort_late(nvme, &nvme->io[i], done, arg)) {
			reset(nvme, done, arg);
			return;
		}
	}
}
