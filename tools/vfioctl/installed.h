/* SPDX-License-Identifier: GPL-2.0-only */
/* Which file modprobe would load for a module. */
#ifndef VFIOCTL_INSTALLED_H
#define VFIOCTL_INSTALLED_H

#include <stdbool.h>

struct installed {
	char *path;		/* NULL if there is none */
	char *version;		/* NULL if the file cannot be read, or says none */
	char *signer;		/* NULL if it is not signed */
	bool built_in;
};

void find_installed(struct installed *installed, const char *module, const char *kernel);

#endif
