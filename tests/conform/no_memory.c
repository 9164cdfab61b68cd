// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory at every single allocation: a call is refused and all is as it was, or it
 * works without what it did not get. What stays held or pinned, the harness finds.
 *
 * Not here, for the kernel around us does not stand it: a group that leaves a domain, for
 * another one or for good (where it should go cannot be attached, which the kernel takes for
 * impossible and warns of), and switching a device on or off (ACPI's interpreter then uses
 * what it has freed).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event.h"
#include "failing.h"
#include "harness.h"
#include "irq.h"
#include "process.h"
#include "sample.h"
#include "textfile.h"
#include "vfio.h"

enum { SIZE = 64 * 4096, LIMIT = 1200, VECTORS = 8 };

/* Another for each try, with room between: an IOMMU keeps the page tables it once made. */
static uint64_t fresh_iova(const struct failing *failing)
{
	return (4ULL + failing->nth) << 30;
}

/* A device of vfio-pci that is switched on already, as by a second driver. */
static struct pci_device switched_on(unsigned int vendor, unsigned int device, unsigned int nth)
{
	struct pci_device pci = pci_find(vendor, device, nth);

	OK(pci_release(&pci));
	OK(text_write("1", "/sys/bus/pci/devices/%s/enable", pci.name));
	return vfio_device(vendor, device, nth);
}

static void switch_off(const struct pci_device *pci)
{
	OK(pci_release(pci));
	OK(text_write("0", "/sys/bus/pci/devices/%s/enable", pci->name));
}

/* Touched, so that the calls under test have the allocations of VFIO and not of page faults. */
static void *memory_in_use(void)
{
	return memset(pages(SIZE), 1, SIZE);
}

TEST(C1_no_memory, "opening a container and a group")
{
	struct failing failing = failing_start();
	struct pci_device edu = vfio_device(EDU, 0);
	int fd;

	time_limit(LIMIT);
	while (failing_goes_on(&failing)) {
		fd = FAILING(&failing, open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
		if (fd >= 0)
			OK(close(fd));
	}
	CHECK(failing.refused);
	failing = failing_start();
	while (failing_goes_on(&failing)) {
		fd = FAILING(&failing, try_group_open(edu.group));
		if (fd >= 0)
			OK(close(fd));
	}
	CHECK(failing.refused);
}

TEST(C2_no_memory, "SET_IOMMU")
{
	struct failing failing = failing_start();
	struct pci_device edu = vfio_device(EDU, 0);
	int container = container_open(), group = group_open(&edu);

	time_limit(LIMIT);
	OK(try_set_container(group, container));
	/* That the IOMMU driver has no domain, without a why. */
	failing.also = EIO;
	while (failing_goes_on(&failing)) {
		if (FAILING(&failing, ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU)) < 0) {
			REFUSED(try_unmap(container, 0, 4096, 0), EINVAL);
			continue;
		}
		OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
		OK(try_set_container(group, container));
	}
	CHECK(failing.refused);
}

/* Opens and closes a device with each allocation of its open failing. */
static void open_device(struct pci_device pci)
{
	struct failing failing = failing_start();
	struct assignment user = assign_group(pci, VFIO_TYPE1v2_IOMMU);

	time_limit(LIMIT);
	while (failing_goes_on(&failing)) {
		user.device = FAILING(&failing, try_device_fd(user.group, pci.name));
		if (user.device < 0)
			continue;
		CHECK(device_info(user.device).flags & VFIO_DEVICE_FLAGS_PCI);
		OK(close(user.device));
	}
	CHECK(failing.refused);
	user.device = -1;
	unassign(&user);
	switch_off(&pci);
}

TEST(C11_no_memory, "GET_DEVICE_FD of a small device")
{
	open_device(switched_on(EDU, 0));
}

TEST(V2_no_memory, "GET_DEVICE_FD of a device with every capability")
{
	open_device(switched_on(E1000E, 0));
}

TEST(V3_no_memory, "the last close of a device with interrupts and mappings")
{
	struct failing failing = failing_start();
	struct assignment edu = assign_group(switched_on(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *bar;

	time_limit(LIMIT);
	do {
		edu.device = device_open(edu.group, &edu.pci);
		irq_enable(edu.device, MSI);
		memory_enable(edu.device, true);
		bar = bar_map(edu.device, 0);
		*(volatile uint32_t *)bar;
		OK(munmap(bar, region_info(edu.device, 0).size));
		OK(FAILING(&failing, close(edu.device)));
	} while (failing_goes_on(&failing));
	edu.device = device_open(edu.group, &edu.pci);
	irq_enable(edu.device, MSI);
	unassign(&edu);
	switch_off(&edu.pci);
}

TEST(M1_no_memory, "MAP")
{
	struct failing failing = failing_start();
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	size_t locked = locked_pages();
	void *memory = memory_in_use();

	time_limit(LIMIT);
	while (failing_goes_on(&failing)) {
		uint64_t iova = fresh_iova(&failing);

		if (FAILING(&failing, try_map(edu.container, iova, memory, SIZE, READ_WRITE)) < 0) {
			EQUAL(locked_pages(), locked);
			EQUAL(unmap(edu.container, iova, SIZE), 0);
			continue;
		}
		EQUAL(locked_pages(), locked + SIZE / page_size());
		EQUAL(unmap(edu.container, iova, SIZE), SIZE);
	}
	CHECK(failing.refused);
}

/*
 * What the IOMMU driver has written into one page table when there is no memory for the next
 * must not stay: the kernel warns of what is there already when the next try writes it.
 */
static void map_over_tables(int container, uint64_t offset, void *memory, size_t size)
{
	struct failing failing = failing_start();
	size_t locked = locked_pages();

	while (failing_goes_on(&failing)) {
		uint64_t iova = fresh_iova(&failing) + offset;

		if (FAILING(&failing, try_map(container, iova, memory, size, READ_WRITE)) < 0) {
			EQUAL(locked_pages(), locked);
			map(container, iova, memory, size, READ_WRITE);
		}
		EQUAL(unmap(container, iova, size), size);
	}
	CHECK(failing.refused);
}

TEST(M1_no_memory_for_a_table, "MAP of contiguous memory that goes over the end of an IOMMU's page table")
{
	const size_t page = page_size(), table = 512 * page;
	const uint64_t elsewhere = 64ULL << 30;
	int container = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU).container;
	char *memory = huge_pages(table);
	char *before = mmap(memory - page, page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	time_limit(LIMIT);
	memset(memory, 1, table);
	map_over_tables(container, table / 2, memory, table);
	/* A shorter one, and a page that it does not go on from: mapped as a list. */
	CHECK(before == memory - page);
	*before = 1;
	map_over_tables(container, elsewhere + table - table / 4, before, page + table / 2);
	huge_pages_end(memory, table);
}

TEST(M5_no_memory, "MAP of memory that has to be found first")
{
	struct failing failing = failing_start();
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	size_t locked = locked_pages(), size = 4 * page_size();
	void *memory;

	time_limit(LIMIT);
	while (failing_goes_on(&failing)) {
		uint64_t iova = fresh_iova(&failing);

		memory = pages(size);
		if (FAILING(&failing, try_map(edu.container, iova, memory, size, READ_WRITE)) < 0)
			EQUAL(unmap(edu.container, iova, size), 0);
		else
			EQUAL(unmap(edu.container, iova, size), size);
		EQUAL(locked_pages(), locked);
		OK(munmap(memory, size));
	}
	CHECK(failing.refused);
}

TEST(U1_no_memory, "UNMAP of several mappings: all of them or none")
{
	struct failing failing = failing_start();
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	size_t locked = locked_pages();
	char *memory = memory_in_use();

	time_limit(LIMIT);
	do {
		for (size_t at = 0; at < SIZE; at += SIZE / 4)
			map(edu.container, at, memory + at, SIZE / 4, READ_WRITE);
		if (FAILING(&failing, try_unmap(edu.container, 0, SIZE, 0)) < 0) {
			/* The answer could not be copied: then they are gone. */
			if (locked_pages() == locked)
				continue;
			EQUAL(locked_pages(), locked + SIZE / page_size());
			EQUAL(unmap(edu.container, 0, SIZE), SIZE);
		}
		EQUAL(locked_pages(), locked);
	} while (failing_goes_on(&failing));
}

TEST(D1_no_memory, "DIRTY_PAGES START, and MAP while dirty pages are logged")
{
	struct failing failing = failing_start();
	struct assignment edu = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_dirty_bitmap request = { .argsz = sizeof(request) };
	char *memory = memory_in_use();

	time_limit(LIMIT);
	for (size_t at = 0; at < SIZE / 2; at += SIZE / 4)
		map(edu.container, at, memory + at, SIZE / 4, READ_WRITE);
	while (failing_goes_on(&failing)) {
		request.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
		if (FAILING(&failing, ioctl(edu.container, VFIO_IOMMU_DIRTY_PAGES, &request)) < 0)
			continue;
		request.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
		OK(ioctl(edu.container, VFIO_IOMMU_DIRTY_PAGES, &request));
	}
	CHECK(failing.refused);
	request.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
	OK(ioctl(edu.container, VFIO_IOMMU_DIRTY_PAGES, &request));
	failing = failing_start();
	while (failing_goes_on(&failing)) {
		if (FAILING(&failing, try_map(edu.container, SIZE / 2, memory, SIZE / 4,
					      READ_WRITE)) < 0)
			EQUAL(unmap(edu.container, SIZE / 2, SIZE / 4), 0);
		else
			EQUAL(unmap(edu.container, SIZE / 2, SIZE / 4), SIZE / 4);
	}
	CHECK(failing.refused);
}

TEST(G4_no_memory, "the info calls, with their capabilities")
{
	struct failing failing = failing_start();
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct {
		struct vfio_iommu_type1_info info;
		char room[1024];
	} iommu;
	struct {
		struct vfio_region_info info;
		char room[1024];
	} region;

	time_limit(LIMIT);
	while (failing_goes_on(&failing)) {
		iommu.info = (struct vfio_iommu_type1_info){ .argsz = sizeof(iommu) };
		FAILING(&failing, ioctl(nvme.container, VFIO_IOMMU_GET_INFO, &iommu));
	}
	CHECK(failing.refused);
	failing = failing_start();
	while (failing_goes_on(&failing)) {
		region.info = (struct vfio_region_info){ .argsz = sizeof(region) };
		FAILING(&failing, ioctl(nvme.device, VFIO_DEVICE_GET_REGION_INFO, &region));
	}
	CHECK(failing.refused);
}

/* Enables an index with some vectors: refused, it is off; and it can be enabled afterwards. */
static void enable(struct pci_device pci, unsigned int index, unsigned int count)
{
	struct failing failing = failing_start();
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	int events[VECTORS];

	time_limit(LIMIT);
	for (unsigned int i = 0; i < count; i++)
		events[i] = event_new();
	/* That there are not so many vectors, without a why. */
	failing.also = ENOSPC;
	while (failing_goes_on(&failing)) {
		/* Not 0: refused, or how many there could be, and nothing is enabled (Q4). */
		if (FAILING(&failing, try_irq_events(user.device, index, 0, count, events)) != 0) {
			REFUSED(try_irq_disable(user.device, index), EINVAL);
			continue;
		}
		OK(try_irq_none(user.device, TRIGGER, index, 0, count));
		for (unsigned int i = 0; i < count; i++)
			EQUAL(event_now(events[i]), 1);
		OK(try_irq_disable(user.device, index));
	}
	CHECK(failing.refused);
}

TEST(Q7_no_memory, "enabling INTx")
{
	enable(vfio_device(EDU, 0), INTX, 1);
}

TEST(Q3_no_memory, "enabling MSI")
{
	enable(vfio_device(EDU, 0), MSI, 1);
}

TEST(Q4_no_memory, "enabling MSI-X, several vectors")
{
	enable(vfio_device(NVME, 0), MSIX, VECTORS);
}

TEST(Q8_no_memory, "setting the ERR and REQ eventfds")
{
	static const unsigned int indexes[] = { ERR, REQ };
	struct assignment e1000e = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	int event = event_new(), none = -1;

	time_limit(LIMIT);
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		struct failing failing = failing_start();

		while (failing_goes_on(&failing))
			if (FAILING(&failing, try_irq_events(e1000e.device, indexes[i], 0, 1,
							     &event)) >= 0)
				OK(try_irq_events(e1000e.device, indexes[i], 0, 1, &none));
		CHECK(failing.refused);
	}
}

TEST(B6_no_memory, "mapping a BAR, reading and writing it")
{
	struct failing failing = failing_start();
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info bar = region_info(edu.device, 0);
	uint32_t word;
	void *mapped;

	time_limit(LIMIT);
	memory_enable(edu.device, true);
	while (failing_goes_on(&failing)) {
		if (FAILING(&failing, (mapped = mmap(NULL, bar.size, PROT_READ, MAP_SHARED,
						     edu.device, bar.offset),
				       mapped == MAP_FAILED ? -1 : 0)) < 0)
			continue;
		*(volatile uint32_t *)mapped;
		OK(munmap(mapped, bar.size));
	}
	CHECK(failing.refused);
	failing = failing_start();
	while (failing_goes_on(&failing))
		FAILING(&failing, pread(edu.device, &word, sizeof(word), bar.offset + 4));
	failing = failing_start();
	while (failing_goes_on(&failing))
		FAILING(&failing, pwrite(edu.device, &word, sizeof(word), bar.offset + 4));
}

TEST(C14_no_memory, "binding a device, and taking it away, which cannot be refused")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int bind = OK(open("/sys/bus/pci/drivers/vfio-pci/bind", O_WRONLY | O_CLOEXEC));
	int unbind = OK(open("/sys/bus/pci/drivers/vfio-pci/unbind", O_WRONLY | O_CLOEXEC));
	size_t length = strlen(edu.name);
	struct failing failing;

	time_limit(LIMIT);
	failing = failing_start();
	OK(pci_unbind(&edu));
	while (failing_goes_on(&failing)) {
		if (FAILING(&failing, pwrite(bind, edu.name, length, 0)) >= 0)
			EQUAL(pwrite(unbind, edu.name, length, 0), length);
		CHECK(!pci_driven_by(&edu, "vfio-pci"));
		CHECK(!path_exists("/dev/vfio/%d", edu.group));
		CHECK(!path_exists("/sys/class/vfio/%d", edu.group));
	}
	CHECK(failing.refused);
	failing = failing_start();
	while (failing_goes_on(&failing)) {
		/* What the file itself allocates comes before the driver's part. */
		OK(pci_bind(&edu, "vfio-pci"));
		if (FAILING(&failing, pwrite(unbind, edu.name, length, 0)) < 0)
			CHECK(pci_driven_by(&edu, "vfio-pci"));
		else
			CHECK(!pci_driven_by(&edu, "vfio-pci"));
	}
}

TEST(E3_no_memory, "pages that a driver pins")
{
	struct failing failing;
	struct assignment user = { .device = -1 };
	size_t locked = locked_pages();
	uint32_t command = SAMPLE_HOLD;
	uint64_t at;

	time_limit(LIMIT);
	failing = failing_start();
	sample_load("");
	user = assign(sample_device(0), VFIO_TYPE1v2_IOMMU);
	at = region_info(user.device, 0).offset + offsetof(struct sample_registers, command);
	map(user.container, 0, memory_in_use(), SIZE, READ_WRITE);
	SAMPLE_SET(user.device, source, 0);
	SAMPLE_SET(user.device, length, SIZE);
	while (failing_goes_on(&failing)) {
		if (FAILING(&failing, pwrite(user.device, &command, sizeof(command), at)) >= 0 &&
		    SAMPLE_GET(user.device, status) == 0) {
			EQUAL(locked_pages(), locked + SIZE / page_size());
			EQUAL(sample_run(user.device, SAMPLE_DROP), 0);
		}
		EQUAL(SAMPLE_GET(user.device, held), 0);
		EQUAL(locked_pages(), locked);
	}
	unassign(&user);
	sample_unload();
}
