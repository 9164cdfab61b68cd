// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each IOMMU driver has words of its own, and they have changed over the years; what is
 * read here was seen from Linux 4.14 on. A line may begin as in /dev/kmsg, as dmesg
 * prints it, or as a system log has it.
 */
#include "fault.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* What is behind a text, or NULL. */
static const char *behind(const char *line, const char *text)
{
	const char *at = strstr(line, text);

	return at ? at + strlen(text) : NULL;
}

/* "1,234,5678901,-;words", or "[    5.678901] words". */
static double read_time(const char *line)
{
	unsigned long long microseconds;
	double seconds;
	const char *bracket = strchr(line, '[');

	if (sscanf(line, "%*u,%*u,%llu,", &microseconds) == 1)
		return (double)microseconds / 1e6;
	if (bracket && sscanf(bracket, "[ %lf]", &seconds) == 1)
		return seconds;
	return -1;
}

/* "0000:01:00.0", or without the segment; the two first numbers also with 0x before. */
static bool read_bdf(const char *text, struct fault *fault)
{
	unsigned int parts[4];
	bool whole = sscanf(text, "%x:%x:%x.%x", &parts[0], &parts[1], &parts[2], &parts[3]) == 4;

	if (!whole) {
		parts[0] = 0;
		if (sscanf(text, "%x:%x.%x", &parts[1], &parts[2], &parts[3]) != 3)
			return false;
	}
	if (parts[0] > 0xffff || parts[1] > 0xff || parts[2] > 0x1f || parts[3] > 7)
		return false;
	snprintf(fault->bdf, sizeof(fault->bdf), "%04x:%02x:%02x.%x", parts[0] & 0xffff,
		 parts[1] & 0xff, parts[2] & 0x1f, parts[3] & 7);
	fault->segment_unknown = !whole;
	return true;
}

/* A requester as a bus sends it: eight bits of bus, five of device, three of function. */
static void set_requester(struct fault *fault, unsigned int id)
{
	snprintf(fault->bdf, sizeof(fault->bdf), "0000:%02x:%02x.%x", id >> 8 & 0xff,
		 id >> 3 & 0x1f, id & 7);
	fault->segment_unknown = true;
}

static void set_reason(struct fault *fault, const char *reason)
{
	snprintf(fault->reason, sizeof(fault->reason), "%s", reason);
}

/*
 * DMAR: [DMA Read NO_PASID] Request device [00:05.0] fault addr 0x21000 [fault reason 0x06]
 * words
 */
static bool read_intel(const char *line, struct fault *fault)
{
	const char *kind = behind(line, "[DMA ");
	const char *device = kind ? behind(kind, "Request device [") : NULL;
	const char *address = device ? behind(device, "fault addr ") : NULL;
	const char *reason = address ? behind(address, "[fault reason ") : NULL;

	if (!reason || !read_bdf(device, fault))
		return false;
	fault->iommu = "Intel VT-d";
	fault->read = begins(kind, "Read");
	fault->write = begins(kind, "Write");
	fault->iova = strtoull(address, NULL, 16);
	reason = behind(reason, "]");
	set_reason(fault, reason && *reason ? reason + strspn(reason, " ") : "");
	return true;
}

enum {
	AMD_INTERRUPT = 0x008,
	AMD_PRESENT = 0x010,
	AMD_WRITE = 0x020,
	AMD_PERMISSION = 0x040,
};

/* Who it was is in the event, or, of a device that the kernel knows, before it. */
static bool read_amd_device(const char *line, const char *event, struct fault *fault)
{
	const char *inside = behind(event, "device=");
	const char *name = strstr(line, ": AMD-Vi:");

	if (inside)
		return read_bdf(inside, fault);
	if (!name)
		return false;
	while (name > line && !isspace((unsigned char)name[-1]) && name[-1] != ';')
		name--;
	return read_bdf(name, fault);
}

/*
 * vfio-pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 address=0x21000
 * flags=0x0070]. Whether it wrote is told of pages that are there only.
 */
static bool read_amd(const char *line, struct fault *fault)
{
	const char *event = behind(line, "IO_PAGE_FAULT ");
	const char *address = event ? behind(event, "address=") : NULL;
	const char *text = address ? behind(address, "flags=") : NULL;
	unsigned long flags = text ? strtoul(text, NULL, 16) : 0;

	if (!text || flags & AMD_INTERRUPT || !read_amd_device(line, event, fault))
		return false;
	fault->iommu = "AMD-Vi";
	fault->iova = strtoull(address, NULL, 16);
	fault->write = flags & AMD_WRITE;
	fault->read = flags & AMD_PRESENT && !fault->write;
	set_reason(fault, flags & AMD_PERMISSION ? "no permission" : "not mapped");
	return true;
}

/* arm-smmu 5000000.iommu: Unhandled context fault: fsr=0x402, iova=..., cbfrsynra=... */
static bool read_smmu(const char *line, struct fault *fault)
{
	const char *event = behind(line, "Unhandled context fault: ");
	const char *address = event ? behind(event, "iova=") : NULL;
	const char *syndrome = event ? behind(event, "fsynr=") : NULL;
	const char *stream = event ? behind(event, "cbfrsynra=") : NULL;
	enum { NOT_MAPPED = 0x2, WRITE = 0x10 };
	const char *status = event ? behind(event, "fsr=") : NULL;

	if (!address || !syndrome || !status)
		return false;
	fault->iommu = "Arm SMMU";
	fault->iova = strtoull(address, NULL, 16);
	fault->write = strtoul(syndrome, NULL, 16) & WRITE;
	fault->read = !fault->write;
	set_reason(fault, strtoul(status, NULL, 16) & NOT_MAPPED ? "not mapped" :
		   "no permission");
	if (stream)
		set_requester(fault, (unsigned int)strtoul(stream, NULL, 16));
	return true;
}

static const char *smmuv3_reason(unsigned int id)
{
	switch (id) {
	case 0x10:
		return "not mapped";
	case 0x11:
		return "beyond the addresses there are";
	case 0x12:
		return "access flag not set";
	case 0x13:
		return "no permission";
	default:
		return NULL;
	}
}

/* From Linux 6.14 on, an event is told in numbers as ever, and then once more in words. */
static void join_smmuv3(struct fault_reader *reader, unsigned int stream, struct fault *fault)
{
	if (!reader->complete || stream != reader->stream || fault->iova != reader->event.iova)
		return;
	reader->complete = false;
	fault->again = true;
	fault->read = reader->event.read;
	fault->write = reader->event.write;
	fault->time = reader->event.time;
}

/* event: F_TRANSLATION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x21000 ipa: 0x0 */
static bool read_smmuv3_words(struct fault_reader *reader, const char *line,
			      struct fault *fault)
{
	static const char *const names[][2] = {
		{ "F_TRANSLATION", "not mapped" }, { "F_ADDR_SIZE", "beyond the addresses there are" },
		{ "F_ACCESS", "access flag not set" }, { "F_PERMISSION", "no permission" },
	};
	const char *event = behind(line, "event: ");
	const char *client = event ? behind(event, "client: ") : NULL;
	const char *stream = event ? behind(event, " sid: ") : NULL;
	const char *address = stream ? behind(stream, " iova: ") : NULL;
	unsigned int id = stream ? (unsigned int)strtoul(stream, NULL, 16) : 0;

	if (!client || !address)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (begins(event, names[i][0]))
			set_reason(fault, names[i][1]);
	if (!*fault->reason)
		return false;
	fault->iommu = "Arm SMMUv3";
	fault->iova = strtoull(address, NULL, 16);
	if (!read_bdf(client, fault))
		set_requester(fault, id);
	join_smmuv3(reader, id, fault);
	return true;
}

enum { SMMUV3_WORDS = 4 };

#define SMMUV3_READ	(1ULL << 35)

/* One of the four words of an event: who, how, where, and where in a second stage. */
static void take_smmuv3_word(struct fault_reader *reader, unsigned int word, uint64_t value)
{
	struct fault *event = &reader->event;

	if (word == 0) {
		reader->stream = (unsigned int)(value >> 32);
		set_requester(event, reader->stream);
	}
	if (word == 1) {
		event->read = value & SMMUV3_READ;
		event->write = !event->read;
	}
	if (word == 2)
		event->iova = value;
}

/*
 * arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:
 * arm-smmu-v3 arm-smmu-v3.0.auto: 	0x0000010000000010 and three lines more of that kind.
 * Lines of others may come in between.
 */
static bool read_smmuv3(struct fault_reader *reader, const char *line, struct fault *fault)
{
	const char *driver = behind(line, "arm-smmu-v3 ");
	const char *id = driver ? behind(driver, ": event ") : NULL;
	const char *word = driver ? strstr(driver, "0x") : NULL;

	if (id && strstr(id, " received:")) {
		const char *reason = smmuv3_reason((unsigned int)strtoul(id, NULL, 16));

		reader->event = (struct fault){ .iommu = "Arm SMMUv3", .time = read_time(line) };
		reader->words = reason ? SMMUV3_WORDS : 0;
		reader->complete = false;
		set_reason(&reader->event, reason ? reason : "");
		return false;
	}
	if (!word || !reader->words)
		return false;
	take_smmuv3_word(reader, SMMUV3_WORDS - reader->words, strtoull(word, NULL, 16));
	*fault = reader->event;
	reader->complete = !--reader->words;
	return reader->complete;
}

/**
 * fault_read_line() - one line of the kernel's log
 * @reader: zeroed before the first line
 * @line: without its end
 * @fault: the fault that the line tells of, or is the last of several to tell of
 *
 * Return: true if there is one.
 */
bool fault_read_line(struct fault_reader *reader, const char *line, struct fault *fault)
{
	*fault = (struct fault){ .time = read_time(line) };
	return read_intel(line, fault) || read_amd(line, fault) || read_smmu(line, fault) ||
	       read_smmuv3_words(reader, line, fault) || read_smmuv3(reader, line, fault);
}
