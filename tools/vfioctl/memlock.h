/* SPDX-License-Identifier: GPL-2.0-only */
/* RLIMIT_MEMLOCK: how much memory a user's programs may have pinned. */
#ifndef VFIOCTL_MEMLOCK_H
#define VFIOCTL_MEMLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define UNLIMITED	UINT64_MAX

struct passwd;

struct memlock {
	uint64_t soft, hard;	/* in bytes, or UNLIMITED */
	bool exempt;		/* CAP_IPC_LOCK: no limit counts */
};

void memlock_of_self(struct memlock *limit);
bool memlock_of_process(struct memlock *limit, const char *pid);
void memlock_of_user(struct memlock *limit, const struct passwd *account);
bool memlock_parse(const char *text, uint64_t unit, uint64_t *value);
bool memlock_suffices(const struct memlock *limit, uint64_t size);
char *format_limit(uint64_t limit);

#endif
