// SPDX-License-Identifier: GPL-2.0-only
#include "registers.h"

#include "../story.h"
#include "../vfio_device.h"
#include "spec.h"

#include <stdio.h>
#include <time.h>

size_t doorbell(uint64_t cap, unsigned int n)
{
	return NVME_DOORBELLS + n * ((size_t)4 << NVME_CAP_DSTRD(cap));
}

void set_admin_queue(volatile void *bar, unsigned int entries, uint64_t sq, uint64_t cq)
{
	mmio_write32(bar, NVME_AQA, (entries - 1) << 16 | (entries - 1));
	mmio_write64(bar, NVME_ASQ, sq);
	mmio_write64(bar, NVME_ACQ, cq);
}

bool controller_gone(const volatile void *bar)
{
	return mmio_read32(bar, NVME_CSTS) == NVME_CSTS_GONE;
}

const char *controller_state(const volatile void *bar)
{
	static char text[80];
	uint32_t status = mmio_read32(bar, NVME_CSTS);

	if (status == NVME_CSTS_GONE)
		return "the controller is gone: its registers read as ones";
	snprintf(text, sizeof(text), "the controller is %s%s, status 0x%x",
		 status & NVME_CSTS_READY ? "ready" : "not ready",
		 status & NVME_CSTS_FATAL ? " and has a fatal error" : "", status);
	return text;
}

/* Wait for the bits of @mask in CSTS to be @value. */
static void wait_for(const volatile void *bar, uint32_t mask, uint32_t value, unsigned int ms,
		     const char *what)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	/* Counted in looks, not by the clock: on a busy machine they are further apart. */
	for (unsigned int waited = 0; waited <= ms; waited++) {
		uint32_t status = mmio_read32(bar, NVME_CSTS);

		if (status == NVME_CSTS_GONE)
			break;
		if ((status & mask) == value)
			return;
		nanosleep(&millisecond, NULL);
	}
	fail("the controller does not become %s in %u ms: %s", what, ms, controller_state(bar));
}

static unsigned int timeout_ms(uint64_t cap)
{
	/* A controller that says zero is given one unit. */
	return NVME_CAP_TO(cap) ? NVME_CAP_TO(cap) * 500 : 500;
}

static unsigned int log2_of(size_t value)
{
	return __builtin_ctzll(value);
}

void controller_enable(volatile void *bar, uint64_t cap, size_t page)
{
	/* The rings are to be empty in memory before the controller looks at them. */
	dma_barrier();
	mmio_write32(bar, NVME_CC, NVME_CC_ENABLE | NVME_CC_PAGE(log2_of(page)) |
		     NVME_CC_SQ_ENTRY_64 | NVME_CC_CQ_ENTRY_16);
	wait_for(bar, NVME_CSTS_READY, NVME_CSTS_READY, timeout_ms(cap), "ready");
}

void controller_disable(volatile void *bar, uint64_t cap)
{
	mmio_write32(bar, NVME_CC, mmio_read32(bar, NVME_CC) & ~NVME_CC_ENABLE);
	wait_for(bar, NVME_CSTS_READY, 0, timeout_ms(cap), "idle");
}

void controller_shutdown(volatile void *bar, uint64_t cap, uint32_t us)
{
	unsigned int ms = us / 1000 > timeout_ms(cap) ? us / 1000 : timeout_ms(cap);

	/* 7.6.2: the drive writes its caches back. */
	mmio_write32(bar, NVME_CC, mmio_read32(bar, NVME_CC) | NVME_CC_SHUTDOWN);
	wait_for(bar, NVME_CSTS_SHUTDOWN, NVME_CSTS_SHUTDOWN_DONE, ms, "shut down");
}
