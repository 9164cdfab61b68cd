// SPDX-License-Identifier: GPL-2.0-only
#include "status.h"

#include <stddef.h>
#include <stdio.h>

struct words {
	uint16_t code;	/* type (bits 10:8) and code */
	const char *text;
};

/* 4.6.1.2: generic (0), of one command (1), of the medium (2), of the path (3). */
static const struct words table[] = {
	{ 0x000, "success" },
	{ 0x001, "the drive does not know this command" },
	{ 0x002, "a field of the command has a value that the drive does not accept" },
	{ 0x003, "another command with this identifier is under way" },
	{ 0x004, "the data could not be moved between drive and memory" },
	{ 0x005, "aborted, as the power is failing" },
	{ 0x006, "an error inside the drive" },
	{ 0x007, "aborted on request" },
	{ 0x008, "aborted, as its submission queue was deleted" },
	{ 0x00b, "there is no such namespace, or its format is not usable" },
	{ 0x00c, "the order of commands was wrong" },
	{ 0x013, "an address of the data (PRP) is not aligned as it must be" },
	{ 0x01c, "the drive is being sanitized" },
	{ 0x020, "the namespace is protected against writing" },
	{ 0x021, "interrupted; worth another try" },
	{ 0x022, "a passing error; worth another try" },
	{ 0x080, "blocks beyond the end of the namespace" },
	{ 0x081, "more blocks than the drive has room for" },
	{ 0x082, "the namespace is not ready" },
	{ 0x083, "another host has reserved the namespace" },
	{ 0x084, "the namespace is being formatted" },
	{ 0x100, "there is no such completion queue" },
	{ 0x101, "no such queue identifier, or it is in use" },
	{ 0x102, "the drive cannot have queues of that size" },
	{ 0x103, "too many commands are to be aborted at once" },
	{ 0x108, "no such interrupt vector" },
	{ 0x109, "no such log page" },
	{ 0x10a, "no such format" },
	{ 0x10c, "the completion queue still has a submission queue" },
	{ 0x10d, "this feature cannot be saved" },
	{ 0x10e, "this feature cannot be changed" },
	{ 0x10f, "this feature is not one of a namespace" },
	{ 0x180, "attributes of the command contradict each other" },
	{ 0x181, "wrong protection information" },
	{ 0x182, "the blocks can only be read" },
	{ 0x280, "the medium failed while it was written" },
	{ 0x281, "the medium cannot be read: the data of these blocks is lost" },
	{ 0x282, "the guard check of the data failed" },
	{ 0x283, "the application tag check of the data failed" },
	{ 0x284, "the reference tag check of the data failed" },
	{ 0x285, "the blocks differ from what they were compared with" },
	{ 0x286, "no access to these blocks" },
	{ 0x287, "the blocks were deallocated, or never written" },
	{ 0x300, "an error inside the path to the namespace" },
	{ 0x301, "no access to the namespace on this path, for good" },
	{ 0x302, "no access to the namespace on this path" },
	{ 0x303, "no access to the namespace on this path, for a while" },
};

static const char *words_of(uint16_t status)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == NVME_STATUS_CODE(status))
			return table[i].text;
	return "the drive has a reason that this driver does not know";
}

const char *nvme_status_text(uint16_t status)
{
	static _Thread_local char text[160];

	if (!status)
		return "success";
	if (status == NVME_STATUS_LOST)
		return "no answer in time, and lost when the controller was reset";
	snprintf(text, sizeof(text), "%s (status 0x%x%s)", words_of(status),
		 NVME_STATUS_CODE(status),
		 status & NVME_STATUS_DO_NOT_RETRY ? ", again would be the same" : "");
	return text;
}

bool nvme_status_can_retry(uint16_t status)
{
	return status == NVME_STATUS_LOST || NVME_STATUS_CODE(status) == NVME_STATUS_ABORTED;
}
