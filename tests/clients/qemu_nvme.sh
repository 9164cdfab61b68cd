# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# $work is that of tests/clients/run, the others of qemu_common.sh.
# shellcheck disable=SC2154
# QEMU's NVMe driver in user space, by qemu-img and qemu-io.

. "$top/tests/clients/qemu_common.sh"
client "QEMU's nvme://" qemu-utils

# patiently COMMAND...: of QEMU 7.2's opens some hang for ever, on in-tree as well (qemu_rate.sh).
# When many seem to, it may be the host that is slow.
patiently() {
	local got hung=0
	while :; do
		got=0
		"${as[@]}" timeout -s KILL $((hung < 8 ? 90 : 300)) "$@" >"$work/out" 2>"$work/err" || got=$?
		[ $got -eq 137 ] || break
		[ $((hung += 1)) -lt 12 ] || fail "'$*' hung $hung times: $(tr '\n' ';' <"$work/err")"
	done
	[ $hung -eq 0 ] || told "$1 was hanging, and had to be started again: $hung times"
	[ $got -eq 0 ] || fail "'$*' ended with $got: $(tr '\n' ';' <"$work/err"; tr '\n' ';' <"$work/out")"
}

test_qemu_img_tells_of_an_nvme_drive() {
	take "$(disk)"
	as=("${tracer[@]}")
	patiently qemu-img info "nvme://$(disk)/1"
	tally "QEMU's nvme://"
	says "file format: raw"
	says "virtual size: 64 MiB"
}

# What the host wrote is read, and what was written the host finds.
test_qemu_io_reads_and_writes_an_nvme_drive() {
	disk_is_there
	head -c 64K /dev/zero | tr '\000' '\245' >"$work/host"
	head -c 64K /dev/zero | tr '\000' '\132' >"$work/program"
	dd if="$work/host" of="$block" oflag=direct bs=64K seek=16 status=none
	take "$(disk)"
	patiently qemu-io -f raw -c "read -P 0xa5 1M 64K" -c "write -P 0x5a 2M 64K" \
		-c "read -P 0x5a 2M 64K" "nvme://$(disk)/1"
	[ "$(grep -c '^\(read\|wrote\) 65536/65536 bytes' "$work/out")" = 3 ] ||
		fail "not all was read and written: $(tr '\n' ';' <"$work/out")"
	! grep -q 'verification failed' "$work/out" || fail "something else was read"
	give_back
	disk_is_there
	dd if="$block" iflag=direct bs=64K skip=32 count=1 status=none | cmp - "$work/program" ||
		fail "the host does not find what was written"
}
