// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that answer anything, and users that write anything. What comes out is held
 * against a model that only knows how lists are meant to be walked.
 */
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "chance.h"
#include "function.h"
#include "unit.h"

#define ROUNDS	4000
#define WRITES	60

static u16 dword_in(struct chance *chance, unsigned int begin, unsigned int end)
{
	return begin + 4 * chance_below(chance, (end - begin) / 4);
}

/* Capabilities here and there, that lead to one another, elsewhere, or in circles. */
static void random_caps(struct function *function, struct chance *chance)
{
	unsigned int count = chance_below(chance, 12);
	u8 pos[12], i;

	for (i = 0; i < count; i++)
		pos[i] = dword_in(chance, 0x40, CONVENTIONAL);
	if (!chance_once_in(chance, 8))
		hardware_set(function, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	hardware_set(function, PCI_CAPABILITY_LIST, 1, count ? pos[0] : 0);
	for (i = 0; i < count; i++) {
		u8 next = i + 1U < count ? pos[i + 1] : 0;

		if (chance_once_in(chance, 6))
			next = chance_next(chance);
		hardware_set(function, pos[i] + PCI_CAP_LIST_ID, 1,
			     chance_once_in(chance, 50) ? 0xff : chance_below(chance, 0x17));
		hardware_set(function, pos[i] + PCI_CAP_LIST_NEXT, 1, next);
	}
}

static void random_ext_caps(struct function *function, struct chance *chance)
{
	u16 pos = CONVENTIONAL, next;
	unsigned int count;

	for (count = chance_below(chance, 12); count; count--, pos = next & ~3) {
		next = dword_in(chance, CONVENTIONAL, EXPRESS);
		if (chance_once_in(chance, 8))
			next = chance_below(chance, EXPRESS);
		if (count == 1 && !chance_once_in(chance, 3))
			next = 0;
		hardware_set(function, pos, 4, chance_below(chance, 0x1e) | 1 << 16 |
			     (u32)next << 20);
		if (next < CONVENTIONAL)
			break;
	}
}

static void random_bars(struct function *function, struct chance *chance)
{
	struct config_bar *bar = function->config->bar;
	unsigned int i;

	for (i = 0; i < CONFIG_BARS; i++) {
		switch (chance_below(chance, 4)) {
		case 0:
			bar[i].size = 1 << (2 + chance_below(chance, 7));
			bar[i].type = PCI_BASE_ADDRESS_SPACE_IO;
			break;
		case 1:
			bar[i].size = 1U << (4 + chance_below(chance, 28));
			bar[i].type = chance_once_in(chance, 2) ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0;
			break;
		case 2:
			bar[i].size = 1ULL << (4 + chance_below(chance, 60));
			bar[i++].type = PCI_BASE_ADDRESS_MEM_TYPE_64;
			break;
		}
	}
	if (chance_once_in(chance, 2))
		bar[CONFIG_ROM].size = 1 << (11 + chance_below(chance, 14));
}

/* Some devices cannot stand accesses to all of their space, and the kernel has it end before. */
static const unsigned int sizes[] = { CONVENTIONAL, EXPRESS, EXPRESS, 0x600, 0xa0 };

static struct function random_function(struct chance *chance)
{
	struct function function = function_new(sizes[chance_below(chance, ARRAY_SIZE(sizes))]);
	unsigned int pos;

	/* Some are rubbish all over, others empty but for the capabilities. */
	if (chance_once_in(chance, 2))
		for (pos = 4; pos < function.config->size; pos += 4)
			hardware_set(&function, pos, 4, chance_next(chance));
	random_caps(&function, chance);
	if (function.config->size > CONVENTIONAL && !chance_once_in(chance, 8))
		random_ext_caps(&function, chance);
	random_bars(&function, chance);
	return function;
}

static void random_write(struct function *function, struct chance *chance)
{
	static const u32 habits[] = { 0, 0xffffffff };
	unsigned int width = 1 << chance_below(chance, 3);
	unsigned int all = function->config->size;
	unsigned int size = chance_once_in(chance, 4) ? all : min(all, (unsigned int)CONVENTIONAL);
	unsigned int pos = chance_below(chance, size) & ~(width - 1);
	u32 value = chance_once_in(chance, 2) ? chance_next(chance) :
		    habits[chance_below(chance, ARRAY_SIZE(habits))];

	user_write(function, pos, width, value);
}

/* Each capability the device leads to, in the order in which it first does. */
static unsigned int model_caps(const struct function *function, u16 *caps)
{
	u64 hidden = 1ULL << PCI_CAP_ID_SLOTID | 1ULL << PCI_CAP_ID_CHSWP |
		     1ULL << PCI_CAP_ID_DBG | 1ULL << PCI_CAP_ID_CCRC | 1ULL << PCI_CAP_ID_SHPC |
		     1ULL << PCI_CAP_ID_SSVID | 1ULL << PCI_CAP_ID_AGP3 |
		     1ULL << PCI_CAP_ID_SECDEV | 1;
	u8 pos = hardware_get(function, PCI_CAPABILITY_LIST, 1) & ~3;
	bool seen[CONVENTIONAL] = {};
	unsigned int count = 0;

	if (!(hardware_get(function, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	while (pos >= 0x40 && pos < function->config->size && !seen[pos] &&
	       hardware_get(function, pos, 1) != 0xff) {
		u8 id = hardware_get(function, pos, 1);

		seen[pos] = true;
		if (id <= PCI_CAP_ID_AF && !(hidden >> id & 1))
			caps[count++] = pos;
		pos = hardware_get(function, pos + PCI_CAP_LIST_NEXT, 1) & ~3;
	}
	return count;
}

static unsigned int model_ext_caps(const struct function *function, u16 *caps)
{
	u64 hidden = 1ULL << PCI_EXT_CAP_ID_RCLD | 1ULL << PCI_EXT_CAP_ID_RCILC |
		     1ULL << PCI_EXT_CAP_ID_RCEC | 1ULL << PCI_EXT_CAP_ID_RCRB |
		     1ULL << PCI_EXT_CAP_ID_CAC | 1ULL << PCI_EXT_CAP_ID_MRIOV |
		     1ULL << PCI_EXT_CAP_ID_AMD_XXX | 1;
	bool seen[EXPRESS] = {};
	u16 pos = CONVENTIONAL;
	unsigned int count = 0;

	while (pos >= CONVENTIONAL && pos < function->config->size && !seen[pos]) {
		u32 head = hardware_get(function, pos, 4);
		u16 id = head;

		if (!head || head == 0xffffffff)
			break;
		seen[pos] = true;
		if (id <= PCI_EXT_CAP_ID_LTR && !(hidden >> id & 1))
			caps[count++] = pos;
		pos = (head >> 20) & ~3;
	}
	return count;
}

/* Headers that lead on are the kernel's, in every bit that says where. */
static void expect_lists(const struct function *function, const u16 *caps, unsigned int count,
			 const u16 *ext_caps, unsigned int ext_count)
{
	const struct vfio_pci_config *config = function->config;
	unsigned int i;

	expect_caps(function, caps, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(config_get(config->virt, caps[i], 2) & 0xff00, 0xff00);
		assert_int_equal(config_get(config->write, caps[i], 2), 0);
	}
	if (config->size <= CONVENTIONAL)
		return;
	expect_ext_caps(function, ext_caps, ext_count);
	for (i = 0; i < ext_count; i++) {
		assert_int_equal(config_get(config->virt, ext_caps[i], 4), 0xffffffff);
		assert_int_equal(config_get(config->write, ext_caps[i], 4), 0);
	}
}

static void K10_lists_are_as_the_model_walks_them(void **state)
{
	u16 caps[MOST_CAPS], ext_caps[MOST_EXT_CAPS];
	struct chance chance = chance_new();
	unsigned int round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct function function = random_function(&chance);
		unsigned int count = model_caps(&function, caps);
		unsigned int ext_count = model_ext_caps(&function, ext_caps);

		function_build(&function);
		expect_lists(&function, caps, count, ext_caps, ext_count);
		for (i = 0; i < WRITES; i++)
			random_write(&function, &chance);
		expect_lists(&function, caps, count, ext_caps, ext_count);
	}
}

/* No device changes the rules of its header; the sanitizer sees writes behind the space. */
static void K1_rubbish_stays_in_its_place(void **state)
{
	struct chance chance = chance_new();
	unsigned int round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct function function = random_function(&chance);
		struct vfio_pci_config *config = function.config;

		function_build(&function);
		for (i = 0; i < WRITES; i++)
			random_write(&function, &chance);
		expect_header_bits(&function);
		for (i = 0; i < config->size / 4; i++)
			assert_in_range(config->owner[i], OWNER_PLAIN, OWNERS - 1);
	}
}

/* A write changes what it covers, of that what is virtual and writable, and BARs alike. */
static void K2_read_only_bits_stay(void **state)
{
	struct chance chance = chance_new();
	static u8 before[CONFIG_ROOM(CONFIG_SPACE_MAX)];
	unsigned int round, i, pos;

	(void)state;
	for (round = 0; round < ROUNDS / 4; round++) {
		struct function function = random_function(&chance);
		struct vfio_pci_config *config = function.config;

		function_build(&function);
		memcpy(before, config->shadow, CONFIG_ROOM(config->size));
		for (i = 0; i < WRITES; i++)
			random_write(&function, &chance);
		for (pos = 0; pos < config->size; pos++) {
			u8 may = config->virt[pos] & config->write[pos];

			assert_int_equal((config->shadow[pos] ^ before[pos]) & ~may, 0);
		}
		/* The rules, which follow the shadow, are made at open and for good. */
		assert_memory_equal(before + config->size, config->virt,
				    CONFIG_ROOM(config->size) - config->size);
	}
}

static void K2_a_write_reaches_what_it_covers(void **state)
{
	struct chance chance = chance_new();
	unsigned int round, pos;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct function function = random_function(&chance);
		struct vfio_pci_config *config = function.config;
		unsigned int width = 1 << chance_below(&chance, 3);
		unsigned int at = dword_in(&chance, 0, config->size);
		u8 before[CONFIG_SPACE_MAX];
		u32 value = chance_next(&chance);

		function_build(&function);
		memcpy(before, config->shadow, config->size);
		config_write_virtual(config, at, width, value);
		for (pos = 0; pos < config->size; pos++) {
			u8 may = pos >= at && pos < at + width ?
				 config->virt[pos] & config->write[pos] : 0;
			u8 byte = may ? value >> 8 * (pos - at) : 0;

			assert_int_equal(config->shadow[pos], (before[pos] & ~may) | (byte & may));
		}
	}
}

/* Whatever was written: type bits as they are, and the address a multiple of the size. */
static void K3_bars_are_aligned_to_their_size(void **state)
{
	struct chance chance = chance_new();
	unsigned int round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct function function = random_function(&chance);
		const struct config_bar *bar = function.config->bar;
		u32 rom;

		function_build(&function);
		for (i = 0; i < WRITES; i++)
			user_write(&function, PCI_BASE_ADDRESS_0 + chance_below(&chance, 36), 1,
				   chance_next(&chance));
		for (i = 0; i < CONFIG_BARS; i++) {
			u64 value = user_read(&function, PCI_BASE_ADDRESS_0 + 4 * i, 4);
			bool wide = bar[i].type == PCI_BASE_ADDRESS_MEM_TYPE_64;
			u32 type = bar[i].type;
			u64 size = bar[i].size;

			if (wide && i + 1 < CONFIG_BARS)
				value |= (u64)user_read(&function,
							PCI_BASE_ADDRESS_0 + 4 * ++i, 4) << 32;
			if (size)
				assert_int_equal(value & (size - 1), type);
			else
				assert_int_equal(value, 0);
		}
		rom = user_read(&function, PCI_ROM_ADDRESS, 4);
		if (bar[CONFIG_ROM].size)
			assert_in_range(rom & (bar[CONFIG_ROM].size - 1), 0, 1);
		else
			assert_int_equal(rom, 0);
	}
}

static const struct CMUnitTest tests[] = {
	TEST(K10_lists_are_as_the_model_walks_them),
	TEST(K1_rubbish_stays_in_its_place),
	TEST(K2_read_only_bits_stay),
	TEST(K2_a_write_reaches_what_it_covers),
	TEST(K3_bars_are_aligned_to_their_size),
};

RUN_TESTS(tests)
