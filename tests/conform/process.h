/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other processes of a test: forked, unprivileged, killed, handed descriptors.
 */
#ifndef CONFORM_PROCESS_H
#define CONFORM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Runs the function in a child, which fails the whole test if it fails. */
void in_child(void (*run)(void *), void *argument);

/* The two halves of it. */
pid_t start_child(void (*run)(void *), void *argument);
void finish_child(pid_t child);

/* It has not ended, after a moment for what wrongly does not wait. */
bool still_waiting(pid_t child);

void kill_child(pid_t child);

/* Root becomes nobody: no capability is left. For children; there is no way back. */
void drop_privileges(void);

/* The same with RLIMIT_MEMLOCK set on the way, in bytes. */
void drop_privileges_with_memlock(size_t limit);

/* VmLck of this process, in pages. */
size_t locked_pages(void);

/* One byte each way between processes, to take turns. The pipe is made with pipe(). */
void pass_turn(int pipe_end);
void await_turn(int pipe_end);

/* A descriptor over a Unix socket. */
void send_fd(int socket, int fd);
int receive_fd(int socket);

#endif
