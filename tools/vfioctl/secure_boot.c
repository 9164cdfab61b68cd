// SPDX-License-Identifier: GPL-2.0-only
#include "secure_boot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "sysfs.h"

/* The variable of UEFI; four bytes of attributes come before its one byte. */
#define VARIABLE \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/**
 * secure_boot() - does the firmware insist on signatures
 *
 * Return: UNKNOWN if the machine was not started by UEFI, or does not say.
 */
enum answer secure_boot(void)
{
	unsigned char variable[5];
	char *path = sysfs_path(VARIABLE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, variable, sizeof(variable));

	if (fd >= 0)
		close(fd);
	free(path);
	if (got != sizeof(variable))
		return UNKNOWN;
	return variable[4] == 1 ? YES : NO;
}
