// SPDX-License-Identifier: GPL-2.0-only
/*
 * U4, C5: VADDR: the addresses of mappings taken away from one process and given
 * anew by itself or another, while the device goes on.
 */
#include <sys/mman.h>

#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "sample.h"
#include "vfio.h"

enum { PAGE = 4096 };

#define MAP_VADDR VFIO_DMA_MAP_FLAG_VADDR
#define UNMAP_VADDR VFIO_DMA_UNMAP_FLAG_VADDR
#define UNMAP_ALL VFIO_DMA_UNMAP_FLAG_ALL

static int container_of_edu(int type)
{
	return assign_group(vfio_device(EDU, 0), type).container;
}

/* Maps of two pages each at pages 0, 2, 4, 6. */
static char *map_four(int container)
{
	char *memory = pages(8 * PAGE);

	for (uint64_t i = 0; i < 4; i++)
		map(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE, READ_WRITE);
	return memory;
}

/* The bytes whose addresses were taken away. */
static int64_t invalidate(int container, uint64_t iova, uint64_t size)
{
	return OK(try_unmap(container, iova, size, UNMAP_VADDR));
}

static int64_t invalidate_all(int container)
{
	return OK(try_unmap(container, 0, 0, UNMAP_VADDR | UNMAP_ALL));
}

static int try_give(int container, uint64_t iova, const void *memory, uint64_t size)
{
	return try_map(container, iova, memory, size, MAP_VADDR);
}

static void give(int container, uint64_t iova, const void *memory, uint64_t size)
{
	OK(try_give(container, iova, memory, size));
}

/* The exact range is refused: nobody has taken its address away. */
static void expect_valid(int container, uint64_t iova, const void *memory, uint64_t size)
{
	REFUSED(try_give(container, iova, memory, size), EINVAL);
}

/* Memory that two processes can have, each at an address of its own. */
static int shared_file(size_t size)
{
	int file = OK(memfd_create("memory", MFD_CLOEXEC));

	OK(ftruncate(file, size));
	return file;
}

static char *file_pages(int file, size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	CHECK(memory != MAP_FAILED);
	return memory;
}

TEST(U4_vaddr_extension, "UPDATE_VADDR is 0 before SET_IOMMU and 1 after, in v1 and v2")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };
	struct pci_device edu = vfio_device(EDU, 0);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int container = container_open(), group = group_open(&edu);

		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
		OK(try_set_container(group, container));
		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
		OK(ioctl(container, VFIO_SET_IOMMU, types[i]));
		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 1);
		OK(close(group));
		EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
		OK(close(container));
	}
}

TEST(U4_vaddr_size, "UNMAP with VADDR reports the bytes it marked and unmaps nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	/* With holes and room around: none of it is marked yet. */
	EQUAL(unmap(container, 0, 2 * PAGE), 2 * PAGE);
	EQUAL(invalidate(container, 4 * PAGE, 64 * PAGE), 4 * PAGE);
	EQUAL(invalidate(container, MIB, MIB), 0);
	EQUAL(locked_pages(), 6);
	EQUAL(pinned_pages(), 6);
	for (uint64_t i = 1; i < 4; i++)
		give(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE);
	EQUAL(locked_pages(), 6);
	EQUAL(unmap(container, 0, 8 * PAGE), 6 * PAGE);
}

TEST(U4_vaddr_all, "VADDR with ALL marks every map and reports the sum")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory;

	EQUAL(invalidate_all(container), 0);
	memory = map_four(container);
	map(container, 1ULL << 36, memory, PAGE, READ_WRITE);
	EQUAL(invalidate_all(container), 9 * PAGE);
	give(container, 1ULL << 36, memory, PAGE);
	for (uint64_t i = 0; i < 4; i++)
		give(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE);
	EQUAL(locked_pages(), 9);
	EQUAL(invalidate_all(container), 9 * PAGE);
}

TEST(U4_vaddr_arguments, "the rules of ranges are those of UNMAP; ALL takes none")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	REFUSED(try_unmap(container, 0, 0, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 1, 2 * PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 0, 2 * PAGE - 1, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 0, 8 * PAGE, UNMAP_VADDR | UNMAP_ALL), EINVAL);
	REFUSED(try_unmap(container, PAGE, 0, UNMAP_VADDR | UNMAP_ALL), EINVAL);
	REFUSED_EITHER(try_unmap(container, -(uint64_t)PAGE, 2 * PAGE, UNMAP_VADDR),
		       EINVAL, EOVERFLOW);
	for (uint64_t i = 0; i < 4; i++)
		expect_valid(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE);
}

TEST(U4_vaddr_cut, "v2: a range that cuts a map is EINVAL and marks nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	REFUSED(try_unmap(container, 0, PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, PAGE, PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 0, 3 * PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, PAGE, 7 * PAGE, UNMAP_VADDR), EINVAL);
	for (uint64_t i = 0; i < 4; i++)
		expect_valid(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE);
	EQUAL(locked_pages(), 8);
}

TEST(U4_vaddr_v1, "v1: a range marks the maps whose first page it has, up to one it starts inside")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate(container, PAGE, PAGE), 0);
	EQUAL(invalidate(container, PAGE, 7 * PAGE), 0);
	for (uint64_t i = 0; i < 4; i++)
		expect_valid(container, 2 * i * PAGE, memory + 2 * i * PAGE, 2 * PAGE);
	/* The second map is cut, and marked whole. */
	EQUAL(invalidate(container, 0, 3 * PAGE), 4 * PAGE);
	expect_valid(container, 4 * PAGE, memory + 4 * PAGE, 2 * PAGE);
	give(container, 0, memory, 2 * PAGE);
	give(container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE);
	EQUAL(invalidate_all(container), 8 * PAGE);
}

TEST(U4_vaddr_twice, "marking what is marked is EINVAL and takes back the marks of that call")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate(container, 4 * PAGE, 2 * PAGE), 2 * PAGE);
	REFUSED(try_unmap(container, 4 * PAGE, 2 * PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 0, 8 * PAGE, UNMAP_VADDR), EINVAL);
	REFUSED(try_unmap(container, 0, 0, UNMAP_VADDR | UNMAP_ALL), EINVAL);
	/* Those before it and the one after it are as they were, and so is it. */
	expect_valid(container, 0, memory, 2 * PAGE);
	expect_valid(container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE);
	expect_valid(container, 6 * PAGE, memory + 6 * PAGE, 2 * PAGE);
	give(container, 4 * PAGE, memory + 4 * PAGE, 2 * PAGE);
	EQUAL(invalidate(container, 0, 8 * PAGE), 8 * PAGE);
}

TEST(U4_vaddr_failed_call_size, "a refused VADDR does not change the size in the struct")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_dma_unmap request = {
		.argsz = sizeof(request), .flags = UNMAP_VADDR, .size = 8 * PAGE,
	};

	map_four(container);
	EQUAL(invalidate(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	REFUSED(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request), EINVAL);
	EQUAL(request.size, 8 * PAGE);
}

TEST(U4_vaddr_exact_match, "MAP with VADDR must name a marked map by its iova and size")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	REFUSED(try_give(container, MIB, memory, 2 * PAGE), ENOENT);
	REFUSED(try_give(container, 8 * PAGE, memory, 2 * PAGE), ENOENT);
	REFUSED(try_give(container, 0, memory, 2 * PAGE), EINVAL);
	REFUSED(try_give(container, 2 * PAGE, memory, PAGE), EINVAL);
	REFUSED(try_give(container, 3 * PAGE, memory, PAGE), EINVAL);
	REFUSED(try_give(container, 3 * PAGE, memory, 2 * PAGE), EINVAL);
	REFUSED(try_give(container, 2 * PAGE, memory, 4 * PAGE), EINVAL);
	give(container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE);
	/* It is valid now. */
	REFUSED(try_give(container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE), EINVAL);
}

TEST(U4_vaddr_and_access, "MAP with VADDR and READ or WRITE is EINVAL, and the mark stays")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate_all(container), 8 * PAGE);
	REFUSED(try_map(container, 0, memory, 2 * PAGE, MAP_VADDR | VFIO_DMA_MAP_FLAG_READ),
		EINVAL);
	REFUSED(try_map(container, 0, memory, 2 * PAGE, MAP_VADDR | VFIO_DMA_MAP_FLAG_WRITE),
		EINVAL);
	REFUSED(try_map(container, 0, memory, 2 * PAGE, MAP_VADDR | READ_WRITE), EINVAL);
	REFUSED(try_map(container, 0, memory, 2 * PAGE, MAP_VADDR << 1), EINVAL);
	REFUSED(try_give(container, 0, memory + 1, 2 * PAGE), EINVAL);
	REFUSED(try_give(container, 0, memory, 0), EINVAL);
	/* A map proper finds the place taken, marked or not. */
	REFUSED(try_map(container, 0, memory, 2 * PAGE, READ_WRITE), EEXIST);
	give(container, 0, memory, 2 * PAGE);
}

TEST(U4_vaddr_new_maps, "with marked maps around, maps are made and unmapped as ever")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = map_four(container);

	EQUAL(invalidate_all(container), 8 * PAGE);
	map(container, MIB, memory, 4 * PAGE, READ_WRITE);
	EQUAL(locked_pages(), 12);
	expect_valid(container, MIB, memory, 4 * PAGE);
	EQUAL(unmap(container, MIB, MIB), 4 * PAGE);
	EQUAL(locked_pages(), 8);
}

TEST(U4_vaddr_unmap_marked, "a marked map can be unmapped, and is counted no more")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	struct pci_device second = vfio_device(EDU, 1);
	int group = group_open(&second);

	map_four(container);
	EQUAL(invalidate(container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(unmap(container, 0, 2 * PAGE), 2 * PAGE);
	EQUAL(locked_pages(), 6);
	REFUSED(try_set_container(group, container), EBUSY);
	EQUAL(OK(try_unmap(container, 0, 0, UNMAP_ALL)), 6 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	OK(try_set_container(group, container));
}

TEST(C5_attach_while_marked, "no group joins while an address is missing: EBUSY")
{
	struct assignment first = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct pci_device second = vfio_device(EDU, 1);
	int group = group_open(&second);
	char *memory = map_four(first.container);
	struct edu edu;

	EQUAL(invalidate(first.container, 2 * PAGE, 4 * PAGE), 4 * PAGE);
	REFUSED(try_set_container(group, first.container), EBUSY);
	give(first.container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE);
	REFUSED(try_set_container(group, first.container), EBUSY);
	EQUAL(group_flags(group), VFIO_GROUP_FLAGS_VIABLE);
	give(first.container, 4 * PAGE, memory + 4 * PAGE, 2 * PAGE);
	OK(try_set_container(group, first.container));
	edu = edu_start(device_open(group, &second));
	CHECK(edu_reaches(&edu, 2 * PAGE, memory + 2 * PAGE, 128));
}

TEST(U4_vaddr_dma_goes_on, "the device reaches the same memory before, between and after")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	int file = shared_file(2 * PAGE);
	char *old = file_pages(file, 2 * PAGE), *new = file_pages(file, 2 * PAGE);

	map(user.container, MIB, old, 2 * PAGE, READ_WRITE);
	CHECK(edu_reaches(&edu, MIB, old, 128));
	EQUAL(invalidate_all(user.container), 2 * PAGE);
	CHECK(edu_reaches(&edu, MIB + PAGE, old + PAGE, 128));
	OK(munmap(old, 2 * PAGE));
	CHECK(edu_reaches(&edu, MIB, new, 128));
	give(user.container, MIB, new, 2 * PAGE);
	CHECK(edu_reaches(&edu, MIB + PAGE, new + PAGE, 128));
	EQUAL(locked_pages(), 2);
	EQUAL(unmap(user.container, MIB, 2 * PAGE), 2 * PAGE);
	CHECK(!edu_reaches(&edu, MIB, new, 128));
	EQUAL(pinned_pages(), 0);
}

TEST(U4_vaddr_last_close, "closing everything with maps marked leaves nothing pinned")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	map_four(user.container);
	EQUAL(invalidate_all(user.container), 8 * PAGE);
	unassign(&user);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	user = assign(user.pci, VFIO_TYPE1v2_IOMMU);
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
}

/* One process hands over to another that has its descriptors by fork. */
struct handover {
	int container;
	int file;
	int turns[2];
};

static struct handover handover_of(int container, size_t size)
{
	struct handover handover = { .container = container, .file = shared_file(size) };

	OK(pipe(handover.turns));
	return handover;
}

static void take_over(void *argument)
{
	struct handover *handover = argument;
	char *memory = file_pages(handover->file, 4 * PAGE);

	EQUAL(locked_pages(), 0);
	give(handover->container, 0, memory, 4 * PAGE);
	EQUAL(locked_pages(), 4);
	pass_turn(handover->turns[1]);
	/* Until the other has seen that it pays no more. */
	for (;;)
		pause();
}

TEST(U4_vaddr_moves_accounting, "MAP with VADDR by another process moves the count to it")
{
	struct handover handover = handover_of(container_of_edu(VFIO_TYPE1v2_IOMMU), 4 * PAGE);
	char *memory = file_pages(handover.file, 4 * PAGE);
	pid_t child;

	map(handover.container, 0, memory, 4 * PAGE, READ_WRITE);
	map(handover.container, MIB, pages(PAGE), PAGE, READ_WRITE);
	EQUAL(invalidate(handover.container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 5);
	child = start_child(take_over, &handover);
	await_turn(handover.turns[0]);
	EQUAL(locked_pages(), 1);
	EQUAL(pinned_pages(), 5);
	kill_child(child);
	/* The new owner is gone, the map is not. */
	EQUAL(pinned_pages(), 5);
	EQUAL(invalidate(handover.container, 0, 4 * PAGE), 4 * PAGE);
	give(handover.container, 0, memory, 4 * PAGE);
	EQUAL(locked_pages(), 5);
	EQUAL(unmap(handover.container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 1);
	EQUAL(pinned_pages(), 1);
}

static void map_mark_and_leave(void *argument)
{
	struct handover *handover = argument;
	char *memory = file_pages(handover->file, 4 * PAGE);

	map(handover->container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(invalidate_all(handover->container), 4 * PAGE);
}

TEST(U4_vaddr_of_the_dead, "maps of a process that has gone are taken over all the same")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct handover handover = handover_of(user.container, 4 * PAGE);
	struct edu edu = edu_start(user.device);
	char *memory;

	in_child(map_mark_and_leave, &handover);
	memory = file_pages(handover.file, 4 * PAGE);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	EQUAL(locked_pages(), 0);
	give(user.container, 0, memory, 4 * PAGE);
	EQUAL(locked_pages(), 4);
	CHECK(edu_reaches(&edu, 3 * PAGE, memory + 3 * PAGE, 128));
	EQUAL(unmap(user.container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

static void take_over_beyond_limit(void *argument)
{
	struct handover *handover = argument;
	char *memory = file_pages(handover->file, 4 * PAGE);

	drop_privileges_with_memlock(3 * PAGE);
	REFUSED(try_give(handover->container, 0, memory, 4 * PAGE), ENOMEM);
	EQUAL(locked_pages(), 0);
	/* Still marked. */
	REFUSED(try_unmap(handover->container, 0, 4 * PAGE, UNMAP_VADDR), EINVAL);
}

TEST(U4_vaddr_memlock_limit,
	"an unprivileged process cannot take over more than it may lock: ENOMEM, nothing changes")
{
	struct handover handover = handover_of(container_of_edu(VFIO_TYPE1v2_IOMMU), 4 * PAGE);
	char *memory = file_pages(handover.file, 4 * PAGE);

	map(handover.container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(invalidate_all(handover.container), 4 * PAGE);
	in_child(take_over_beyond_limit, &handover);
	EQUAL(locked_pages(), 4);
	give(handover.container, 0, memory, 4 * PAGE);
	EQUAL(locked_pages(), 4);
}

static void take_over_within_limit(void *argument)
{
	struct handover *handover = argument;
	char *memory = file_pages(handover->file, 4 * PAGE);

	drop_privileges_with_memlock(4 * PAGE);
	give(handover->container, 0, memory, 4 * PAGE);
	EQUAL(locked_pages(), 4);
	REFUSED(try_map(handover->container, MIB, pages(PAGE), PAGE, READ_WRITE), ENOMEM);
	EQUAL(unmap(handover->container, 0, 4 * PAGE), 4 * PAGE);
	EQUAL(locked_pages(), 0);
}

TEST(U4_vaddr_counts_for_the_new, "what was taken over counts against the new process's limit")
{
	struct handover handover = handover_of(container_of_edu(VFIO_TYPE1v2_IOMMU), 4 * PAGE);

	map(handover.container, 0, file_pages(handover.file, 4 * PAGE), 4 * PAGE, READ_WRITE);
	EQUAL(invalidate_all(handover.container), 4 * PAGE);
	in_child(take_over_within_limit, &handover);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

TEST(U4_vaddr_emulated, "with an emulated group UPDATE_VADDR is 0, marking is EBUSY, and nothing is marked")
{
	struct assignment user = sample_assign();
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);
	char *memory = map_four(user.container);

	EQUAL(ioctl(user.container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
	REFUSED(try_unmap(user.container, 0, 0, UNMAP_VADDR | UNMAP_ALL), EBUSY);
	REFUSED(try_unmap(user.container, 0, 2 * PAGE, UNMAP_VADDR), EBUSY);
	expect_valid(user.container, 0, memory, 2 * PAGE);
	EQUAL(sample_copy(user.device, 0, 2 * PAGE, PAGE), 0);
	/* A real group beside it makes no difference. */
	OK(try_set_container(group, user.container));
	EQUAL(ioctl(user.container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
	REFUSED(try_unmap(user.container, 0, 0, UNMAP_VADDR | UNMAP_ALL), EBUSY);
	expect_valid(user.container, 0, memory, 2 * PAGE);
	unassign(&user);
	sample_unload();
}

TEST(C5_emulated_while_marked, "no emulated group joins while an address is missing: EBUSY")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU), group, device;
	char *memory = map_four(container);
	struct pci_device sample;

	sample_load("");
	sample = sample_device(0);
	group = group_open(&sample);
	EQUAL(invalidate(container, 2 * PAGE, 2 * PAGE), 2 * PAGE);
	REFUSED(try_set_container(group, container), EBUSY);
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 1);
	give(container, 2 * PAGE, memory + 2 * PAGE, 2 * PAGE);
	OK(try_set_container(group, container));
	EQUAL(ioctl(container, VFIO_CHECK_EXTENSION, VFIO_UPDATE_VADDR), 0);
	device = device_open(group, &sample);
	EQUAL(sample_copy(device, 2 * PAGE, 0, PAGE), 0);
	OK(close(device));
	/* It has gone, so the addresses can be taken away again. */
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	EQUAL(invalidate_all(container), 8 * PAGE);
	OK(close(group));
	sample_unload();
}
