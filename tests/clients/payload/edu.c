// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives QEMU's edu device, as the kernel of a machine that it was assigned to: registers,
 * INTx with a line that stays high, MSI, DMA both ways; then again for each edu that is
 * plugged in. An ES1370 in the same machine has a register tried, through its I/O BAR.
 */
#include "machine.h"

#define EDU		0x11e81234
#define ES1370		0x50001274

#define EDU_IDENTITY	0x00
#define EDU_INVERT	0x04		/* reads what was written, inverted */
#define EDU_STATUS	0x24		/* why there is an interrupt */
#define EDU_RAISE	0x60
#define EDU_ACKNOWLEDGE	0x64
#define EDU_SOURCE	0x80
#define EDU_TARGET	0x88
#define EDU_SIZE	0x90
#define EDU_COMMAND	0x98
#define  EDU_START		(1u << 0)
#define  EDU_TO_MEMORY		(1u << 1)
#define  EDU_TELL		(1u << 2)	/* by an interrupt when done */
#define EDU_BUFFER	0x40000
#define EDU_DONE	0x100			/* in the status, after that interrupt */

#define MSI_ADDRESS	4
#define MSI_ENABLE	(1u << 16)
#define MSI_64BIT	(1u << 23)
#define LOCAL_APIC	0xfee00000

#define ES1370_PAGE	0x0c		/* of its memory, 4 bits */

#define STUBBORN	20		/* interrupts before the cause is taken away */
#define MESSAGES	5
#define SIZE		2048
#define FREE_SPACE	0xfd000000	/* for the registers of what is plugged in */

static uint32_t edu;			/* address of its registers */
static int line;
static volatile unsigned int fired;
static volatile unsigned int patience;	/* interrupts to come before the cause is taken away */
static volatile uint32_t reasons;
static uint32_t from_memory[SIZE / 4], to_memory[SIZE / 4];

static void die(const char *why)
{
	print("edu: FAILED: ");
	print(why);
	print("\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void expect(bool condition, const char *otherwise)
{
	if (!condition)
		die(otherwise);
}

static void take(void)
{
	uint32_t status = read32(edu + EDU_STATUS);

	fired++;
	reasons |= status;
	if (patience)
		patience--;
	else
		write32(edu + EDU_ACKNOWLEDGE, status);
}

__attribute__((interrupt)) static void on_line(struct frame *frame)
{
	(void)frame;
	take();
	interrupts_line_end(line);
}

__attribute__((interrupt)) static void on_message(struct frame *frame)
{
	(void)frame;
	take();
	interrupts_message_end();
}

static void try_registers(void)
{
	expect((read32(edu + EDU_IDENTITY) & 0xffff) == 0xed, "this is no edu");
	write32(edu + EDU_INVERT, 0x12345678);
	expect(read32(edu + EDU_INVERT) == ~0x12345678u, "the register does not invert");
	print("edu: registers\n");
}

/*
 * The cause stays for a while, so the line stays high, and each end of an interrupt must bring
 * another. One more may have been on its way when the cause went.
 */
static void try_line(void)
{
	fired = 0;
	reasons = 0;
	patience = STUBBORN;
	write32(edu + EDU_RAISE, 1);
	expect(wait_until(&fired, STUBBORN + 1), "a line that is high interrupts no more");
	expect(reasons == 1, "another reason");
	wait_ticks(18);
	expect(fired <= STUBBORN + 2, "interrupts go on when the line is low");
	print("edu: INTx ");
	print_number(fired);
	print("\n");
}

static void enable_messages(int slot)
{
	int msi = pci_capability(slot, PCI_CAPABILITY_MSI);
	uint32_t head;

	expect(msi, "no MSI capability");
	head = pci_read(slot, msi);
	pci_write(slot, msi + MSI_ADDRESS, LOCAL_APIC);
	if (head & MSI_64BIT)
		pci_write(slot, msi + MSI_ADDRESS + 4, 0);
	pci_write(slot, msi + MSI_ADDRESS + (head & MSI_64BIT ? 8 : 4), MESSAGE_VECTOR);
	pci_write(slot, PCI_COMMAND, pci_read(slot, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	pci_write(slot, msi, head | MSI_ENABLE);
}

static void try_messages(void)
{
	unsigned int i;

	fired = 0;
	for (i = 1; i <= MESSAGES; i++) {
		write32(edu + EDU_RAISE, i);
		expect(wait_until(&fired, i), "a message does not arrive");
	}
	wait_ticks(18);
	expect(fired == MESSAGES, "more messages than were sent");
	print("edu: MSI ");
	print_number(fired);
	print("\n");
}

static void copy(uint32_t source, uint32_t target, uint32_t direction)
{
	fired = 0;
	reasons = 0;
	write32(edu + EDU_SOURCE, source);
	write32(edu + EDU_TARGET, target);
	write32(edu + EDU_SIZE, SIZE);
	write32(edu + EDU_COMMAND, EDU_START | EDU_TELL | direction);
	expect(wait_until(&fired, 1), "a transfer does not end");
	expect(reasons == EDU_DONE, "another reason than the end of a transfer");
}

static void try_dma(void)
{
	static uint32_t seed;
	unsigned int i;

	for (i = 0; i < SIZE / 4; i++) {
		seed = seed * 1664525 + 1013904223;
		from_memory[i] = seed;
		to_memory[i] = 0;
	}
	copy((uint32_t)from_memory, EDU_BUFFER, 0);
	copy(EDU_BUFFER, (uint32_t)to_memory, EDU_TO_MEMORY);
	for (i = 0; i < SIZE / 4; i++)
		expect(to_memory[i] == from_memory[i], "a transfer brought something else");
	print("edu: DMA\n");
}

static void try_edu(int slot)
{
	edu = pci_read(slot, PCI_BAR0) & ~0xfu;
	line = pci_line(slot);
	pci_write(slot, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	try_registers();
	interrupts_line(line, on_line);
	try_line();
	interrupts_message(on_message);
	enable_messages(slot);
	try_messages();
	try_dma();
	print("edu: done\n");
}

static void try_es1370(int slot)
{
	uint32_t ports = pci_read(slot, PCI_BAR0) & ~3u;

	pci_write(slot, PCI_COMMAND, PCI_COMMAND_IO);
	out32(ports + ES1370_PAGE, 0xd);
	expect((in32(ports + ES1370_PAGE) & 0xf) == 0xd, "the ES1370 forgot its page");
	print("es1370: done\n");
}

static void plugged(int slot)
{
	if (pci_read(slot, PCI_ID) != EDU)
		return;
	print("edu: plugged in\n");
	pci_write(slot, PCI_BAR0, FREE_SPACE);
	try_edu(slot);
}

void run(void)
{
	int slot;

	print("edu: booted\n");
	pci_list();
	interrupts_start();
	slot = pci_find(ES1370);
	if (slot >= 0)
		try_es1370(slot);
	slot = pci_find(EDU);
	if (slot >= 0)
		try_edu(slot);
	print("edu: end of the boot\n");
	pci_serve_hot_plug(plugged);
}
