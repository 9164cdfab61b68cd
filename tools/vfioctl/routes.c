// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/route has IPv4's main table only, and of a route over several interfaces one.
 * Those of policy routing and of VRFs are told by netlink.
 */
#include "routes.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills in at most so much at a time. */
#define PIECE	32768

static void add_interface(struct strings *interfaces, unsigned int index)
{
	char name[IFNAMSIZ];

	if (if_indextoname(index, name) && !same(name, "lo"))
		strings_add(interfaces, name);
}

static void add_next_hops(struct strings *interfaces, const struct rtattr *attribute)
{
	const struct rtnexthop *hop = RTA_DATA(attribute);
	int length = RTA_PAYLOAD(attribute);

	for (; RTNH_OK(hop, length); hop = RTNH_NEXT(hop)) {
		add_interface(interfaces, hop->rtnh_ifindex);
		length -= NLMSG_ALIGN(hop->rtnh_len);
	}
}

static void read_route(struct strings *interfaces, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct rtattr *attribute = RTM_RTA(route);
	int length = RTM_PAYLOAD(message);

	if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len ||
	    route->rtm_type != RTN_UNICAST)
		return;
	for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
		if (attribute->rta_type == RTA_OIF)
			add_interface(interfaces, *(const unsigned int *)RTA_DATA(attribute));
		else if (attribute->rta_type == RTA_MULTIPATH)
			add_next_hops(interfaces, attribute);
	}
}

/* Returns whether there is more to come. */
static bool read_messages(struct strings *interfaces, const void *data, size_t length)
{
	const struct nlmsghdr *message = data;

	for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return false;
		read_route(interfaces, message);
	}
	return true;
}

static void read_answer(struct strings *interfaces, int fd)
{
	char *piece = allocate(PIECE);
	ssize_t length;

	do {
		do
			length = recv(fd, piece, PIECE, 0);
		while (length < 0 && errno == EINTR);
	} while (length > 0 && read_messages(interfaces, piece, (size_t)length));
	free(piece);
}

/**
 * routes_default() - which interfaces have a default route
 * @interfaces: their names are added here, some perhaps twice
 *
 * Of both IPv4 and IPv6. Where there is no netlink, nothing is added.
 */
void routes_default(struct strings *interfaces)
{
	const struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} question = {
		.header = {
			.nlmsg_len = sizeof(question), .nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.route = { .rtm_family = AF_UNSPEC },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return;
	if (send(fd, &question, sizeof(question), 0) == sizeof(question))
		read_answer(interfaces, fd);
	close(fd);
}
