// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: eventfds that somebody else signals and we act on. INTx is unmasked by one
 * (Q2), ioeventfds write to the device by theirs (B8).
 *
 * A ring comes in whatever context the eventfd is signalled in, down to the interrupt
 * handler of another device, with the eventfd's own lock held. There nothing can sleep,
 * no eventfd may be signalled, and no lock may be waited for under which one is. So a
 * ring does what @now can do; else it leaves a mark and queues @later, a work of the
 * device, which looks for marks.
 *
 * Nothing here outlives vfio_pci_doorbell_clear(): it takes the wait entry away under
 * the eventfd's lock, so no ring is under way afterwards, and the work knows the device
 * but no doorbell. The reference to the eventfd keeps its wait queue, also when its last
 * file is closed. Then nobody is there to ring: the doorbell only notes that, and the
 * one who wants its place takes it.
 */
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/workqueue.h>

#include "doorbell.h"

static void ring(struct vfio_pci_doorbell *doorbell)
{
	if (doorbell->now && doorbell->now(doorbell))
		return;
	set_bit(VFIO_PCI_DOORBELL_RUNG, &doorbell->state);
	/* It may have to wait for a reset to end: not a work for a CPU's own pool. */
	queue_work(system_unbound_wq, doorbell->later);
}

/* Context: the eventfd's lock held, interrupts off. */
static int eventfd_event(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct vfio_pci_doorbell *doorbell = container_of(wait, struct vfio_pci_doorbell, wait);
	__poll_t events = key_to_poll(key);
	u64 rings;

	if (events & EPOLLHUP)
		set_bit(VFIO_PCI_DOORBELL_CLOSED, &doorbell->state);
	if (events & EPOLLIN && !test_bit(VFIO_PCI_DOORBELL_CLOSED, &doorbell->state)) {
		/* Ours to take: the count must not fill up and block who rings. */
		eventfd_ctx_do_read(doorbell->event, &rings);
		ring(doorbell);
	}
	return 0;
}

/* poll() is how one gets at the wait queue of a file. */
struct listener {
	poll_table table;
	struct vfio_pci_doorbell *doorbell;
};

static void listen(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct listener *listener = container_of(table, struct listener, table);

	add_wait_queue(queue, &listener->doorbell->wait);
}

/**
 * vfio_pci_doorbell_set() - listen to an eventfd
 * @doorbell: not set; its @now and @later set
 * @fd: file descriptor of the eventfd. If it has been signalled already, it rings.
 *
 * Context: Process context, under the owner's lock.
 * Return: 0; -EBADF if nothing is open there, -EINVAL if that is no eventfd.
 */
int vfio_pci_doorbell_set(struct vfio_pci_doorbell *doorbell, int fd)
{
	struct listener listener = { .doorbell = doorbell };
	struct file *file = eventfd_fget(fd);

	if (IS_ERR(file))
		return PTR_ERR(file);
	doorbell->event = eventfd_ctx_fileget(file);
	doorbell->state = 0;
	init_waitqueue_func_entry(&doorbell->wait, eventfd_event);
	init_poll_funcptr(&listener.table, listen);
	if (vfs_poll(file, &listener.table) & EPOLLIN)
		ring(doorbell);
	fput(file);
	return 0;
}

/**
 * vfio_pci_doorbell_clear() - stop listening
 * @doorbell: set or not
 *
 * When it returns no ring is under way. @later may be, or be queued: it finds no mark.
 *
 * Context: Process context, under the owner's lock.
 */
void vfio_pci_doorbell_clear(struct vfio_pci_doorbell *doorbell)
{
	u64 rings;

	if (!doorbell->event)
		return;
	eventfd_ctx_remove_wait_queue(doorbell->event, &doorbell->wait, &rings);
	eventfd_ctx_put(doorbell->event);
	doorbell->event = NULL;
	doorbell->state = 0;
}

/**
 * vfio_pci_doorbell_is_set() - can it ring?
 * @doorbell: any
 *
 * Context: under the owner's lock.
 * Return: false also for one whose eventfd was closed meanwhile.
 */
bool vfio_pci_doorbell_is_set(struct vfio_pci_doorbell *doorbell)
{
	return doorbell->event && !test_bit(VFIO_PCI_DOORBELL_CLOSED, &doorbell->state);
}

/**
 * vfio_pci_doorbell_take_ring() - has it rung since the last time?
 * @doorbell: any
 *
 * Context: the work, under the owner's lock.
 * Return: true if it has, and that is now taken care of by the caller.
 */
bool vfio_pci_doorbell_take_ring(struct vfio_pci_doorbell *doorbell)
{
	return test_and_clear_bit(VFIO_PCI_DOORBELL_RUNG, &doorbell->state);
}
