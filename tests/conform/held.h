/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory that keeps waiting whoever touches it, the kernel in the middle of a call
 * included, so that a test can do something meanwhile.
 */
#ifndef CONFORM_HELD_H
#define CONFORM_HELD_H

struct held {
	int faults;	/* userfaultfd */
	void *page;
};

/* What the page had is gone. The test is skipped if the kernel has no userfaultfd. */
struct held hold_page(void *page);

/* Waits until somebody waits for the page. */
void held_await(const struct held *held);

/* Gives the page, of zeros, to whoever waits for it. */
void held_release(struct held *held);

#endif
