# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# DPDK without an IOMMU, on Debian's stock kernel: ours offers the devices in no-IOMMU mode,
# the in-tree modules refuse them, for Debian builds them without that mode.

. "$top/tests/clients/dpdk_common.sh"
client "DPDK without an IOMMU" dpdk-dev
parameter=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
! ours || echo Y >"$parameter"

# refused KIND: what in-tree says to the driver, and DPDK to the user.
refused() {
	[ ! -e "$parameter" ] || fail "in-tree has $parameter"
	one=$("$1" 1) two=$("$1" 2)
	! "$top/lab/bind" "$one" vfio-pci 2>"$work/err" || fail "in-tree took $one"
	dmesg | grep -F "$one" | grep -F "error -22" >"$work/out" || fail "no error for $one in the log"
	told "$1: $(tail -n 1 "$work/out" | sed 's/^[^]]*\] *//')"
	# It goes on with no port, until the end of its input.
	status 0 timeout 300 "${testpmd[@]}" -a "$one" -a "$two" -- --total-num-mbufs=2048 </dev/null
	told "$1: testpmd: $(cat "$work/out" "$work/err" | tr -d '\r' | grep -iE 'no .*(ports|ethernet)' | paste -sd ';')"
	grep -q "No probed ethernet devices" "$work/out" "$work/err" || fail "testpmd says $(cat "$work/out" "$work/err")"
}

test_dpdk_no_iommu_e1000e() {
	if ! ours; then refused e1000e; return; fi
	pair e1000e
	both "${tracer[@]}" "${testpmd[@]}"
	ready pmd
	exchange pmd
	told "e1000e: $(grep -a "IOMMU type" "$work/pmd.out" | tr -d '\r'); $(packets pmd 0 RX) and $(packets pmd 1 RX) packets received"
	quit pmd
	tally "DPDK without an IOMMU"
}

test_dpdk_no_iommu_virtio_receives_by_msix() {
	if ! ours; then refused virtio; return; fi
	pair virtio
	receives_by_interrupt msix "$one" "$two"
	told "virtio: receives by MSI-X"
}

test_dpdk_no_iommu_killed_and_again_at_once() {
	ours || skip "in-tree has no no-IOMMU mode here"
	pair e1000e
	both "${testpmd[@]}"
	ready pmd
	loop pmd
	kill_hard pmd
	both "${testpmd[@]}"
	ready pmd
	exchange pmd
	quit pmd
}
