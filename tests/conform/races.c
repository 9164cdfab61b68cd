// SPDX-License-Identifier: GPL-2.0-only
/*
 * C2, C3, C9, C12, M2: the same call from two sides at once: one wins, the other
 * is told so, and nothing is left in between.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096 };

/* Two threads, each calling once per round, both let go at the same moment. */
struct race {
	int (*call)(struct race *race, int side);
	pthread_barrier_t start, end;
	int rounds;
	int result[2], error[2];
	int group, containers[2];
	struct pci_device pci;
	void *memory;
};

struct side {
	struct race *race;
	int number;
};

static void *run_side(void *argument)
{
	struct side *side = argument;
	struct race *race = side->race;

	for (int i = 0; i < race->rounds; i++) {
		pthread_barrier_wait(&race->start);
		errno = 0;
		race->result[side->number] = race->call(race, side->number);
		race->error[side->number] = errno;
		pthread_barrier_wait(&race->end);
	}
	return NULL;
}

/* Exactly one side wins each round; judge() looks at it and puts everything back. */
static void run_race(struct race *race, int losing_error, void (*judge)(struct race *, int winner))
{
	struct side sides[2] = { { race, 0 }, { race, 1 } };
	pthread_t threads[2];

	pthread_barrier_init(&race->start, NULL, 3);
	pthread_barrier_init(&race->end, NULL, 3);
	for (int i = 0; i < 2; i++)
		EQUAL(pthread_create(&threads[i], NULL, run_side, &sides[i]), 0);
	for (int i = 0; i < race->rounds; i++) {
		int winner;

		pthread_barrier_wait(&race->start);
		pthread_barrier_wait(&race->end);
		winner = race->result[0] >= 0 ? 0 : 1;
		CHECK(race->result[winner] >= 0);
		CHECK(race->result[!winner] < 0);
		EQUAL(race->error[!winner], losing_error);
		judge(race, winner);
	}
	for (int i = 0; i < 2; i++)
		EQUAL(pthread_join(threads[i], NULL), 0);
}

static int call_set_container(struct race *race, int side)
{
	return try_set_container(race->group, race->containers[side]);
}

static void judge_set_container(struct race *race, int winner)
{
	REFUSED(ioctl(race->containers[!winner], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
	OK(ioctl(race->containers[winner], VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	OK(ioctl(race->group, VFIO_GROUP_UNSET_CONTAINER));
}

TEST(C3_race_set_container, "of two SET_CONTAINER of one group at once exactly one succeeds")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct race race = {
		.call = call_set_container, .rounds = 200, .group = group_open(&edu),
		.containers = { container_open(), container_open() },
	};

	run_race(&race, EINVAL, judge_set_container);
}

static int call_set_iommu(struct race *race, int side)
{
	return ioctl(race->containers[0], VFIO_SET_IOMMU,
		     side ? VFIO_TYPE1v2_IOMMU : VFIO_TYPE1_IOMMU);
}

static void judge_set_iommu(struct race *race, int winner)
{
	int64_t cut;

	/* The winner's type is what the container is: v1 lets a map be cut at its head. */
	map(race->containers[0], 0, race->memory, 2 * PAGE, READ_WRITE);
	cut = try_unmap(race->containers[0], 0, PAGE, 0);
	EQUAL(cut, winner ? -1 : 2 * PAGE);
	OK(ioctl(race->group, VFIO_GROUP_UNSET_CONTAINER));
	OK(try_set_container(race->group, race->containers[0]));
}

TEST(C2_race_set_iommu, "of two SET_IOMMU at once exactly one succeeds, and its type holds")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct race race = {
		.call = call_set_iommu, .rounds = 200, .group = group_open(&edu),
		.containers = { container_open() }, .memory = pages(2 * PAGE),
	};

	OK(try_set_container(race.group, race.containers[0]));
	run_race(&race, EINVAL, judge_set_iommu);
}

static int call_map(struct race *race, int side)
{
	/* Neither contains the other: both have the page at 1 MiB. */
	return try_map(race->containers[0], side ? MIB : MIB - PAGE, race->memory, 2 * PAGE,
		       READ_WRITE);
}

static void judge_map(struct race *race, int winner)
{
	EQUAL(locked_pages(), 2);
	EQUAL(unmap(race->containers[0], winner ? MIB : MIB - PAGE, 2 * PAGE), 2 * PAGE);
}

TEST(M2_race_map, "of two overlapping maps at once exactly one is made")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct race race = {
		.call = call_map, .rounds = 500, .containers = { user.container },
		.memory = pages(2 * PAGE),
	};

	run_race(&race, EEXIST, judge_map);
	EQUAL(pinned_pages(), 0);
}

struct churn {
	struct assignment user;
	uint64_t iova;
	char *memory;
};

static void *map_and_unmap(void *argument)
{
	struct churn *churn = argument;

	for (int i = 0; i < 1000; i++) {
		uint64_t size = (1 + i % 16) * PAGE;

		map(churn->user.container, churn->iova, churn->memory, size, READ_WRITE);
		EQUAL(unmap(churn->user.container, churn->iova, size), size);
	}
	return NULL;
}

TEST(M2_parallel_maps, "threads that map and unmap side by side do not disturb each other")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct churn churns[3];
	pthread_t threads[3];

	for (int i = 0; i < 3; i++) {
		churns[i] = (struct churn) { user, i * MIB, pages(16 * PAGE) };
		EQUAL(pthread_create(&threads[i], NULL, map_and_unmap, &churns[i]), 0);
	}
	for (int i = 0; i < 3; i++)
		EQUAL(pthread_join(threads[i], NULL), 0);
	EQUAL(locked_pages(), 0);
	EQUAL(pinned_pages(), 0);
}

static void *open_and_close(void *argument)
{
	struct churn *churn = argument;

	for (int i = 0; i < 200; i++) {
		int device = device_open(churn->user.group, &churn->user.pci);

		EQUAL(config_read16(device, 0), 0x1234);
		OK(close(device));
	}
	return NULL;
}

TEST(C12_parallel_opens, "threads may open and close one device at the same time")
{
	struct churn churn = { .user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU) };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		EQUAL(pthread_create(&threads[i], NULL, open_and_close, &churn), 0);
	for (int i = 0; i < 2; i++)
		EQUAL(pthread_join(threads[i], NULL), 0);
	OK(ioctl(churn.user.group, VFIO_GROUP_UNSET_CONTAINER));
}

struct contest {
	struct pci_device pci;
	int *holders;	/* shared */
	int *successes;
};

static void open_repeatedly(void *argument)
{
	struct contest *contest = argument;

	for (int i = 0; i < 2000; i++) {
		int group = try_group_open(contest->pci.group);

		if (group < 0) {
			EQUAL(errno, EBUSY);
			continue;
		}
		EQUAL(__atomic_add_fetch(contest->holders, 1, __ATOMIC_SEQ_CST), 1);
		__atomic_add_fetch(contest->successes, 1, __ATOMIC_SEQ_CST);
		__atomic_sub_fetch(contest->holders, 1, __ATOMIC_SEQ_CST);
		OK(close(group));
	}
}

TEST(C9_race_open, "two processes that open a group all the time never have it both")
{
	struct contest contest = { .pci = vfio_device(EDU, 0) };
	pid_t children[2];
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED);
	contest.holders = shared;
	contest.successes = shared + 1;
	for (int i = 0; i < 2; i++)
		children[i] = start_child(open_repeatedly, &contest);
	for (int i = 0; i < 2; i++)
		finish_child(children[i]);
	CHECK(*contest.successes > 0);
}
