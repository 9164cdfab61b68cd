/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What openvfio offers user programs beyond <linux/vfio.h>. Opt-in, probeable, and in a
 * range of numbers of its own: docs/abi.md.
 */
#ifndef OPENVFIO_H
#define OPENVFIO_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <uapi/linux/vfio.h>
#else
#include <linux/vfio.h>
#endif

/* VFIO_CHECK_EXTENSION: 1 if OPENVFIO_GET_REFUSAL is there. */
#define OPENVFIO_REFUSAL_EXT	0x6f760001

/* Why a call was refused. Numbers are never reused; text says more. */
enum openvfio_reason {
	OPENVFIO_REASON_NONE = 0,
	/* The arguments */
	OPENVFIO_REASON_ARGSZ = 1,		/* argsz below what the call needs */
	OPENVFIO_REASON_FLAGS = 2,		/* unknown, or excluding each other */
	OPENVFIO_REASON_ALIGNMENT = 3,		/* no multiple of the page size, or 0 */
	OPENVFIO_REASON_WRAP = 4,		/* the range wraps */
	OPENVFIO_REASON_DESCRIPTOR = 5,		/* the file given is not what is wanted */
	/* Mappings */
	OPENVFIO_REASON_OVERLAP = 16,		/* IOVAs are mapped already */
	OPENVFIO_REASON_ENTRIES = 17,		/* no more mappings: dma_entry_limit */
	OPENVFIO_REASON_WINDOW = 18,		/* IOVAs that a group's IOMMU cannot have */
	OPENVFIO_REASON_MEMLOCK = 19,		/* RLIMIT_MEMLOCK */
	OPENVFIO_REASON_MEMORY = 20,		/* no such memory, or not writable */
	OPENVFIO_REASON_IOMMU = 21,		/* the IOMMU driver failed */
	OPENVFIO_REASON_CUT = 22,		/* a v2 range cuts a mapping */
	OPENVFIO_REASON_VADDR = 23,		/* address (not) marked, or other range */
	OPENVFIO_REASON_DIRTY = 24,		/* the log is off or full, or the bitmap unfit */
	/* Groups and containers */
	OPENVFIO_REASON_NOT_VIABLE = 32,	/* a member is in the hands of a host driver */
	OPENVFIO_REASON_ATTACHED = 33,		/* the group is in a container already */
	OPENVFIO_REASON_NOT_ATTACHED = 34,	/* no container, or none with an IOMMU */
	OPENVFIO_REASON_IN_USE = 35,		/* a device of the group is open */
	OPENVFIO_REASON_ISOLATION = 36,		/* interrupts can be forged */
	OPENVFIO_REASON_NO_DEVICE = 37,		/* no such device in the group */
	OPENVFIO_REASON_IOMMU_SET = 38,		/* an IOMMU is set, or there is no group */
	OPENVFIO_REASON_IOMMU_TYPE = 39,	/* no IOMMU driver takes the type, or the call */
	OPENVFIO_REASON_GONE = 40,		/* the last device of the group was unbound */
	OPENVFIO_REASON_MIXED = 41,		/* groups with and without an IOMMU do not mix */
	OPENVFIO_REASON_PRIVILEGE = 42,		/* needs CAP_SYS_RAWIO */
	OPENVFIO_REASON_BUSY_GROUP = 43,	/* the group is open elsewhere */
	/* Devices */
	OPENVFIO_REASON_VF_TOKEN = 64,		/* VF token missing, wrong or meaningless */
	OPENVFIO_REASON_LOCKED = 65,		/* the device is just being removed or reset */
	OPENVFIO_REASON_NO_RESET = 66,		/* there is no way to reset it */
	OPENVFIO_REASON_SHARED_RESET = 67,	/* a device hit by the reset is not the caller's */
	OPENVFIO_REASON_RESET_FAILED = 68,	/* the reset was tried, without success */
	OPENVFIO_REASON_LOST = 69,		/* the device does not answer any more */
	OPENVFIO_REASON_LOW_POWER = 70,		/* in low power already, or cannot be woken */
	OPENVFIO_REASON_FEATURE = 71,		/* the feature cannot be used like that */
	OPENVFIO_REASON_ROOM = 72,		/* argsz has no room for the answer */
	OPENVFIO_REASON_COUNT = 73,		/* that many cannot be */
	OPENVFIO_REASON_CONFIG = 80,		/* not within configuration space */
	/* Interrupts and ioeventfds */
	OPENVFIO_REASON_IRQ_INDEX = 96,		/* the device has no such interrupts */
	OPENVFIO_REASON_IRQ_RANGE = 97,		/* or not that many, or more than are enabled */
	OPENVFIO_REASON_IRQ_ACTION = 98,	/* not exactly one, or one the index cannot do */
	OPENVFIO_REASON_IRQ_OFF = 99,		/* the index is not enabled */
	OPENVFIO_REASON_IRQ_OTHER = 100,	/* another index is enabled */
	OPENVFIO_REASON_IRQ_LINE = 101,		/* the INTx line has to be ours alone and is not */
	OPENVFIO_REASON_IRQ_UNMASK = 102,	/* an eventfd unmasks INTx already */
	OPENVFIO_REASON_IRQ_VECTORS = 103,	/* the kernel has no vectors left */
	OPENVFIO_REASON_IOEVENTFD_PLACE = 104,	/* not in a BAR, or in the MSI-X table */
	OPENVFIO_REASON_IOEVENTFD_EXISTS = 105,	/* the same place, size and data again */
	OPENVFIO_REASON_IOEVENTFD_NONE = 106,	/* none like that to be removed */
	OPENVFIO_REASON_IOEVENTFD_LIMIT = 107,	/* no more of them */
	/* Regions of a device */
	OPENVFIO_REASON_REGION = 112,		/* no such region, or nothing in it */
	OPENVFIO_REASON_BEYOND_END = 113,	/* beyond the end of the region */
	OPENVFIO_REASON_READ_ONLY = 114,	/* the region cannot be written */
	OPENVFIO_REASON_MEMORY_OFF = 115,	/* memory decoding is off, or the device asleep */
	OPENVFIO_REASON_BAR_BUSY = 116,		/* another driver has the BAR */
	OPENVFIO_REASON_NO_MMAP = 117,		/* the region cannot be mapped */
	OPENVFIO_REASON_PRIVATE = 118,		/* not MAP_SHARED */
	OPENVFIO_REASON_VGA_RANGE = 119,	/* no VGA controller answers there */
	OPENVFIO_REASON_ROM = 120,		/* the ROM has no valid contents any more */
};

#define OPENVFIO_REFUSAL_TEXT	240

/**
 * struct openvfio_refusal - the last call on this file that was refused with a reason
 * @argsz: at least the size up to and with @text
 * @flags: 0
 * @reason: enum openvfio_reason; 0 if there was none
 * @error: the errno the call gave, positive
 * @text: a sentence, ended by a zero byte
 */
struct openvfio_refusal {
	__u32 argsz;
	__u32 flags;
	__u32 reason;
	__u32 error;
	char text[OPENVFIO_REFUSAL_TEXT];
};

/* On a container, group or device file. 0, or EINVAL (argsz, flags), EFAULT. */
#define OPENVFIO_GET_REFUSAL	_IO(VFIO_TYPE, 0xf0)

#endif
