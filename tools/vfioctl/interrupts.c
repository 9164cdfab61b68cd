// SPDX-License-Identifier: GPL-2.0-only
#include "interrupts.h"

#include <stdlib.h>
#include <string.h>

#include "sysfs.h"
#include "text.h"

static const struct {
	const char *name, *kind;
} kinds[] = {
	{ "vfio-intx", "INTx" }, { "vfio-msix", "MSI-X" }, { "vfio-msi", "MSI" },
};

/* "vfio-msix[3](0000:01:00.0)"; returns what is behind it. */
static const char *take_name(struct vectors *vectors, const char *name, unsigned int irq,
			     uint64_t count)
{
	const char *open = strchr(name, '('), *close = open ? strchr(open, ')') : NULL;
	const char *bracket = strchr(name, '[');
	struct vector *vector;

	if (!close)
		return name + strlen(name);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!begins(name, kinds[i].name))
			continue;
		vectors->items = resize(vectors->items,
					(vectors->count + 1) * sizeof(*vectors->items));
		vector = &vectors->items[vectors->count++];
		*vector = (struct vector){
			.bdf = format("%.*s", (int)(close - open - 1), open + 1),
			.kind = kinds[i].kind, .irq = irq, .count = count,
		};
		if (bracket && bracket < open)
			vector->number = (unsigned int)strtoul(bracket + 1, NULL, 10);
		break;
	}
	return close + 1;
}

/* " 24:   100   3   IR-PCI-MSI 81920-edge   vfio-msi[0](0000:00:05.0)", perhaps several names */
static void parse_line(struct vectors *vectors, char *line)
{
	const char *name = strstr(line, "vfio-");
	char *at, *end;
	unsigned int irq = (unsigned int)strtoul(line, &at, 10);
	uint64_t count = 0;

	if (!name || *at != ':')
		return;
	for (at++;; at = end) {
		uint64_t one = strtoull(at, &end, 10);

		if (end == at || *end != ' ')
			break;
		count += one;
	}
	for (; name; name = strstr(name, "vfio-"))
		name = take_name(vectors, name, irq, count);
}

/**
 * vectors_parse() - find the interrupts of user programs
 * @vectors: zeroed; gets them
 * @text: of /proc/interrupts
 */
void vectors_parse(struct vectors *vectors, const char *text)
{
	char *lines = copy(text), *rest = lines, *line;

	while ((line = strsep(&rest, "\n")))
		parse_line(vectors, line);
	free(lines);
}

/**
 * vectors_read() - the same from this machine
 * @vectors: zeroed; gets them
 */
void vectors_read(struct vectors *vectors)
{
	char *text = sysfs_read("/proc/interrupts");

	if (text)
		vectors_parse(vectors, text);
	free(text);
}

/**
 * vectors_free() - the end of it
 * @vectors: empty then
 */
void vectors_free(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->count; i++)
		free(vectors->items[i].bdf);
	free(vectors->items);
	*vectors = (struct vectors){};
}

/**
 * vectors_find() - the same vector at another time
 * @vectors: of that time
 * @like: of now
 *
 * Return: NULL if it was not there.
 */
const struct vector *vectors_find(const struct vectors *vectors, const struct vector *like)
{
	for (size_t i = 0; i < vectors->count; i++) {
		const struct vector *vector = &vectors->items[i];

		if (vector->irq == like->irq && vector->number == like->number &&
		    same(vector->kind, like->kind) && same(vector->bdf, like->bdf))
			return vector;
	}
	return NULL;
}
