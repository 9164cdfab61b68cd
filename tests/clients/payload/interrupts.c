// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupts of a PC: lines by the two 8259, messages by the local APIC, and the timer's
 * tick, by which waits have an end.
 */
#include "machine.h"

#define MASTER		0x20		/* ports of the 8259 of lines 0 to 7 */
#define SLAVE		0xa0		/* 8 to 15, on line 2 of the master */
#define CASCADE		2
#define END		0x20
#define LINES		0x20		/* vector of line 0: those below 32 are the CPU's */

#define APIC		0xfee00000
#define APIC_END	0xb0
#define APIC_SPURIOUS	0xf0
#define APIC_ENABLE	(1u << 8)

#define CODE		8		/* the segment, of boot.s */
#define GATE		0x8e00		/* present, interrupt, 32 bits */
#define VECTORS		(MESSAGE_VECTOR + 1)

#define TICKS_TO_WAIT	(18 * 120)	/* 18 in a second */

static struct {
	uint16_t low, segment, type, high;
} gates[VECTORS];

static volatile unsigned int ticks;

static void set_gate(int vector, handler *function)
{
	uint32_t address = (uint32_t)function;

	gates[vector].low = address;
	gates[vector].segment = CODE;
	gates[vector].type = GATE;
	gates[vector].high = address >> 16;
}

__attribute__((interrupt)) static void tick(struct frame *frame)
{
	(void)frame;
	ticks++;
	interrupts_line_end(0);
}

__attribute__((interrupt)) static void stray(struct frame *frame)
{
	(void)frame;
	print("FAILED: an interrupt or fault that nobody asked for\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void unmask(int line)
{
	uint16_t port = (line < 8 ? MASTER : SLAVE) + 1;

	out8(port, in8(port) & ~(1u << (line & 7)));
}

static void start_controller(uint16_t port, int vector, uint8_t cascade)
{
	out8(port, 0x11);		/* four words follow, of which this is the first */
	out8(port + 1, vector);
	out8(port + 1, cascade);
	out8(port + 1, 1);
	out8(port + 1, 0xff);		/* all masked */
}

void interrupts_start(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) table = { sizeof(gates) - 1, (uint32_t)gates };
	int vector;

	for (vector = 0; vector < VECTORS; vector++)
		set_gate(vector, stray);
	set_gate(LINES, tick);
	__asm__ volatile("lidt %0" : : "m"(table));
	start_controller(MASTER, LINES, 1 << CASCADE);
	start_controller(SLAVE, LINES + 8, CASCADE);
	unmask(CASCADE);
	unmask(0);
	write32(APIC + APIC_SPURIOUS, read32(APIC + APIC_SPURIOUS) | APIC_ENABLE);
	__asm__ volatile("sti");
}

void interrupts_line(int line, handler *function)
{
	set_gate(LINES + line, function);
	unmask(line);
}

void interrupts_message(handler *function)
{
	set_gate(MESSAGE_VECTOR, function);
}

void interrupts_line_end(int line)
{
	if (line >= 8)
		out8(SLAVE, END);
	out8(MASTER, END);
}

void interrupts_message_end(void)
{
	write32(APIC + APIC_END, 0);
}

void wait_ticks(unsigned int count)
{
	unsigned int from = ticks;

	while (ticks - from < count)
		__asm__ volatile("hlt");
}

/* False if the count does not reach the value, however long one waits. */
bool wait_until(volatile unsigned int *count, unsigned int value)
{
	unsigned int from = ticks;

	while (*count < value) {
		if (ticks - from > TICKS_TO_WAIT)
			return false;
		__asm__ volatile("hlt");
	}
	return true;
}
