# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# $top, $work are those of tests/clients/run.
# shellcheck disable=SC2154
# What the tests of DPDK share: the machine clients-dpdk.

# EAL loads about 190 drivers, through 9p and an emulated CPU in minutes. Those needed here:
# nothing of DPDK is changed, there is only less of it.
drivers=/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0
if ! mountpoint -q "$drivers"; then
	mkdir /run/pmds
	cp -a "$drivers"/librte_{bus_pci,bus_vdev,mempool_ring,net_e1000,net_virtio}.so* /run/pmds/
	# And what the program itself is linked to.
	ldd /usr/bin/dpdk-testpmd | awk '/pmds-/ { print $3 }' | xargs -r cp -t /run/pmds -L -n
	mount --bind /run/pmds "$drivers"
fi
mountpoint -q /dev/hugepages || mount -t hugetlbfs -o mode=1777 hugetlbfs /dev/hugepages

# nic ID [N]: the N-th card of that vendor and device.
nic() {
	local device n=${2:-1}
	for device in /sys/bus/pci/devices/*; do
		[ "$(cut -c 3- "$device/vendor"):$(cut -c 3- "$device/device")" = "$1" ] || continue
		[ $((n -= 1)) -gt 0 ] || { basename "$device"; return; }
	done
	return 1
}
e1000e() { nic 8086:10d3 "$1"; }
virtio() { nic 1af4:1041 "$1"; }
