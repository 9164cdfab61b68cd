// SPDX-License-Identifier: GPL-2.0-only
/* Which bits of configuration space are the user's (K2, K4, K6-K9), and BARs (K3). */
#include <linux/kernel.h>
#include <linux/pci_regs.h>

#include "function.h"
#include "unit.h"

#define ALL	0xffffffffU

static void K1_registers_are_little_endian(void **state)
{
	u8 bytes[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 };

	(void)state;
	assert_int_equal(config_get(bytes, 1, 1), 0x22);
	assert_int_equal(config_get(bytes, 1, 2), 0x3322);
	assert_int_equal(config_get(bytes, 2, 4), 0x66554433);
	config_set(bytes, 1, 4, 0xa1b2c3d4);
	config_set(bytes, 5, 1, 0xfff);
	assert_memory_equal(bytes, ((u8[]) { 0x11, 0xd4, 0xc3, 0xb2, 0xa1, 0xff }), 6);
	config_set(bytes, 0, 2, 0x12345678);
	assert_memory_equal(bytes, ((u8[]) { 0x78, 0x56, 0xc3, 0xb2, 0xa1, 0xff }), 6);
}

static void K2_the_header(void **state)
{
	struct function function = function_new(CONVENTIONAL);
	unsigned int pos;

	(void)state;
	for (pos = 0; pos < CONVENTIONAL; pos++)
		hardware_set(&function, pos, 1, pos ^ 0x5a);
	hardware_set(&function, PCI_STATUS, 2, 0);
	function_build(&function);
	expect_header_bits(&function);
	/* Ids, class and subsystem are as the device says. */
	for (pos = PCI_VENDOR_ID; pos < PCI_COMMAND; pos++)
		assert_int_equal(user_read(&function, pos, 1), pos ^ 0x5a);
	for (pos = PCI_REVISION_ID; pos < PCI_BASE_ADDRESS_0; pos++)
		assert_int_equal(user_read(&function, pos, 1), pos ^ 0x5a);
}

static void K2_interrupt_line_is_a_note_of_the_user(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, PCI_INTERRUPT_LINE, 1, 11);
	function_build(&function);
	assert_int_equal(user_read(&function, PCI_INTERRUPT_LINE, 2), 0x010b);
	user_write(&function, PCI_INTERRUPT_LINE, 2, 0x0205);
	assert_int_equal(user_read(&function, PCI_INTERRUPT_LINE, 2), 0x0105);
	assert_int_equal(hardware_get(&function, PCI_INTERRUPT_LINE, 2), 0x010b);
}

/* The hardware's INTX_DISABLE is the kernel's, which masks with it: the user has another. */
static void K4_intx_disable_is_virtual(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	function_build(&function);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	user_write(&function, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2),
			 PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER);
	user_write(&function, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2), PCI_COMMAND_IO);
	assert_int_equal(hardware_get(&function, PCI_COMMAND, 2),
			 PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_IO);
	assert_int_equal(function.config->owner[PCI_COMMAND / 4], OWNER_COMMAND);
}

/* A virtual function decodes memory always, and has no bit that says so. */
static void K4_memory_that_is_always_on(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, PCI_COMMAND, 2, 0);
	function.config->memory_always_on = true;
	function_build(&function);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	user_write(&function, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2), PCI_COMMAND_IO);
	assert_int_equal(hardware_get(&function, PCI_COMMAND, 2), PCI_COMMAND_IO);
	user_write(&function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(user_read(&function, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	assert_int_equal(hardware_get(&function, PCI_COMMAND, 2), 0);
}

/* K9: which errors are reported, how, and which there were, but not what they were. */
#define AER(pos)								\
	{ (pos), 0x48 }, { (pos), 4, ALL, 0 },					\
	{ (pos) + 0x04, 4, 0, ALL }, { (pos) + 0x08, 4, 0, 0x03fff031 },	\
	{ (pos) + 0x0c, 4, 0, 0x03fff031 }, { (pos) + 0x10, 4, 0, ALL },	\
	{ (pos) + 0x14, 4, 0, 0x0000f1c1 }, { (pos) + 0x18, 4, 0, 0x00000140 }

/* PCI Express with power management, MSI-X, and extended capabilities. */
static void K6_K7_K8_an_nvme_controller(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_PM }, { 0x50, PCI_CAP_ID_MSIX },
	     { 0x60, PCI_CAP_ID_EXP });
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_ERR }, { 0x148, PCI_EXT_CAP_ID_SECPCI },
		 { 0x170, PCI_EXT_CAP_ID_LTR });
	hardware_set(&function, 0x42, 2, 0xc803);
	hardware_set(&function, 0x44, 2, 0x8108);
	hardware_set(&function, 0x52, 2, 0x8040);
	hardware_set(&function, 0x62, 2, 0x0002);
	hardware_set(&function, 0x68, 2, 0xa830);
	function_build(&function);

	EXPECT_BITS(&function,
		    { 0x40, 8 }, { 0x50, 12 }, { 0x60, 0x3c },
		    { 0x41, 1, 0xff, 0 }, { 0x42, 2, 0xf800, 0 }, { 0x44, 2, 0x8100, 0x0003 },
		    { 0x51, 1, 0xff, 0 },
		    { 0x61, 1, 0xff, 0 }, { 0x68, 2, 0xf0e0, 0xfdff }, { 0x88, 2, 0, 0xffdf },
		    AER(0x100), { 0x148, 0x28 }, { 0x148, 4, ALL, 0 },
		    { 0x170, 8 }, { 0x170, 4, ALL, 0 });
	EXPECT_CAPS(&function, 0x40, 0x50, 0x60);
	EXPECT_EXT_CAPS(&function, 0x100, 0x170);
	assert_int_equal(user_read(&function, 0x100, 4), 0x17010001);
	assert_int_equal(user_read(&function, 0x170, 4), 0x00010018);

	/* K6: no PME in what the device can do, nor on, nor pending. */
	assert_int_equal(user_read(&function, 0x42, 2), 0x0003);
	assert_int_equal(user_read(&function, 0x44, 2), 0x0008);
	/* K7: a reset is never seen under way. */
	assert_int_equal(user_read(&function, 0x68, 2), 0x2830);
	/* K8: the user sees MSI-X as it is. */
	assert_int_equal(user_read(&function, 0x52, 2), 0x8040);

	assert_int_equal(function.config->cap[PCI_CAP_ID_PM], 0x40);
	assert_int_equal(function.config->cap[PCI_CAP_ID_EXP], 0x60);
	assert_int_equal(function.config->cap[PCI_CAP_ID_MSI], 0);
	assert_int_equal(function.config->cap[PCI_CAP_ID_AF], 0);
	assert_int_equal(function.config->owner[0x44 / 4], OWNER_PM);
	assert_int_equal(function.config->owner[0x68 / 4], OWNER_EXPRESS);
}

/* Conventional PCI with one message of 64-bit address. */
static void K8_an_edu_device(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_MSI });
	hardware_set(&function, 0x42, 2, PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_ENABLE);
	hardware_set(&function, 0x44, 4, 0xfee00000);
	function_build(&function);

	EXPECT_BITS(&function, { 0x40, 14 },
		    { 0x41, 1, 0xff, 0 }, { 0x42, 2, 0xffff, 0x0071 }, { 0x44, 4, ALL, ALL },
		    { 0x48, 4, ALL, ALL }, { 0x4c, 2, 0xffff, 0xffff });
	EXPECT_CAPS(&function, 0x40);
	assert_int_equal(user_read(&function, 0x42, 2), PCI_MSI_FLAGS_64BIT);
	assert_int_equal(function.config->cap[PCI_CAP_ID_MSI], 0x40);
	assert_int_equal(function.config->owner[0x40 / 4], OWNER_MSI);

	user_write(&function, 0x44, 4, 0x12345678);
	user_write(&function, 0x4c, 2, 0x4321);
	assert_int_equal(user_read(&function, 0x44, 4), 0x12345678);
	assert_int_equal(user_read(&function, 0x4c, 2), 0x4321);
	assert_int_equal(hardware_get(&function, 0x44, 4), 0xfee00000);
	assert_int_equal(hardware_get(&function, 0x4c, 2), 0);
}

static void K8_the_four_shapes_of_msi(void **state)
{
	u32 flags;

	(void)state;
	for (flags = 0; flags < 4; flags++) {
		struct function function = function_new(CONVENTIONAL);
		bool wide = flags & 1, maskable = flags & 2;
		unsigned int data = wide ? 0x8c : 0x88;

		CAPS(&function, { 0x80, PCI_CAP_ID_MSI });
		hardware_set(&function, 0x82, 2, (wide ? PCI_MSI_FLAGS_64BIT : 0) |
			     (maskable ? PCI_MSI_FLAGS_MASKBIT : 0) | PCI_MSI_FLAGS_QSIZE |
			     PCI_MSI_FLAGS_ENABLE | 0x0006);
		function_build(&function);
		/* Those for which there is no register repeat one that there is. */
		EXPECT_BITS(&function, { 0x80, 10 + 4 * wide + 10 * maskable },
			    { 0x81, 1, 0xff, 0 }, { 0x82, 2, 0xffff, 0x0071 },
			    { 0x84, 4, ALL, ALL }, { wide ? 0x88 : 0x84, 4, ALL, ALL },
			    { data, 2, 0xffff, 0xffff },
			    { data + 4, 4, 0, ALL });
		/* Off and one vector, but the number it could have is the hardware's. */
		assert_int_equal(user_read(&function, 0x82, 2) & 0x007f, 0x0006);
	}
}

static void K7_version_1_has_no_second_control(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_EXP });
	hardware_set(&function, 0x42, 2, 0x0001);
	function_build(&function);
	EXPECT_BITS(&function, { 0x40, 0x14 }, { 0x41, 1, 0xff, 0 }, { 0x48, 2, 0xf0e0, 0xfdff },
		    { 0x100, 4, ALL, 0 });
}

static void K7_advanced_features(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_AF });
	hardware_set(&function, 0x42, 4, 0x01010306);
	function_build(&function);
	EXPECT_BITS(&function, { 0x40, 6 }, { 0x41, 1, 0xff, 0 }, { 0x44, 1, 0xff, 0x01 });
	assert_int_equal(user_read(&function, 0x42, 4), 0x01000306);
	assert_int_equal(function.config->cap[PCI_CAP_ID_AF], 0x40);
	assert_int_equal(function.config->owner[0x44 / 4], OWNER_AF);
}

/* Nobody but the device knows how long some are: they reach as far as the next. */
static void K9_other_capabilities_are_read_only(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x40, PCI_CAP_ID_MSIX }, { 0x50, PCI_CAP_ID_SATA },
	     { 0x60, PCI_CAP_ID_PCIX }, { 0xa0, PCI_CAP_ID_AGP }, { 0x80, PCI_CAP_ID_HT });
	function_build(&function);
	EXPECT_CAPS(&function, 0x40, 0x50, 0x60, 0xa0, 0x80);
	EXPECT_BITS(&function, { 0x40, 12 }, { 0x50, 0x10 }, { 0x60, 0x20 }, { 0x80, 0x20 },
		    { 0xa0, 12 }, { 0x41, 1, 0xff, 0 }, { 0x51, 1, 0xff, 0 }, { 0x61, 1, 0xff, 0 },
		    { 0x81, 1, 0xff, 0 }, { 0xa1, 1, 0xff, 0 });
}

/* What the user must not see he must not write either, and who knows how long it is. */
static void K9_hidden_capabilities_are_read_only(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	CAPS(&function, { 0xa0, PCI_CAP_ID_EA }, { 0x40, PCI_CAP_ID_SSVID },
	     { 0x60, PCI_CAP_ID_PM });
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_SECPCI }, { 0x200, PCI_EXT_CAP_ID_DSN },
		 { 0x300, PCI_EXT_CAP_ID_L1SS });
	function_build(&function);
	EXPECT_BITS(&function, { 0x40, 0x20 }, { 0x60, 8 }, { 0xa0, 0x60 },
		    { 0x41, 1, 0xff, 0 }, { 0x61, 1, 0xff, 0 }, { 0x62, 2, 0xf800, 0 },
		    { 0x64, 2, 0x8100, 0x0003 }, { 0xa1, 1, 0xff, 0 },
		    { 0x100, 0x100 }, { 0x200, 12 }, { 0x300, 0xd00 },
		    { 0x100, 4, ALL, 0 }, { 0x200, 4, ALL, 0 }, { 0x300, 4, ALL, 0 });
}

/* Its address and data never reach the device but through the kernel. */
static void K9_vital_product_data(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	CAPS(&function, { 0x48, PCI_CAP_ID_VPD });
	hardware_set(&function, 0x4a, 2, 0x8004);
	hardware_set(&function, 0x4c, 4, 0x12345678);
	function_build(&function);
	EXPECT_BITS(&function, { 0x48, 8 }, { 0x49, 1, 0xff, 0 }, { 0x4a, 2, 0xffff, 0xffff },
		    { 0x4c, 4, ALL, ALL });
	assert_int_equal(function.config->cap[PCI_CAP_ID_VPD], 0x48);
	assert_int_equal(function.config->owner[0x48 / 4], OWNER_VPD);
	user_write(&function, 0x4c, 4, 0xabcdef01);
	assert_int_equal(user_read(&function, 0x4c, 4), 0xabcdef01);
	assert_int_equal(hardware_get(&function, 0x4c, 4), 0x12345678);
}

static void K9_the_power_budget_selector(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	EXT_CAPS(&function, { 0x100, PCI_EXT_CAP_ID_PWR }, { 0x120, PCI_EXT_CAP_ID_VNDR });
	function_build(&function);
	/* Vendor specific is free behind its own header. */
	EXPECT_BITS(&function, { 0x100, 16 }, { 0x100, 4, ALL, 0 }, { 0x104, 1, 0, 0xff },
		    { 0x120, 8 }, { 0x120, 4, ALL, 0 });
}

static void K9_what_belongs_to_no_capability(void **state)
{
	struct function function = function_new(EXPRESS);

	(void)state;
	function_build(&function);
	EXPECT_BITS(&function, { 0x100, 4, ALL, 0 });
	user_write(&function, 0x40, 4, 0xabcdef01);
	user_write(&function, 0xffc, 4, 0x12345678);
	assert_int_equal(hardware_get(&function, 0x40, 4), 0xabcdef01);
	assert_int_equal(hardware_get(&function, 0xffc, 4), 0x12345678);
}

/* Writes all ones to a BAR and gives what it reads then. */
static u32 sized(struct function *function, unsigned int pos)
{
	user_write(function, pos, 4, ALL);
	return user_read(function, pos, 4);
}

#define BAR(i)	(PCI_BASE_ADDRESS_0 + 4 * (i))

static void K3_memory_and_io_bars(void **state)
{
	static const struct {
		u64 size;
		u32 type;
		u32 reads;
	} bars[] = {
		{ 1 << 20, 0, 0xfff00000 },
		{ 16, 0, 0xfffffff0 },
		{ 1U << 31, 0, 0x80000000 },
		{ 4096, PCI_BASE_ADDRESS_MEM_PREFETCH, 0xfffff008 },
		{ 4096, PCI_BASE_ADDRESS_MEM_TYPE_1M, 0xfffff002 },
		{ 64, PCI_BASE_ADDRESS_SPACE_IO, 0xffffffc1 },
		{ 4, PCI_BASE_ADDRESS_SPACE_IO, 0xfffffffd },
		{ 0, 0, 0 },
	};
	unsigned int i, b;

	(void)state;
	for (i = 0; i < CONFIG_BARS; i++)
		for (b = 0; b < ARRAY_SIZE(bars); b++) {
			struct function function = function_new(CONVENTIONAL);
			unsigned int other;

			function.config->bar[i].size = bars[b].size;
			function.config->bar[i].type = bars[b].type;
			function_build(&function);
			assert_int_equal(user_read(&function, BAR(i), 4), bars[b].type);
			assert_int_equal(sized(&function, BAR(i)), bars[b].reads);
			user_write(&function, BAR(i), 4, 0);
			assert_int_equal(user_read(&function, BAR(i), 4), bars[b].type);
			for (other = 0; other < CONFIG_BARS; other++)
				if (other != i)
					assert_int_equal(sized(&function, BAR(other)), 0);
		}
}

static void K3_wide_bars(void **state)
{
	static const struct {
		u64 size;
		u32 low;
		u32 high;
	} bars[] = {
		{ 16 << 10, 0xffffc004, 0xffffffff },
		{ 1ULL << 31, 0x80000004, 0xffffffff },
		{ 1ULL << 32, 0x00000004, 0xffffffff },
		{ 1ULL << 33, 0x00000004, 0xfffffffe },
		{ 1ULL << 63, 0x00000004, 0x80000000 },
	};
	unsigned int i, b;

	(void)state;
	for (i = 0; i < CONFIG_BARS - 1; i++)
		for (b = 0; b < ARRAY_SIZE(bars); b++) {
			struct function function = function_new(CONVENTIONAL);

			function.config->bar[i].size = bars[b].size;
			function.config->bar[i].type = PCI_BASE_ADDRESS_MEM_TYPE_64;
			function_build(&function);
			assert_int_equal(sized(&function, BAR(i)), bars[b].low);
			assert_int_equal(user_read(&function, BAR(i + 1), 4), 0);
			assert_int_equal(sized(&function, BAR(i + 1)), bars[b].high);
			assert_int_equal(user_read(&function, BAR(i), 4), bars[b].low);
		}
}

/* Nonsense from a device: a wide BAR in the last register has no upper half. */
static void K3_a_wide_bar_has_to_end_in_the_header(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, PCI_CARDBUS_CIS, 4, ALL);
	function.config->bar[5] = (struct config_bar) { 1ULL << 33, PCI_BASE_ADDRESS_MEM_TYPE_64 };
	function_build(&function);
	assert_int_equal(sized(&function, BAR(5)), 0x00000004);
	assert_int_equal(user_read(&function, PCI_CARDBUS_CIS, 4), ALL);
	assert_int_equal(config_get(function.config->shadow, PCI_CARDBUS_CIS, 4), ALL);
}

static void K3_a_bar_keeps_the_address_written(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, BAR(0), 4, 0xfebf0004);
	hardware_set(&function, BAR(1), 4, 0x00000038);
	hardware_set(&function, BAR(2), 4, 0x0000c041);
	function.config->bar[0] = (struct config_bar) { 16 << 10, PCI_BASE_ADDRESS_MEM_TYPE_64 };
	function.config->bar[2] = (struct config_bar) { 64, PCI_BASE_ADDRESS_SPACE_IO };
	function_build(&function);
	assert_int_equal(user_read(&function, BAR(0), 4), 0xfebf0004);
	assert_int_equal(user_read(&function, BAR(1), 4), 0x00000038);
	assert_int_equal(user_read(&function, BAR(2), 4), 0x0000c041);

	user_write(&function, BAR(0), 4, 0x12345678);
	user_write(&function, BAR(1), 4, 0x9abcdef0);
	user_write(&function, BAR(2), 4, 0x0000d0bf);
	assert_int_equal(user_read(&function, BAR(0), 4), 0x12344004);
	assert_int_equal(user_read(&function, BAR(1), 4), 0x9abcdef0);
	assert_int_equal(user_read(&function, BAR(2), 4), 0x0000d081);

	/* In halves and bytes it comes to the same. */
	user_write(&function, BAR(0) + 2, 2, 0xfedc);
	user_write(&function, BAR(0) + 1, 1, 0xff);
	user_write(&function, BAR(0), 1, 0xff);
	assert_int_equal(user_read(&function, BAR(0), 4), 0xfedcc004);

	/* The device's own registers are the host's. */
	assert_int_equal(hardware_get(&function, BAR(0), 4), 0xfebf0004);
	assert_int_equal(hardware_get(&function, BAR(1), 4), 0x00000038);
	assert_int_equal(hardware_get(&function, BAR(2), 4), 0x0000c041);
	assert_int_equal(function.config->owner[BAR(0) / 4], OWNER_BAR);
	assert_int_equal(function.config->owner[PCI_ROM_ADDRESS / 4], OWNER_BAR);
}

static void K3_the_rom_bar(void **state)
{
	struct function function = function_new(CONVENTIONAL);

	(void)state;
	hardware_set(&function, PCI_ROM_ADDRESS, 4, 0xfeb00001);
	function.config->bar[CONFIG_ROM].size = 64 << 10;
	function_build(&function);
	assert_int_equal(user_read(&function, PCI_ROM_ADDRESS, 4), 0xfeb00001);
	assert_int_equal(sized(&function, PCI_ROM_ADDRESS), 0xffff0001);
	user_write(&function, PCI_ROM_ADDRESS, 4, ~PCI_ROM_ADDRESS_ENABLE);
	assert_int_equal(user_read(&function, PCI_ROM_ADDRESS, 4), 0xffff0000);
	assert_int_equal(hardware_get(&function, PCI_ROM_ADDRESS, 4), 0xfeb00001);

	function = function_new(CONVENTIONAL);
	function.config->bar[CONFIG_ROM].size = 2048;
	function_build(&function);
	assert_int_equal(sized(&function, PCI_ROM_ADDRESS), 0xfffff801);

	function = function_new(CONVENTIONAL);
	hardware_set(&function, PCI_ROM_ADDRESS, 4, 0xfeb00001);
	function_build(&function);
	assert_int_equal(user_read(&function, PCI_ROM_ADDRESS, 4), 0);
	assert_int_equal(sized(&function, PCI_ROM_ADDRESS), 0);
}

static const struct CMUnitTest tests[] = {
	TEST(K1_registers_are_little_endian),
	TEST(K2_the_header),
	TEST(K2_interrupt_line_is_a_note_of_the_user),
	TEST(K4_intx_disable_is_virtual),
	TEST(K4_memory_that_is_always_on),
	TEST(K6_K7_K8_an_nvme_controller),
	TEST(K8_an_edu_device),
	TEST(K8_the_four_shapes_of_msi),
	TEST(K7_version_1_has_no_second_control),
	TEST(K7_advanced_features),
	TEST(K9_other_capabilities_are_read_only),
	TEST(K9_hidden_capabilities_are_read_only),
	TEST(K9_vital_product_data),
	TEST(K9_the_power_budget_selector),
	TEST(K9_what_belongs_to_no_capability),
	TEST(K3_memory_and_io_bars),
	TEST(K3_wide_bars),
	TEST(K3_a_wide_bar_has_to_end_in_the_header),
	TEST(K3_a_bar_keeps_the_address_written),
	TEST(K3_the_rom_bar),
};

RUN_TESTS(tests)
