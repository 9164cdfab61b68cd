// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other processes of a test: forked, unprivileged, killed, handed descriptors.
 */
#include "process.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"
#include "vfio.h"

enum { NOBODY = 65534 };

pid_t start_child(void (*run)(void *), void *argument)
{
	pid_t child;

	fflush(NULL);
	child = OK(fork());
	if (!child) {
		run(argument);
		_exit(0);
	}
	return child;
}

void finish_child(pid_t child)
{
	int status;

	EQUAL(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		FAIL("a child was killed by signal %d", WTERMSIG(status));
	/* The child that failed has told why. */
	if (WEXITSTATUS(status))
		FAIL("a child exited with status %d", WEXITSTATUS(status));
}

bool still_waiting(pid_t child)
{
	usleep(100000);
	return !waitpid(child, NULL, WNOHANG);
}

void in_child(void (*run)(void *), void *argument)
{
	finish_child(start_child(run, argument));
}

void kill_child(pid_t child)
{
	OK(kill(child, SIGKILL));
	EQUAL(waitpid(child, NULL, 0), child);
}

void drop_privileges(void)
{
	OK(setgroups(0, NULL));
	OK(setresgid(NOBODY, NOBODY, NOBODY));
	OK(setresuid(NOBODY, NOBODY, NOBODY));
	/* Its own /proc/self files stay readable. */
	OK(prctl(PR_SET_DUMPABLE, 1));
}

void drop_privileges_with_memlock(size_t limit)
{
	struct rlimit memlock = { .rlim_cur = limit, .rlim_max = limit };

	OK(setrlimit(RLIMIT_MEMLOCK, &memlock));
	drop_privileges();
}

size_t locked_pages(void)
{
	long long kilobytes = text_field("/proc/self/status", "VmLck:");

	CHECK(kilobytes >= 0);
	return kilobytes * 1024 / page_size();
}

void pass_turn(int pipe_end)
{
	EQUAL(write(pipe_end, "t", 1), 1);
}

void await_turn(int pipe_end)
{
	char byte;

	EQUAL(read(pipe_end, &byte, 1), 1);
}

union descriptor_message {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static struct msghdr descriptor_header(struct iovec *data, union descriptor_message *control)
{
	return (struct msghdr) {
		.msg_iov = data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(*control),
	};
}

void send_fd(int socket, int fd)
{
	char byte = 'f';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union descriptor_message control = {
		.header = {
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)),
		},
	};
	struct msghdr message = descriptor_header(&data, &control);

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	EQUAL(sendmsg(socket, &message, 0), 1);
}

int receive_fd(int socket)
{
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union descriptor_message control = {};
	struct msghdr message = descriptor_header(&data, &control);
	int fd;

	EQUAL(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	EQUAL(control.header.cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}
