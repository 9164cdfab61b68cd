// SPDX-License-Identifier: GPL-2.0-only
/*
 * M1: a MAP that takes long is not waited for by whoever asks for something else. No time
 * is taken: what overtakes the map has returned while pages are still missing from it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "harness.h"
#include "leftovers.h"
#include "vfio.h"

enum { PAGE = 4096, LONG = 512 << 20, TRIES = 20 };

struct user {
	struct assignment one;		/* whose container the long map is made in */
	struct assignment other;	/* with a container of its own */
	char *memory;			/* of one page, for others */
};

static struct user two_containers(void)
{
	return (struct user){
		.one = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU),
		.other = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU),
		.memory = pages(PAGE),
	};
}

/* Page by page, none of them there yet, so that it takes its time. */
static void *map_long(void *argument)
{
	int container = *(int *)argument;
	char *memory = pages(LONG);

	OK(madvise(memory, LONG, MADV_NOHUGEPAGE));
	map(container, 0, memory, LONG, READ_WRITE);
	return memory;
}

/* Has the call returned before the long map, which had begun? */
static bool overtakes(struct user *user, void (*call)(struct user *))
{
	pthread_t mapper;
	void *memory;
	bool early;

	EQUAL(pthread_create(&mapper, NULL, map_long, &user->one.container), 0);
	while (!pinned_pages())
		usleep(200);
	call(user);
	early = pinned_pages() < LONG / PAGE;
	EQUAL(pthread_join(mapper, &memory), 0);
	EQUAL(pinned_pages(), LONG / PAGE);
	EQUAL(unmap(user->one.container, 0, LONG), LONG);
	OK(munmap(memory, LONG));
	return early;
}

/* The scheduler may let the map go first, but not each time. */
static void check_overtakes(struct user *user, void (*call)(struct user *))
{
	for (int i = 0; i < TRIES; i++)
		if (overtakes(user, call))
			return;
	FAIL("waits for the long map, %d times", TRIES);
}

static void ask(struct user *user)
{
	free(iommu_info(user->one.container));
	OK(ioctl(user->one.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU));
	EQUAL(group_flags(user->one.group),
	      VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	CHECK(device_info(user->one.device).flags & VFIO_DEVICE_FLAGS_PCI);
}

TEST(M1_info_in_a_long_map, "what only asks does not wait for a MAP of the same container")
{
	struct user user;

	improvement("in-tree holds the container's lock while it pins");
	user = two_containers();
	check_overtakes(&user, ask);
}

static void map_and_unmap(int container, uint64_t iova, char *memory)
{
	map(container, iova, memory, PAGE, READ_WRITE);
	EQUAL(unmap(container, iova, PAGE), PAGE);
}

static void map_beside(struct user *user)
{
	map_and_unmap(user->one.container, LONG, user->memory);
}

TEST(M1_map_beside_a_long_map, "MAP and UNMAP of other IOVAs do not wait for a MAP")
{
	struct user user;

	improvement("in-tree holds the container's lock while it pins");
	user = two_containers();
	check_overtakes(&user, map_beside);
}

static void map_elsewhere(struct user *user)
{
	free(iommu_info(user->other.container));
	map_and_unmap(user->other.container, 0, user->memory);
}

TEST(M1_other_container_in_a_long_map, "a container does not wait for a MAP of another one")
{
	struct user user = two_containers();

	check_overtakes(&user, map_elsewhere);
}
