// SPDX-License-Identifier: GPL-2.0-only
/* The PCI bus of QEMU's machine "pc", which has one: the slots' functions 0, and ACPI's hot plug. */
#include "machine.h"

#define ADDRESS		0xcf8
#define DATA		0xcfc
#define ENABLE		(1u << 31)
#define SLOTS		32
#define NOBODY		0xffffffff

#define BRIDGE		1		/* slot of the ISA bridge, which routes the lines */
#define ROUTES		0x60

/* The ports by which QEMU's ACPI tables plug (its docs/specs/acpi_pci_hotplug). */
#define PLUG_UP		0xae00		/* a bit for each slot: something came */
#define PLUG_DOWN	0xae04		/* something is asked to go */
#define PLUG_EJECT	0xae08		/* and may */
#define PLUG_BUS	0xae10		/* of which the others tell */

uint32_t pci_read(int slot, int offset)
{
	out32(ADDRESS, ENABLE | slot << 11 | (offset & ~3));
	return in32(DATA);
}

void pci_write(int slot, int offset, uint32_t value)
{
	out32(ADDRESS, ENABLE | slot << 11 | (offset & ~3));
	out32(DATA, value);
}

/* The slot of that vendor (low) and device (high), or -1. */
int pci_find(uint32_t id)
{
	int slot;

	for (slot = 0; slot < SLOTS; slot++)
		if (pci_read(slot, PCI_ID) == id)
			return slot;
	return -1;
}

void pci_list(void)
{
	uint32_t id;
	int slot;

	for (slot = 0; slot < SLOTS; slot++) {
		id = pci_read(slot, PCI_ID);
		if (id == NOBODY)
			continue;
		print("pci ");
		print_hex(id, 4);
		print(":");
		print_hex(id >> 16, 4);
		print("\n");
	}
}

/* Where in the configuration space it is, or 0. */
int pci_capability(int slot, int id)
{
	int offset = pci_read(slot, PCI_CAPABILITIES) & 0xfc;
	uint32_t head;

	while (offset) {
		head = pci_read(slot, offset);
		if ((head & 0xff) == (uint32_t)id)
			return offset;
		offset = head >> 8 & 0xfc;
	}
	return 0;
}

/* The 8259's line of the slot's pin: the pins are turned by one from slot to slot. */
int pci_line(int slot)
{
	int pin = pci_read(slot, PCI_PIN) >> 8 & 0xff;

	return pci_read(BRIDGE, ROUTES) >> 8 * ((pin - 1 + slot - 1) & 3) & 0xf;
}

/* Lets go what is asked to, and tells of what came, for ever. */
void pci_serve_hot_plug(void (*plugged)(int slot))
{
	uint32_t up, down;
	int slot;

	for (;;) {
		out32(PLUG_BUS, 0);
		up = in32(PLUG_UP);
		down = in32(PLUG_DOWN);
		for (slot = 0; slot < SLOTS; slot++) {
			if (down & 1u << slot) {
				out32(PLUG_EJECT, 1u << slot);
				print("pci: let go\n");
			}
			if (up & 1u << slot)
				plugged(slot);
		}
		wait_ticks(1);
	}
}
