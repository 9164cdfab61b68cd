# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# DPDK from Debian's package, behind the IOMMU.

. "$top/tests/clients/dpdk_common.sh"
client DPDK dpdk-dev

test_dpdk_e1000e() {
	pair e1000e
	both "${tracer[@]}" "${testpmd[@]}"
	ready pmd
	exchange pmd
	quit pmd
	tally DPDK
}

test_dpdk_virtio_as_user_without_huge_pages() {
	pair virtio --user nobody
	both "${unprivileged[@]}" "${testpmd[@]}" --no-huge
	ready pmd
	exchange pmd
	quit pmd
}

test_dpdk_e1000e_killed_and_again_at_once() {
	pair e1000e
	for _ in 1 2; do
		both "${testpmd[@]}"
		ready pmd
		loop pmd
		kill_hard pmd
	done
	both "${testpmd[@]}"
	ready pmd
	exchange pmd
	quit pmd
}

# DPDK is asked for the card (the request eventfd), lets go of it, and goes on with the other.
test_dpdk_unplugged_under_traffic() {
	one=$(e1000e 3) two=$(e1000e 4)
	vfioctl bind "$one" "$two"
	begin pmd "${testpmd[@]}" -a "$one" -a "$two" -- -i --total-num-mbufs=2048 --hot-plug
	ready pmd
	loop pmd
	monitor device_del nic31
	until_gone "/sys/bus/pci/devices/$two"
	ask pmd show port summary all
	cat "$work/out"
	says "$one"
	! grep -q "$two" "$work/out" || fail "testpmd still has $two: $(cat "$work/out")"
	quit pmd
}
