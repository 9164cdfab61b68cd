/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, amounts of memory and ranges of addresses, as people type and read them. */
#ifndef VFIOCTL_UNITS_H
#define VFIOCTL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint64_t start, end;	/* end is the last address */
};

bool parse_id(const char *text, unsigned int *number);
bool parse_size(const char *text, uint64_t *size);
char *format_size(uint64_t size);
bool parse_range(const char *text, struct range *range);
char *format_range(const struct range *range);
bool ranges_meet(const struct range *a, const struct range *b);

#endif
