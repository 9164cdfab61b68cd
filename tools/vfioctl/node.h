/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose the node of a group is: /dev/vfio/12. */
#ifndef VFIOCTL_NODE_H
#define VFIOCTL_NODE_H

#include <stdbool.h>
#include <sys/types.h>

#include "commands.h"

/* Whom a node is to be given to. */
struct owner {
	const char *user;	/* "" for root */
	const char *group;	/* of users; "" for none */
	uid_t uid;
	gid_t gid;
};

/* Whose it was. */
struct node_state {
	bool is_there;
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

struct node_watch;

bool owner_asked(const struct invocation *call);
bool owner_find(struct owner *owner, const char *user, const char *group);
int node_give(int group_number, const struct owner *owner);
void node_look(int group_number, struct node_state *state);
bool node_is(int group_number, const struct node_state *state);
int node_put_back(int group_number, const struct node_state *state);

struct node_watch *node_watch_begin(void);
void node_watch_await(struct node_watch *watch, int group_number);
void node_watch_end(struct node_watch *watch);

#endif
