// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user-level NVMe driver, small enough to read, and honest enough to use: several queue
 * pairs, interrupts or polling, large transfers, timeouts, and an end that leaves the drive
 * as it should be. From the bottom up:
 *
 *   spec.h          what the NVMe specification says
 *   ../vfio_device  what has nothing to do with NVMe
 *   pool, prp       memory for the drive, and how a command names it
 *   queue, wait     commands out, answers in
 *   registers       the controller on, off and shut down
 *   controller      its queues, its admin commands, and what to do when it does not answer
 *   namespace       blocks
 *   transfer, bench, tale    what main() has them do
 */
#include "bench.h"
#include "stop.h"
#include "tale.h"
#include "transfer.h"

#include "../story.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
	struct nvme_options nvme;
	struct bench_options bench;
	struct tale tale;
	uint32_t namespace;
	size_t size;		/* of a command; 0: not given */
	bool verbose;
	const char *bdf;
	char **words;		/* the command and its arguments */
	int count;
};

static void usage(FILE *stream)
{
	fprintf(stream,
"usage: nvme [OPTION]... BDF [COMMAND]\n"
"Drive the NVMe controller at PCI address BDF, bound to vfio-pci, through VFIO.\n"
"\n"
"  identify               what the drive is, and its namespaces\n"
"  read LBA COUNT FILE    read COUNT blocks from block LBA on into FILE\n"
"  verify LBA FILE        fail unless the blocks from LBA on are what is in FILE\n"
"  write LBA FILE         OVERWRITE the blocks from LBA on with FILE\n"
"  bench                  commands in a second, and how long each takes\n"
"Without a command: the whole way once, told line by line; only --write changes the drive.\n"
"\n"
"for all commands:\n"
"  -g, --group-path=PATH  the group's node (default: /dev/vfio/GROUP, from sysfs)\n"
"  -n, --namespace=N      (default: 1)\n"
"  -q, --queues=N         queue pairs (default: 1)\n"
"  -d, --depth=N          commands under way in each (default: 8)\n"
"  -s, --size=BYTES       of a command, at most; K and M are units (default: 128K, bench: 4K)\n"
"  -p, --poll             look for answers, without interrupts\n"
"  -i, --interrupt        sleep until the drive interrupts, by MSI-X (the default)\n"
"  -t, --timeout=MS       what is not answered by then is aborted (default: %d)\n"
"  -v, --verbose          say what happens on the way\n"
"for bench:\n"
"  -r, --random           anywhere on the drive, not block after block\n"
"      --overwrite        OVERWRITE the drive instead of reading it\n"
"      --ios=N            so many commands\n"
"      --seconds=N        so long (default: 5)\n"
"      --json             figures for programs\n"
"without a command:\n"
"  -e, --expect=LBA:TEXT  fail unless the %d KiB from block LBA on are the line\n"
"                         TEXT over and over, as 'yes TEXT' prints it\n"
"  -w, --write=LBA:TEXT   OVERWRITE the %d KiB from block LBA on with such lines\n"
"  -h, --help             this text\n"
"\n"
"exit status: 0 all went as it should, 1 something did not, 2 wrong usage\n",
		PATIENCE_MS, TALE_SIZE / 1024, TALE_SIZE / 1024);
}

/* Arguments. */

static void __attribute__((noreturn)) wrong_usage(void)
{
	usage(stderr);
	exit(2);
}

/* A number from @least to @most, with a unit if @units. */
static uint64_t parse_number(const char *text, uint64_t least, uint64_t most, bool units)
{
	unsigned int shift = 0;
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (units && (*end == 'K' || *end == 'M'))
		shift = *end++ == 'K' ? 10 : 20;
	if (errno || end == text || *end || *text == '-' || number > most >> shift ||
	    number << shift < least) {
		complain("'%s' is not a number from %llu to %llu", text,
			 (unsigned long long)least, (unsigned long long)most);
		wrong_usage();
	}
	return number << shift;
}

/* Splits "LBA:TEXT". */
static const char *parse_blocks(const char *argument, uint64_t *lba)
{
	char *end;

	*lba = strtoull(argument, &end, 0);
	if (end == argument || *argument == '-' || *end != ':' || !end[1]) {
		complain("'%s' is not LBA:TEXT", argument);
		wrong_usage();
	}
	return end + 1;
}

enum { OVERWRITE = 256, IOS, SECONDS, JSON };

static const struct option long_options[] = {
	{ "group-path", required_argument, NULL, 'g' },
	{ "namespace", required_argument, NULL, 'n' },
	{ "queues", required_argument, NULL, 'q' },
	{ "depth", required_argument, NULL, 'd' },
	{ "size", required_argument, NULL, 's' },
	{ "poll", no_argument, NULL, 'p' },
	{ "interrupt", no_argument, NULL, 'i' },
	{ "timeout", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "random", no_argument, NULL, 'r' },
	{ "overwrite", no_argument, NULL, OVERWRITE },
	{ "ios", required_argument, NULL, IOS },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "json", no_argument, NULL, JSON },
	{ "expect", required_argument, NULL, 'e' },
	{ "write", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void parse_option(struct arguments *args, int option)
{
	switch (option) {
	case 'g': args->nvme.group_path = optarg; break;
	case 'n': args->namespace = parse_number(optarg, 1, UINT32_MAX - 1, false); break;
	case 'q': args->nvme.queues = parse_number(optarg, 1, 1024, false); break;
	case 'd': args->nvme.depth = parse_number(optarg, 1, 65534, false); break;
	case 's': args->size = parse_number(optarg, 512, 1u << 30, true); break;
	case 'p': args->nvme.polled = true; break;
	case 'i': args->nvme.polled = false; break;
	case 't': args->nvme.timeout_ms = parse_number(optarg, 1, 3600000, false); break;
	case 'v': args->verbose = true; break;
	case 'r': args->bench.random = true; break;
	case OVERWRITE: args->bench.overwrite = true; break;
	case IOS: args->bench.ios = parse_number(optarg, 1, UINT64_MAX - 1, false); break;
	case SECONDS: args->bench.seconds = parse_number(optarg, 1, 86400, false); break;
	case JSON: args->bench.json = true; break;
	case 'e': args->tale.expected = parse_blocks(optarg, &args->tale.expect_lba); break;
	case 'w': args->tale.written = parse_blocks(optarg, &args->tale.write_lba); break;
	case 'h': usage(stdout); exit(0);
	default: wrong_usage();
	}
}

static void parse(struct arguments *args, int argc, char **argv)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "g:n:q:d:s:pit:vre:w:h", long_options, NULL);
		if (option == -1)
			break;
		parse_option(args, option);
	}
	if (argc == optind)
		wrong_usage();
	args->bdf = argv[optind];
	args->words = argv + optind + 1;
	args->count = argc - optind - 1;
}

/* Commands. */

static int open_file(const char *path, int flags, uint64_t *size)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		fail("cannot open %s: %s", path, strerror(errno));
	*size = status.st_size;
	return fd;
}

static bool do_identify(struct nvme *nvme, const struct arguments *args)
{
	(void)args;
	nvme_print_identity(nvme);
	return true;
}

static bool transfer_file(struct nvme *nvme, const struct arguments *args, enum transfer_kind kind)
{
	struct nvme_namespace ns = nvme_namespace(nvme, args->namespace);
	uint64_t lba = parse_number(args->words[1], 0, UINT64_MAX, false), bytes;
	const char *path = args->words[args->count - 1];
	int flags = kind == TRANSFER_READ ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY;
	int fd = open_file(path, flags, &bytes);
	bool well;

	if (kind == TRANSFER_READ)
		bytes = parse_number(args->words[2], 1, ns.blocks, false) * ns.block_size;
	well = nvme_transfer(nvme, &ns, kind, lba, bytes, fd);
	if (well && kind == TRANSFER_WRITE && nvme_flush(nvme, &ns)) {
		complain("the drive cannot write its cache back");
		well = false;
	}
	if (close(fd)) {
		complain("cannot write %s: %s", path, strerror(errno));
		well = false;
	}
	if (well)
		printf("%-10s %llu blocks at %llu, %llu bytes\n", args->words[0],
		       (unsigned long long)bytes / ns.block_size, (unsigned long long)lba,
		       (unsigned long long)bytes);
	return well;
}

static bool do_read(struct nvme *nvme, const struct arguments *args)
{
	return transfer_file(nvme, args, TRANSFER_READ);
}

static bool do_write(struct nvme *nvme, const struct arguments *args)
{
	return transfer_file(nvme, args, TRANSFER_WRITE);
}

static bool do_verify(struct nvme *nvme, const struct arguments *args)
{
	return transfer_file(nvme, args, TRANSFER_VERIFY);
}

static bool do_bench(struct nvme *nvme, const struct arguments *args)
{
	struct nvme_namespace ns = nvme_namespace(nvme, args->namespace);
	struct bench_options bench = args->bench;

	bench.size = args->size ? args->size : 4096;
	if (bench.size > nvme->max_transfer) {
		complain("a command of this drive moves at most %zu bytes", nvme->max_transfer);
		return false;
	}
	return nvme_bench(nvme, &ns, &bench);
}

static const struct command {
	const char *name;
	int arguments;
	bool (*run)(struct nvme *nvme, const struct arguments *args);
} commands[] = {
	{ "identify", 0, do_identify },
	{ "read", 3, do_read },
	{ "write", 2, do_write },
	{ "verify", 2, do_verify },
	{ "bench", 0, do_bench },
};

static const struct command *find_command(const struct arguments *args)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, args->words[0]) &&
		    commands[i].arguments == args->count - 1)
			return &commands[i];
	complain("'%s' is no command, or not with %d arguments", args->words[0], args->count - 1);
	wrong_usage();
}

static void tell(const struct arguments *args)
{
	struct nvme_options options = tale_options;
	struct nvme_namespace ns;
	struct nvme nvme;

	options.group_path = args->nvme.group_path;
	nvme_open(&nvme, args->bdf, &options);
	ns = nvme_namespace(&nvme, args->namespace);
	nvme_tell(&nvme, &ns, &args->tale);
	nvme_close(&nvme);
}

static bool run(const struct arguments *args)
{
	const struct command *command = find_command(args);
	struct nvme_options options = args->nvme;
	struct nvme nvme;
	bool well;

	if (args->size)
		options.max_transfer = args->size;
	if (!args->verbose)
		say_nothing();
	stop_on_signals();
	nvme_open(&nvme, args->bdf, &options);
	well = command->run(&nvme, args);
	/* Also if it did not go well: the drive is to be left as it should be. */
	nvme_close(&nvme);
	return well;
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.nvme = {
			.queues = 1, .depth = 8, .timeout_ms = PATIENCE_MS,
			.max_transfer = 128 << 10,
		},
		.bench = { .seconds = 5 },
		.namespace = 1,
	};

	parse(&args, argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (args.count)
		return run(&args) ? 0 : 1;
	tell(&args);
	return 0;
}
