// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages held back by a userfaultfd.
 */
#include "held.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

enum { PAGE = 4096, PATIENCE_MS = 50000 };

struct held hold_page(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)page, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct held held = { .page = page };

	/* Without O_NONBLOCK it cannot be polled. */
	held.faults = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (held.faults < 0 && errno == ENOSYS)
		skip("the kernel has no userfaultfd");
	OK(held.faults);
	OK(ioctl(held.faults, UFFDIO_API, &api));
	OK(madvise(page, PAGE, MADV_DONTNEED));
	OK(ioctl(held.faults, UFFDIO_REGISTER, &range));
	return held;
}

void held_await(const struct held *held)
{
	struct pollfd ready = { .fd = held->faults, .events = POLLIN };
	struct uffd_msg message;

	EQUAL(OK(poll(&ready, 1, PATIENCE_MS)), 1);
	EQUAL(read(held->faults, &message, sizeof(message)), sizeof(message));
	EQUAL(message.event, UFFD_EVENT_PAGEFAULT);
}

void held_release(struct held *held)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)held->page, .len = PAGE },
	};

	OK(ioctl(held->faults, UFFDIO_ZEROPAGE, &zero));
	OK(close(held->faults));
}
