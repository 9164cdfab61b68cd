// SPDX-License-Identifier: GPL-2.0-only
/* The NVMe example's reading of fields: doorbell stride, status. */
#include <string.h>

#include "nvme/registers.h"
#include "nvme/status.h"
#include "unit.h"

static void doorbells_are_as_far_apart_as_the_controller_says(void **state)
{
	(void)state;
	assert_int_equal(doorbell(0, 0), 0x1000);
	assert_int_equal(doorbell(0, 1), 0x1004);
	assert_int_equal(doorbell(0, 7), 0x101c);
	assert_int_equal(doorbell(4ull << 32, 0), 0x1000);
	assert_int_equal(doorbell(4ull << 32, 3), 0x10c0);
	assert_int_equal(doorbell(15ull << 32, 2), 0x1000 + 2 * (4ul << 15));
	/* The neighbouring fields do not matter. */
	assert_int_equal(doorbell(~0ull & ~(0xfull << 32), 3), 0x100c);
}

static void a_status_is_told_in_words(void **state)
{
	(void)state;
	assert_string_equal(nvme_status_text(0x281), "the medium cannot be read: the data of "
			    "these blocks is lost (status 0x281)");
	assert_string_equal(nvme_status_text(0x4080), "blocks beyond the end of the namespace "
			    "(status 0x80, again would be the same)");
	assert_non_null(strstr(nvme_status_text(0x7ff), "does not know"));
	assert_non_null(strstr(nvme_status_text(NVME_STATUS_LOST), "reset"));
}

static void what_was_aborted_or_lost_can_be_given_again(void **state)
{
	(void)state;
	assert_true(nvme_status_can_retry(NVME_STATUS_LOST));
	assert_true(nvme_status_can_retry(NVME_STATUS_ABORTED));
	assert_true(nvme_status_can_retry(NVME_STATUS_ABORTED | 0x2000));
	assert_false(nvme_status_can_retry(0x281));
	assert_false(nvme_status_can_retry(0x4080));
}

static const struct CMUnitTest tests[] = {
	TEST(doorbells_are_as_far_apart_as_the_controller_says),
	TEST(a_status_is_told_in_words),
	TEST(what_was_aborted_or_lost_can_be_given_again),
};

RUN_TESTS(tests)
