// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "function.h"
#include "unit.h"

#define ALL	0xffffffffU

static u8 hardware[CONFIG_SPACE_MAX];

static void fetch(struct vfio_pci_config *config, unsigned int pos)
{
	assert_in_range(pos, 0, config->size - 4);
	memcpy(config->shadow + pos, hardware + pos, 4);
}

/* No longer than that, so that the sanitizer sees what goes beyond it. */
static u8 *room_for(unsigned int size)
{
	static u8 *room;

	free(room);
	room = calloc(1, CONFIG_ROOM(size));
	assert_non_null(room);
	return room;
}

struct function function_new(unsigned int size)
{
	static struct vfio_pci_config config;
	struct function function = { .config = &config, .hardware = hardware };

	config = (struct vfio_pci_config) { .fetch = fetch };
	config_place(&config, size, room_for(size));
	memset(hardware, 0, sizeof(hardware));
	hardware_set(&function, PCI_VENDOR_ID, 2, 0x1b36);
	hardware_set(&function, PCI_DEVICE_ID, 2, 0x0010);
	hardware_set(&function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	hardware_set(&function, PCI_INTERRUPT_PIN, 1, 1);
	return function;
}

void hardware_set(struct function *function, unsigned int pos, unsigned int width, u32 value)
{
	config_set(function->hardware, pos, width, value);
}

u32 hardware_get(const struct function *function, unsigned int pos, unsigned int width)
{
	return config_get(function->hardware, pos, width);
}

void function_caps(struct function *function, const struct cap *caps, unsigned int count)
{
	unsigned int link = PCI_CAPABILITY_LIST;

	hardware_set(function, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	for (; count--; caps++) {
		hardware_set(function, link, 1, caps->pos);
		hardware_set(function, caps->pos + PCI_CAP_LIST_ID, 1, caps->id);
		link = caps->pos + PCI_CAP_LIST_NEXT;
	}
	hardware_set(function, link, 1, 0);
}

void function_ext_caps(struct function *function, const struct cap *caps, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		u32 next = i + 1 < count ? caps[i + 1].pos : 0;

		hardware_set(function, caps[i].pos, 4, caps[i].id | 1 << 16 | next << 20);
	}
}

void function_build(struct function *function)
{
	memcpy(function->config->shadow, function->hardware, PCI_STD_HEADER_SIZEOF);
	config_build(function->config);
}

u32 user_read(const struct function *function, unsigned int pos, unsigned int width)
{
	u32 virt = config_get(function->config->virt, pos, width);

	return (hardware_get(function, pos, width) & ~virt) |
	       (config_get(function->config->shadow, pos, width) & virt);
}

void user_write(struct function *function, unsigned int pos, unsigned int width, u32 value)
{
	u32 mask = config_hardware_bits(function->config, pos, width);

	config_write_virtual(function->config, pos, width, value);
	if (function->config->owner[pos / 4] == OWNER_BAR)
		config_fix_bar(function->config, pos);
	hardware_set(function, pos, width,
		     (hardware_get(function, pos, width) & ~mask) | (value & mask));
}

unsigned int user_caps(const struct function *function, u16 *pos)
{
	unsigned int count = 0;
	u32 next = user_read(function, PCI_CAPABILITY_LIST, 1);

	assert_int_equal(!!(user_read(function, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST), !!next);
	while (next) {
		assert_in_range(next, PCI_STD_HEADER_SIZEOF, CONVENTIONAL - 4);
		assert_int_equal(next & 3, 0);
		assert_in_range(count, 0, MOST_CAPS - 1);
		pos[count++] = next;
		next = user_read(function, next + PCI_CAP_LIST_NEXT, 1);
	}
	return count;
}

/* An empty entry at the beginning is no capability (K10). */
unsigned int user_ext_caps(const struct function *function, u16 *pos)
{
	unsigned int count = 0, next = CONVENTIONAL;

	while (next) {
		u32 head;

		assert_in_range(next, CONVENTIONAL, EXPRESS - 4);
		assert_int_equal(next & 3, 0);
		head = user_read(function, next, 4);
		if (next == CONVENTIONAL && head == ALL)
			return 0;
		if (next != CONVENTIONAL || head & 0xffff) {
			assert_in_range(count, 0, MOST_EXT_CAPS - 1);
			pos[count++] = next;
		}
		next = head >> 20;
	}
	return count;
}

static void expect_positions(const u16 *found, unsigned int found_count, const u16 *pos,
			     unsigned int count)
{
	unsigned int i;

	for (i = 0; i < min(count, found_count); i++)
		assert_int_equal(found[i], pos[i]);
	assert_int_equal(found_count, count);
}

void expect_caps(const struct function *function, const u16 *pos, unsigned int count)
{
	u16 found[MOST_CAPS];

	expect_positions(found, user_caps(function, found), pos, count);
}

void expect_ext_caps(const struct function *function, const u16 *pos, unsigned int count)
{
	u16 found[MOST_EXT_CAPS];

	expect_positions(found, user_ext_caps(function, found), pos, count);
}

/* K2, K3, K4. */
static const struct bits header[] = {
	{ PCI_VENDOR_ID, 2, 0xffff, 0 },
	{ PCI_DEVICE_ID, 2, 0xffff, 0 },
	{ PCI_COMMAND, 2, 0x0400, 0xffff },
	{ PCI_STATUS, 2, 0x0010, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_LATENCY_TIMER, 1, 0, 0xff },
	{ PCI_BIST, 1, 0, 0xff },
	{ PCI_BASE_ADDRESS_0, 4, ALL, ALL },
	{ PCI_BASE_ADDRESS_1, 4, ALL, ALL },
	{ PCI_BASE_ADDRESS_2, 4, ALL, ALL },
	{ PCI_BASE_ADDRESS_3, 4, ALL, ALL },
	{ PCI_BASE_ADDRESS_4, 4, ALL, ALL },
	{ PCI_BASE_ADDRESS_5, 4, ALL, ALL },
	{ PCI_ROM_ADDRESS, 4, ALL, ALL },
	{ PCI_CAPABILITY_LIST, 1, 0xff, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0xff, 0xff },
	{ PCI_INTERRUPT_PIN, 1, 0xff, 0 },
};

struct masks {
	u8 virt[CONFIG_SPACE_MAX];
	u8 write[CONFIG_SPACE_MAX];
};

static void add_bits(struct masks *masks, const struct bits *bits, unsigned int count)
{
	for (; count--; bits++) {
		if (bits->width > 4) {
			memset(masks->virt + bits->pos, 0, bits->width);
			memset(masks->write + bits->pos, 0, bits->width);
			continue;
		}
		config_set(masks->virt, bits->pos, bits->width, bits->virt);
		config_set(masks->write, bits->pos, bits->width, bits->write);
	}
}

static void expect_masks(const struct function *function, const struct masks *masks,
			 unsigned int size)
{
	unsigned int pos;

	for (pos = 0; pos < size; pos++) {
		u8 virt = function->config->virt[pos], write = function->config->write[pos];

		if (virt == masks->virt[pos] && write == masks->write[pos])
			continue;
		fail_msg("byte 0x%x: virtual 0x%02x and writable 0x%02x, not 0x%02x and 0x%02x",
			 pos, virt, write, masks->virt[pos], masks->write[pos]);
	}
}

void expect_bits(const struct function *function, const struct bits *bits, unsigned int count)
{
	struct masks masks = {};

	memset(masks.write + PCI_STD_HEADER_SIZEOF, 0xff,
	       function->config->size - PCI_STD_HEADER_SIZEOF);
	add_bits(&masks, header, ARRAY_SIZE(header));
	add_bits(&masks, bits, count);
	expect_masks(function, &masks, function->config->size);
}

void expect_header_bits(const struct function *function)
{
	struct masks masks = {};

	add_bits(&masks, header, ARRAY_SIZE(header));
	expect_masks(function, &masks, PCI_STD_HEADER_SIZEOF);
}
