// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl explain BDF|GROUP: is it usable, and if not, what is in the way. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "account.h"
#include "describe.h"
#include "inquiry.h"
#include "say.h"
#include "verbs.h"

/**
 * add_problem() - note what is in the way
 * @inquiry: gets it
 * @weight: how bad it is
 * @cause: a word for programs
 * @command: for a shell, that mends it; NULL if none does
 * @text: as for printf(): a sentence, no full stop
 */
void add_problem(struct inquiry *inquiry, enum weight weight, const char *cause,
		 const char *command, const char *text, ...)
{
	struct json_object *problem = append_object(inquiry->problems);
	va_list args;
	char *sentence;

	va_start(args, text);
	sentence = format_va(text, args);
	va_end(args);
	add_text(problem, "cause", cause);
	add_bool(problem, "blocking", weight == BLOCKING);
	add_text(problem, "text", sentence);
	add_text(problem, "command", command);
	free(sentence);
}

static bool find_user(struct inquiry *inquiry, const char *name)
{
	inquiry->account = name ? account_find(name) : account_of_number(geteuid());
	if (!name && !inquiry->account)
		say_error("you", "no such user; see getent passwd");
	inquiry->self = inquiry->account && inquiry->account->pw_uid == geteuid();
	return inquiry->account;
}

static int read_wishes(struct inquiry *inquiry, const struct invocation *call)
{
	const char *memory = option_value(call, "memory");
	const char *range = option_value(call, "iova");

	if (memory && !parse_size(memory, &inquiry->memory)) {
		say_error(memory, "not an amount of memory; write 64M or 4G");
		return STATUS_USAGE;
	}
	inquiry->range_asked = range;
	if (range && !parse_range(range, &inquiry->range)) {
		say_error(range, "not a range of addresses; write 0x1000-0x1fff or 0x1000+4K");
		return STATUS_USAGE;
	}
	return find_user(inquiry, option_value(call, "user")) ? STATUS_OK : STATUS_CANNOT;
}

static bool find_subject(struct inquiry *inquiry, const char *word)
{
	inquiry->group = host_group(inquiry->host, word);
	inquiry->subject = word;
	if (inquiry->group)
		return true;
	inquiry->device = host_device(inquiry->host, word);
	if (!inquiry->device) {
		say_error(word, "no such PCI device or group; vfioctl list shows those there are");
		return false;
	}
	inquiry->group = inquiry->device->group;
	inquiry->subject = inquiry->device->bdf;
	return true;
}

static bool usable(const struct json_object *problems)
{
	for (size_t i = 0; i < length(problems); i++)
		if (get_bool(at(problems, i), "blocking"))
			return false;
	return true;
}

static void describe(struct json_object *all, struct inquiry *inquiry)
{
	add_text(all, "subject", inquiry->subject);
	add_text(all, "user", inquiry->account->pw_name);
	if (inquiry->group)
		describe_group(add_object(all, "group"), inquiry->group);
	else
		add_text(all, "group", NULL);
	inquiry->problems = add_array(all, "problems");
	ask_system(inquiry);
	ask_group(inquiry);
	ask_addresses(inquiry);
	ask_user(inquiry);
	add_bool(all, "usable", usable(inquiry->problems));
}

static void print_problem(const struct json_object *problem)
{
	bool blocking = get_bool(problem, "blocking");
	const char *command = get_text(problem, "command");
	enum colour colour = blocking ? BAD : DIM;

	printf("  %s%s%s: %s\n", colour_on(colour), blocking ? "in the way" : "remark",
	       colour_off(colour), get_text(problem, "text"));
	if (command)
		printf("      %s\n", command);
}

static void print(const struct json_object *all)
{
	struct json_object *problems = get(all, "problems");
	struct json_object *group = get(all, "group");
	bool fine = get_bool(all, "usable");

	printf("%s", get_text(all, "subject"));
	if (group)
		printf(", group %d,", (int)get_number(group, "group"));
	printf(" is %s%s%s by user %s\n", colour_on(fine ? GOOD : BAD),
	       fine ? "usable" : "not usable", colour_off(GOOD), get_text(all, "user"));
	for (size_t i = 0; i < length(problems); i++)
		print_problem(at(problems, i));
}

static int explain(struct invocation *call)
{
	struct inquiry inquiry = {};
	struct json_object *all;
	struct system *system;
	struct host *host;
	int status = read_wishes(&inquiry, call);

	if (status)
		return status;
	host = host_read();
	system = system_read();
	inquiry.host = host;
	inquiry.system = system;
	status = STATUS_CANNOT;
	if (find_subject(&inquiry, call->operands.items[0])) {
		all = document(call, host);
		describe(all, &inquiry);
		status = get_bool(all, "usable") ? STATUS_OK : STATUS_NO;
		document_deliver(call, all, print);
	}
	system_free(system);
	host_free(host);
	account_free(inquiry.account);
	return status;
}

static const struct option_def options[] = {
	{ .name = "user", .letter = 'u', .argument = "USER", .help = "for this user instead of you" },
	{ .name = "memory", .letter = 'm', .argument = "SIZE",
	  .help = "the driver will map this much memory: 64M" },
	{ .name = "iova", .letter = 'i', .argument = "RANGE",
	  .help = "the driver will map these I/O addresses: 0x1000-0x1fff" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl explain 01:00.0", "is it usable, and if not, what is to be done" },
	{ "vfioctl explain 01:00.0 --user alice --memory 4G", "and can alice map 4 GiB" },
	{ "vfioctl explain 12 --json | jq -r '.problems[].command'", "what to do, for a script" },
	{},
};

const struct command explain_command = {
	.name = "explain",
	.operands = "BDF|GROUP",
	.operand = OPERAND_ANY,
	.least = 1,
	.most = 1,
	.flags = COMMAND_READS,
	.summary = "is a device usable, and if not, what is in the way and what mends it",
	.description =
		"Says whether a user-level driver could have a device, or a group, now. If not, it "
		"names everything that is in the way, in the order in which it is to be mended, each "
		"with the command that does it: the driver of the host on a member of the group, the "
		"process that holds it, permissions, RLIMIT_MEMLOCK, an IOMMU or interrupt remapping "
		"that is off, reserved I/O addresses, the framebuffer of the console, a mounted "
		"disk, modules.\n\n"
		"Remarks are worth knowing, but are not in the way. Commands are for root.",
	.options = options,
	.examples = examples,
	.no = "not usable",
	.run = explain,
};
