/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIOCTL_HELP_H
#define VFIOCTL_HELP_H

#include "commands.h"

void help_all(void);
void help_command(const struct command *command);
char *option_synopsis(const struct option_def *option);

#endif
