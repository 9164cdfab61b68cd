/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test leaves behind: drivers and parameters are put back, anything that
 * should have gone with the test's processes and did not is a failure.
 */
#ifndef CONFORM_LEFTOVERS_H
#define CONFORM_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

/* The state every test starts from. */
void leftovers_remember(void);

/* Called when all processes of a test are gone; true, with words, when something stays. */
bool leftovers(char *words, size_t size);

/* Pages pinned for DMA in the whole machine and not given back. */
long long pinned_pages(void);

#endif
