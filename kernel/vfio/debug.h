/* SPDX-License-Identifier: GPL-2.0-only */
/* What debugfs shows an administrator: docs/abi.md. */
#ifndef OPENVFIO_DEBUG_H
#define OPENVFIO_DEBUG_H

#include <linux/fs.h>
#include <linux/seq_file.h>
#include <vfio.h>

struct vfio_container;

/*
 * Who is linked to whom, and who opened what, changes under this lock beside those of
 * docs/locking.md, which whoever reads debugfs could have to wait for too long.
 */
extern spinlock_t vfio_shown_lock;

void vfio_debug_init(void);
void vfio_debug_exit(void);

void vfio_note_opener(struct vfio_opener *opener);
void vfio_show_comm(struct seq_file *seq, const struct vfio_opener *opener);

void vfio_debug_add_device(struct vfio_device *device);
void vfio_debug_remove_device(struct vfio_device *device);
void vfio_debug_add_container(struct vfio_container *container);
void vfio_debug_remove_container(struct vfio_container *container);

extern const struct file_operations vfio_debug_containers_fops;
extern const struct file_operations vfio_debug_mappings_fops;

#endif
