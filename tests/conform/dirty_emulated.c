// SPDX-License-Identifier: GPL-2.0-only
/*
 * D1: the log of dirty pages in a container without a real device: it has what the drivers
 * of emulated devices pinned or wrote, and needs a bitmap for each mapping.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "dirty_log.h"
#include "edu.h"
#include "harness.h"
#include "held.h"
#include "process.h"
#include "sample.h"

enum { PAGE = 4096, COUNT = 100 };

#define TIB (1ULL << 40)

/* A mapping of COUNT pages at 0 and a device that does nothing yet; the log is on. */
static struct assignment start_logged(void)
{
	struct assignment user = sample_assign();

	map(user.container, 0, pages(COUNT * PAGE), COUNT * PAGE, READ_WRITE);
	OK(try_log(user.container, LOG_START));
	return user;
}

static void done(struct assignment *user)
{
	unassign(user);
	sample_unload();
}

/* Just these pages of the mapping are dirty. */
static void expect_dirty(int container, uint64_t first, uint64_t count)
{
	uint64_t expected[LOG_WORDS] = {};

	set_bits(expected, first, count);
	check_log(container, 0, COUNT, expected);
}

TEST(D1_emulated_pins, "pages that a driver has pinned are dirty until it lets go, and once more")
{
	struct assignment user = start_logged();

	expect_dirty(user.container, 0, 0);
	EQUAL(sample_hold(user.device, 63 * PAGE, 3 * PAGE), 0);
	expect_dirty(user.container, 63, 3);
	expect_dirty(user.container, 63, 3);
	EQUAL(sample_run(user.device, SAMPLE_DROP), 0);
	expect_dirty(user.container, 63, 3);
	expect_dirty(user.container, 0, 0);
	done(&user);
}

TEST(D1_emulated_copies, "pages that a driver wrote are dirty once; those it read are not")
{
	struct assignment user = start_logged();

	EQUAL(sample_copy(user.device, 0, 65 * PAGE - 8, 16), 0);
	expect_dirty(user.container, 64, 2);
	expect_dirty(user.container, 0, 0);
	/* A report of other pages takes nothing of theirs away. */
	map(user.container, MIB, pages(PAGE), PAGE, READ_WRITE);
	EQUAL(sample_copy(user.device, 0, MIB, 16), 0);
	expect_dirty(user.container, 0, 0);
	check_log(user.container, MIB, 1, (uint64_t[LOG_WORDS]){ 1 });
	done(&user);
}

TEST(D1_emulated_long_map, "the bits of a few of thousands of pages, at any distance from bit 0")
{
	enum { PAGES = 9000, LONG = PAGES / 64 + 2 };
	static const uint64_t written[] = { 0, 63, 64, 4095, 4096, 4097, 8191, 8999 };
	struct assignment user = start_logged();

	map(user.container, 16 * MIB, pages(PAGES * PAGE), PAGES * PAGE, READ_WRITE);
	for (uint64_t before = 0; before < 64; before += 21) {
		uint64_t words[LONG] = {}, expected[LONG] = {};
		struct dirty_request request = log_request(16 * MIB - before * PAGE,
							   (before + PAGES) * PAGE, words);

		request.bitmap.size = sizeof(words);
		for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
			EQUAL(sample_copy(user.device, 0, 16 * MIB + written[i] * PAGE, 1), 0);
			set_bits(expected, before + written[i], 1);
		}
		OK(try_log_request(user.container, request));
		CHECK(!memcmp(words, expected, sizeof(words)));
	}
	done(&user);
}

/* A report of so many pages that its bitmap is two pages long. */
enum { REPORTED = 8 * PAGE + 64, REPORT_WORDS = REPORTED / 64 };

struct report {
	int container;
	uint64_t *words;
	int result;
};

static void *ask_for_report(void *argument)
{
	struct report *report = argument;
	struct dirty_request request = log_request(MIB, (uint64_t)REPORTED * PAGE, report->words);

	request.bitmap.size = REPORT_WORDS * 8;
	report->result = try_log_request(report->container, request);
	return NULL;
}

/* Only one page of the range is dirty. */
static void expect_only(const struct report *report, unsigned int page)
{
	uint64_t expected[REPORT_WORDS] = {};

	EQUAL(report->result, 0);
	set_bits(expected, page, 1);
	expect_bits(report->words, expected, REPORTED);
}

/* The report is stopped at one page of its bitmap while the device writes and lets go. */
static void write_during_report(struct assignment *user, unsigned int stop_at)
{
	struct report report = { .container = user->container, .words = pages(2 * PAGE) };
	struct held held = hold_page((char *)report.words + stop_at * PAGE);
	enum { WRITTEN = 3 };
	pthread_t asking;

	EQUAL(sample_hold(user->device, MIB + WRITTEN * PAGE, PAGE), 0);
	EQUAL(pthread_create(&asking, NULL, ask_for_report, &report), 0);
	held_await(&held);
	EQUAL(sample_fill(user->device, 0x5a), 0);
	EQUAL(sample_run(user->device, SAMPLE_DROP), 0);
	held_release(&held);
	EQUAL(pthread_join(asking, NULL), 0);
	expect_only(&report, WRITTEN);
}

TEST(D1_emulated_written_during_report, "a page that is written and let go while a report is on its way is in it")
{
	struct assignment user = start_logged();

	map(user.container, MIB, pages((size_t)REPORTED * PAGE), (uint64_t)REPORTED * PAGE,
	    READ_WRITE);
	for (unsigned int stop_at = 0; stop_at < 2; stop_at++)
		write_during_report(&user, stop_at);
	done(&user);
}

TEST(D1_emulated_report_fails, "a report that is EFAULT on its way takes nothing away, of no mapping")
{
	struct assignment user = start_logged();
	static const uint64_t written[] = { 5, MIB / PAGE + 7, MIB / PAGE + REPORTED - 1 };
	enum { WORDS = REPORT_WORDS + MIB / PAGE / 64, SIZE = MIB + REPORTED * PAGE };
	uint64_t *words = pages(2 * PAGE), expected[WORDS] = {};
	struct dirty_request request = log_request(0, SIZE, words);

	request.bitmap.size = sizeof(expected);
	map(user.container, MIB, pages(REPORTED * PAGE), REPORTED * PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		EQUAL(sample_copy(user.device, 0, written[i] * PAGE, 1), 0);
		set_bits(expected, written[i], 1);
	}
	OK(mprotect((char *)words + PAGE, PAGE, PROT_READ));
	REFUSED(try_log_request(user.container, request), EFAULT);
	OK(mprotect((char *)words + PAGE, PAGE, PROT_READ | PROT_WRITE));
	memset(words, 0, 2 * PAGE);
	OK(try_log_request(user.container, request));
	expect_bits(words, expected, WORDS * 64);
	done(&user);
}

TEST(D1_emulated_start, "the log starts with what is pinned, not with what was written before")
{
	struct assignment user = start_logged();

	OK(try_log(user.container, LOG_STOP));
	EQUAL(sample_hold(user.device, 2 * PAGE, PAGE), 0);
	EQUAL(sample_copy(user.device, 0, 9 * PAGE, PAGE), 0);
	OK(try_log(user.container, LOG_START));
	expect_dirty(user.container, 2, 1);
	done(&user);
}

TEST(D1_emulated_unmap, "UNMAP with GET_DIRTY_BITMAP has the pages that it takes from the driver")
{
	struct assignment user = start_logged();
	uint64_t words[LOG_WORDS] = {}, expected[LOG_WORDS] = {};

	EQUAL(sample_hold(user.device, 7 * PAGE, 2 * PAGE), 0);
	EQUAL(sample_copy(user.device, 0, 70 * PAGE, 1), 0);
	set_bits(expected, 7, 2);
	set_bits(expected, 70, 1);
	EQUAL(OK(try_unmap_dirty(user.container, 0, COUNT * PAGE, bitmap_at(words))), COUNT * PAGE);
	expect_bits(words, expected, COUNT);
	EQUAL(SAMPLE_GET(user.device, lost), 1);
	EQUAL(locked_pages(), 0);
	done(&user);
}

TEST(D1_emulated_and_real, "with a real group all is dirty, and once more after it has left")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct assignment user = start_logged();
	int group = group_open(&edu);

	EQUAL(sample_hold(user.device, 5 * PAGE, PAGE), 0);
	OK(try_set_container(group, user.container));
	expect_dirty(user.container, 0, COUNT);
	expect_dirty(user.container, 0, COUNT);
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	expect_dirty(user.container, 0, COUNT);
	expect_dirty(user.container, 5, 1);
	done(&user);
}

TEST(D1_emulated_too_long_map, "a map of more than 8 TiB cannot be logged: EINVAL, nothing changes")
{
	struct assignment user = start_logged();
	char *memory = pages(PAGE);

	REFUSED(try_map(user.container, TIB, memory, 8 * TIB + PAGE, READ_WRITE), EINVAL);
	EQUAL(unmap(user.container, TIB, 16 * TIB), 0);
	expect_dirty(user.container, 0, 0);
	OK(try_log(user.container, LOG_STOP));
	map(user.container, TIB, memory, 8 * TIB + PAGE, READ_WRITE);
	REFUSED(try_log(user.container, LOG_START), EINVAL);
	REFUSED(try_log_get(user.container, 0, COUNT * PAGE, memory), EINVAL);
	EQUAL(unmap(user.container, TIB, 16 * TIB), 8 * TIB + PAGE);
	OK(try_log(user.container, LOG_START));
	expect_dirty(user.container, 0, 0);
	done(&user);
}

TEST(D1_emulated_many_maps, "nor can maps of more than 8 TiB together: ENOMEM, nothing changes")
{
	struct assignment user = start_logged();
	char *memory = pages(PAGE);

	map(user.container, 4 * TIB, memory, 4 * TIB, READ_WRITE);
	REFUSED(try_map(user.container, 8 * TIB, memory, 4 * TIB, READ_WRITE), ENOMEM);
	/* What is unmapped gives its room back. */
	EQUAL(unmap(user.container, 4 * TIB, 4 * TIB), 4 * TIB);
	map(user.container, 8 * TIB, memory, 8 * TIB - 128 * PAGE, READ_WRITE);
	REFUSED(try_map(user.container, TIB, memory, PAGE, READ_WRITE), ENOMEM);
	expect_dirty(user.container, 0, 0);
	OK(try_log(user.container, LOG_STOP));
	map(user.container, TIB, memory, PAGE, READ_WRITE);
	REFUSED(try_log(user.container, LOG_START), ENOMEM);
	REFUSED(try_log_get(user.container, 0, COUNT * PAGE, memory), EINVAL);
	EQUAL(unmap(user.container, TIB, PAGE), PAGE);
	OK(try_log(user.container, LOG_START));
	done(&user);
}
