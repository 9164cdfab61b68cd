// SPDX-License-Identifier: GPL-2.0-only
/* The document of a reading verb. Numbers that are not there are -1, texts null. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "output.h"
#include "say.h"

static struct json_object *or_die(struct json_object *object)
{
	if (!object)
		die("memory", "there is none left");
	return object;
}

/* The text of a verb is made of its document: there, names of others are as a terminal bears. */
static bool for_people;

static struct json_object *text_of(const char *value)
{
	char *safe = for_people ? printable(value) : copy(value);
	struct json_object *text = or_die(json_object_new_string(safe));

	free(safe);
	return text;
}

/**
 * document() - begin the document of a verb
 * @call: the command line
 * @host: the machine, or NULL if the verb does not look at it
 *
 * Return: for document_finish().
 */
struct json_object *document(const struct invocation *call, const struct host *host)
{
	struct json_object *document = or_die(json_object_new_object());

	for_people = !option_given(call, "json");
	add_number(document, "vfioctl", 1);
	add_text(document, "verb", call->command->name);
	add_array(document, "unseen");
	if (host && host->unseen_processes)
		document_unseen(document, "holders of groups: the files of %zu processes are not "
				"visible without root", host->unseen_processes);
	return document;
}

/**
 * document_unseen() - note what could not be seen
 * @document: of the verb
 * @what: as for printf(): a sentence, no full stop
 */
void document_unseen(struct json_object *document, const char *what, ...)
{
	va_list args;
	char *text;

	va_start(args, what);
	text = format_va(what, args);
	va_end(args);
	append_text(get(document, "unseen"), text);
	free(text);
}

static void print_json(const struct json_object *document)
{
	puts(json_object_to_json_string_ext((struct json_object *)document,
					    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
}

/**
 * print_json_line() - print an object of a stream, on a line of its own
 * @object: a document, or a part of one
 */
void print_json_line(const struct json_object *object)
{
	puts(json_object_to_json_string_ext((struct json_object *)object,
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
}

/**
 * document_deliver() - print a document as the command line wants it, and forget it
 * @call: the command line
 * @document: of the verb
 * @print: prints it in words
 *
 * As document_finish(), says what was not seen.
 */
void document_deliver(const struct invocation *call, struct json_object *document,
		      void (*print)(const struct json_object *document))
{
	if (call->json)
		print_json(document);
	else
		print(document);
	document_finish(document);
}

/**
 * document_finish() - forget the document of a verb
 * @document: printed already, or of no more use
 *
 * Says on standard error what was not seen, for who reads the words.
 */
void document_finish(struct json_object *document)
{
	struct json_object *unseen = get(document, "unseen");

	for (size_t i = 0; i < length(unseen); i++)
		say_warning("not seen", "%s", json_object_get_string(at(unseen, i)));
	json_object_put(document);
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value))
		die("memory", "there is none left");
}

/**
 * add_text() - a member that is a string
 * @object: gets it
 * @key: its name
 * @value: or NULL
 */
void add_text(struct json_object *object, const char *key, const char *value)
{
	add(object, key, value ? text_of(value) : NULL);
}

/**
 * add_raw_text() - a member that is a string to be used as it is: a path, lines of a file
 * @object: gets it
 * @key: its name
 * @value: not NULL
 */
void add_raw_text(struct json_object *object, const char *key, const char *value)
{
	add(object, key, or_die(json_object_new_string(value)));
}

/**
 * add_address() - a member that is an address, of up to 64 bits
 * @object: gets it
 * @key: its name
 * @value: of it
 */
void add_address(struct json_object *object, const char *key, uint64_t value)
{
	add(object, key, or_die(json_object_new_uint64(value)));
}

/**
 * add_number() - a member that is a number
 * @object: gets it
 * @key: its name
 * @value: of it
 */
void add_number(struct json_object *object, const char *key, int64_t value)
{
	add(object, key, or_die(json_object_new_int64(value)));
}

/**
 * add_real() - a member that is a number, perhaps with a fraction
 * @object: gets it
 * @key: its name
 * @value: of it
 */
void add_real(struct json_object *object, const char *key, double value)
{
	add(object, key, or_die(json_object_new_double(value)));
}

/**
 * add_bool() - a member that is true or false
 * @object: gets it
 * @key: its name
 * @value: of it
 */
void add_bool(struct json_object *object, const char *key, bool value)
{
	add(object, key, or_die(json_object_new_boolean(value)));
}

/**
 * add_object() - a member that is an object
 * @object: gets it
 * @key: its name
 *
 * Return: the member, empty, owned by @object.
 */
struct json_object *add_object(struct json_object *object, const char *key)
{
	struct json_object *member = or_die(json_object_new_object());

	add(object, key, member);
	return member;
}

/**
 * add_array() - a member that is an array
 * @object: gets it
 * @key: its name
 *
 * Return: the member, empty, owned by @object.
 */
struct json_object *add_array(struct json_object *object, const char *key)
{
	struct json_object *array = or_die(json_object_new_array());

	add(object, key, array);
	return array;
}

/**
 * append_object() - one more object in an array
 * @array: gets it
 *
 * Return: the object, empty, owned by @array.
 */
struct json_object *append_object(struct json_object *array)
{
	struct json_object *element = or_die(json_object_new_object());

	if (json_object_array_add(array, element))
		die("memory", "there is none left");
	return element;
}

/**
 * append_text() - one more string in an array
 * @array: gets it
 * @value: of it
 */
void append_text(struct json_object *array, const char *value)
{
	if (json_object_array_add(array, text_of(value)))
		die("memory", "there is none left");
}

/**
 * get() - a member
 * @object: has it
 * @key: its name
 *
 * Return: owned by @object; NULL if it is null or not there.
 */
struct json_object *get(const struct json_object *object, const char *key)
{
	return json_object_object_get(object, key);
}

/**
 * get_text() - the value of a member that is a string
 * @object: has it
 * @key: its name
 *
 * Return: NULL if it is null or not there.
 */
const char *get_text(const struct json_object *object, const char *key)
{
	struct json_object *member = get(object, key);

	return member ? json_object_get_string(member) : NULL;
}

/**
 * get_number() - the value of a member that is a number
 * @object: has it
 * @key: its name
 *
 * Return: 0 if it is not there.
 */
int64_t get_number(const struct json_object *object, const char *key)
{
	return json_object_get_int64(get(object, key));
}

/**
 * get_bool() - the value of a member that is true or false
 * @object: has it
 * @key: its name
 *
 * Return: false if it is not there.
 */
bool get_bool(const struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(object, key));
}

/**
 * length() - how many elements
 * @array: or NULL, which has none
 *
 * Return: the number.
 */
size_t length(const struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

/**
 * at() - an element
 * @array: has it
 * @index: below length()
 *
 * Return: owned by @array.
 */
struct json_object *at(const struct json_object *array, size_t index)
{
	return json_object_array_get_idx(array, index);
}
