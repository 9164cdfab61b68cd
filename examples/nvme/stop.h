/* SPDX-License-Identifier: GPL-2.0-only */
/* SIGINT and SIGTERM: finish what is under way, shut the drive down, end. */
#ifndef NVME_STOP_H
#define NVME_STOP_H

#include <stdbool.h>

void stop_on_signals(void);
bool stop_asked(void);

#endif
