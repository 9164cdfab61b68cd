/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals while devices are on their way: heard, and acted on in order. What whoever started
 * us has ignored stays so, as after nohup, for us and for the program of exec.
 */
#ifndef VFIOCTL_SIGNALS_H
#define VFIOCTL_SIGNALS_H

#include <stdbool.h>

void signals_outlive_pipe(void);
void signals_hear(void);
bool signals_heard(void);
void signals_pass_on(void (*alone)(int number), void (*terminal)(int number));
void signals_reset(void);

#endif
