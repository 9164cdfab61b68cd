// SPDX-License-Identifier: GPL-2.0-only
/*
 * C10, M5, M7, M8: users that are killed at any moment, threads that close what others
 * use, and maps by the ten thousand: nothing may be left of any of it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "leftovers.h"
#include "process.h"
#include "seed.h"
#include "vfio.h"

enum {
	PAGE = 4096,
	KILLS = 200,
	LONGEST_LIFE_US = 150000,
	PATIENCE_MS = 10000,
};

/* The moment after which nothing may be left; some of it is released in the background. */
static bool all_given_back(int group)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
		int fd = try_group_open(group);

		if (fd >= 0) {
			/* Nobody has its DMA any more. */
			EQUAL(group_flags(fd), VFIO_GROUP_FLAGS_VIABLE);
			OK(close(fd));
			if (!pinned_pages())
				return true;
		}
		usleep(10000);
	}
	return false;
}

/* What a user does, over and over, each time a little differently. */
struct workload {
	struct pci_device pci;
	struct assignment user;
	struct edu edu;
	unsigned int seed;
};

static void map_and_unmap(struct workload *work)
{
	/* Mostly small ones; a large one takes its time. */
	size_t count = rand_r(&work->seed) % 8 ? 1 + rand_r(&work->seed) % 64 : 2048;
	uint64_t iova = 16 * MIB * (1 + rand_r(&work->seed) % 8);
	char *memory = pages(count * PAGE);

	/* Another thread may be at the same place. */
	try_map(work->user.container, iova, memory, count * PAGE, READ_WRITE);
	if (rand_r(&work->seed) % 4)
		try_unmap(work->user.container, iova, count * PAGE, 0);
	if (!(rand_r(&work->seed) % 16))
		OK(try_unmap(work->user.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
	OK(munmap(memory, count * PAGE));
}

static void interrupt_once(struct workload *work)
{
	int event = irq_enable(work->user.device, MSI);

	edu_raise(&work->edu, 1);
	event_wait(event);
	edu_acknowledge(&work->edu, 1);
	OK(try_irq_disable(work->user.device, MSI));
	OK(close(event));
}

static void *map_forever(void *argument)
{
	struct workload work = *(struct workload *)argument;

	for (;;)
		map_and_unmap(&work);
	return NULL;
}

static void *open_forever(void *argument)
{
	struct workload *work = argument;

	for (;;)
		OK(close(device_open(work->user.group, &work->pci)));
	return NULL;
}

static void add_threads(struct workload *work)
{
	pthread_t thread;

	EQUAL(pthread_create(&thread, NULL, map_forever, work), 0);
	EQUAL(pthread_create(&thread, NULL, open_forever, work), 0);
}

static void __attribute__((noreturn)) work_until_killed(struct workload *work)
{
	char *memory = pages(PAGE);

	work->user = assign(work->pci, VFIO_TYPE1v2_IOMMU);
	if (work->seed & 1)
		add_threads(work);
	work->edu = edu_start(work->user.device);
	for (;;) {
		for (int i = rand_r(&work->seed) % 16; i >= 0; i--)
			map_and_unmap(work);
		interrupt_once(work);
		/* To die in the middle of a transfer. */
		try_map(work->user.container, 0, memory, PAGE, READ_WRITE);
		edu_write(&work->edu, 0, 64);
	}
}

static void live_alone(void *argument)
{
	work_until_killed(argument);
}

/* Some die before they have anything, some in the middle of it. */
static void live_and_die(struct workload *work, unsigned int *seed)
{
	unsigned int life = rand_r(seed) % LONGEST_LIFE_US;
	pid_t child;

	work->seed = rand_r(seed);
	child = start_child(live_alone, work);
	usleep(life);
	kill_child(child);
	if (!all_given_back(work->pci.group))
		FAIL("killed after %u us: pages stay pinned or the group stays busy", life);
}

TEST(C10_killed_at_any_moment, "200 users killed at random moments leave nothing behind")
{
	struct workload work = { .pci = vfio_device(EDU, 0) };
	unsigned int seed = choose_seed();

	time_limit(600);
	for (int i = 0; i < KILLS; i++)
		live_and_die(&work, &seed);
	work.user = assign(work.pci, VFIO_TYPE1v2_IOMMU);
	work.edu = edu_start(work.user.device);
	interrupt_once(&work);
	EQUAL(unmap(work.user.container, 0, 256 * MIB), 0);
	CHECK(pci_driven_by(&work.pci, "vfio-pci"));
}

static void map_much(void *argument)
{
	struct assignment user = assign_group(*(struct pci_device *)argument, VFIO_TYPE1v2_IOMMU);
	char *memory = pages(256 * MIB);

	for (;;) {
		map(user.container, 0, memory, 256 * MIB, READ_WRITE);
		EQUAL(unmap(user.container, 0, 256 * MIB), 256 * MIB);
	}
}

TEST(M5_killed_while_pinning, "users killed while a large map is being made leave no page pinned")
{
	struct pci_device pci = vfio_device(EDU, 0);
	unsigned int seed = choose_seed();

	time_limit(300);
	for (int i = 0; i < 20; i++) {
		pid_t child = start_child(map_much, &pci);

		usleep(30000 + rand_r(&seed) % 300000);
		kill_child(child);
		CHECK(all_given_back(pci.group));
	}
}

/* Killed with another process having the same descriptors: those live on with it. */
static void map_and_wait(void *argument)
{
	map(*(int *)argument, 0, pages(64 * PAGE), 64 * PAGE, READ_WRITE);
	for (;;)
		pause();
}

TEST(M9_killed_sharer, "a killed process leaves its maps to those who have the container too")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	pid_t child = start_child(map_and_wait, &user.container);

	for (int i = 0; i < 1000 && pinned_pages() < 64; i++)
		usleep(10000);
	EQUAL(pinned_pages(), 64);
	kill_child(child);
	EQUAL(pinned_pages(), 64);
	EQUAL(unmap(user.container, 0, MIB), 64 * PAGE);
	EQUAL(pinned_pages(), 0);
}

/* Or the number is for a moment that of a device which another thread opened. */
static void expect_closed(int error)
{
	if (error != EBADF && error != EINVAL && error != ENOTTY)
		FAIL("a call on what was closed gave %s", strerrorname_np(error));
}

/* Maps and unmaps until somebody else takes the container away. */
static void *map_until_closed(void *argument)
{
	struct workload work = *(struct workload *)argument;
	uint64_t iova = MIB * (1 + work.seed % 64);
	char *memory = pages(16 * PAGE);

	while (!try_map(work.user.container, iova, memory, 16 * PAGE, READ_WRITE) &&
	       try_unmap(work.user.container, iova, 16 * PAGE, 0) >= 0)
		;
	/* No such container, or one without a group. */
	expect_closed(errno);
	OK(munmap(memory, 16 * PAGE));
	return NULL;
}

static void *open_until_closed(void *argument)
{
	struct workload *work = argument;
	int device;

	while ((device = try_device_fd(work->user.group, work->pci.name)) >= 0)
		OK(close(device));
	expect_closed(errno);
	return NULL;
}

static void close_in_some_order(struct assignment *user, unsigned int *seed)
{
	int *fds[] = { &user->container, &user->group, &user->device };
	unsigned int first = rand_r(seed) % 3;

	for (unsigned int i = 0; i < 3; i++) {
		usleep(rand_r(seed) % 5000);
		OK(close(*fds[(first + i) % 3]));
	}
}

TEST(C10_closed_under_threads, "threads whose descriptors are closed meanwhile leave nothing")
{
	struct pci_device pci = vfio_device(EDU, 0);
	unsigned int seed;

	/* In-tree calls the IOMMU driver without a lock, and 6.1.192 crashes here. */
	improvement("a group may leave while threads are in calls of the container");
	seed = choose_seed();
	time_limit(300);
	for (int round = 0; round < 40; round++) {
		struct workload works[4];
		struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
		pthread_t threads[4];

		for (unsigned int i = 0; i < 4; i++) {
			works[i] = (struct workload) { .pci = pci, .user = user, .seed = i };
			EQUAL(pthread_create(&threads[i], NULL,
					     i ? map_until_closed : open_until_closed,
					     &works[i]), 0);
		}
		usleep(rand_r(&seed) % 20000);
		close_in_some_order(&user, &seed);
		for (int i = 0; i < 4; i++)
			EQUAL(pthread_join(threads[i], NULL), 0);
		CHECK(all_given_back(pci.group));
		EQUAL(locked_pages(), 0);
	}
}

/* All at once in one place: exactly one of them maps, whoever unmaps gets it whole. */
static void *fight_for_a_place(void *argument)
{
	struct workload *work = argument;
	char *memory = pages(8 * PAGE);

	for (int i = 0; i < 500; i++) {
		uint64_t size = (1 + rand_r(&work->seed) % 8) * PAGE;
		uint64_t iova = rand_r(&work->seed) % 8 * PAGE;

		if (try_map(work->user.container, iova, memory, size, READ_WRITE))
			EQUAL(errno, EEXIST);
		if (try_unmap(work->user.container, iova, size, 0) < 0)
			EQUAL(errno, EINVAL);
	}
	OK(munmap(memory, 8 * PAGE));
	return NULL;
}

TEST(M2_many_threads, "eight threads in the same few pages get maps or EEXIST, and nothing is lost")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct workload works[8];
	pthread_t threads[8];
	int64_t left;

	for (unsigned int i = 0; i < 8; i++) {
		works[i] = (struct workload) { .user = user, .seed = i };
		EQUAL(pthread_create(&threads[i], NULL, fight_for_a_place, &works[i]), 0);
	}
	for (int i = 0; i < 8; i++)
		EQUAL(pthread_join(threads[i], NULL), 0);
	EQUAL(locked_pages(), pinned_pages());
	left = OK(try_unmap(user.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL));
	CHECK(left <= 16 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

enum { REGIONS = 30000 };

/* Every number below REGIONS once, in an order that is no order; 7919 is prime. */
static uint64_t scattered(uint64_t i)
{
	return i * 7919 % REGIONS;
}

TEST(M8_thirty_thousand_regions,
	"30,000 maps, made and removed in no order, one by one and at once")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	char *memory = pages((uint64_t)REGIONS * PAGE);

	time_limit(300);
	/* With a free page between any two. */
	for (uint64_t i = 0; i < REGIONS; i++)
		map(user.container, 2 * scattered(i) * PAGE, memory + scattered(i) * PAGE, PAGE,
		    READ_WRITE);
	EQUAL(locked_pages(), REGIONS);
	EQUAL(pinned_pages(), REGIONS);
	for (uint64_t i = 0; i < REGIONS; i += REGIONS / 6)
		CHECK(edu_reaches(&edu, 2 * i * PAGE, memory + i * PAGE, 128));
	REFUSED(try_map(user.container, PAGE, memory, 2 * PAGE, READ_WRITE), EEXIST);
	for (uint64_t i = 0; i < REGIONS / 2; i++)
		EQUAL(unmap(user.container, 2 * scattered(i) * PAGE, PAGE), PAGE);
	EQUAL(locked_pages(), REGIONS / 2);
	EQUAL(OK(try_unmap(user.container, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL)),
	      (int64_t)REGIONS / 2 * PAGE);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
	CHECK(!edu_reaches(&edu, 0, memory, 128));
}

TEST(M8_last_close_of_many, "30,000 maps go with the last close")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char *memory = pages(64 * PAGE);

	time_limit(300);
	for (uint64_t i = 0; i < REGIONS; i++)
		map(user.container, 2 * i * PAGE, memory + i % 64 * PAGE, PAGE, READ_WRITE);
	unassign(&user);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}
