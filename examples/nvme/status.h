/* SPDX-License-Identifier: GPL-2.0-only */
/* How a command ended: its status field, and what that means. */
#ifndef NVME_STATUS_H
#define NVME_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* The status field of a completion without its phase bit: type, code, and two remarks. */
#define NVME_STATUS_CODE(status)	((status) & 0x7ff)
#define NVME_STATUS_ABORTED		0x007
#define NVME_STATUS_DO_NOT_RETRY	0x4000
/* Not the drive's word but the driver's: no drive can set this bit. */
#define NVME_STATUS_LOST		0x8000

/* In words, valid until the thread asks again. */
const char *nvme_status_text(uint16_t status);

/* The command did nothing wrong: it may be given again. */
bool nvme_status_can_retry(uint16_t status);

#endif
