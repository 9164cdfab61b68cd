// SPDX-License-Identifier: GPL-2.0-only
/* The deny list of V1: no emulator has such a device. */
#include <linux/kernel.h>

#include "pci/denylist.h"
#include "unit.h"

#define INTEL	0x8086

static const u16 denied[] = {
	0x0435, 0x0443, 0x0b25, 0x0cfe, 0x19e2, 0x19e3, 0x37c8, 0x37c9,
};

static bool listed(unsigned int device)
{
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (denied[i] == device)
			return true;
	return false;
}

static void V1_exactly_these(void **state)
{
	(void)state;
	for (unsigned int device = 0; device <= 0xffff; device++)
		assert_int_equal(denylist_has(INTEL, device), listed(device));
}

static void V1_of_one_maker(void **state)
{
	(void)state;
	for (unsigned int vendor = 0; vendor <= 0xffff; vendor++)
		for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
			assert_int_equal(denylist_has(vendor, denied[i]), vendor == INTEL);
}

static const struct CMUnitTest tests[] = {
	TEST(V1_exactly_these),
	TEST(V1_of_one_maker),
};

RUN_TESTS(tests)
