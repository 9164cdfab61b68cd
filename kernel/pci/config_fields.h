/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tables of the header and of the capabilities are made of. For the pure files
 * of configuration space only.
 */
#ifndef OPENVFIO_PCI_CONFIG_FIELDS_H
#define OPENVFIO_PCI_CONFIG_FIELDS_H

#include "config_table.h"

/**
 * struct config_field - a register
 * @offset: in its capability, or in the space
 * @width: bytes; 0 ends a table
 * @virt: bits that are virtual
 * @write: bits that the user may write
 * @owner: who handles a write
 * @clear: bits that are zero to begin with, whatever the hardware has there
 */
struct config_field {
	u8 offset;
	u8 width;
	u32 virt;
	u32 write;
	enum config_owner owner;
	u32 clear;
};

/**
 * struct config_kind - the capabilities of an id
 * @shown: the user gets to see them (K10)
 * @length: bytes that are theirs; 0 if that is not the same for all: as far as the next
 * @fields: what of these is not hardware, read-only
 */
struct config_kind {
	bool shown;
	u8 length;
	const struct config_field *fields;
};

#define CONFIG_ALL	0xffffffffU

/* Bytes of the space that conventional PCI has; extended capabilities begin behind. */
#define CONFIG_STANDARD_SIZE	256

void config_apply(struct vfio_pci_config *config, unsigned int base, unsigned int end,
		  const struct config_field *field);
void config_claim(struct vfio_pci_config *config, unsigned int pos, unsigned int end,
		  const struct config_kind *kind);
void config_build_caps(struct vfio_pci_config *config);
void config_build_ext_caps(struct vfio_pci_config *config);

#endif
