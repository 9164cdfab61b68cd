/* SPDX-License-Identifier: GPL-2.0-only */
/* All that a change may touch of a device, as it was before: to be put back exactly so. */
#ifndef VFIOCTL_BEFORE_H
#define VFIOCTL_BEFORE_H

#include "host.h"
#include "node.h"
#include "store.h"

struct before {
	char *device;			/* its address */
	char *id;			/* vendor and device, as 1274:5000 */
	char *driver;			/* NULL: it had none */
	char *module;			/* of the driver; NULL if none or built in */
	char *override;			/* "": any driver may have it */
	struct store_text stored;
	char *bind_rule;		/* the text; NULL: there was none */
	char *owner_rule;		/* likewise */
	bool owner_persistent;
	int group_number;
	struct node_state node;
};

void before_look(struct before *before, const struct device *device);
int before_put_back(const struct before *before);
void before_free(struct before *before);

#endif
