/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving several devices to a driver: all of them, or none. */
#ifndef VFIOCTL_TRANSACTION_H
#define VFIOCTL_TRANSACTION_H

#include <stdbool.h>

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
	struct saved before;		/* was in the store, if was_saved */
	bool was_saved;
	bool was_persistent;
	char *grant;			/* the rule for its group's node; NULL if there was none */
	bool grant_persistent;
	struct node_state node;
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
void transaction_free(struct transaction *transaction);

#endif
