/* SPDX-License-Identifier: GPL-2.0-only */
/* What "explain" is asked, and what it found in the way. */
#ifndef VFIOCTL_INQUIRY_H
#define VFIOCTL_INQUIRY_H

#include <sys/types.h>

#include "host.h"
#include "output.h"
#include "system.h"
#include "units.h"

struct passwd;

struct inquiry {
	const struct host *host;
	const struct system *system;
	const struct device *device;	/* NULL if a group was named */
	const struct group *group;	/* NULL if the device has none */
	const char *subject;		/* the device's or the group's name, as commands take it */
	struct passwd *account;		/* for whom */
	bool self;			/* it is who runs this program */
	uint64_t memory;		/* to be pinned, 0 if not said */
	bool range_asked;
	struct range range;		/* of I/O addresses */
	struct json_object *problems;
};

/* How bad a problem is. */
enum weight {
	REMARK,			/* worth knowing */
	BLOCKING,		/* the device cannot be used before it is mended */
};

void add_problem(struct inquiry *inquiry, enum weight weight, const char *cause,
		 const char *command, const char *text, ...)
	__attribute__((format(printf, 5, 6)));
void ask_system(struct inquiry *inquiry);
void ask_group(struct inquiry *inquiry);
void ask_addresses(struct inquiry *inquiry);
void ask_user(struct inquiry *inquiry);

#endif
