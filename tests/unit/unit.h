/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmocka, and the two lines that every program of the suite ends with.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "allocator.h"

/* A test that also fails when memory is left behind. */
#define TEST(run) cmocka_unit_test_setup_teardown(run, allocator_reset, allocator_check)

#define RUN_TESTS(tests) \
	int main(void) \
	{ \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

#endif
