// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "config_fields.h"

#define ALL	CONFIG_ALL

/* K2, K3, K4: what is not listed is hardware, read-only. */
static const struct config_field header[] = {
	{ PCI_VENDOR_ID, 4, ALL, 0 },
	{ PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE, ALL, OWNER_COMMAND, PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, OWNER_COMMAND },
	{ PCI_CACHE_LINE_SIZE, 1, 0, ALL },
	{ PCI_LATENCY_TIMER, 1, 0, ALL },
	{ PCI_BIST, 1, 0, ALL },
	{ PCI_BASE_ADDRESS_0, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_1, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_2, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_3, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_4, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_5, 4, ALL, ALL, OWNER_BAR },
	{ PCI_ROM_ADDRESS, 4, ALL, ALL, OWNER_BAR },
	{ PCI_CAPABILITY_LIST, 1, ALL, 0 },
	{ PCI_INTERRUPT_LINE, 1, ALL, ALL },
	{ PCI_INTERRUPT_PIN, 1, ALL, 0 },
	{}
};

/**
 * config_place() - begin with a space of which nothing is known
 * @config: zero
 * @size: bytes of the space
 * @room: CONFIG_ROOM(@size) zero bytes, which must stay as long as @config
 */
void config_place(struct vfio_pci_config *config, unsigned int size, u8 *room)
{
	config->size = size;
	config->shadow = room;
	config->virt = room + size;
	config->write = room + 2 * size;
	config->owner = room + 3 * size;
}

/**
 * config_apply() - enter registers into the view
 * @config: being built
 * @base: what their offsets count from
 * @end: what else claims the bytes from there on has its own rules for them
 * @field: the table, in order of offset
 */
void config_apply(struct vfio_pci_config *config, unsigned int base, unsigned int end,
		  const struct config_field *field)
{
	for (; field->width; field++) {
		unsigned int pos = base + field->offset;

		if (pos + field->width > end)
			return;
		config_set(config->virt, pos, field->width, field->virt);
		config_set(config->write, pos, field->width, field->write);
		config_set(config->shadow, pos, field->width,
			   config_get(config->shadow, pos, field->width) & ~field->clear);
		if (field->owner)
			config->owner[pos / 4] = field->owner;
	}
}

/**
 * config_claim() - enter a capability into the view
 * @config: being built
 * @pos: where it begins
 * @end: where the next one begins, or the space ends
 * @kind: what it is
 *
 * Its bytes are hardware and read-only, but for what its fields say.
 */
void config_claim(struct vfio_pci_config *config, unsigned int pos, unsigned int end,
		  const struct config_kind *kind)
{
	unsigned int next;

	if (kind->length)
		end = min(end, pos + kind->length);
	memset(config->write + pos, 0, end - pos);
	if (!kind->fields)
		return;
	/* Its first dword is known to whoever found it. */
	for (next = pos + 4; next < end; next += 4)
		config->fetch(config, next);
	config_apply(config, pos, end, kind->fields);
}

/**
 * config_build() - decide what the user sees and may write
 * @config: placed, with fetch and bar set and an image of the hardware's header in shadow,
 *	in which the ids and the interrupt pin are what the user is to see
 */
void config_build(struct vfio_pci_config *config)
{
	unsigned int pos;

	/* K9: bytes that nothing claims are between the device and its driver. */
	memset(config->write + PCI_STD_HEADER_SIZEOF, 0xff, config->size - PCI_STD_HEADER_SIZEOF);
	config_apply(config, 0, PCI_STD_HEADER_SIZEOF, header);
	config_build_caps(config);
	if (config->size > CONFIG_STANDARD_SIZE)
		config_build_ext_caps(config);
	if (config->memory_always_on) {
		config->shadow[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
		config->virt[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
	}
	for (pos = PCI_BASE_ADDRESS_0; pos <= PCI_BASE_ADDRESS_5; pos += 4)
		config_fix_bar(config, pos);
	config_fix_bar(config, PCI_ROM_ADDRESS);
}

/**
 * config_write_virtual() - the part of a write that goes to the shadow
 * @config: the user's view
 * @pos: offset, with @pos + @width within the space
 * @width: 1, 2 or 4 bytes
 * @value: as written by the user
 */
void config_write_virtual(struct vfio_pci_config *config, unsigned int pos, unsigned int width,
			  u32 value)
{
	u32 mask = config_get(config->virt, pos, width) & config_get(config->write, pos, width);
	u32 old = config_get(config->shadow, pos, width);

	config_set(config->shadow, pos, width, (old & ~mask) | (value & mask));
}

/**
 * config_hardware_bits() - the part of a write that goes to the hardware
 * @config: the user's view
 * @pos: offset, with @pos + @width within the space
 * @width: 1, 2 or 4 bytes
 *
 * Return: the bits that do, unless the register's owner has other ideas.
 */
u32 config_hardware_bits(const struct vfio_pci_config *config, unsigned int pos,
			 unsigned int width)
{
	return config_get(config->write, pos, width) & ~config_get(config->virt, pos, width);
}

static void fix_register(struct vfio_pci_config *config, unsigned int pos, u32 mask, u32 type)
{
	u32 value = config_get(config->shadow, pos, 4);

	config_set(config->shadow, pos, 4, (value & mask) | type);
}

static bool has_upper_half(const struct config_bar *bar)
{
	return bar->size && !(bar->type & PCI_BASE_ADDRESS_SPACE_IO) &&
	       bar->type & PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static void fix_rom(struct vfio_pci_config *config)
{
	u32 low = config->bar[CONFIG_ROM].size - 1;
	u32 mask = (~low & PCI_ROM_ADDRESS_MASK) | PCI_ROM_ADDRESS_ENABLE;

	fix_register(config, PCI_ROM_ADDRESS, config->bar[CONFIG_ROM].size ? mask : 0, 0);
}

/**
 * config_fix_bar() - make a virtual BAR read as one of its size and type does
 * @config: the user's view
 * @pos: in one of the registers of BARs, that of the ROM included
 *
 * So that writing all ones reads back the size (K3).
 */
void config_fix_bar(struct vfio_pci_config *config, unsigned int pos)
{
	const struct config_bar *bar;

	pos &= ~3;
	if (pos == PCI_ROM_ADDRESS) {
		fix_rom(config);
		return;
	}
	bar = &config->bar[(pos - PCI_BASE_ADDRESS_0) / 4];
	if (bar > config->bar && has_upper_half(bar - 1))
		fix_register(config, pos, (u32)(~(bar[-1].size - 1) >> 32), 0);
	else
		fix_register(config, pos, bar->size ? (u32)~(bar->size - 1) : 0, bar->type);
}
