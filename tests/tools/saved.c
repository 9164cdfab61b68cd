// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the text of saved devices: what is written is read, and nothing else is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "saved.h"

static const struct saved example = {
	.device = "0000:06:0d.0",
	.id = "1274:5000",
	.driver = "vfio-pci",
	.previous_driver = "snd_ens1370",
	.previous_module = "snd_ens1370",
	.previous_override = "",
	.user = "nobody",
	.group_owner = "kvm",
	.force = true,
};

static void assert_same(const struct saved *a, const struct saved *b)
{
	assert_string_equal(a->device, b->device);
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->driver, b->driver);
	assert_string_equal(a->previous_driver, b->previous_driver);
	assert_string_equal(a->previous_module, b->previous_module);
	assert_string_equal(a->previous_override, b->previous_override);
	assert_string_equal(a->user, b->user);
	assert_string_equal(a->group_owner, b->group_owner);
	assert_int_equal(a->force, b->force);
}

static void saved_is_read_as_written(void **state)
{
	char text[SAVED_TEXT], why[128];
	struct saved saved;

	(void)state;
	assert_int_equal(saved_format(&example, text, sizeof(text)), 0);
	assert_int_equal(saved_parse(text, &saved, why, sizeof(why)), 0);
	assert_same(&saved, &example);
}

static void saved_with_longest_names_fits(void **state)
{
	char text[SAVED_TEXT], why[128];
	struct saved longest = example, saved;

	(void)state;
	memset(longest.device, '1', SAVED_NAME - 1);
	memset(longest.id, '1', SAVED_NAME - 1);
	memset(longest.driver, 'd', SAVED_NAME - 1);
	memset(longest.previous_driver, 'p', SAVED_NAME - 1);
	memset(longest.previous_module, 'm', SAVED_NAME - 1);
	memset(longest.previous_override, 'o', SAVED_NAME - 1);
	memset(longest.user, 'u', SAVED_NAME - 1);
	memset(longest.group_owner, 'g', SAVED_NAME - 1);
	assert_int_equal(saved_format(&longest, text, sizeof(text)), 0);
	assert_int_equal(saved_parse(text, &saved, why, sizeof(why)), 0);
	assert_same(&saved, &longest);
	assert_int_equal(saved_format(&longest, text, 200), -ENOSPC);
}

/* As directories and kernels have them. */
static void saved_holds_any_name(void **state)
{
	static const char *const names[] = {
		"DOM\\alice", "domain users", "a\"b'c", "100% $HOME=", " before and after ", "\303\251",
		"a\tb\r", "#", "=",
	};
	char text[SAVED_TEXT], why[128];
	struct saved saved, named;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		named = example;
		strcpy(named.driver, names[i]);
		strcpy(named.previous_driver, names[i]);
		strcpy(named.previous_override, names[i]);
		strcpy(named.user, names[i]);
		strcpy(named.group_owner, names[i]);
		assert_null(saved_unfit(&named));
		assert_int_equal(saved_format(&named, text, sizeof(text)), 0);
		assert_int_equal(saved_parse(text, &saved, why, sizeof(why)), 0);
		assert_same(&saved, &named);
	}
}

static void assert_unfit(const struct saved *saved, const char *name)
{
	char text[SAVED_TEXT];

	assert_string_equal(saved_unfit(saved), name);
	assert_int_equal(saved_format(saved, text, sizeof(text)), -EINVAL);
}

static void saved_writes_nothing_that_it_does_not_read(void **state)
{
	struct saved unfit;

	(void)state;
	unfit = example;
	strcpy(unfit.user, "a\nforce=yes");
	assert_unfit(&unfit, "user");
	unfit = example;
	strcpy(unfit.previous_driver, "..");
	assert_unfit(&unfit, "previous_driver");
	unfit = example;
	strcpy(unfit.driver, "a/b");
	assert_unfit(&unfit, "driver");
	unfit = example;
	strcpy(unfit.driver, "");
	assert_unfit(&unfit, "driver");
}

static void assert_refused(const char *text, const char *words)
{
	struct saved saved;
	char why[128] = "";

	assert_int_equal(saved_parse(text, &saved, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, words);
}

#define WHOLE	"device=0000:06:0d.0\nid=1274:5000\ndriver=vfio-pci\n"

static void saved_refuses_what_it_did_not_write(void **state)
{
	char line[SAVED_NAME + 16];

	(void)state;
	assert_refused("", "no line 'device='");
	assert_refused("device=0000:06:0d.0\nid=1274:5000\n", "no line 'driver='");
	assert_refused(WHOLE "unknown=1\n", "line 4: a name that is not known");
	assert_refused("device\n", "line 1: no '=' in it");
	assert_refused(WHOLE "force=maybe\n", "line 4: neither yes nor no");
	assert_refused(WHOLE "previous_driver=../../x\n", "line 4: leads elsewhere");
	assert_refused(WHOLE "previous_driver=a/b\n", "line 4: leads elsewhere");
	snprintf(line, sizeof(line), "user=%0*d\n", SAVED_NAME, 1);
	assert_refused(line, "line 1: too long");
}

static void saved_reads_what_was_cut_or_edited(void **state)
{
	char why[128];
	struct saved saved;

	(void)state;
	assert_int_equal(saved_parse("# by hand\n\n" WHOLE "previous_driver=nvme", &saved, why,
				     sizeof(why)), 0);
	assert_string_equal(saved.previous_driver, "nvme");
	assert_string_equal(saved.previous_override, "");
	assert_false(saved.force);
}

/* Whatever is in the file, it is read or refused. */
static void saved_bears_any_byte_anywhere(void **state)
{
	char text[SAVED_TEXT], why[128];
	struct saved saved;
	size_t length;

	(void)state;
	assert_int_equal(saved_format(&example, text, sizeof(text)), 0);
	length = strlen(text);
	for (size_t i = 0; i < length; i++) {
		char was = text[i];

		for (int byte = 0; byte < 256; byte++) {
			text[i] = byte;
			saved_parse(text, &saved, why, sizeof(why));
		}
		text[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saved_is_read_as_written),
		cmocka_unit_test(saved_with_longest_names_fits),
		cmocka_unit_test(saved_holds_any_name),
		cmocka_unit_test(saved_writes_nothing_that_it_does_not_read),
		cmocka_unit_test(saved_refuses_what_it_did_not_write),
		cmocka_unit_test(saved_reads_what_was_cut_or_edited),
		cmocka_unit_test(saved_bears_any_byte_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
