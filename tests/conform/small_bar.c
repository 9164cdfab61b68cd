// SPDX-License-Identifier: GPL-2.0-only
/*
 * V5, B5, B7: BARs smaller than a page, which can be mapped if they have the page for
 * themselves, and BARs that somebody else has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "harness.h"
#include "refusal.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096, SMALL = 256, MASK = 0, STATUS = 1 };

/* Where a BAR is, by the device's sysfs file. */
static unsigned long long bar_start(const struct pci_device *device, unsigned int bar)
{
	unsigned long long start = 0;
	char path[64], line[80];
	FILE *resource;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", device->name);
	resource = fopen(path, "re");
	CHECK(resource);
	for (unsigned int i = 0; i <= bar; i++)
		CHECK(fgets(line, sizeof(line), resource));
	fclose(resource);
	EQUAL(sscanf(line, "%llx", &start), 1);
	return start;
}

/* A driver of the host's that takes a range of memory: false if somebody has it already. */
static bool claim(unsigned long long start, unsigned long long size)
{
	struct utsname kernel;
	char command[256];

	OK(uname(&kernel));
	snprintf(command, sizeof(command), "build/%s/claim_range.ko", kernel.release);
	if (!path_exists("%s", command))
		skip("the module claim_range is not built");
	snprintf(command, sizeof(command),
		 "insmod build/%s/claim_range.ko start=0x%llx size=0x%llx 2>/dev/null",
		 kernel.release, start, size);
	return !system(command);
}

static void unclaim(void)
{
	EQUAL(system("rmmod claim_range"), 0);
}

/* Also after a test that failed between the two. */
static void unclaim_leftover(void)
{
	if (path_exists("/sys/module/claim_range"))
		unclaim();
}

/* Somebody has exactly this range of memory. */
static bool iomem_has(unsigned long long start, unsigned long long end)
{
	FILE *iomem = fopen("/proc/iomem", "re");
	unsigned long long from, to;
	bool found = false;
	char line[256];

	CHECK(iomem);
	while (!found && fgets(line, sizeof(line), iomem))
		found = sscanf(line, "%llx-%llx", &from, &to) == 2 && from == start && to == end;
	fclose(iomem);
	return found;
}

/* A device whose first BAR, of plain registers, is small and begins a page. */
static struct pci_device small_device(void)
{
	struct pci_device small = vfio_device(IVSHMEM, 0);

	unclaim_leftover();
	EQUAL(bar_start(&small, 0) % PAGE, 0);
	return small;
}

static void *map_pages(int device, unsigned int page, unsigned int count)
{
	struct vfio_region_info info = region_info(device, 0);

	return mmap64(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, device,
		      info.offset + page * PAGE);
}

TEST(V5_small_bar, "a BAR below a page that has its page for itself has MMAP, and can be mapped")
{
	struct assignment user = assign(small_device(), VFIO_TYPE1v2_IOMMU);
	struct vfio_region_info info = region_info(user.device, 0);
	volatile uint32_t *bar = map_pages(user.device, 0, 1);
	uint32_t value;

	EQUAL(info.size, SMALL);
	CHECK(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	CHECK(bar != MAP_FAILED);
	memory_enable(user.device, true);
	bar[MASK] = 0x5a;
	EQUAL(pread64(user.device, &value, 4, info.offset), 4);
	EQUAL(value, 0x5a);
	bar[MASK] = 0;
	/* Reads and writes end where the BAR does, mappings where its page does. */
	REFUSED(pread64(user.device, &value, 4, info.offset + SMALL), EINVAL);
	CHECK(map_pages(user.device, 1, 1) == MAP_FAILED);
	EQUAL(errno, EINVAL);
	CHECK(map_pages(user.device, 0, 2) == MAP_FAILED);
	EQUAL(errno, EINVAL);
}

NATIVE_TEST(V5_small_bar_page, "the rest of a small BAR's page is nobody else's while the device is open")
{
	struct pci_device small = small_device();
	unsigned long long rest = bar_start(&small, 0) + SMALL;
	struct assignment user = assign(small, VFIO_TYPE1v2_IOMMU);

	CHECK(iomem_has(rest, rest + PAGE - SMALL - 1));
	unassign(&user);
	CHECK(!iomem_has(rest, rest + PAGE - SMALL - 1));
}

NATIVE_TEST(V5_small_bar_shares_page, "a small BAR with something else in its page cannot be mapped")
{
	struct pci_device small = small_device();
	struct assignment user;
	uint32_t value;

	CHECK(claim(bar_start(&small, 0) + PAGE / 2, 16));
	user = assign(small, VFIO_TYPE1v2_IOMMU);
	EQUAL(region_info(user.device, 0).flags,
	      VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE);
	CHECK(map_pages(user.device, 0, 1) == MAP_FAILED);
	EQUAL(errno, EINVAL);
	EQUAL(pread64(user.device, &value, 4, region_info(user.device, 0).offset), 4);
	unassign(&user);
	unclaim();
	user = assign(small, VFIO_TYPE1v2_IOMMU);
	CHECK(region_info(user.device, 0).flags & VFIO_REGION_INFO_FLAG_MMAP);
}

NATIVE_TEST(B7_other_driver, "a BAR that another driver has is EBUSY, and free when that lets go")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct vfio_region_info info;
	struct assignment user;
	uint32_t value;

	unclaim_leftover();
	CHECK(claim(bar_start(&edu, 0), 16));
	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	info = region_info(user.device, 0);
	CHECK(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	REFUSED(pread64(user.device, &value, 4, info.offset), EBUSY);
	REFUSED(pwrite64(user.device, &value, 4, info.offset), EBUSY);
	CHECK(try_bar_map(user.device, 0, PROT_READ, MAP_SHARED) == MAP_FAILED);
	EQUAL(errno, EBUSY);
	/* The rest of the device is not concerned. */
	EQUAL(config_read16(user.device, 0), 0x1234);
	unclaim();
	EQUAL(pread64(user.device, &value, 4, info.offset), 4);
	bar_map(user.device, 0);
	CHECK(!claim(bar_start(&edu, 0), 16));
}

NATIVE_TEST(P1_bar_busy, "EBUSY tells which memory it is and where to look for its owner")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct assignment user;
	char words[64];
	uint32_t value;

	refusals_only();
	unclaim_leftover();
	CHECK(claim(bar_start(&edu, 0), 16));
	user = assign(edu, VFIO_TYPE1v2_IOMMU);
	REFUSED(pread64(user.device, &value, 4, region_info(user.device, 0).offset), EBUSY);
	snprintf(words, sizeof(words), "BAR 0 of %s, [mem 0x%llx-", edu.name, bar_start(&edu, 0));
	expect_refusal(user.device, OPENVFIO_REASON_BAR_BUSY, EBUSY, words);
	expect_refusal(user.device, OPENVFIO_REASON_BAR_BUSY, EBUSY, "/proc/iomem");
	unclaim();
}
