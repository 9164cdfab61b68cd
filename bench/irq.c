// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: setting them up, and one on its way from the device to the program. */
#include "../tests/conform/edu.h"
#include "../tests/conform/event.h"
#include "../tests/conform/irq.h"
#include "bench.h"

enum { VECTORS = 16 };

static struct assignment assigned;
static struct edu edu;
static int events[VECTORS];

static void setup_device(unsigned int vendor, unsigned int device)
{
	assigned = assign(vfio_device(vendor, device, 0), VFIO_TYPE1v2_IOMMU);
	for (unsigned int i = 0; i < VECTORS; i++)
		events[i] = event_new();
}

static void setup_edu(const struct bench *)
{
	setup_device(EDU);
	edu = edu_start(assigned.device);
}

static void setup_nvme(const struct bench *)
{
	setup_device(NVME);
	work("%d vectors", VECTORS);
}

static void enable(uint32_t index, unsigned int vectors)
{
	EQUAL(OK(try_irq_events(assigned.device, index, 0, vectors, events)), 0);
}

static void disable(uint32_t index)
{
	EQUAL(try_irq_disable(assigned.device, index), 0);
}

static void setup_enabled(const struct bench *bench)
{
	setup_edu(bench);
	enable(bench->variant, 1);
}

static void teardown(const struct bench *)
{
	for (unsigned int i = 0; i < VECTORS; i++)
		OK(close(events[i]));
	unassign(&assigned);
}

static void teardown_edu(const struct bench *bench)
{
	edu_stop(&edu);
	teardown(bench);
}

static void enable_one(const struct bench *bench)
{
	enable(bench->variant, 1);
}

static void enable_many(const struct bench *bench)
{
	enable(bench->variant, VECTORS);
}

static void disable_all(const struct bench *bench)
{
	disable(bench->variant);
}

/* Without the allocation that try_irq() makes, which would count. */
static void request(uint32_t flags, uint32_t index, int event)
{
	struct {
		struct vfio_irq_set set;
		int event;
	} call = {
		.set = { .argsz = sizeof(call), .flags = flags, .index = index, .count = 1 },
		.event = event,
	};

	EQUAL(ioctl(assigned.device, VFIO_DEVICE_SET_IRQS, &call), 0);
}

static void trigger(const struct bench *bench)
{
	request(VFIO_IRQ_SET_DATA_NONE | TRIGGER, bench->variant, -1);
}

static void take(const struct bench *)
{
	EQUAL(event_now(events[0]), 1);
}

static void trigger_and_take(const struct bench *bench)
{
	trigger(bench);
	take(bench);
}

/* Another eventfd for a vector that is in use, every time. */
static void swap_event(const struct bench *bench)
{
	static unsigned int turn;

	request(VFIO_IRQ_SET_DATA_EVENTFD | TRIGGER, bench->variant, events[++turn % 2]);
}

static void mask_and_unmask(const struct bench *)
{
	request(VFIO_IRQ_SET_DATA_NONE | MASK, INTX, -1);
	request(VFIO_IRQ_SET_DATA_NONE | UNMASK, INTX, -1);
}

static void raise_msi(const struct bench *)
{
	edu_raise(&edu, 1);
	EQUAL(event_wait(events[0]), 1);
}

static void acknowledge(const struct bench *)
{
	edu_acknowledge(&edu, 1);
}

/* What a driver does for each interrupt of a line. */
static void serve_intx(const struct bench *)
{
	edu_raise(&edu, 1);
	EQUAL(event_wait(events[0]), 1);
	edu_acknowledge(&edu, 1);
	request(VFIO_IRQ_SET_DATA_NONE | UNMASK, INTX, -1);
}

#define EDU_ENABLED(before, run, after) setup_enabled, before, run, after, teardown_edu, 301, 101

static const struct bench cases[] = {
	{ "irq-trigger", "SET_IRQS: signal a vector", EDU_ENABLED(NULL, trigger, take),
	  MSI, 1000, 0 },
	{ "irq-trigger-read", "the same, and read the eventfd",
	  EDU_ENABLED(NULL, trigger_and_take, NULL), MSI, 0, 0 },
	{ "msi-set", "enable MSI", setup_edu, NULL, enable_one, disable_all, teardown_edu,
	  101, 31, MSI, 0, 0 },
	{ "msi-unset", "disable MSI", setup_edu, enable_one, disable_all, NULL, teardown_edu,
	  101, 31, MSI, 0, 0 },
	{ "msi-swap", "another eventfd for a live vector", EDU_ENABLED(NULL, swap_event, NULL),
	  MSI, 2000, 5 },
	{ "msi-deliver", "from the device to the program by MSI",
	  EDU_ENABLED(NULL, raise_msi, acknowledge), MSI, 0, 0 },
	{ "intx-set", "enable INTx", setup_edu, NULL, enable_one, disable_all, teardown_edu,
	  101, 31, INTX, 0, 0 },
	{ "intx-unset", "disable INTx", setup_edu, enable_one, disable_all, NULL, teardown_edu,
	  101, 31, INTX, 0, 0 },
	{ "intx-mask", "mask and unmask INTx", EDU_ENABLED(NULL, mask_and_unmask, NULL),
	  INTX, 0, 0 },
	{ "intx-deliver", "from the device to the program by INTx, and back",
	  EDU_ENABLED(NULL, serve_intx, NULL), INTX, 0, 0 },
	{ "msix-set", "enable MSI-X", setup_nvme, NULL, enable_many, disable_all, teardown,
	  101, 31, MSIX, 0, 0 },
	{ "msix-unset", "disable MSI-X", setup_nvme, enable_many, disable_all, NULL, teardown,
	  101, 31, MSIX, 0, 0 },
};

const struct suite irq_suite = SUITE(cases);
