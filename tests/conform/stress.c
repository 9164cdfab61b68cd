// SPDX-License-Identifier: GPL-2.0-only
/*
 * C16, C17 again and again: modules loaded, used and unloaded, users that come and go;
 * at the end nothing may be left of it.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "textfile.h"
#include "vfio.h"

enum { PAGE = 4096, ROUNDS = 20 };

static void run(const char *command)
{
	int status = system(command);

	if (status)
		FAIL("'%s' ended with status %d", command, status);
}

static size_t group_nodes(void)
{
	size_t count = 0;
	glob_t found;

	if (!glob("/dev/vfio/[0-9]*", 0, NULL, &found))
		count = found.gl_pathc;
	globfree(&found);
	return count;
}

/* Objects of our caches that are in use, by /proc/slabinfo, which may have none of them. */
static void check_slabs(void)
{
	FILE *slabs = fopen("/proc/slabinfo", "re");
	char line[512], name[64];
	long active;

	if (!slabs)
		return;
	while (fgets(line, sizeof(line), slabs)) {
		if (sscanf(line, "%63s %ld", name, &active) != 2)
			continue;
		if (!strncmp(name, "vfio", 4) || !strncmp(name, "ovfio", 5))
			if (active)
				FAIL("slab cache %s has %ld active objects", name, active);
	}
	fclose(slabs);
}

static void use_once(void)
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	char *memory = pages(16 * PAGE);

	map(user.container, 0, memory, 16 * PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, 15 * PAGE, memory + 15 * PAGE, 128));
	edu_stop(&edu);
	unassign(&user);
	OK(munmap(memory, 16 * PAGE));
}

static void check_nothing_left(void)
{
	EQUAL(pinned_pages(), 0);
	EQUAL(locked_pages(), 0);
	if (testing_ours())
		check_slabs();
}

NATIVE_TEST(C16_load_use_unload, "20 rounds of load, DMA and unload leave nothing")
{
	struct pci_device edu = pci_find(EDU, 0);

	time_limit(600);
	run("vfio-modules unload");
	for (int i = 0; i < ROUNDS; i++) {
		run("vfio-modules load");
		use_once();
		EQUAL(text_number("/sys/module/vfio_pci/refcnt"), 0);
		EQUAL(text_number("/sys/module/vfio_iommu_type1/refcnt"), 0);
		OK(pci_release(&edu));
		EQUAL(group_nodes(), 0);
		check_nothing_left();
		run("vfio-modules unload");
		CHECK(!path_exists("/sys/module/vfio"));
		CHECK(!path_exists("/dev/vfio/vfio"));
	}
	run("vfio-modules load");
	check_nothing_left();
}

NATIVE_TEST(C16_unload_while_bound, "unloading vfio-pci leaves its devices without a driver")
{
	struct pci_device edu = vfio_device(EDU, 0);

	run("vfio-modules unload");
	CHECK(!path_exists("/sys/bus/pci/devices/%s/driver", edu.name));
	EQUAL(group_nodes(), 0);
	run("vfio-modules load");
	OK(pci_bind(&edu, "vfio-pci"));
	use_once();
}

NATIVE_TEST(C17_type1_comes_along, "loading vfio pulls in vfio_iommu_type1")
{
	run("vfio-modules unload");
	run("modprobe vfio");
	CHECK(path_exists("/sys/module/vfio_iommu_type1"));
	run("vfio-modules load");
}

TEST(C10_many_users, "100 users of a device, one after the other, leave nothing")
{
	struct pci_device edu = vfio_device(EDU, 0);

	for (int i = 0; i < 100; i++) {
		struct assignment user = assign(edu, i & 1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU);

		map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
		unassign(&user);
	}
	check_nothing_left();
}

TEST(M8_many_maps, "ten thousand maps of a page each, unmapped at once")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char *memory = pages(16 * PAGE);
	enum { MAPS = 10000 };

	for (uint64_t i = 0; i < MAPS; i++)
		map(user.container, 2 * i * PAGE, memory + i % 16 * PAGE, PAGE, READ_WRITE);
	EQUAL(locked_pages(), MAPS);
	EQUAL(unmap(user.container, 0, 2ULL * MAPS * PAGE), (uint64_t)MAPS * PAGE);
	check_nothing_left();
}
