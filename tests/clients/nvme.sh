# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# The NVMe driver of examples/, as an unprivileged user, on the machine clients-nvme. What it
# wrote is read by the kernel's own driver, and the other way round.

printf 'client\texamples/nvme\tof this checkout\n' >>"$facts"
program=$top/build/examples/nvme
modprobe nvme

usual=0000:01:00.0 few=0000:02:00.0 bad=0000:03:00.0
# What the program may lock; the default of a login.
limit=8192

# as_nobody COMMAND...: as nobody and with that limit, in this shell's place.
as_nobody() {
	ulimit -l $limit
	exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}
# The program in the background, where it is $!; and in the foreground, not for ever.
be_nvme() { as_nobody "$program" "$@"; }
nvme() { (as_nobody timeout "${patience:-300}" "$program" "$@"); }

# to_user BDF: the drive is nobody's until the test ends, or to_host.
to_user() {
	disk_of "$1" "${2:-1}" >/dev/null
	vfioctl bind --user nobody "$1"
	# shellcheck disable=SC2064 # this drive
	trap "vfioctl restore $1" EXIT
}
to_host() { vfioctl restore "$1"; trap - EXIT; }

# some_data FILE KIBYTES: of which no two blocks are alike, and that nobody can read.
some_data() {
	head -c "$(($2 * 1024))" /dev/urandom >"$1"
	chmod 644 "$1"
}
# Folders that nobody may reach, and write to.
scratch() { chmod 711 "$work"; install -d -m 777 "$work/scratch"; echo "$work/scratch"; }

# host_has DISK BYTE FILE: the kernel's driver reads the file's content there.
host_has() {
	dd if="$1" of="$work/host" bs=64K iflag=direct,skip_bytes,count_bytes skip="$2" \
		count="$(stat -c %s "$3")" status=none
	cmp "$work/host" "$3" || fail "$1 does not have $3 at $2"
}

# there_and_back OPTION...: both ways, between the host's driver and the program.
there_and_back() {
	local dir disk
	dir=$(scratch)
	some_data "$dir/ours" 3072
	some_data "$dir/theirs" 1024
	disk=$(disk_of $usual)
	dd if="$dir/theirs" of="$disk" bs=64K oflag=direct status=none
	to_user $usual
	status 0 nvme $usual verify 0 "$dir/theirs" "$@"
	status 0 nvme $usual read 0 2048 "$dir/read" "$@"
	cmp "$dir/theirs" "$dir/read" || fail "read something else"
	status 0 nvme $usual write 8192 "$dir/ours" "$@"
	says "write      6144 blocks at 8192, 3145728 bytes"
	status 0 nvme $usual verify 8192 "$dir/ours" "$@"
	to_host $usual
	disk=$(disk_of $usual)
	host_has "$disk" $((8192 * 512)) "$dir/ours"
	host_has "$disk" 0 "$dir/theirs"
}

test_nvme_interrupts_both_ways() {
	there_and_back --interrupt
}

test_nvme_polled_both_ways() {
	there_and_back --poll
}

test_nvme_depth_32_on_four_queues() {
	there_and_back --queues 4 --depth 32 --size 16K
}

test_nvme_polled_depth_32_on_four_queues() {
	there_and_back --poll --queues 4 --depth 32 --size 16K
}

test_nvme_one_command_at_a_time() {
	there_and_back --depth 1 --size 512K
}

test_nvme_tells_its_tale() {
	to_user $usual
	# As little as it needs.
	ulimit -l 64
	status 0 "${tracer[@]}" setpriv --reuid=nobody --regid=nogroup --clear-groups "$program" $usual
	tally examples/nvme
	says "4096 of 4096 bytes untouched: blocked"
}

test_nvme_large_transfers() {
	local dir size disk
	dir=$(scratch) limit=65536
	some_data "$dir/data" 12288
	to_user $few 3
	# Of 4 MiB: the list of pages takes two pages, linked.
	for size in 4M 2M 1028K 4K; do
		status 0 nvme $few write 256 "$dir/data" --size $size --depth 2
		status 0 nvme $few verify 256 "$dir/data" --size $size --depth 3 --poll
	done
	status 0 nvme $few write 1000 "$dir/data" --namespace 3 --size 4M --depth 2
	to_host $few
	host_has "$(disk_of $few 1)" $((256 * 4096)) "$dir/data"
	host_has "$(disk_of $few 3)" $((1000 * 512)) "$dir/data"
}

test_nvme_large_transfers_are_cut_to_what_the_drive_takes() {
	local dir
	dir=$(scratch) limit=65536
	some_data "$dir/data" 3000
	to_user $usual
	status 0 nvme $usual write 7 "$dir/data" --size 4M
	status 0 nvme $usual verify 7 "$dir/data" --size 64K
	status 1 nvme $usual bench --size 1M
	complains "at most 524288 bytes"
}

test_nvme_any_number_of_blocks() {
	local dir blocks
	dir=$(scratch)
	to_user $usual
	for blocks in 1 3 255 257; do
		head -c $((blocks * 512)) /dev/urandom >"$dir/data"
		status 0 nvme $usual write $((262144 - blocks)) "$dir/data"
		status 0 nvme $usual verify $((262144 - blocks)) "$dir/data" --poll
	done
	status 1 nvme $usual write 262144 "$dir/data"
	complains "are not all on the drive, which has 262144"
	head -c 700 /dev/urandom >"$dir/data"
	status 1 nvme $usual write 0 "$dir/data"
	complains "700 bytes are not a number of 512-byte blocks"
}

test_nvme_verify_finds_a_difference() {
	local dir
	dir=$(scratch)
	some_data "$dir/data" 64
	to_user $usual
	status 0 nvme $usual write 0 "$dir/data"
	printf x | dd of="$dir/data" bs=1 seek=$((37 * 512 + 5)) conv=notrunc status=none
	printf y | dd of="$dir/data" bs=1 seek=$((37 * 512 + 6)) conv=notrunc status=none
	status 1 nvme $usual verify 0 "$dir/data"
	complains "block 37 is not as in the file, from its byte"
}

test_nvme_identify() {
	to_user $few 3
	status 0 nvme $few identify
	says "serial     few"
	says "namespace  1: 32768 blocks of 4096 bytes, 128 MiB"
	says "namespace  3: 262144 blocks of 512 bytes, 128 MiB"
	says "transfer   up to 4096 KiB"
	status 1 nvme $few read 0 1 /dev/null --namespace 2
	complains "namespace 2 is not active"
	status 1 nvme $few read 0 1 /dev/null --namespace 300
	complains "there is no namespace 300"
}

# bench OPTION...: 2000 commands; the figures are in $work/out.
bench() { status 0 nvme $usual bench --json --random --ios 2000 "$@"; }
holds() { jq -e "$1" "$work/out" >/dev/null || fail "does not hold: $1 in $(cat "$work/out")"; }

test_nvme_bench_by_interrupt() {
	to_user $usual
	bench --depth 32 --queues 3
	holds '.ios == 2000 and .interrupts > 0 and .wakes > 0 and .looks == 0'
	holds '.latency_ns | .least <= .p50 and .p50 <= .p99 and .p99 <= .most'
	bench --depth 1
	holds '.ios == 2000 and .interrupts > 0'
}

test_nvme_bench_polled() {
	to_user $usual
	bench --poll --depth 32 --queues 3
	holds '.ios == 2000 and .interrupts == 0 and .wakes == 0'
	status 0 nvme $usual bench --poll --seconds 1
	says "polled"
	says "IOPS"
}

# Never judged by time: the figures are told, and bench/nvme counts instructions.
test_nvme_beside_the_kernels_driver() {
	local disk depth mode words='"\(.iops | floor) IOPS, of 50 % the latency is up to \(.p50 / 1000 | floor) us, of 99 % \(.p99 / 1000 | floor)"'
	disk=$(disk_of $usual)
	for depth in 1 32; do
		status 0 fio --name=beside --filename="$disk" --size=128M --direct=1 --rw=randread --bs=4k \
			--ioengine=io_uring --iodepth=$depth --number_ios=2000 --output-format=json
		told "kernel's driver, fio with io_uring, depth $depth: $(jq -r ".jobs[0].read | {iops,
			p50: .clat_ns.percentile[\"50.000000\"], p99: .clat_ns.percentile[\"99.000000\"]} | $words" "$work/out")"
	done
	to_user $usual
	for mode in --interrupt --poll; do
		for depth in 1 32; do
			bench $mode --depth $depth
			told "examples/nvme $mode, depth $depth: $(jq -r "{iops, p50: .latency_ns.p50, p99: .latency_ns.p99} | $words" "$work/out")"
		done
	done
}

test_nvme_ended_by_a_signal() {
	local runner got=0
	to_user $usual
	be_nvme $usual bench --seconds 3000 --verbose >"$work/out" 2>"$work/err" &
	runner=$!
	until_says "$work/out" "^queues"
	sleep 1
	kill -TERM $runner
	wait $runner || got=$?
	[ $got -eq 0 ] || fail "ended with $got: $(cat "$work/err")"
	says "IOPS"
	says "$usual and its group are free again"
}

test_nvme_second_process_is_told_who_has_the_group() {
	local runner
	to_user $usual
	be_nvme $usual bench --seconds 3000 --verbose >"$work/first" 2>&1 &
	runner=$!
	until_says "$work/first" "^queues"
	status 1 nvme $usual identify
	complains "Device or resource busy"
	complains "this one is held by process $runner (nvme)"
	status 1 "$program" $usual identify
	complains "held by process $runner (nvme)"
	# One who may open the group but look into nobody's processes.
	chmod 666 "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$usual/iommu_group)")"
	status 1 setpriv --reuid=daemon --regid=daemon --clear-groups "$program" $usual identify
	complains "a process of another user"
	kill -0 $runner || fail "the first one is gone: $(cat "$work/first")"
	kill -TERM $runner
	wait $runner
}

test_nvme_two_processes_with_two_drives() {
	local runner
	to_user $usual
	vfioctl bind --user nobody $few
	trap "vfioctl restore --all" EXIT
	be_nvme $usual bench --random --ios 3000 --depth 16 >"$work/first" 2>&1 &
	runner=$!
	status 0 nvme $few bench --random --ios 3000 --depth 16 --queues 2
	wait $runner || fail "the first: $(cat "$work/first")"
}

test_nvme_killed_and_again_at_once() {
	local dir runner tries=0
	dir=$(scratch)
	some_data "$dir/data" 1024
	to_user $usual
	for options in "--depth 32" "--depth 32 --poll" "--depth 8 --queues 4 --size 128K" "--depth 1"; do
		# shellcheck disable=SC2086 # several options
		be_nvme $usual bench --overwrite --random --seconds 3000 --verbose $options >"$work/first" 2>&1 &
		runner=$!
		until_says "$work/first" "^queues"
		sleep "0.$((tries += 2))"
		kill -KILL $runner
		wait $runner || true
		status 0 nvme $usual write 0 "$dir/data"
		status 0 nvme $usual verify 0 "$dir/data" --poll
	done
	to_host $usual
	host_has "$(disk_of $usual)" 0 "$dir/data"
}

# throttle BYTES: the drive reads so many bytes in a second; 0: as fast as it can.
throttle() { monitor block_set_io_throttle disk 0 "$1" 0 0 0 0 >/dev/null; }

test_nvme_drive_that_does_not_answer() {
	local dir
	dir=$(scratch)
	some_data "$dir/data" 1024
	to_user $usual
	status 0 nvme $usual write 0 "$dir/data"
	throttle 1
	trap "throttle 0; vfioctl restore $usual" EXIT
	for mode in --interrupt --poll; do
		status 1 nvme $usual verify 0 "$dir/data" --timeout 2000 --queues 2 --size 16K $mode
		complains "was not answered in 2000 ms; aborting it"
		complains "resetting the controller"
		complains "the controller is ready again"
		complains "no answer in time, and lost when the controller was reset"
		status 1 nvme $usual bench --timeout 2000 --depth 4 --ios 100 $mode
		complains "the controller is ready again"
	done
	throttle 0
	status 0 nvme $usual verify 0 "$dir/data" --timeout 30000
}

# The first try is lost with the controller's reset, which makes the drive forget what it waits for.
test_nvme_lost_commands_are_given_again() {
	local dir runner got=0
	dir=$(scratch)
	some_data "$dir/data" 1024
	to_user $usual
	status 0 nvme $usual write 0 "$dir/data"
	throttle 1
	trap "throttle 0; vfioctl restore $usual" EXIT
	be_nvme $usual verify 0 "$dir/data" --timeout 20000 --queues 2 --size 16K >"$work/out" 2>"$work/err" &
	runner=$!
	until_says "$work/err" "resetting the controller" 600
	throttle 0
	wait $runner || got=$?
	[ $got -eq 0 ] || fail "ended with $got: $(cat "$work/err")"
	says "verify     2048 blocks at 0"
}

test_nvme_errors_of_the_drive_in_words() {
	local dir
	dir=$(scratch)
	to_user $bad
	status 0 nvme $bad read 0 4096 "$dir/read" --size 64K
	status 1 nvme $bad read 0 8192 "$dir/read" --size 64K
	complains "cannot read 128 blocks at 4096: the medium cannot be read"
	# All the others are as readable as before.
	status 0 nvme $bad read 4224 1000 "$dir/read"
}

test_nvme_what_the_controller_does_not_have() {
	to_user $few 3
	status 1 nvme $few identify --queues 3
	complains "has 3 MSI-X vectors, and 3 queues and the admin queue want 4"
	status 1 nvme $few identify --queues 3 --poll
	complains "grants 2 submission and 2 completion queues; 3 were wanted"
	status 0 nvme $few bench --ios 500 --queues 2
	status 1 nvme $few identify --depth 5000
	complains "the depth can be at most 2047"
	limit=65536 status 0 nvme $few bench --ios 5000 --depth 2047 --size 4K --poll
}

test_nvme_what_the_user_may_not() {
	to_user $usual
	chown root "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$usual/iommu_group)")"
	status 1 nvme $usual identify
	complains "Permission denied"
	complains "chown USER /dev/vfio/"
	chown nobody "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$usual/iommu_group)")"
	limit=64 status 1 nvme $usual bench --depth 64
	complains "RLIMIT_MEMLOCK"
	status 0 nvme $usual identify
}

test_nvme_wrong_usage() {
	status 2 "$program"
	status 2 "$program" $usual fly
	complains "'fly' is no command"
	status 2 "$program" $usual read 0
	status 2 "$program" $usual bench --depth 0
	complains "'0' is not a number from 1"
	status 2 "$program" $usual bench --size 5G
	status 0 "$program" --help
}

blocked() { dmesg | grep -c 'DMAR:.*fault addr' || true; }

# Through everything that a program can do with the drive, and that can happen to it, no
# address is named to the drive that is not mapped. The tale names one: it would be seen.
test_nvme_names_only_mapped_memory() {
	local before runner size
	to_user $usual
	before=$(blocked)
	for size in 512 4K 12K 512K; do
		limit=65536 nvme $usual bench --random --ios 300 --size $size --depth 32 --queues 2
		limit=65536 nvme $usual bench --overwrite --ios 300 --size $size --depth 32 --poll
	done
	throttle 1
	trap "throttle 0; vfioctl restore $usual" EXIT
	status 1 nvme $usual bench --timeout 1000 --depth 32 --queues 2
	throttle 0
	be_nvme $usual bench --random --overwrite --seconds 3000 --depth 32 --verbose >"$work/first" 2>&1 &
	runner=$!
	until_says "$work/first" "^queues"
	sleep 1
	kill -KILL $runner
	wait $runner || true
	status 0 nvme $usual bench --ios 100
	[ "$(blocked)" = "$before" ] || fail "blocked: $(dmesg | grep 'DMAR:.*fault addr' | tail -n 3)"
	status 0 nvme $usual
	[ "$(blocked)" -gt "$before" ] || fail "the tale's blocked transfer is not in the log either"
}
