/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving several devices to a driver: all of them, or none. */
#ifndef VFIOCTL_TRANSACTION_H
#define VFIOCTL_TRANSACTION_H

#include <stdbool.h>

#include "before.h"
#include "host.h"
#include "node.h"
#include "saved.h"

/* What is asked for. */
struct wish {
	const char *driver;
	const struct owner *owner;	/* of the groups' nodes; NULL: leave them */
	bool persistent;
	bool force;
};

/* One device of it. */
struct change {
	const struct device *device;
	struct saved saved;		/* to be in the store */
	struct saved earlier;		/* was in the store, and still says where to go back to */
	bool was_saved;			/* is there such an @earlier */
	bool was_persistent;		/* there was a file for good, current or not */
	bool persistent;		/* @saved is to be */
	struct before before;
	bool is_there;			/* has the driver already */
	bool begun;			/* something was changed */
};

struct transaction {
	struct wish wish;
	struct change *changes;
	size_t count;
};

struct transaction *transaction_plan(const struct strings *devices, const struct host *host,
				     const struct wish *wish);
bool transaction_is_empty(const struct transaction *transaction);
int transaction_run(struct transaction *transaction);
int change_undo(const struct change *change);
void transaction_free(struct transaction *transaction);

#endif
