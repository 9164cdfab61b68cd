# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/clients/run
# DPDK from Debian's package, behind the IOMMU.

. "$top/tests/clients/dpdk_common.sh"
client DPDK dpdk-dev

test_dpdk_e1000e_sends_and_receives() {
	vfioctl bind "$(e1000e 1)" "$(e1000e 2)"
	status 0 timeout 300 dpdk-testpmd -l 0,1 -m 128 -a "$(e1000e 1)" -a "$(e1000e 2)" -- \
		--total-num-mbufs=2048 --auto-start </dev/null
	says "Done"
	vfioctl restore "$(e1000e 1)" "$(e1000e 2)"
}
