/* SPDX-License-Identifier: GPL-2.0-only */
/* A PC without an operating system: the first serial line, interrupts, PCI. */
#ifndef PAYLOAD_MACHINE_H
#define PAYLOAD_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void write32(uint32_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static inline uint32_t read32(uint32_t address)
{
	return *(volatile uint32_t *)address;
}

void print(const char *string);
void print_hex(uint32_t value, int digits);
void print_number(uint32_t value);

/* What an interrupt handler is given tells nothing here. */
struct frame;
typedef void handler(struct frame *);

#define MESSAGE_VECTOR	0x40		/* of a message signalled interrupt */

void run(void);

void interrupts_start(void);
void interrupts_line(int line, handler *function);
void interrupts_message(handler *function);
void interrupts_line_end(int line);
void interrupts_message_end(void);
void wait_ticks(unsigned int ticks);
bool wait_until(volatile unsigned int *count, unsigned int value);

#define PCI_ID		0x00
#define PCI_COMMAND	0x04
#define  PCI_COMMAND_IO		(1u << 0)
#define  PCI_COMMAND_MEMORY	(1u << 1)
#define  PCI_COMMAND_MASTER	(1u << 2)
#define  PCI_COMMAND_NO_INTX	(1u << 10)
#define PCI_BAR0	0x10
#define PCI_CAPABILITIES 0x34
#define PCI_PIN		0x3d		/* 1 is A */

#define PCI_CAPABILITY_MSI	0x05

uint32_t pci_read(int slot, int offset);
void pci_write(int slot, int offset, uint32_t value);
int pci_find(uint32_t id);
void pci_list(void);
int pci_capability(int slot, int id);
int pci_line(int slot);
void pci_serve_hot_plug(void (*plugged)(int slot));

#endif
