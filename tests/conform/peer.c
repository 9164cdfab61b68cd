// SPDX-License-Identifier: GPL-2.0-only
/*
 * M6: memory of devices mapped for other devices' DMA: what is taken and reached, and
 * that it does not outlast the device's user.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096, EDU_BAR = 0x100000 };

/* Its BAR 2 is memory like any other. */
enum { MEMORY_BAR = 2 };

/* A device that does DMA, and another whose BAR it is to reach. */
struct peers {
	struct assignment user;
	struct edu edu;
	struct assignment other;
	char *bar;
	size_t size;
};

static struct peers start_peers(struct pci_device other, unsigned int bar)
{
	struct peers peers = {
		.other = assign(other, VFIO_TYPE1v2_IOMMU),
		.user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU),
	};

	peers.edu = edu_start(peers.user.device);
	memory_enable(peers.other.device, true);
	peers.bar = bar_map(peers.other.device, bar);
	peers.size = region_info(peers.other.device, bar).size;
	return peers;
}

/* With registers behind the BAR: to map, not to write. */
static struct peers start_registers(void)
{
	return start_peers(vfio_device(EDU, 1), 0);
}

static struct peers start_memory(void)
{
	return start_peers(vfio_device(IVSHMEM, 0), MEMORY_BAR);
}

/* The DMA of the first device arrives in the other one's memory, and comes back. */
static bool bar_reached(struct peers *peers, uint64_t iova, size_t offset)
{
	volatile uint32_t *there = (uint32_t *)(peers->bar + offset);
	static uint32_t pattern = 0x01020304;

	pattern += 0x11111111;
	there[0] = pattern;
	there[1] = 0;
	edu_copy(&peers->edu, iova + offset, iova + offset + 4, 4);
	return there[1] == pattern;
}

TEST(M6_bar_is_mapped, "the BAR of another device can be mapped, and is not accounted")
{
	struct peers peers = start_registers();
	int container = peers.user.container;

	EQUAL(peers.size, EDU_BAR);
	map(container, 0, peers.bar, peers.size, READ_WRITE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	REFUSED(try_map(container, PAGE, peers.bar, PAGE, READ_WRITE), EEXIST);
	/* A part of it, and for reading only. */
	map(container, 16 * MIB, peers.bar + 4 * PAGE, 2 * PAGE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(unmap(container, 0, peers.size), peers.size);
	EQUAL(unmap(container, 0, 32 * MIB), 2 * PAGE);
	EQUAL(pinned_pages(), 0);
}

static void map_without_limit(void *argument)
{
	struct peers *peers = argument;

	drop_privileges_with_memlock(0);
	REFUSED(try_map(peers->user.container, 0, pages(PAGE), PAGE, READ_WRITE), ENOMEM);
	map(peers->user.container, 0, peers->bar, peers->size, READ_WRITE);
	EQUAL(locked_pages(), 0);
	EQUAL(unmap(peers->user.container, 0, peers->size), peers->size);
}

TEST(M6_bar_needs_no_memlock, "RLIMIT_MEMLOCK does not stand in the way of a BAR")
{
	struct peers peers = start_registers();

	in_child(map_without_limit, &peers);
}

TEST(M6_own_bar, "a device's BAR can be mapped into its own container, and holds nothing up")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	for (int i = 0; i < 3; i++) {
		void *bar = bar_map(user.device, 0);

		map(user.container, MIB, bar, EDU_BAR, READ_WRITE);
		/* The mapping in the process is not what the container needs. */
		OK(munmap(bar, EDU_BAR));
		unassign(&user);
		user = assign(user.pci, VFIO_TYPE1v2_IOMMU);
		EQUAL(unmap(user.container, 0, 16 * MIB), 0);
	}
}

TEST(M6_own_bar_group_last, "the same with the device closed first and the group last")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	void *bar = bar_map(user.device, 0);

	map(user.container, MIB, bar, EDU_BAR, READ_WRITE);
	OK(close(user.container));
	OK(munmap(bar, EDU_BAR));
	OK(close(user.device));
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
	OK(close(user.group));
	assign(user.pci, VFIO_TYPE1v2_IOMMU);
}

TEST(M6_memory_disabled, "a BAR whose memory is disabled is EFAULT, and nothing stays mapped")
{
	struct peers peers = start_registers();
	int container = peers.user.container;

	memory_enable(peers.other.device, false);
	REFUSED(try_map(container, 0, peers.bar, peers.size, READ_WRITE), EFAULT);
	REFUSED(try_map(container, 0, peers.bar, PAGE, VFIO_DMA_MAP_FLAG_READ), EFAULT);
	EQUAL(unmap(container, 0, peers.size), 0);
	memory_enable(peers.other.device, true);
	map(container, 0, peers.bar, peers.size, READ_WRITE);
}

TEST(M6_read_only_bar, "a BAR mapped read-only in the process can be mapped for READ only")
{
	struct peers peers = start_registers();
	int container = peers.user.container;
	void *bar = try_bar_map(peers.other.device, 0, PROT_READ, MAP_SHARED);

	CHECK(bar != MAP_FAILED);
	REFUSED(try_map(container, 0, bar, peers.size, READ_WRITE), EFAULT);
	REFUSED(try_map(container, 0, bar, peers.size, VFIO_DMA_MAP_FLAG_WRITE), EFAULT);
	map(container, 0, bar, peers.size, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(unmap(container, 0, peers.size), peers.size);
	/* Pages that are there already make no difference. */
	CHECK(*(volatile uint32_t *)bar != 0);
	REFUSED(try_map(container, 0, bar, PAGE, READ_WRITE), EFAULT);
}

TEST(M6_beyond_the_bar, "a range that goes on where the BAR ends is EFAULT as a whole")
{
	struct peers peers = start_registers();
	int container = peers.user.container;

	OK(munmap(peers.bar + EDU_BAR / 2, EDU_BAR / 2));
	REFUSED(try_map(container, 0, peers.bar, EDU_BAR, READ_WRITE), EFAULT);
	EQUAL(unmap(container, 0, EDU_BAR), 0);
	map(container, 0, peers.bar, EDU_BAR / 2, READ_WRITE);
}

/* Memory, a BAR and memory again, side by side in the process. */
static char *sandwich(const struct peers *peers)
{
	char *memory = pages(64 * PAGE + EDU_BAR);
	struct vfio_region_info info = region_info(peers->other.device, 0);

	CHECK(mmap64(memory + 32 * PAGE, EDU_BAR, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		     peers->other.device, info.offset) != MAP_FAILED);
	return memory;
}

TEST(M6_memory_and_bar, "one map may have memory and a BAR; only the memory is accounted")
{
	struct peers peers = start_registers();
	int container = peers.user.container;
	char *memory = sandwich(&peers);
	size_t size = 64 * PAGE + EDU_BAR, last = 32 * PAGE + EDU_BAR;

	map(container, 0, memory, size, READ_WRITE);
	EQUAL(locked_pages(), 64);
	EQUAL(pinned_pages(), 64);
	CHECK(edu_reaches(&peers.edu, 0, memory, 128));
	CHECK(edu_reaches(&peers.edu, 31 * PAGE, memory + 31 * PAGE, 128));
	CHECK(edu_reaches(&peers.edu, last, memory + last, 128));
	EQUAL(unmap(container, 0, size), size);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	/* Failing in the middle gives back what was pinned before it. */
	memory_enable(peers.other.device, false);
	REFUSED(try_map(container, 0, memory, size, READ_WRITE), EFAULT);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

/* Where the kernel shows its clocks; it is made of pages that nobody reference counts. */
static char *clock_pages(void)
{
	unsigned long start = 0;
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "re");

	CHECK(maps);
	while (!start && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar]"))
			OK(sscanf(line, "%lx-", &start) - 1);
	fclose(maps);
	if (!start)
		skip("needs the kernel's clocks in user memory");
	return (char *)start;
}

static void map_clock_of_namespace(void *argument)
{
	int container = *(int *)argument;

	REFUSED(try_map(container, 0, clock_pages(), PAGE, VFIO_DMA_MAP_FLAG_READ), EFAULT);
	REFUSED(try_map(container, 0, clock_pages(), PAGE, READ_WRITE), EFAULT);
	EQUAL(unmap(container, 0, MIB), 0);
	EQUAL(locked_pages(), 0);
}

/*
 * A time namespace has a clock page of its own, which comes from the page allocator and
 * goes back there: RAM in a mapping of the kind that BARs have.
 */
TEST(M6_ram_is_refused, "RAM without a reference count to hold it by is EFAULT")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	/* The page of everybody else is of the kernel's image, which never goes away. */
	map(user.container, 0, clock_pages(), PAGE, VFIO_DMA_MAP_FLAG_READ);
	EQUAL(unmap(user.container, 0, PAGE), PAGE);
	if (unshare(CLONE_NEWTIME))
		skip("needs time namespaces");
	in_child(map_clock_of_namespace, &user.container);
}

TEST(M6_dma_to_a_bar, "the device's DMA arrives in the other device's memory")
{
	struct peers peers = start_memory();

	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, 0));
	CHECK(bar_reached(&peers, MIB, peers.size / 2 - 4));
	CHECK(bar_reached(&peers, MIB, peers.size - 8));
	EQUAL(unmap(peers.user.container, MIB, peers.size), peers.size);
	CHECK(!bar_reached(&peers, MIB, 0));
}

TEST(M6_part_of_a_bar, "of a BAR that is mapped in part, the rest is out of reach")
{
	struct peers peers = start_memory();

	map(peers.user.container, MIB + PAGE, peers.bar + PAGE, PAGE, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, PAGE));
	CHECK(bar_reached(&peers, MIB, 2 * PAGE - 8));
	CHECK(!bar_reached(&peers, MIB, 0));
	CHECK(!bar_reached(&peers, MIB, 2 * PAGE));
}

TEST(M6_bar_read_only, "a BAR mapped for READ is read and not written")
{
	struct peers peers = start_memory();
	char *memory = pages(PAGE);

	map(peers.user.container, MIB, peers.bar, peers.size, VFIO_DMA_MAP_FLAG_READ);
	map(peers.user.container, 0, memory, PAGE, READ_WRITE);
	memset(peers.bar, 'b', 64);
	edu_copy(&peers.edu, MIB, 0, 64);
	EQUAL(memory[0], 'b');
	EQUAL(memory[63], 'b');
	CHECK(!bar_reached(&peers, MIB, 0));
}

TEST(M6_later_group, "a group that joins later reaches a mapped BAR too")
{
	struct peers peers = start_memory();
	struct pci_device second = vfio_device(EDU, 1);
	int group = group_open(&second);

	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	OK(try_set_container(group, peers.user.container));
	peers.edu = edu_start(device_open(group, &second));
	CHECK(bar_reached(&peers, MIB, 0));
}

TEST(M6_bar_of_a_member, "devices of one container reach each other's BARs by its maps")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct pci_device other = vfio_device(IVSHMEM, 0);
	struct peers peers = { .user = user, .edu = edu_start(user.device) };
	int group = group_open(&other), device;

	OK(try_set_container(group, user.container));
	device = device_open(group, &other);
	memory_enable(device, true);
	peers.bar = bar_map(device, MEMORY_BAR);
	map(user.container, MIB, peers.bar, MIB, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, 0));
}

/* Nobody has the other device any more: its BAR is no longer ours to reach. */
static void close_other(struct peers *peers)
{
	OK(munmap(peers->bar, peers->size));
	unassign(&peers->other);
}

/* Its user is back, with a mapping of its own to look into the memory by. */
static void reopen_other(struct peers *peers, unsigned int bar)
{
	peers->other = assign(peers->other.pci, VFIO_TYPE1v2_IOMMU);
	memory_enable(peers->other.device, true);
	peers->bar = bar_map(peers->other.device, bar);
}

TEST(M6_bar_of_a_closed_device, "what is mapped of a BAR is the user's to unmap after its device was closed")
{
	struct peers peers = start_registers();
	int container = peers.user.container;
	char *memory = pages(PAGE);

	improvement("a mapped BAR is out of the device's reach once its own is closed");
	map(container, 0, peers.bar, peers.size, READ_WRITE);
	map(container, 16 * MIB, memory, PAGE, READ_WRITE);
	close_other(&peers);
	EQUAL(unmap(container, 0, peers.size), peers.size);
	/* Memory is none of its business. */
	CHECK(edu_reaches(&peers.edu, 16 * MIB, memory, 128));
	EQUAL(locked_pages(), 1);
	map(container, 0, memory, PAGE, READ_WRITE);
}

TEST(M6_bar_while_mapped, "a mapped BAR stays as long as its device is open or in a process")
{
	struct peers peers = start_memory();

	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	/* The process's mapping holds the device open. */
	unassign(&peers.other);
	CHECK(bar_reached(&peers, MIB, 0));
	EQUAL(unmap(peers.user.container, MIB, peers.size), peers.size);
}

TEST(M6_bar_without_process_mapping, "a mapped BAR needs no mapping in the process")
{
	struct peers peers = start_memory();

	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	OK(munmap(peers.bar, peers.size));
	peers.bar = bar_map(peers.other.device, MEMORY_BAR);
	CHECK(bar_reached(&peers, MIB, 0));
}

TEST(M6_dma_to_a_closed_device, "DMA to the BAR of a device that was closed is blocked")
{
	struct peers peers = start_memory();

	improvement("a mapped BAR is out of the device's reach once its own is closed");
	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, 0));
	close_other(&peers);
	reopen_other(&peers, MEMORY_BAR);
	CHECK(!bar_reached(&peers, MIB, 0));
	EQUAL(unmap(peers.user.container, MIB, peers.size), peers.size);
	map(peers.user.container, MIB, peers.bar, peers.size, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, 0));
}

TEST(M6_container_closed_first, "with a BAR mapped, both sides close in any order")
{
	struct peers peers = start_registers();
	struct pci_device other = peers.other.pci;

	map(peers.user.container, 0, peers.bar, peers.size, READ_WRITE);
	edu_stop(&peers.edu);
	unassign(&peers.user);
	close_other(&peers);
	peers = start_registers();
	map(peers.user.container, 0, peers.bar, peers.size, READ_WRITE);
	close_other(&peers);
	edu_stop(&peers.edu);
	unassign(&peers.user);
	assign(other, VFIO_TYPE1v2_IOMMU);
}

TEST(M6_driver_takes_over, "a device with its BAR mapped elsewhere goes back to a driver")
{
	struct peers peers = start_peers(vfio_device(E1000E, 0), 0);

	map(peers.user.container, 0, peers.bar, peers.size, READ_WRITE);
	close_other(&peers);
	OK(pci_release(&peers.other.pci));
	EQUAL(unmap(peers.user.container, 0, peers.size), peers.size);
}

struct race {
	struct peers *peers;
	bool done;
};

/* Maps the BAR again and again, until the process has it no more. */
static void *map_while_there(void *argument)
{
	struct race *race = argument;
	int container = race->peers->user.container;

	while (!__atomic_load_n(&race->done, __ATOMIC_ACQUIRE))
		if (!try_map(container, 0, race->peers->bar, race->peers->size, READ_WRITE))
			OK(try_unmap(container, 0, race->peers->size, 0));
		else
			EQUAL(errno, EFAULT);
	/* Now that it is gone, it cannot be mapped. */
	REFUSED(try_map(container, 0, race->peers->bar, race->peers->size, READ_WRITE), EFAULT);
	return NULL;
}

TEST(M6_race_close, "closing a device while its BAR is being mapped leaves no map of it")
{
	struct peers peers = start_registers();

	improvement("a mapped BAR is out of the device's reach once its own is closed");
	for (int i = 0; i < 100; i++) {
		struct race race = { .peers = &peers };
		pthread_t thread;

		EQUAL(pthread_create(&thread, NULL, map_while_there, &race), 0);
		usleep(i * 200);
		close_other(&peers);
		__atomic_store_n(&race.done, true, __ATOMIC_RELEASE);
		EQUAL(pthread_join(thread, NULL), 0);
		EQUAL(unmap(peers.user.container, 0, peers.size), 0);
		reopen_other(&peers, 0);
	}
}

static void *map_once(void *argument)
{
	struct race *race = argument;

	try_map(race->peers->user.container, 0, race->peers->bar, race->peers->size, READ_WRITE);
	return NULL;
}

TEST(M6_race_one_map,
	"whether a map of a BAR or its close comes first, no device reaches it at the end")
{
	struct peers peers = start_memory();

	improvement("a mapped BAR is out of the device's reach once its own is closed");
	for (int i = 0; i < 30; i++) {
		struct race race = { .peers = &peers };
		pthread_t thread;

		EQUAL(pthread_create(&thread, NULL, map_once, &race), 0);
		usleep(i * 60);
		close_other(&peers);
		EQUAL(pthread_join(thread, NULL), 0);
		reopen_other(&peers, MEMORY_BAR);
		CHECK(!bar_reached(&peers, 0, 0));
		OK(try_unmap(peers.user.container, 0, peers.size, 0));
	}
}

/* The user's side: its last group leaves, and all maps go. */
static void *leave(void *argument)
{
	struct peers *peers = argument;

	edu_stop(&peers->edu);
	unassign(&peers->user);
	return NULL;
}

TEST(M6_race_last_group,
	"a device is closed while the container that maps its BAR loses its last group")
{
	struct peers peers = start_memory();

	for (int i = 0; i < 60; i++) {
		pthread_t thread;

		map(peers.user.container, 0, peers.bar, peers.size, READ_WRITE);
		EQUAL(pthread_create(&thread, NULL, leave, &peers), 0);
		usleep(i * 50);
		close_other(&peers);
		EQUAL(pthread_join(thread, NULL), 0);
		reopen_other(&peers, MEMORY_BAR);
		peers.user = assign(peers.user.pci, VFIO_TYPE1v2_IOMMU);
		peers.edu = edu_start(peers.user.device);
		EQUAL(unmap(peers.user.container, 0, peers.size), 0);
	}
	CHECK(!bar_reached(&peers, 0, 0));
}

TEST(M6_pages_of_a_bar_in_any_order, "pages of a BAR that lie apart are reached where they belong")
{
	struct peers peers = start_memory();
	struct vfio_region_info info = region_info(peers.other.device, MEMORY_BAR);
	size_t count = peers.size / PAGE;
	char *reversed = pages(peers.size);

	for (size_t i = 0; i < count; i++)
		CHECK(mmap64(reversed + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_FIXED, peers.other.device,
			     info.offset + (count - 1 - i) * PAGE) != MAP_FAILED);
	map(peers.user.container, MIB, reversed, peers.size, READ_WRITE);
	EQUAL(locked_pages(), 0);
	OK(munmap(peers.bar, peers.size));
	peers.bar = reversed;
	CHECK(bar_reached(&peers, MIB, 0));
	CHECK(bar_reached(&peers, MIB, PAGE));
	CHECK(bar_reached(&peers, MIB, peers.size / 2));
	CHECK(bar_reached(&peers, MIB, peers.size - 8));
}

TEST(M6_bar_among_many_maps, "an UNMAP of many mappings takes that of a BAR among them too")
{
	struct peers peers = start_memory();
	int container = peers.user.container;
	char *memory = pages(8 * PAGE);

	for (int i = 0; i < 8; i++)
		map(container, i < 4 ? MIB - (4 - i) * PAGE : MIB + peers.size + (i - 4) * PAGE,
		    memory + i * PAGE, PAGE, READ_WRITE);
	map(container, MIB, peers.bar, peers.size, READ_WRITE);
	CHECK(bar_reached(&peers, MIB, 0));
	CHECK(edu_reaches(&peers.edu, MIB - PAGE, memory + 3 * PAGE, 128));
	EQUAL(unmap(container, 0, 64 * MIB), 8 * PAGE + peers.size);
	CHECK(!bar_reached(&peers, MIB, 0));
	CHECK(!edu_reaches(&peers.edu, MIB - PAGE, memory + 3 * PAGE, 128));
	CHECK(!edu_reaches(&peers.edu, MIB + peers.size, memory + 4 * PAGE, 128));
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}
