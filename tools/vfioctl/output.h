/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reading verbs print. Each builds one document; --json prints it as it is, otherwise
 * the verb makes its text of it, so that both say the same.
 */
#ifndef VFIOCTL_OUTPUT_H
#define VFIOCTL_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "commands.h"
#include "host.h"

struct json_object *document(const struct invocation *call, const struct host *host);
void document_unseen(struct json_object *document, const char *what, ...)
	__attribute__((format(printf, 2, 3)));
void document_deliver(const struct invocation *call, struct json_object *document,
		      void (*print)(const struct json_object *document));
void print_json_line(const struct json_object *object);
void document_finish(struct json_object *document);

void add_text(struct json_object *object, const char *key, const char *value);
void add_raw_text(struct json_object *object, const char *key, const char *value);
void add_address(struct json_object *object, const char *key, uint64_t value);
void add_number(struct json_object *object, const char *key, int64_t value);
void add_real(struct json_object *object, const char *key, double value);
void add_bool(struct json_object *object, const char *key, bool value);
struct json_object *add_object(struct json_object *object, const char *key);
struct json_object *add_array(struct json_object *object, const char *key);
struct json_object *append_object(struct json_object *array);
void append_text(struct json_object *array, const char *value);

const char *get_text(const struct json_object *object, const char *key);
int64_t get_number(const struct json_object *object, const char *key);
bool get_bool(const struct json_object *object, const char *key);
struct json_object *get(const struct json_object *object, const char *key);
size_t length(const struct json_object *array);
struct json_object *at(const struct json_object *array, size_t index);

enum colour { PLAIN, GOOD, BAD, MARKED, DIM };

const char *colour_on(enum colour colour);
const char *colour_off(enum colour colour);

/* A table: cells row by row; printed when all are there, with columns as wide as they need. */
struct table {
	const char *const *heads;	/* NULL-terminated */
	size_t columns;
	struct strings cells;
	enum colour *colours;
};

void table_begin(struct table *table, const char *const *heads);
void table_cell(struct table *table, enum colour colour, const char *text, ...)
	__attribute__((format(printf, 3, 4)));
void table_end(struct table *table);

#endif
