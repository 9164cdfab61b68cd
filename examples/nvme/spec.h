/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver needs of the NVM Express Base Specification 1.4. Numbers in comments here
 * and in the other files are its sections.
 */
#ifndef NVME_SPEC_H
#define NVME_SPEC_H

#include <stdint.h>

#define NVME_CLASS	0x010802	/* mass storage, non-volatile memory, NVM Express */

/* Registers in BAR 0 (3.1). */
#define NVME_CAP	0x00	/* 64 bits: what the controller can do */
#define NVME_VS		0x08	/* version */
#define NVME_CC		0x14	/* configuration */
#define NVME_CSTS	0x1c	/* status */
#define NVME_AQA	0x24	/* admin queue sizes */
#define NVME_ASQ	0x28	/* admin submission queue, I/O address */
#define NVME_ACQ	0x30	/* admin completion queue, I/O address */
#define NVME_DOORBELLS	0x1000

/* Fields of CAP (3.1.1). */
#define NVME_CAP_MQES(cap)	((unsigned int)((cap) & 0xffff))	/* entries of a queue - 1 */
#define NVME_CAP_TO(cap)	((unsigned int)((cap) >> 24 & 0xff))	/* in 500 ms */
#define NVME_CAP_DSTRD(cap)	((unsigned int)((cap) >> 32 & 0xf))	/* 2^(2 + n) bytes */
#define NVME_CAP_NVM(cap)	((unsigned int)((cap) >> 37 & 1))	/* NVM command set */
#define NVME_CAP_MPSMIN(cap)	((unsigned int)((cap) >> 48 & 0xf))	/* 2^(12 + n) bytes */

#define NVME_CC_ENABLE		(1u << 0)
#define NVME_CC_PAGE(shift)	(((shift) - 12) << 7)
#define NVME_CC_SHUTDOWN	(1u << 14)	/* the normal one, not the abrupt one */
#define NVME_CC_SQ_ENTRY_64	(6u << 16)	/* 2^6 bytes */
#define NVME_CC_CQ_ENTRY_16	(4u << 20)

#define NVME_CSTS_READY		(1u << 0)
#define NVME_CSTS_FATAL		(1u << 1)
#define NVME_CSTS_SHUTDOWN	(3u << 2)
#define NVME_CSTS_SHUTDOWN_DONE	(2u << 2)
#define NVME_CSTS_GONE		0xffffffffu	/* what a read from no device gives */

enum nvme_admin_opcode {
	NVME_DELETE_SQ = 0x00,
	NVME_CREATE_SQ = 0x01,
	NVME_DELETE_CQ = 0x04,
	NVME_CREATE_CQ = 0x05,
	NVME_IDENTIFY = 0x06,
	NVME_ABORT = 0x08,
	NVME_SET_FEATURES = 0x09,
};

enum nvme_io_opcode {
	NVME_FLUSH = 0x00,
	NVME_WRITE = 0x01,
	NVME_READ = 0x02,
};

#define NVME_QUEUE_PHYSICALLY_CONTIGUOUS	0x1
#define NVME_QUEUE_INTERRUPTS			0x2
#define NVME_FEATURE_NUMBER_OF_QUEUES		0x07

/* What Identify is asked about (5.15). */
#define NVME_IDENTIFY_NAMESPACE		0
#define NVME_IDENTIFY_CONTROLLER	1
#define NVME_IDENTIFY_NAMESPACES	2
#define NVME_IDENTIFY_SIZE		4096

struct nvme_command {		/* 4.2 */
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp[2];	/* where the data is: prp.h */
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct nvme_completion {	/* 4.6 */
	uint32_t result;
	uint32_t reserved;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t id;
	uint16_t status;	/* bit 0 is the phase */
};

_Static_assert(sizeof(struct nvme_command) == 64, "as CC.IOSQES says");
_Static_assert(sizeof(struct nvme_completion) == 16, "as CC.IOCQES says");

struct nvme_identity {		/* Identify Controller, figure 247 */
	uint16_t vendor, subsystem_vendor;
	char serial[20], model[40], firmware[8];
	uint8_t arbitration_burst, oui[3], multipath;
	uint8_t max_transfer;	/* 2^n pages of the smallest size; 0: any */
	uint16_t controller;
	uint32_t version, resume_us, shutdown_us;
	uint8_t unused_92[164];
	uint16_t admin_commands;
	uint8_t aborts;		/* at a time, minus one */
	uint8_t unused_259[253];
	uint8_t sq_entry, cq_entry;
	uint16_t max_commands;
	uint32_t namespaces;
	uint16_t io_commands;
	uint8_t unused_522[3];
	uint8_t write_cache;	/* bit 0: there is one */
	uint8_t unused_526[3570];
};

_Static_assert(sizeof(struct nvme_identity) == NVME_IDENTIFY_SIZE, "5.15.2.2");

struct nvme_lba_format {
	uint16_t metadata;	/* bytes beside each block */
	uint8_t block_shift;	/* 0: no such format */
	uint8_t performance;	/* bits 1:0, 0 is best */
};

struct nvme_namespace_identity {	/* Identify Namespace, figure 245 */
	uint64_t blocks, capacity, used;
	uint8_t features;
	uint8_t formats;	/* minus one */
	uint8_t format;		/* bits 3:0, the one in use */
	uint8_t unused_27[101];
	struct nvme_lba_format format_list[16];
	uint8_t unused_192[3904];
};

_Static_assert(sizeof(struct nvme_namespace_identity) == NVME_IDENTIFY_SIZE, "5.15.2.1");

#endif
