// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl graph: the PCI tree with its IOMMU groups, for Graphviz. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "describe.h"
#include "say.h"
#include "verbs.h"

static struct json_object *describe(struct invocation *call, const struct host *host)
{
	struct json_object *all = document(call, host);
	struct json_object *groups = add_array(all, "groups");
	struct json_object *without = add_array(all, "without_iommu");
	struct json_object *edges = add_array(all, "edges");

	for (size_t i = 0; i < host->groups_count; i++)
		describe_group(append_object(groups), host->groups[i]);
	for (size_t i = 0; i < host->devices_count; i++) {
		const struct device *device = host->devices[i];
		struct json_object *edge = append_object(edges);

		if (!device->group)
			describe_device(append_object(without), device);
		/* A root bus is named as the kernel does: pci0000:00. */
		add_text(edge, "above", device->parent ? device->parent->bdf : NULL);
		add_text(edge, "below", device->bdf);
	}
	return all;
}

/* In a quoted string of dot, quotes and backslashes are to be escaped. */
static void quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void node(FILE *out, const struct json_object *device)
{
	const char *driver = get_text(device, "driver");
	const char *colour = get_bool(device, "vfio") ? "palegreen" :
			     get_bool(device, "blocks_group") ? "lightpink" : "white";

	fprintf(out, "\t\t\"%s\" [label=\"%s\\n", get_text(device, "bdf"), get_text(device, "bdf"));
	quoted(out, get_text(device, "name"));
	fprintf(out, "\\n%s\", fillcolor=%s];\n", driver ? driver : "no driver", colour);
}

static const char *state(const struct json_object *group)
{
	if (length(get(group, "holders")))
		return "in use";
	return get_bool(group, "viable") ? "viable" : "not viable";
}

static void cluster(FILE *out, const struct json_object *group)
{
	struct json_object *devices = get(group, "devices");
	int number = (int)get_number(group, "group");

	fprintf(out, "\tsubgraph cluster_%d {\n\t\tlabel=\"group %d: %s\";\n\t\tcolor=%s;\n", number,
		number, state(group), get_bool(group, "viable") ? "darkgreen" : "red");
	for (size_t i = 0; i < length(devices); i++)
		node(out, at(devices, i));
	fputs("\t}\n", out);
}

static void edge(FILE *out, const struct json_object *edge)
{
	const char *above = get_text(edge, "above");
	const char *below = get_text(edge, "below");

	if (above)
		fprintf(out, "\t\"%s\" -> \"%s\";\n", above, below);
	else
		fprintf(out, "\t\"pci%.7s\" -> \"%s\";\n", below, below);
}

static void print_dot(FILE *out, const struct json_object *all)
{
	struct json_object *groups = get(all, "groups");
	struct json_object *without = get(all, "without_iommu");
	struct json_object *edges = get(all, "edges");

	fputs("digraph pci {\n\trankdir=LR;\n\tfontname=sans;\n"
	      "\tnode [shape=box, style=filled, fillcolor=white, fontname=sans, fontsize=10];\n", out);
	for (size_t i = 0; i < length(groups); i++)
		cluster(out, at(groups, i));
	for (size_t i = 0; i < length(without); i++)
		node(out, at(without, i));
	for (size_t i = 0; i < length(edges); i++)
		edge(out, at(edges, i));
	fputs("}\n", out);
}

static int print_svg(const struct json_object *all)
{
	FILE *pipe;
	int status;

	fflush(stdout);
	/* If dot is not there, its exit status is to say so, not a signal to us. */
	signal(SIGPIPE, SIG_IGN);
	pipe = popen("dot -Tsvg", "w");
	if (!pipe) {
		say_error("dot", "cannot be started: %s", strerror(errno));
		return STATUS_CANNOT;
	}
	print_dot(pipe, all);
	status = pclose(pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return STATUS_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		say_error("dot", "is not there; install it with: apt-get install graphviz");
	else
		say_error("dot", "failed, see above");
	return STATUS_CANNOT;
}

static void print_source(const struct json_object *all)
{
	print_dot(stdout, all);
}

static int graph(struct invocation *call)
{
	struct host *host = host_read();
	struct json_object *all = describe(call, host);
	int status = STATUS_OK;

	if (option_given(call, "svg") && !call->json) {
		status = print_svg(all);
		document_finish(all);
	} else {
		document_deliver(call, all, print_source);
	}
	host_free(host);
	return status;
}

static const struct option_def options[] = {
	{ .name = "svg", .help = "print a picture, made by Graphviz, instead of what it is made from" },
	{},
};

static const struct example examples[] = {
	{ "vfioctl graph --svg >pci.svg", "a picture of the machine" },
	{},
};

const struct command graph_command = {
	.name = "graph",
	.operands = "",
	.flags = COMMAND_READS,
	.summary = "the PCI tree with its IOMMU groups, for Graphviz",
	.description =
		"Prints the PCI tree in the language of Graphviz: groups as frames, green if they are "
		"viable, red if not; devices green if they have a driver of VFIO, red if their driver "
		"keeps the group from being used.",
	.options = options,
	.examples = examples,
	.run = graph,
};
