// SPDX-License-Identifier: GPL-2.0-only
/* The NVMe example's percentiles, against a sorted list. */
#include <stdlib.h>

#include "chance.h"
#include "nvme/latency.h"
#include "unit.h"

#define COUNT	5000

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* Not below the true one, and not above it by more than a step. */
static void expect_percentile(const struct latency *latency, const uint64_t *sorted, double share)
{
	size_t index = share * COUNT < 1 ? 0 : (size_t)(share * COUNT) - 1;
	uint64_t is = latency_percentile(latency, share);

	assert_true(is >= sorted[index]);
	assert_true(is <= sorted[index] + sorted[index] / LATENCY_STEPS + 1 ||
		    is <= sorted[index + 1] + sorted[index + 1] / LATENCY_STEPS + 1);
}

static void percentiles_are_those_of_the_values(void **state)
{
	struct latency *latency = calloc(1, sizeof(*latency));
	struct chance chance = chance_new();
	static uint64_t values[COUNT + 1];

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		values[i] = chance_next(&chance) >> (1 + chance_below(&chance, 62));
		latency_add(latency, values[i]);
	}
	qsort(values, COUNT, sizeof(values[0]), by_value);
	values[COUNT] = values[COUNT - 1];
	for (int percent = 1; percent < 100; percent++)
		expect_percentile(latency, values, percent / 100.0);
	assert_int_equal(latency_percentile(latency, 1), values[COUNT - 1]);
	assert_int_equal(latency->least, values[0]);
	assert_int_equal(latency->most, values[COUNT - 1]);
	free(latency);
}

static void small_values_are_exact(void **state)
{
	struct latency *latency = calloc(1, sizeof(*latency));

	(void)state;
	for (uint64_t i = 1; i <= 50; i++)
		latency_add(latency, i);
	assert_int_equal(latency_percentile(latency, 0.5), 25);
	assert_int_equal(latency_percentile(latency, 0.9), 45);
	assert_int_equal(latency_percentile(latency, 0), 1);
	free(latency);
}

static void the_longest_there_is(void **state)
{
	struct latency *latency = calloc(1, sizeof(*latency));

	(void)state;
	latency_add(latency, UINT64_MAX);
	assert_int_equal(latency_percentile(latency, 0.5), UINT64_MAX);
	free(latency);
}

static void merged_is_added(void **state)
{
	struct latency *one = calloc(1, sizeof(*one)), *other = calloc(1, sizeof(*other));

	(void)state;
	latency_add(one, 10);
	latency_merge(one, other);
	assert_int_equal(one->least, 10);
	latency_add(other, 4);
	latency_add(other, 30);
	latency_merge(one, other);
	assert_int_equal(one->count, 3);
	assert_int_equal(one->sum, 44);
	assert_int_equal(one->least, 4);
	assert_int_equal(one->most, 30);
	assert_int_equal(latency_percentile(one, 0.5), 10);
	free(one);
	free(other);
}

static const struct CMUnitTest tests[] = {
	TEST(percentiles_are_those_of_the_values),
	TEST(small_values_are_exact),
	TEST(the_longest_there_is),
	TEST(merged_is_added),
};

RUN_TESTS(tests)
