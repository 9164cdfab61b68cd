# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# DPDK behind the IOMMU, told by interrupts: of the link's state, and of packets.

. "$top/tests/clients/dpdk_common.sh"
client DPDK dpdk-dev

test_dpdk_e1000e_link_state() {
	pair e1000e
	both "${testpmd[@]}" --vfio-intr msi
	ready pmd
	follows_the_link pmd nic10
	exchange pmd
	quit pmd
}

test_dpdk_virtio_link_state() {
	pair virtio
	both "${testpmd[@]}"
	ready pmd
	follows_the_link pmd nic20
	exchange pmd
	quit pmd
}

test_dpdk_virtio_receives_by_msix() {
	pair virtio
	receives_by_interrupt msix "$one" "$two" "${tracer[@]}"
	tally DPDK
}

test_dpdk_e1000e_receives_by_msi() {
	pair e1000e
	receives_by_interrupt msi "$one" "$two"
}

test_dpdk_e1000e_receives_by_intx() {
	pair e1000e
	receives_by_interrupt intx "$one" "$two"
}
