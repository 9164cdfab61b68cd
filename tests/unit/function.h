/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function made by hand, and the user's way to its configuration space: what a
 * real one does with it is up to its owner's handler, the rest is here.
 */
#ifndef UNIT_FUNCTION_H
#define UNIT_FUNCTION_H

#include "pci/config_table.h"

#define CONVENTIONAL	256
#define EXPRESS		4096

/**
 * struct function - a PCI function
 * @config: what config_build() makes of it
 * @hardware: its registers
 */
struct function {
	struct vfio_pci_config *config;
	u8 *hardware;
};

/* A type 0 header with ids and nothing else. There is one at a time: it is used anew. */
struct function function_new(unsigned int size);

/* Offset and id of a capability; a version of 1 is added to those of the extended list. */
struct cap {
	u16 pos;
	u16 id;
};

/* Makes a list of capabilities in the given order, the last with a next of 0. */
void function_caps(struct function *function, const struct cap *caps, unsigned int count);
void function_ext_caps(struct function *function, const struct cap *caps, unsigned int count);

/* Calls @what with an array of what follows, and its length. */
#define WITH_ARRAY(what, function, type, ...)					\
	what(function, (const type[]) { __VA_ARGS__ },				\
	     sizeof((const type[]) { __VA_ARGS__ }) / sizeof(type))

#define CAPS(function, ...)	WITH_ARRAY(function_caps, function, struct cap, __VA_ARGS__)
#define EXT_CAPS(function, ...)	WITH_ARRAY(function_ext_caps, function, struct cap, __VA_ARGS__)

void hardware_set(struct function *function, unsigned int pos, unsigned int width, u32 value);
u32 hardware_get(const struct function *function, unsigned int pos, unsigned int width);

/* As at open: the image is read and the view built. */
void function_build(struct function *function);

/* As the user reads and writes, but for handlers other than that of the BARs. */
u32 user_read(const struct function *function, unsigned int pos, unsigned int width);
void user_write(struct function *function, unsigned int pos, unsigned int width, u32 value);

/* The offsets in the lists as the user finds them; fails the test when they do not end. */
#define MOST_CAPS	48
#define MOST_EXT_CAPS	960
unsigned int user_caps(const struct function *function, u16 *pos);
unsigned int user_ext_caps(const struct function *function, u16 *pos);

void expect_caps(const struct function *function, const u16 *pos, unsigned int count);
void expect_ext_caps(const struct function *function, const u16 *pos, unsigned int count);

#define EXPECT_CAPS(function, ...)	WITH_ARRAY(expect_caps, function, u16, __VA_ARGS__)
#define EXPECT_EXT_CAPS(function, ...)	WITH_ARRAY(expect_ext_caps, function, u16, __VA_ARGS__)

/*
 * A register: which bits are virtual, and which the user may write. With a width above 4,
 * that many bytes of hardware that the user may not write.
 */
struct bits {
	u16 pos;
	u16 width;
	u32 virt;
	u32 write;
};

/*
 * With the registers of the header, these are all that is not the hardware's for the user
 * to write. Later ones are on top of earlier ones.
 */
void expect_bits(const struct function *function, const struct bits *bits, unsigned int count);

/* The header alone, for spaces in which anything can be behind it. */
void expect_header_bits(const struct function *function);

#define EXPECT_BITS(function, ...)	WITH_ARRAY(expect_bits, function, struct bits, __VA_ARGS__)

#endif
