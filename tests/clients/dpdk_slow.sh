# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# DPDK behind the IOMMU: every combination of card, user and memory that dpdk.sh leaves out,
# and several processes.

. "$top/tests/clients/dpdk_common.sh"
client "DPDK, the slower tests" dpdk-dev

# exchanges KIND USER [EAL's options]
exchanges() {
	local runs=()
	[ "$2" = root ] || runs=("${unprivileged[@]}")
	pair "$1" --user "$2"
	both "${runs[@]}" "${testpmd[@]}" "${@:3}"
	ready pmd
	exchange pmd
	quit pmd
}

test_dpdk_slow_e1000e_without_huge_pages() {
	exchanges e1000e root --no-huge
}

test_dpdk_slow_e1000e_as_user() {
	exchanges e1000e nobody
}

test_dpdk_slow_e1000e_as_user_without_huge_pages() {
	exchanges e1000e nobody --no-huge
}

test_dpdk_slow_virtio() {
	exchanges virtio root
}

test_dpdk_slow_virtio_without_huge_pages() {
	exchanges virtio root --no-huge
}

test_dpdk_slow_virtio_as_user() {
	exchanges virtio nobody
}

test_dpdk_slow_virtio_killed_and_again_at_once() {
	pair virtio --user nobody
	both "${unprivileged[@]}" "${testpmd[@]}"
	ready pmd
	loop pmd
	kill_hard pmd
	both "${unprivileged[@]}" "${testpmd[@]}"
	ready pmd
	exchange pmd
	quit pmd
}

# Each process has one end of the wire. One is killed; the other goes on, and the first again.
test_dpdk_slow_two_processes_with_two_devices() {
	pair e1000e
	begin left "${testpmd[@]}" --file-prefix left -a "$one" -- -i --total-num-mbufs=2048
	ready left
	begin right "${testpmd[@]}" --file-prefix right -a "$two" -- -i --total-num-mbufs=2048
	ready right
	crosses left right
	crosses right left
	kill_hard left
	begin left "${testpmd[@]}" --file-prefix left -a "$one" -- -i --total-num-mbufs=2048
	ready left
	crosses right left
	crosses left right
	quit left
	quit right
}

# crosses FROM TO: what the port of one testpmd sends, that of the other receives.
crosses() {
	ask "$1" clear port stats all
	ask "$2" clear port stats all
	ask "$2" set fwd rxonly
	ask "$2" start
	send "$1"
	until_received "$2" 0 128
	ask "$2" stop
	ask "$1" stop
	[ "$(packets "$1" 0 TX) $(packets "$2" 0 RX)" = "128 128" ] || fail "from $1 to $2: $(cat "$work/out")"
}

# Another process has the descriptors of the first one's devices sent and reads the cards'
# counters itself.
test_dpdk_slow_secondary_process_reads_the_counters() {
	pair e1000e
	both "${testpmd[@]}"
	ready pmd
	exchange pmd
	status 0 timeout 300 dpdk-proc-info -- --stats
	[ "$(grep -c "RX-packets: *[1-9]" "$work/out")" = 2 ] || fail "no counters: $(cat "$work/out")"
	loop pmd
	ask pmd stop
	quit pmd
}

# l2fwd has an end of the e1000e cards' wire and an end of the virtio cards' wire, and hands on
# what it receives with its own address; testpmd sends and receives at the other ends.
test_dpdk_slow_l2fwd_between_e1000e_and_virtio() {
	local near far
	near=$(e1000e 1) far=$(virtio 2)
	vfioctl bind "$near" "$(e1000e 2)" "$(virtio 1)" "$far"
	begin forward l2fwd -l 0,1 -m 64 --file-prefix forward -a "$(e1000e 2)" -a "$(virtio 1)" -- -P -p 0x3 -q 2 -T 0
	said forward "entering main loop on lcore"
	begin pmd "${testpmd[@]}" --file-prefix pmd -a "$near" -a "$far" -- -i --total-num-mbufs=2048
	ready pmd
	ask pmd set verbose 1
	send pmd
	until_received pmd 0 128
	until_received pmd 1 128
	ask pmd stop
	handed_on 52:54:00:00:01:01 02:00:00:00:00:00
	handed_on 52:54:00:00:02:00 02:00:00:00:00:01
	quit pmd
	kill -INT "$(process forward)"
	ended forward 0
}

# handed_on SOURCE DESTINATION: 128 packets came with these addresses.
handed_on() {
	local count
	count=$(grep -ciE "src=$1 - dst=$2" "$work/pmd.out") || true
	[ "$count" = 128 ] || fail "$count from $1: $(grep -m 3 "src=" "$work/pmd.out")"
}

test_dpdk_slow_unplugged_and_plugged_again() {
	one=$(e1000e 3) two=$(e1000e 4)
	vfioctl bind "$one" "$two"
	both "${testpmd[@]}"
	ready pmd
	loop pmd
	ask pmd stop
	quit pmd
	monitor device_del nic31
	until_gone "/sys/bus/pci/devices/$two"
	monitor device_add e1000e,id=nic31,netdev=wire31,bus=port1,mac=52:54:00:00:03:01
	until_there "/sys/bus/pci/devices/$two/iommu_group"
	vfioctl bind "$two"
	both "${testpmd[@]}"
	ready pmd
	exchange pmd
	quit pmd
}

# The limit of a login on Debian, 8 MiB: less than the memory that is to be mapped.
test_dpdk_slow_as_user_without_a_memory_limit_is_refused() {
	local word
	pair virtio --user nobody
	# testpmd goes on with no port, until the end of its input.
	status 0 timeout 300 prlimit --memlock=$((8 << 20)) setpriv --reuid=nobody --regid=nogroup --clear-groups \
		"${testpmd[@]}" --no-huge -a "$one" -a "$two" -- --total-num-mbufs=2048 </dev/null
	cat "$work/out" "$work/err" >"$work/said"
	for word in "error 12 (Cannot allocate memory)" "No probed ethernet devices"; do
		grep -qF "$word" "$work/said" || fail "testpmd says $(cat "$work/said")"
	done
}
