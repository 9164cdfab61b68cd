// SPDX-License-Identifier: GPL-2.0-only
/* The lists of capabilities a user finds (K10), whatever the device's are like. */
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "function.h"
#include "unit.h"

#define ALL	0xffffffffU

static bool one_of(u16 id, const u16 *ids, unsigned int count)
{
	while (count--)
		if (ids[count] == id)
			return true;
	return false;
}

static void K10_what_is_shown(void **state)
{
	static const u16 shown[] = {
		PCI_CAP_ID_PM, PCI_CAP_ID_AGP, PCI_CAP_ID_VPD, PCI_CAP_ID_MSI, PCI_CAP_ID_PCIX,
		PCI_CAP_ID_HT, PCI_CAP_ID_VNDR, PCI_CAP_ID_EXP, PCI_CAP_ID_MSIX, PCI_CAP_ID_SATA,
		PCI_CAP_ID_AF,
	};
	unsigned int id;

	(void)state;
	for (id = 0; id < 0xff; id++) {
		struct function function = function_new(CONVENTIONAL);

		CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0x80, id }, { 0x60, PCI_CAP_ID_MSIX });
		function_build(&function);
		if (one_of(id, shown, ARRAY_SIZE(shown)))
			EXPECT_CAPS(&function, 0x40, 0x80, 0x60);
		else
			EXPECT_CAPS(&function, 0x40, 0x60);
	}
}

static void K10_hidden_at_both_ends(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_SSVID }, { 0x48, PCI_CAP_ID_SHPC },
	     { 0x60, PCI_CAP_ID_MSI }, { 0x80, PCI_CAP_ID_EA });
	function_build(&function);
	EXPECT_CAPS(&function, 0x60);
}

static void expect_no_caps(struct function *function)
{
	function_build(function);
	assert_int_equal(user_read(function, PCI_CAPABILITY_LIST, 1), 0);
	assert_int_equal(user_read(function, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
}

static void K10_without_capabilities_there_is_no_list(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	expect_no_caps(&function);

	function = function_new(CONVENTIONAL);
	CAPS(&function, { 0x40, PCI_CAP_ID_SSVID }, { 0x48, PCI_CAP_ID_EA });
	expect_no_caps(&function);

	/* A pointer means nothing to a device that does not claim a list. */
	function = function_new(CONVENTIONAL);
	CAPS(&function, { 0x40, PCI_CAP_ID_PM });
	hardware_set(&function, PCI_STATUS, 2, 0);
	expect_no_caps(&function);

	/* Into the header, and to where nothing is. */
	function = function_new(CONVENTIONAL);
	CAPS(&function, { 0x30, PCI_CAP_ID_PM });
	expect_no_caps(&function);
	function = function_new(CONVENTIONAL);
	CAPS(&function, { 0x40, 0xff });
	expect_no_caps(&function);
}

/* All ones are what reads where there is nothing: no pointer, even if it were one. */
static void K10_nothing_leads_nowhere(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0x50, 0xff }, { 0x60, PCI_CAP_ID_MSIX });
	function_build(&function);
	EXPECT_CAPS(&function, 0x40);
}

static void K10_the_low_bits_of_pointers_are_reserved(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0x50, PCI_CAP_ID_MSIX });
	hardware_set(&function, PCI_CAPABILITY_LIST, 1, 0x43);
	hardware_set(&function, 0x41, 1, 0x52);
	function_build(&function);
	EXPECT_CAPS(&function, 0x40, 0x50);
}

static void K10_a_list_as_long_as_it_gets(void **state)
{
	struct function function = function_new(CONVENTIONAL);
	u16 pos[MOST_CAPS - 1];
	struct cap caps[MOST_CAPS - 1];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		pos[i] = 0x40 + 4 * i;
		caps[i] = (struct cap) { pos[i], PCI_CAP_ID_VPD };
	}
	function_caps(&function, caps, ARRAY_SIZE(caps));
	function_build(&function);
	expect_caps(&function, pos, ARRAY_SIZE(pos));
}

/* Five capabilities, of which the last points back to one of them: each is found once. */
static void K10_a_circle_is_cut_where_it_closes(void **state)
{
	static const u8 pos[] = { 0x40, 0x50, 0x60, 0x70, 0x80 };
	unsigned int back;

	(void)state;
	for (back = 0; back < ARRAY_SIZE(pos); back++) {
		struct function function = function_new(CONVENTIONAL);

		CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0x50, PCI_CAP_ID_MSIX },
		     { 0x60, PCI_CAP_ID_VPD }, { 0x70, PCI_CAP_ID_SSVID },
		     { 0x80, PCI_CAP_ID_PCIX });
		hardware_set(&function, 0x81, 1, pos[back]);
		function_build(&function);
		EXPECT_CAPS(&function, 0x40, 0x50, 0x60, 0x80);
	}
}

static void K10_a_circle_of_hidden_ones_only(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_SSVID }, { 0x48, PCI_CAP_ID_EA });
	hardware_set(&function, 0x49, 1, 0x40);
	expect_no_caps(&function);
}

static void build_cut_off(unsigned int size, u16 pos, u16 id)
{
	struct function function = function_new(size);
	unsigned int at;

	CAPS(&function, { pos, id });
	hardware_set(&function, pos + 2, 2, 0x01ff);
	memset(function.hardware + 0x100, 0xff, size - 0x100);
	function_build(&function);
	EXPECT_CAPS(&function, pos);
	for (at = 0x100; at < size; at++) {
		bool head = at < 0x104;

		assert_int_equal(function.config->virt[at], head ? 0xff : 0);
		assert_int_equal(function.config->write[at], head ? 0 : 0xff);
		assert_int_equal(function.config->owner[at / 4], OWNER_PLAIN);
	}
}

/* A capability of every kind, for which there is not room enough. */
static void K10_cut_off_at_the_end(void **state)
{
	static const u16 ids[] = { PCI_CAP_ID_PM, PCI_CAP_ID_VPD, PCI_CAP_ID_MSI, PCI_CAP_ID_VNDR,
				   PCI_CAP_ID_EXP, PCI_CAP_ID_MSIX, PCI_CAP_ID_AF };
	unsigned int i;
	u16 pos;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		for (pos = 0xc0; pos <= 0xf8; pos += 4) {
			build_cut_off(CONVENTIONAL, pos, ids[i]);
			build_cut_off(EXPRESS, pos, ids[i]);
		}
}

/* What a capability that does not fit would do there must not make another appear. */
static void K10_no_capability_reaches_into_the_extended_list(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	CAPS(&function, { 0xf8, PCI_CAP_ID_EXP });
	EXT_CAPS(&function, { 0x100, 0x8000 | PCI_EXT_CAP_ID_ERR }, { 0x200, PCI_EXT_CAP_ID_DSN });
	function_build(&function);
	EXPECT_EXT_CAPS(&function, 0x200);
}

/* The last dword has room for one of four bytes, and the list goes on from there. */
static void K10_in_the_last_dword(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0xfc, PCI_CAP_ID_VNDR },
	     { 0x50, PCI_CAP_ID_MSIX });
	hardware_set(&function, 0xfe, 1, 4);
	function_build(&function);
	EXPECT_CAPS(&function, 0x40, 0xfc, 0x50);
	EXPECT_BITS(&function, { 0x40, 8 }, { 0x50, 12 }, { 0x41, 1, 0xff, 0 },
		    { 0x42, 2, 0xf800, 0 }, { 0x44, 2, 0x8100, 0x0003 }, { 0x51, 1, 0xff, 0 },
		    { 0xfc, 1, 0, 0 }, { 0xfd, 1, 0xff, 0 }, { 0xfe, 1, 0, 0 });
}

/* Whatever length they claim: what is not theirs is nobody's, up to the next capability. */
static void K9_vendor_bytes_are_writable(void **state)
{
	static const struct {
		u8 pos;
		u8 length;
		u16 next;
	} vendors[] = {
		{ 0x40, 16, 0 }, { 0x40, 0xff, 0 }, { 0x40, 0xc0, 0 }, { 0xf8, 0xff, 0 },
		{ 0x40, 4, 0 }, { 0x40, 3, 0 }, { 0x40, 1, 0 }, { 0x40, 0, 0 },
		/* Not into the next, where addresses of messages are. */
		{ 0x40, 0x40, 0x60 }, { 0x80, 0xff, 0x60 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		struct function function = function_new(CONVENTIONAL);
		u16 begin = vendors[i].pos, next = vendors[i].next;

		CAPS(&function, { begin, PCI_CAP_ID_VNDR });
		if (next) {
			hardware_set(&function, begin + 1, 1, next);
			hardware_set(&function, next, 1, PCI_CAP_ID_MSIX);
		}
		hardware_set(&function, begin + 2, 1, vendors[i].length);
		function_build(&function);
		if (next)
			EXPECT_BITS(&function, { begin, 2, 0xff00, 0 }, { begin + 2, 1, 0, 0 },
				    { next, 12 }, { next + 1, 1, 0xff, 0 });
		else
			EXPECT_BITS(&function, { begin, 2, 0xff00, 0 }, { begin + 2, 1, 0, 0 });
	}
}

/* Nonsense from a device: capabilities one inside the other. */
static void K2_next_pointers_are_never_the_users(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x48, PCI_CAP_ID_PM }, { 0x40, PCI_CAP_ID_MSI },
	     { 0x44, PCI_CAP_ID_MSIX }, { 0x4c, PCI_CAP_ID_VPD });
	hardware_set(&function, 0x42, 2, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT);
	function_build(&function);
	EXPECT_CAPS(&function, 0x48, 0x40, 0x44, 0x4c);
	user_write(&function, 0x44, 4, 0);
	user_write(&function, 0x48, 4, 0);
	user_write(&function, 0x4c, 4, 0);
	EXPECT_CAPS(&function, 0x48, 0x40, 0x44, 0x4c);
}

static void K10_what_is_shown_of_the_extended(void **state)
{
	static const u16 shown[] = {
		PCI_EXT_CAP_ID_ERR, PCI_EXT_CAP_ID_VC, PCI_EXT_CAP_ID_DSN, PCI_EXT_CAP_ID_PWR,
		PCI_EXT_CAP_ID_MFVC, PCI_EXT_CAP_ID_VC9, PCI_EXT_CAP_ID_VNDR, PCI_EXT_CAP_ID_ACS,
		PCI_EXT_CAP_ID_ARI, PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ID_SRIOV, PCI_EXT_CAP_ID_MCAST,
		PCI_EXT_CAP_ID_PRI, PCI_EXT_CAP_ID_REBAR, PCI_EXT_CAP_ID_DPA, PCI_EXT_CAP_ID_TPH,
		PCI_EXT_CAP_ID_LTR,
	};
	unsigned int id;

	(void)state;
	for (id = 0; id <= 0xffff; id = id < 0x100 ? id + 1 : 2 * id + 1) {
		bool show = one_of(id, shown, ARRAY_SIZE(shown));
		struct function function = function_new(EXPRESS);

		EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_ERR }, { 0x180, id },
			 { 0x140, PCI_EXT_CAP_ID_LTR });
		function_build(&function);
		if (show)
			EXPECT_EXT_CAPS(&function, 0x100, 0x180, 0x140);
		else
			EXPECT_EXT_CAPS(&function, 0x100, 0x140);
		assert_int_equal(user_read(&function, 0x100, 4),
				 PCI_EXT_CAP_ID_ERR | 1 << 16 | (show ? 0x180U : 0x140U) << 20);
		assert_int_equal(user_read(&function, 0x140, 4), PCI_EXT_CAP_ID_LTR | 1 << 16);
	}
}

/* The list has to begin at 0x100, so a hidden one there leaves an entry without a name. */
static void K10_the_first_extended_one_hidden(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_SECPCI }, { 0x120, PCI_EXT_CAP_ID_PASID },
		 { 0x140, PCI_EXT_CAP_ID_DSN }, { 0x160, PCI_EXT_CAP_ID_MRIOV });
	function_build(&function);
	assert_int_equal(user_read(&function, 0x100, 4), 0x14000000);
	EXPECT_EXT_CAPS(&function, 0x140);

	function = function_new(EXPRESS);
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_SECPCI }, { 0x120, PCI_EXT_CAP_ID_PASID });
	function_build(&function);
	assert_int_equal(user_read(&function, 0x100, 4), 0);
}

static void K10_no_extended_list(void **state)
{
	static const u32 heads[] = { 0, ALL };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		struct function function = function_new(EXPRESS);

		hardware_set(&function, 0x100, 4, heads[i]);
		function_build(&function);
		assert_int_equal(user_read(&function, 0x100, 4), heads[i]);
	}
}

static void K10_extended_pointers_astray(void **state)
{
	/* Low bits are reserved; below 0x100 is the end; the last dword is a place. */
	static const struct {
		u16 next;
		u16 second;
	} pointers[] = { { 0x143, 0x140 }, { 0xffc, 0xffc }, { 0xfff, 0xffc } };
	struct function function;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		function = function_new(EXPRESS);
		EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_ERR },
			 { pointers[i].second, PCI_EXT_CAP_ID_DSN });
		hardware_set(&function, 0x102, 2, pointers[i].next << 4 | 2);
		function_build(&function);
		EXPECT_EXT_CAPS(&function, 0x100, pointers[i].second);
		assert_int_equal(user_read(&function, 0x100, 4) & 0xfffff, 0x20001);
	}
	function = function_new(EXPRESS);
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_ERR }, { 0xfc, PCI_EXT_CAP_ID_DSN });
	function_build(&function);
	EXPECT_EXT_CAPS(&function, 0x100);
}

/* Seven, of which the last points back to one of them. */
static void K10_an_extended_circle_is_cut_where_it_closes(void **state)
{
	static const u16 pos[] = { 0x100, 0x140, 0x180, 0x1c0, 0x200, 0x240, 0x280 };
	unsigned int back;

	(void)state;
	for (back = 0; back < ARRAY_SIZE(pos); back++) {
		struct function function = function_new(EXPRESS);

		EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_ERR }, { 0x140, PCI_EXT_CAP_ID_DSN },
			 { 0x180, PCI_EXT_CAP_ID_PASID }, { 0x1c0, PCI_EXT_CAP_ID_VC },
			 { 0x200, PCI_EXT_CAP_ID_ACS }, { 0x240, PCI_EXT_CAP_ID_ATS },
			 { 0x280, PCI_EXT_CAP_ID_LTR });
		hardware_set(&function, 0x282, 2, pos[back] << 4 | 1);
		function_build(&function);
		EXPECT_EXT_CAPS(&function, 0x100, 0x140, 0x1c0, 0x200, 0x240, 0x280);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(K10_what_is_shown),
	TEST(K10_hidden_at_both_ends),
	TEST(K10_without_capabilities_there_is_no_list),
	TEST(K10_nothing_leads_nowhere),
	TEST(K10_the_low_bits_of_pointers_are_reserved),
	TEST(K10_a_list_as_long_as_it_gets),
	TEST(K10_a_circle_is_cut_where_it_closes),
	TEST(K10_a_circle_of_hidden_ones_only),
	TEST(K10_cut_off_at_the_end),
	TEST(K10_no_capability_reaches_into_the_extended_list),
	TEST(K10_in_the_last_dword),
	TEST(K9_vendor_bytes_are_writable),
	TEST(K2_next_pointers_are_never_the_users),
	TEST(K10_what_is_shown_of_the_extended),
	TEST(K10_the_first_extended_one_hidden),
	TEST(K10_no_extended_list),
	TEST(K10_extended_pointers_astray),
	TEST(K10_an_extended_circle_is_cut_where_it_closes),
};

RUN_TESTS(tests)
