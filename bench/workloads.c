// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do with all of it: a virtual machine monitor that starts and stops a
 * machine with an assigned device, and a storage driver that maps the memory of each
 * request for as long as the request takes.
 */
#include <linux/pci_regs.h>
#include <sys/mman.h>

#include "../tests/conform/event.h"
#include "../tests/conform/irq.h"
#include "bench.h"
#include "memory.h"

enum { BAR = VFIO_PCI_BAR2_REGION_INDEX, MOST_PAGES = 32, DEPTH = 16 };

static struct assignment assigned;
static struct memory memory;
static void *bar;
static size_t bar_size;

/* Memory of a PC: low memory around the VGA hole, the ROMs, the rest. */
static const struct {
	uint64_t iova;
	uint64_t size;	/* 0: to the end of the memory */
} ram[] = {
	{ 0, 0xa0000 },
	{ 0xc0000, 0x8000 },
	{ 0xc8000, 0x4000 },
	{ 0xcc000, 0x1c000 },
	{ 0xe8000, 0x18000 },
	{ 0x100000, 0 },
};

static void map_ram(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ram); i++)
		map(assigned.container, ram[i].iova, memory.base + ram[i].iova,
		    ram[i].size ?: memory.size - ram[i].iova, READ_WRITE);
}

/* Some devices lack some, and refuse. */
static void ask_irq(unsigned int index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	ioctl(assigned.device, VFIO_DEVICE_GET_IRQ_INFO, &info);
}

/* What it has to know of the device, the configuration space byte by byte. */
static void study_device(void)
{
	off64_t config = region_info(assigned.device, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	struct vfio_device_info info = device_info(assigned.device);
	char byte;

	for (unsigned int i = 0; i < info.num_regions - 1; i++)
		region_info(assigned.device, i);
	for (unsigned int i = 0; i < info.num_irqs; i++)
		ask_irq(i);
	for (unsigned int i = 0; i < PCI_STD_HEADER_SIZEOF * 4; i++)
		EQUAL(pread64(assigned.device, &byte, 1, config + i), 1);
}

static void use_device(void)
{
	bus_master(assigned.device, true);
	bar_size = region_info(assigned.device, BAR).size;
	bar = bar_map(assigned.device, BAR);
	*(volatile char *)bar;
	/* For the DMA of other devices. */
	map(assigned.container, IOVA, bar, bar_size, READ_WRITE);
}

static void setup_vm(const struct bench *)
{
	memory_drop();
	work("%d MiB", quick ? 32 : 512);
}

static void make_ram(const struct bench *)
{
	memory = memory_new(UNTOUCHED_THP, (quick ? 32 : 512) * MIB);
}

static void vm_start(const struct bench *)
{
	assigned = assign_ivshmem(false);
	map_ram();
	assigned.device = device_open(assigned.group, &assigned.pci);
	study_device();
	use_device();
}

static void make_and_start(const struct bench *bench)
{
	make_ram(bench);
	vm_start(bench);
}

static void vm_stop(const struct bench *)
{
	EQUAL(unmap(assigned.container, IOVA, bar_size), bar_size);
	OK(munmap(bar, bar_size));
	for (unsigned int i = 0; i < ARRAY_SIZE(ram); i++)
		unmap(assigned.container, ram[i].iova, ram[i].size ?: memory.size - ram[i].iova);
	unassign(&assigned);
}

static void free_ram(const struct bench *)
{
	memory_free(&memory);
}

static void stop_and_free(const struct bench *bench)
{
	vm_stop(bench);
	free_ram(bench);
}

/* One request on its way. */
static struct request {
	uint64_t iova;
	size_t size;
} requests[DEPTH];

static struct assignment storage;
static struct memory *pool;
static int event;

static unsigned int request_count(void)
{
	return quick ? 200 : 2000;
}

static void setup_storage(const struct bench *)
{
	storage = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	pool = memory_get(RUNS, 64 * MIB);
	event = irq_enable(storage.device, MSI);
	work("%u requests of 4 to 128 KiB", request_count());
}

static void teardown_storage(const struct bench *)
{
	OK(close(event));
	unassign(&storage);
}

static void submit(unsigned int slot)
{
	struct request *request = &requests[slot];
	size_t first = chance(pool->size / PAGE - MOST_PAGES);

	request->size = (1 + chance(MOST_PAGES)) * PAGE;
	request->iova = IOVA + (uint64_t)slot * MOST_PAGES * PAGE;
	map(storage.container, request->iova, pool->base + first * PAGE, request->size, READ_WRITE);
}

static void complete(unsigned int slot)
{
	EQUAL(try_irq_none(storage.device, TRIGGER, MSI, 0, 1), 0);
	EQUAL(event_now(event), 1);
	unmap(storage.container, requests[slot].iova, requests[slot].size);
}

/* DEPTH requests are under way all the time, each completed by an interrupt. */
static void storage_run(const struct bench *)
{
	for (unsigned int i = 0; i < request_count() + DEPTH; i++) {
		if (i >= DEPTH)
			complete(i % DEPTH);
		if (i < request_count())
			submit(i % DEPTH);
	}
}

static const struct bench cases[] = {
	{ "vm-start", "start a virtual machine: memory, device, BAR", setup_vm, make_ram, vm_start,
	  stop_and_free, NULL, 3, 3, 0, 0, 0 },
	{ "vm-stop", "stop it", setup_vm, make_and_start, vm_stop, free_ram, NULL, 3, 3, 0, 0, 0 },
	{ "storage", "a storage driver that maps each request", setup_storage, NULL, storage_run,
	  NULL, teardown_storage, 5, 5, 0, 0, 0 },
};

const struct suite workload_suite = SUITE(cases);
