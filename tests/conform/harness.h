/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness of the conformance suite: how a test is declared, what it may
 * assert, and how it says that it cannot run here. main() is in harness.c.
 */
#ifndef CONFORM_HARNESS_H
#define CONFORM_HARNESS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	/* The word size of the program makes no difference: left out of the 32-bit binary. */
	TEST_NATIVE = 1,
};

struct test {
	const char *name;
	const char *description;
	const char *file;
	int line;
	unsigned int flags;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);

/*
 * TEST(C7_words, "what holds") { ... } declares a test of the rule C7. It runs as
 * root in a process of its own; what it leaves bound, open or mapped is undone
 * or reported after it.
 */
#define DEFINE_TEST(id, text, bits)						\
	static void id(void);							\
	static struct test test_##id = {					\
		.name = #id, .description = text, .file = __FILE__,		\
		.line = __LINE__, .flags = bits, .run = id,			\
	};									\
	static void __attribute__((constructor)) register_##id(void)		\
	{									\
		test_register(&test_##id);					\
	}									\
	static void id(void)

#define TEST(id, text) DEFINE_TEST(id, text, 0)
#define NATIVE_TEST(id, text) DEFINE_TEST(id, text, TEST_NATIVE)

/* The test ends here, as skipped, and the reason is printed. */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Skips where QEMU emulates each CPU in a thread of its own: docs/lab.md. */
void needs_one_thread(void);

/* The test asserts what the in-tree modules do not do: skipped on those. */
void improvement(const char *why);

/* The test may take this long instead of the usual limit. */
void time_limit(unsigned int seconds);

/* Which modules are under test. */
bool testing_ours(void);

void fail_at(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)							\
	do {									\
		if (!(condition))						\
			FAIL("%s is false", #condition);			\
	} while (0)

#define EQUAL(actual, expected)							\
	do {									\
		long long actual_ = (long long)(actual);			\
		long long expected_ = (long long)(expected);			\
		if (actual_ != expected_)					\
			FAIL("%s is %lld (0x%llx), not %s = %lld (0x%llx)",	\
			     #actual, actual_, actual_, #expected,		\
			     expected_, expected_);				\
	} while (0)

/* A call that must succeed; gives its value, which is not negative. */
#define OK(call)								\
	({									\
		long long ok_ = (long long)(call);				\
		if (ok_ < 0)							\
			FAIL("%s failed: %s", #call, strerrorname_np(errno));	\
		ok_;								\
	})

/* A call that must be refused with this errno. */
#define REFUSED(call, error) REFUSED_EITHER(call, error, error)

/* A call that must be refused, where two errnos are right. */
#define REFUSED_EITHER(call, error, other)					\
	do {									\
		long long value_ = (long long)(call);				\
		int errno_ = errno;						\
		if (value_ >= 0)						\
			FAIL("%s gave %lld, not %s", #call, value_, #error);	\
		if (errno_ != (error) && errno_ != (other))			\
			FAIL("%s gave %s, not %s", #call,			\
			     strerrorname_np(errno_), #error);			\
	} while (0)

#endif
