/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_ASM_UNALIGNED_H
#define UNIT_ASM_UNALIGNED_H

#include <endian.h>
#include <linux/types.h>
#include <string.h>

static inline u16 get_unaligned_le16(const void *bytes)
{
	u16 value;

	memcpy(&value, bytes, sizeof(value));
	return le16toh(value);
}

static inline u32 get_unaligned_le32(const void *bytes)
{
	u32 value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

static inline void put_unaligned_le16(u16 value, void *bytes)
{
	value = htole16(value);
	memcpy(bytes, &value, sizeof(value));
}

static inline void put_unaligned_le32(u32 value, void *bytes)
{
	value = htole32(value);
	memcpy(bytes, &value, sizeof(value));
}

#endif
