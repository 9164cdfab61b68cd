# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# $work is that of tests/clients/run, the others of qemu_common.sh.
# shellcheck disable=SC2154
# How often QEMU's NVMe driver in user space hangs, to be compared with in-tree.

. "$top/tests/clients/qemu_common.sh"
client "QEMU's nvme://" qemu-utils

# Each either tells of the drive or hangs; no other end, and not all of them hang.
test_qemu_img_does_not_always_hang() {
	local got hung=0 opens=10 which='' i
	disk_is_there
	take "$(disk)"
	for ((i = 0; i < opens; i++)); do
		got=0
		timeout -s KILL 45 qemu-img info "nvme://$(disk)/1" >"$work/out" 2>"$work/err" || got=$?
		case $got in
		0) says "virtual size: 64 MiB" ;;
		137) hung=$((hung + 1)) which+=" $((i + 1))" ;;
		*) fail "ended with $got: $(tr '\n' ';' <"$work/err")" ;;
		esac
	done
	told "qemu-img info nvme://: $hung of $opens opens hung:${which:- none}"
	[ $hung -lt $opens ] || fail "all $opens opens hung"
}
