/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts that user programs have enabled, and how often each has come: /proc/interrupts. */
#ifndef VFIOCTL_INTERRUPTS_H
#define VFIOCTL_INTERRUPTS_H

#include <stddef.h>
#include <stdint.h>

struct vector {
	char *bdf;
	const char *kind;		/* "INTx", "MSI", "MSI-X" */
	unsigned int number;		/* of the vector; 0 for INTx */
	unsigned int irq;		/* the kernel's number of it */
	uint64_t count;			/* on all CPUs; of a shared INTx line also the others' */
};

struct vectors {
	struct vector *items;
	size_t count;
};

void vectors_parse(struct vectors *vectors, const char *text);
void vectors_read(struct vectors *vectors);
void vectors_free(struct vectors *vectors);
const struct vector *vectors_find(const struct vectors *vectors, const struct vector *like);

#endif
