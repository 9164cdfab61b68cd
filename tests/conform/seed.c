// SPDX-License-Identifier: GPL-2.0-only
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

unsigned int choose_seed(void)
{
	const char *given = getenv("SEED");
	unsigned int seed = given ? strtoul(given, NULL, 0) : (unsigned int)time(NULL);

	printf("# SEED=%u\n", seed);
	fflush(stdout);
	return seed;
}
