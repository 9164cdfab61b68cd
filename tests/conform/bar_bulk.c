// SPDX-License-Identifier: GPL-2.0-only
/*
 * B1-B6 where much is moved or mapped at once: long transfers and their edges, and what a
 * fault of a mapping brings along with the page that was touched.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "process.h"
#include "touch.h"
#include "vfio.h"

enum { PAGE = 4096, MEMORY_BAR = VFIO_PCI_BAR2_REGION_INDEX, ROOM = 6 * PAGE };

/* A device whose BAR 2 is memory like any other. */
struct memory_bar {
	struct assignment user;
	struct vfio_region_info info;
	volatile uint8_t *bar;
};

static struct memory_bar memory_bar(void)
{
	struct memory_bar memory = { .user = assign(vfio_device(IVSHMEM, 0), VFIO_TYPE1v2_IOMMU) };

	memory_enable(memory.user.device, true);
	memory.info = region_info(memory.user.device, MEMORY_BAR);
	memory.bar = bar_map(memory.user.device, MEMORY_BAR);
	return memory;
}

static ssize_t bar_read(const struct memory_bar *memory, uint64_t offset, void *data, size_t size)
{
	return pread64(memory->user.device, data, size, memory->info.offset + offset);
}

static ssize_t bar_write(const struct memory_bar *memory, uint64_t offset, const void *data,
			 size_t size)
{
	return pwrite64(memory->user.device, data, size, memory->info.offset + offset);
}

/* No two places within some pages of each other look alike. */
static uint8_t pattern(uint64_t at)
{
	return at * 7 + (at >> 8) * 31 + (at >> 12) * 5;
}

static void fill_bar(const struct memory_bar *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		memory->bar[i] = pattern(i);
}

/* Start and length, with all edges that a dword and a page have. */
static const struct { unsigned int start, size; } stretches[] = {
	{ 0, PAGE }, { 0, 4 * PAGE }, { 4, 4 * PAGE }, { 1, PAGE }, { 2, 2 * PAGE },
	{ 3, PAGE - 3 },
	{ 1, 4 * PAGE - 2 }, { PAGE - 1, 2 * PAGE + 2 }, { PAGE - 4, PAGE + 7 }, { 252, 8 },
	{ 255, 258 }, { 2, 255 }, { 3, 1 }, { 5, 3 }, { 6, 2 * PAGE - 1 },
};

TEST(B2_long_reads, "a long read has every byte from its place, and none beside its memory")
{
	struct memory_bar memory = memory_bar();
	static uint8_t data[ROOM];

	fill_bar(&memory, ROOM);
	for (size_t i = 0; i < ARRAY_SIZE(stretches); i++) {
		unsigned int start = stretches[i].start, size = stretches[i].size, skew = i % 5 + 1;

		memset(data, 0xa5, sizeof(data));
		EQUAL(bar_read(&memory, start, data + skew, size), size);
		for (unsigned int at = 0; at < size; at++)
			EQUAL(data[skew + at], pattern(start + at));
		EQUAL(data[skew - 1], 0xa5);
		EQUAL(data[skew + size], 0xa5);
	}
}

TEST(B2_long_writes, "a long write puts every byte in its place, and none beside it")
{
	struct memory_bar memory = memory_bar();
	static uint8_t data[ROOM];

	for (size_t i = 0; i < ARRAY_SIZE(stretches); i++) {
		unsigned int start = stretches[i].start, size = stretches[i].size, skew = i % 5;

		fill_bar(&memory, ROOM);
		for (unsigned int at = 0; at < size; at++)
			data[skew + at] = ~pattern(start + at);
		EQUAL(bar_write(&memory, start, data + skew, size), size);
		for (unsigned int at = 0; at < ROOM; at++) {
			bool inside = at >= start && at < start + size;

			EQUAL(memory.bar[at], (uint8_t)(inside ? ~pattern(at) : pattern(at)));
		}
	}
}

TEST(B1_long_over_the_end, "a long transfer over the end of a BAR is cut there")
{
	struct memory_bar memory = memory_bar();
	uint64_t last = memory.info.size - PAGE - 2;
	static uint8_t data[ROOM];

	memset(data, 0x77, sizeof(data));
	EQUAL(bar_write(&memory, last, data, sizeof(data)), PAGE + 2);
	memset(data, 0, sizeof(data));
	EQUAL(bar_read(&memory, last, data, sizeof(data)), PAGE + 2);
	for (unsigned int at = 0; at < sizeof(data); at++)
		EQUAL(data[at], at < PAGE + 2 ? 0x77 : 0);
}

TEST(B3_long_while_disabled, "with memory off a long read is EIO and leaves its memory as it was")
{
	struct memory_bar memory = memory_bar();
	static uint8_t data[ROOM];

	memory_enable(memory.user.device, false);
	REFUSED(bar_read(&memory, 0, data, sizeof(data)), EIO);
	REFUSED(bar_write(&memory, 0, data, sizeof(data)), EIO);
	for (unsigned int at = 0; at < sizeof(data); at++)
		EQUAL(data[at], 0);
}

/* Ours gives what was moved, in-tree EFAULT though some was. */
static void ends_early(ssize_t result, size_t moved)
{
	if (testing_ours())
		EQUAL(result, moved);
	else
		REFUSED(result, EFAULT);
}

/* @size bytes before memory that is not there. */
static uint8_t *memory_with_end(size_t size)
{
	uint8_t *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

	CHECK(memory != MAP_FAILED);
	OK(mprotect(memory + ROOM - PAGE, PAGE, PROT_NONE));
	return memory + ROOM - PAGE - size;
}

TEST(B1_long_with_bad_end, "a transfer with memory that ends moves what there is, in whole dwords")
{
	struct memory_bar memory = memory_bar();
	uint8_t *data = memory_with_end(2 * PAGE);

	fill_bar(&memory, ROOM);
	ends_early(bar_read(&memory, 8, data, 4 * PAGE), 2 * PAGE);
	for (unsigned int at = 0; at < 2 * PAGE - 8; at++)
		EQUAL(data[at], pattern(8 + at));
	memset(data, 0x5a, 2 * PAGE);
	ends_early(bar_write(&memory, 8, data, 4 * PAGE), 2 * PAGE);
	for (unsigned int at = 0; at < ROOM; at++)
		EQUAL(memory.bar[at], at >= 8 && at < 2 * PAGE + 8 ? 0x5a : pattern(at));

	/* Two bytes of a dword are not enough to write it. */
	fill_bar(&memory, ROOM);
	data = memory_with_end(PAGE + 2);
	memset(data, 0x5a, PAGE + 2);
	ends_early(bar_write(&memory, 0, data, 2 * PAGE), PAGE);
	for (unsigned int at = 0; at < ROOM; at++)
		EQUAL(memory.bar[at], at < PAGE ? 0x5a : pattern(at));
}

TEST(B4_long_over_table, "a transfer over all of the MSI-X table: as ever there, direct around it")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	unsigned int cap = config_capability(nvme.device, PCI_CAP_ID_MSIX);
	unsigned int entries = (config_read16(nvme.device, cap + PCI_MSIX_FLAGS) & 0x7ff) + 1;
	uint32_t table = config_read32(nvme.device, cap + PCI_MSIX_TABLE);
	struct vfio_region_info info = region_info(nvme.device, table & PCI_MSIX_TABLE_BIR);
	volatile uint32_t *bar = bar_map(nvme.device, info.index);
	uint32_t end, *words = malloc(info.size), *real = malloc(info.size);

	CHECK(words && real);
	table &= PCI_MSIX_TABLE_OFFSET;
	end = table + entries * PCI_MSIX_ENTRY_SIZE;
	EQUAL(pread64(nvme.device, words, info.size, info.offset), info.size);
	for (uint32_t at = 0; at < info.size; at += 4)
		EQUAL(words[at / 4], at >= table && at < end ? 0xffffffff : bar[at / 4]);

	/* From within a dword before the table to one behind it. */
	EQUAL(pread64(nvme.device, words, end - table + 2, info.offset + table - 1),
	      end - table + 2);
	EQUAL(((uint8_t *)words)[0], bar[table / 4 - 1] >> 24);
	EQUAL(((uint8_t *)words)[end - table + 1], bar[end / 4] & 0xff);
	EQUAL(((uint8_t *)words)[end - table], 0xff);

	memset(words, 0x5a, info.size);
	for (uint32_t at = table; at < end; at += 4)
		real[(at - table) / 4] = bar[at / 4];
	EQUAL(pwrite64(nvme.device, words, end - table, info.offset + table), end - table);
	for (uint32_t at = table; at < end; at += 4)
		EQUAL(bar[at / 4], real[(at - table) / 4]);
	free(real);
	free(words);
}

/* A transfer of all of the BAR by a process that is to be killed in it. */
struct transfer {
	const struct memory_bar *memory;
	ssize_t (*move)(const struct memory_bar *memory, void *data, size_t size);
	void *data;
	/* Where what is moved comes to, zero before. */
	volatile uint32_t *first, *last;
};

static ssize_t read_all(const struct memory_bar *memory, void *data, size_t size)
{
	/* That all of it is there: a fault is not to end it. */
	memset(data, 0, size);
	return bar_read(memory, 0, data, size);
}

static ssize_t write_all(const struct memory_bar *memory, void *data, size_t size)
{
	return bar_write(memory, 0, data, size);
}

static void transfer_in_child(void *argument)
{
	struct transfer *transfer = argument;
	size_t size = transfer->memory->info.size;

	EQUAL(transfer->move(transfer->memory, transfer->data, size), size);
}

/* Killed as soon as something has come, has it come to the end? */
static bool ends_when_killed(struct transfer *transfer)
{
	pid_t child;

	*transfer->first = 0;
	*transfer->last = 0;
	child = start_child(transfer_in_child, transfer);
	while (!*transfer->first)
		sched_yield();
	kill_child(child);
	return !*transfer->last;
}

/* The end can come before the signal, when the other CPU is busy; but not each time. */
static void expect_end_when_killed(struct transfer *transfer)
{
	improvement("a read or write of a BAR ends early when its process is killed");
	for (int i = 0; i < 20; i++)
		if (ends_when_killed(transfer))
			return;
	FAIL("a killed process stays until all of the BAR is transferred");
}

static volatile uint32_t *last_word(const struct memory_bar *memory, volatile void *start)
{
	return (volatile uint32_t *)((volatile uint8_t *)start + memory->info.size - 4);
}

TEST(C14_killed_while_reading, "a process that is killed in a long read of a BAR ends before its end")
{
	struct memory_bar memory = memory_bar();
	void *data = mmap(NULL, memory.info.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct transfer transfer = {
		.memory = &memory, .move = read_all, .data = data, .first = data,
		.last = last_word(&memory, data),
	};

	CHECK(data != MAP_FAILED);
	*(volatile uint32_t *)memory.bar = 1;
	*last_word(&memory, memory.bar) = 1;
	expect_end_when_killed(&transfer);
}

TEST(C14_killed_while_writing, "a process that is killed in a long write to a BAR ends before its end")
{
	struct memory_bar memory = memory_bar();
	void *data = pages(memory.info.size);
	struct transfer transfer = {
		.memory = &memory, .move = write_all, .data = data,
		.first = (volatile uint32_t *)memory.bar,
		.last = last_word(&memory, memory.bar),
	};

	memset(data, 0x5a, memory.info.size);
	expect_end_when_killed(&transfer);
}

/* Each page of the BAR begins with its number. */
static void number_pages(const struct memory_bar *memory)
{
	for (uint32_t page = 0; page < memory->info.size / PAGE; page++)
		EQUAL(bar_write(memory, (uint64_t)page * PAGE, &page, sizeof(page)), sizeof(page));
}

/* A mapping that begins and ends anywhere, so that its parts of 2 MiB are cut. */
struct part {
	volatile uint8_t *at;
	uint32_t first;
	uint32_t pages;
};

static struct part map_part(const struct memory_bar *memory, uint32_t first, uint32_t pages)
{
	struct part part = { .first = first, .pages = pages };

	part.at = mmap64(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 memory->user.device, memory->info.offset + (uint64_t)first * PAGE);
	CHECK(part.at != MAP_FAILED);
	return part;
}

static volatile uint32_t *page_of(const struct part *part, uint32_t page)
{
	return (volatile uint32_t *)(part->at + (size_t)page * PAGE);
}

/* From the middle on, so that the first touch has pages on both sides of it. */
static void check_pages(const struct part *part)
{
	for (uint32_t i = 0; i < part->pages; i++) {
		uint32_t page = (i + part->pages / 2) % part->pages;

		EQUAL(*page_of(part, page), part->first + page);
	}
}

static void check_pages_in_child(void *part)
{
	check_pages(part);
}

TEST(B6_every_page_in_its_place, "a touch brings the right pages, however the mapping is cut")
{
	static const struct { uint32_t first, pages; } parts[] = {
		{ 0, 4096 }, { 0, 1 }, { 1, 511 }, { 511, 2 }, { 300, 1500 },
		{ 4095, 1 }, { 7, 513 },
	};
	struct memory_bar memory = memory_bar();

	EQUAL(memory.info.size, 16 * MIB);
	number_pages(&memory);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct part part = map_part(&memory, parts[i].first, parts[i].pages);

		in_child(check_pages_in_child, &part);
		check_pages(&part);
		in_child(check_pages_in_child, &part);
		memory_enable(memory.user.device, false);
		CHECK(touch_faults(page_of(&part, 0)));
		CHECK(touch_faults(page_of(&part, part.pages - 1)));
		CHECK(touch_faults(page_of(&part, part.pages / 2)));
		memory_enable(memory.user.device, true);
		check_pages(&part);
		OK(munmap((void *)part.at, (size_t)part.pages * PAGE));
	}
}

TEST(B6_rest_of_a_mapping, "a mapping that was cut, moved or protected in part keeps to what it is")
{
	struct memory_bar memory = memory_bar();
	struct part part = map_part(&memory, 100, 1000), moved = { .first = 600, .pages = 500 };
	int zero = OK(open("/dev/zero", O_RDONLY | O_CLOEXEC));

	number_pages(&memory);
	/* A hole of ten pages in the middle, the second half elsewhere. */
	OK(munmap((void *)page_of(&part, 490), 10 * PAGE));
	moved.at = mremap((void *)page_of(&part, 500), 500 * PAGE, 500 * PAGE,
			  MREMAP_MAYMOVE | MREMAP_FIXED, mmap(NULL, 500 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	CHECK(moved.at != MAP_FAILED);
	part.pages = 490;
	OK(mprotect((void *)page_of(&part, 200), 50 * PAGE, PROT_READ));
	check_pages(&moved);
	check_pages(&part);
	REFUSED(read(zero, (void *)page_of(&part, 249), 4), EFAULT);
	EQUAL(*page_of(&part, 249), 349);
	EQUAL(read(zero, (void *)page_of(&part, 250), 4), 4);
	EQUAL(*page_of(&part, 250), 0);
}

static void *check_in_thread(void *part)
{
	check_pages(part);
	return NULL;
}

TEST(B6_threads_touch_together, "threads that touch the same mapping at once all find every page")
{
	struct memory_bar memory = memory_bar();
	pthread_t threads[4];

	number_pages(&memory);
	for (int round = 0; round < 5; round++) {
		struct part part = map_part(&memory, 3, 4000);

		for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
			EQUAL(pthread_create(&threads[i], NULL, check_in_thread, &part), 0);
		for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
			EQUAL(pthread_join(threads[i], NULL), 0);
		OK(munmap((void *)part.at, (size_t)part.pages * PAGE));
	}
}
