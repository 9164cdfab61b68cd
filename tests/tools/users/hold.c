// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold edu|nvme [NUMBER]: a user of a device for the tests of vfioctl. Maps memory, says
 * "holding BDF GROUP", and then does what each line of its standard input says, answering
 * "done": "read IOVA" or "write IOVA" (DMA to anywhere, on purpose also where nothing is
 * mapped), "churn TIMES" (maps and unmaps), "raise" (an interrupt). Ends with its input.
 */
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu.h"
#include "harness.h"
#include "irq.h"
#include "nvme.h"
#include "vfio.h"

enum { PAGE = 4096, EDU_IOVA = 0x20000, CHURN_IOVA = 0x1000000 };

struct user {
	struct assignment assignment;
	bool is_nvme;
	struct edu edu;
	struct nvme nvme;
};

/* The drivers are the suite's, and say what is wrong in its words. */
void fail_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "hold: %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void skip(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "hold: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/* Identify Controller, which the drive writes to where we say; nobody waits for its end. */
static void nvme_write(struct nvme *nvme, uint64_t iova)
{
	enum { IDENTIFY = 6, CONTROLLER = 1, WORDS = 16 };
	struct nvme_queue *admin = &nvme->admin;
	uint32_t *command = admin->submissions + admin->tail * WORDS;

	memset(command, 0, WORDS * sizeof(*command));
	command[0] = IDENTIFY;
	command[6] = (uint32_t)iova;
	command[7] = (uint32_t)(iova >> 32);
	command[10] = CONTROLLER;
	admin->tail++;
	__sync_synchronize();
	nvme->bar[0x1000 / 4] = admin->tail;
}

static void churn(const struct user *user, unsigned long times)
{
	void *memory = pages(PAGE);

	while (times--) {
		map(user->assignment.container, CHURN_IOVA, memory, PAGE, READ_WRITE);
		EQUAL(unmap(user->assignment.container, CHURN_IOVA, PAGE), PAGE);
	}
}

static void obey(struct user *user, const char *line)
{
	uint64_t number = strtoull(line + strcspn(line, " "), NULL, 0);

	if (!strncmp(line, "churn ", 6))
		churn(user, number);
	else if (!strncmp(line, "write ", 6) && user->is_nvme)
		nvme_write(&user->nvme, number);
	else if (!strncmp(line, "write ", 6))
		edu_write(&user->edu, number, 64);
	else if (!strncmp(line, "read ", 5) && !user->is_nvme)
		edu_read(&user->edu, number, 64);
	else if (!strcmp(line, "raise") && !user->is_nvme)
		edu_raise(&user->edu, 1);
	else
		FAIL("'%s' is not understood", line);
}

static struct user begin(const char *kind, unsigned int number)
{
	struct user user = { .is_nvme = !strcmp(kind, "nvme") };

	if (user.is_nvme) {
		user.assignment = assign(vfio_device(NVME, number), VFIO_TYPE1v2_IOMMU);
		user.nvme = nvme_start(&user.assignment);
		return user;
	}
	user.assignment = assign(vfio_device(EDU, number), VFIO_TYPE1v2_IOMMU);
	user.edu = edu_start(user.assignment.device);
	map(user.assignment.container, EDU_IOVA, pages(PAGE), PAGE, READ_WRITE);
	irq_enable(user.assignment.device, MSI);
	return user;
}

int main(int argc, char **argv)
{
	struct user user;
	char line[128];

	if (argc < 2)
		FAIL("usage: hold edu|nvme [NUMBER]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	user = begin(argv[1], argc > 2 ? (unsigned int)atoi(argv[2]) : 0);
	printf("holding %s %d\n", user.assignment.pci.name, user.assignment.pci.group);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&user, line);
		puts("done");
	}
	return 0;
}
