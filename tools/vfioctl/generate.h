/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIOCTL_GENERATE_H
#define VFIOCTL_GENERATE_H

int generate(const char *what);
void generate_man(void);
void generate_bash(void);

#endif
