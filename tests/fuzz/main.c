// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeds a fuzz target without libFuzzer: random inputs, and random changes of what came
 * before, the same ones for the same seed.
 *
 *   fuzz-TARGET [-n EXECUTIONS] [-s SEED]    makes that many
 *   fuzz-TARGET FILE...                      runs those that failed before
 */
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "../unit/chance.h"

enum { LONGEST = 256 };

static uint8_t input[LONGEST];
static size_t input_size;

/* Whatever ends the program, what it was given is kept. */
static void keep_input(void)
{
	FILE *file = fopen("fuzz-failed", "w");

	if (file && fwrite(input, 1, input_size, file) == input_size && !fclose(file))
		fprintf(stderr, "fuzz: the input is in ./fuzz-failed\n");
}

static void aborted(int signal)
{
	keep_input();
	_exit(128 + signal);
}

static void new_input(struct chance *chance)
{
	input_size = chance_below(chance, LONGEST + 1);
	for (size_t i = 0; i < input_size; i++)
		input[i] = chance_next(chance) >> 56;
}

static void change_input(struct chance *chance)
{
	unsigned int changes = 1 + chance_below(chance, 4);

	if (!input_size)
		return;
	while (changes--) {
		uint8_t *byte = &input[chance_below(chance, input_size)];

		if (chance_once_in(chance, 2))
			*byte ^= 1 << chance_below(chance, 8);
		else
			*byte = chance_next(chance) >> 56;
	}
}

static int run_file(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return 1;
	}
	input_size = fread(input, 1, sizeof(input), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(input, input_size);
}

static void run_many(uint64_t executions, uint64_t seed)
{
	struct chance chance = { seed };
	time_t start = time(NULL);

	for (uint64_t i = 0; i < executions; i++) {
		if (chance_once_in(&chance, 4))
			new_input(&chance);
		else
			change_input(&chance);
		LLVMFuzzerTestOneInput(input, input_size);
	}
	printf("%llu executions in %lld s, seed %llu: nothing found\n",
	       (unsigned long long)executions, (long long)(time(NULL) - start),
	       (unsigned long long)seed);
}

int main(int argc, char **argv)
{
	uint64_t executions = 200000, seed = 1;
	int option, failed = 0;

	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == 'n') {
			executions = strtoull(optarg, NULL, 0);
		} else if (option == 's') {
			seed = strtoull(optarg, NULL, 0);
		} else {
			fprintf(stderr, "usage: %s [-n EXECUTIONS] [-s SEED] [FILE...]\n", argv[0]);
			return 2;
		}
	}
	signal(SIGABRT, aborted);
	__sanitizer_set_death_callback(keep_input);
	for (int i = optind; i < argc; i++)
		failed |= run_file(argv[i]);
	if (optind == argc)
		run_many(executions, seed);
	return failed;
}
