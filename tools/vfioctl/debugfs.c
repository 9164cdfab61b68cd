// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the tables. Columns are found by their names, as later versions may have more. The
 * last one is the rest of its line: a process may have a name of several words.
 */
#include "debugfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"
#include "text.h"

#define FOLDER "/sys/kernel/debug/vfio"

enum { MOST_COLUMNS = 32 };

struct table_text {
	char *text;			/* cut into words */
	char *rest;			/* lines not read yet */
	char *heads[MOST_COLUMNS];
	char *cells[MOST_COLUMNS];
	size_t columns;
};

static char *next_line(char **rest)
{
	char *line;

	do
		line = strsep(rest, "\n");
	while (line && !*line);
	return line;
}

/* Returns how many words there are, at most @most, the last of which is all the rest. */
static size_t cut(char *line, char **words, size_t most)
{
	size_t count = 0;

	while (line && count < most - 1) {
		words[count++] = strsep(&line, " ");
		if (line)
			line += strspn(line, " ");
	}
	if (line)
		words[count++] = line;
	return count;
}

static bool open_table(struct table_text *table, const char *name)
{
	char *line;

	*table = (struct table_text){ .text = sysfs_read(FOLDER "/%s", name) };
	table->rest = table->text;
	line = table->text ? next_line(&table->rest) : NULL;
	if (line && begins(line, "# "))
		table->columns = cut(line + 2, table->heads, MOST_COLUMNS);
	return table->columns > 0;
}

static bool next_row(struct table_text *table)
{
	char *line;

	/* What is no row, as its words are too few, is left out. */
	while ((line = next_line(&table->rest)))
		if (cut(line, table->cells, table->columns) == table->columns)
			return true;
	return false;
}

static const char *cell(const struct table_text *table, const char *column)
{
	for (size_t i = 0; i < table->columns; i++)
		if (same(table->heads[i], column))
			return table->cells[i];
	return "0";
}

static uint64_t number(const struct table_text *table, const char *column)
{
	return strtoull(cell(table, column), NULL, 0);
}

static void *one_more(void *rows, size_t *count, size_t size)
{
	/* Room for twice as many whenever the count is a power of two. */
	if (!(*count & (*count - 1)))
		rows = resize(rows, (*count ? *count * 2 : 1) * size);
	++*count;
	return rows;
}

static void read_containers(struct debugfs *debugfs)
{
	struct table_text table;

	open_table(&table, "containers");
	while (table.columns && next_row(&table)) {
		struct container_row *row;

		debugfs->containers = one_more(debugfs->containers, &debugfs->containers_count,
					       sizeof(*row));
		row = &debugfs->containers[debugfs->containers_count - 1];
		*row = (struct container_row){
			.id = number(&table, "container"), .iommu = copy(cell(&table, "iommu")),
			.type = (unsigned int)number(&table, "type"),
			.groups = copy(cell(&table, "groups")),
			.mappings = number(&table, "mappings"), .mapped = number(&table, "mapped"),
			.pinned = number(&table, "pinned"), .maps = number(&table, "maps"),
			.unmaps = number(&table, "unmaps"), .pid = (int)number(&table, "pid"),
			.name = copy(cell(&table, "comm")),
		};
	}
	free(table.text);
}

static void read_groups(struct debugfs *debugfs)
{
	struct table_text table;

	open_table(&table, "groups");
	while (table.columns && next_row(&table)) {
		struct group_row *row;

		debugfs->groups = one_more(debugfs->groups, &debugfs->groups_count, sizeof(*row));
		row = &debugfs->groups[debugfs->groups_count - 1];
		*row = (struct group_row){
			.group = copy(cell(&table, "group")),
			.container = number(&table, "container"),
			.open = (int)number(&table, "open"),
			.pid = (int)number(&table, "pid"), .name = copy(cell(&table, "comm")),
		};
	}
	free(table.text);
}

static void read_devices(struct debugfs *debugfs)
{
	struct table_text table;

	open_table(&table, "devices");
	while (table.columns && next_row(&table)) {
		struct device_row *row;

		debugfs->devices = one_more(debugfs->devices, &debugfs->devices_count,
					    sizeof(*row));
		row = &debugfs->devices[debugfs->devices_count - 1];
		*row = (struct device_row){
			.bdf = copy(cell(&table, "device")), .group = copy(cell(&table, "group")),
			.driver = copy(cell(&table, "driver")),
			.open = (int)number(&table, "open"),
			.interrupts = copy(cell(&table, "interrupts")),
			.pid = (int)number(&table, "pid"), .name = copy(cell(&table, "comm")),
		};
	}
	free(table.text);
}

static void read_mappings(struct debugfs *debugfs)
{
	struct table_text table;

	open_table(&table, "mappings");
	while (table.columns && next_row(&table)) {
		const char *prot = cell(&table, "prot");
		struct mapping *row;

		debugfs->mappings = one_more(debugfs->mappings, &debugfs->mappings_count,
					     sizeof(*row));
		row = &debugfs->mappings[debugfs->mappings_count - 1];
		*row = (struct mapping){
			.container = number(&table, "container"), .iova = number(&table, "iova"),
			.last = number(&table, "iova") + number(&table, "size") - 1,
			.read = strchr(prot, 'r'), .write = strchr(prot, 'w'),
			.pid = (int)number(&table, "pid"), .name = copy(cell(&table, "comm")),
		};
	}
	free(table.text);
}

static char *find_why_not(void)
{
	struct table_text table;
	bool there = open_table(&table, "containers");
	int error = errno;

	free(table.text);
	if (there)
		return NULL;
	if (error == EACCES)
		return copy("containers and mappings are not visible without root");
	if (!sysfs_exists("/sys/module/vfio"))
		return copy("containers and mappings: no VFIO modules are loaded");
	return copy("containers and mappings: only openvfio's modules tell of them "
		    "(" FOLDER " is not there); what follows is from /proc");
}

/**
 * debugfs_read() - read the tables
 * @with_mappings: also those, which may be many
 *
 * Return: for debugfs_free(). Without the tables empty, and &debugfs.why_not says why.
 */
struct debugfs *debugfs_read(bool with_mappings)
{
	struct debugfs *debugfs = allocate(sizeof(*debugfs));

	debugfs->why_not = find_why_not();
	if (debugfs->why_not)
		return debugfs;
	read_containers(debugfs);
	read_groups(debugfs);
	read_devices(debugfs);
	if (with_mappings)
		read_mappings(debugfs);
	return debugfs;
}

/**
 * debugfs_free() - the end of what debugfs_read() began
 * @debugfs: must not be touched afterwards
 */
void debugfs_free(struct debugfs *debugfs)
{
	for (size_t i = 0; i < debugfs->containers_count; i++) {
		free(debugfs->containers[i].iommu);
		free(debugfs->containers[i].groups);
		free(debugfs->containers[i].name);
	}
	for (size_t i = 0; i < debugfs->groups_count; i++) {
		free(debugfs->groups[i].group);
		free(debugfs->groups[i].name);
	}
	for (size_t i = 0; i < debugfs->devices_count; i++) {
		free(debugfs->devices[i].bdf);
		free(debugfs->devices[i].group);
		free(debugfs->devices[i].driver);
		free(debugfs->devices[i].interrupts);
		free(debugfs->devices[i].name);
	}
	for (size_t i = 0; i < debugfs->mappings_count; i++)
		free(debugfs->mappings[i].name);
	free(debugfs->containers);
	free(debugfs->groups);
	free(debugfs->devices);
	free(debugfs->mappings);
	free(debugfs->why_not);
	free(debugfs);
}

/**
 * debugfs_group() - the row of a group
 * @debugfs: the tables
 * @group: its number
 *
 * Return: NULL if there is none.
 */
const struct group_row *debugfs_group(const struct debugfs *debugfs, const char *group)
{
	for (size_t i = 0; i < debugfs->groups_count; i++)
		if (same(debugfs->groups[i].group, group))
			return &debugfs->groups[i];
	return NULL;
}

/**
 * debugfs_device() - the row of a device
 * @debugfs: the tables
 * @bdf: its address
 *
 * Return: NULL if there is none.
 */
const struct device_row *debugfs_device(const struct debugfs *debugfs, const char *bdf)
{
	for (size_t i = 0; i < debugfs->devices_count; i++)
		if (same(debugfs->devices[i].bdf, bdf))
			return &debugfs->devices[i];
	return NULL;
}
