# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# $top, $work are those of tests/clients/run, the others of qemu_common.sh.
# shellcheck disable=SC2154
# QEMU's device assignment, with QEMU from Debian's package.

. "$top/tests/clients/qemu_common.sh"
client QEMU qemu-system-x86

test_qemu_disk_boots_and_comes_back() {
	prepare_disk
	take "$(disk)"
	start_nested -device "$(assigned "$(disk)" ,bootindex=0)"
	hears "disk: done"
	hears "disk: sum $(sum_of "$work/noise")"
	hears "disk: sum $(sum_of "$work/raised")"
	stop_nested
	give_back
	disk_came_back
}

test_qemu_disk_boots_again_after_a_reset() {
	prepare_disk
	take "$(disk)"
	start_nested -device "$(assigned "$(disk)" ,bootindex=0)"
	hears "disk: done"
	tell system_reset
	hears "disk: done" 2
	stop_nested
	give_back
	disk_came_back
}

test_qemu_edu_interrupts_and_dma() {
	take "$(edu)"
	start_nested "${drives_edu[@]}" -device "$(assigned "$(edu)")"
	hears "edu: end of the boot"
	for word in registers INTx MSI DMA 'done'; do
		hears "edu: $word"
	done
	stop_nested
}

test_qemu_edu_after_a_reset() {
	take "$(edu)"
	start_nested "${drives_edu[@]}" -device "$(assigned "$(edu)")"
	hears "edu: end of the boot"
	tell system_reset
	hears "edu: end of the boot" 2
	hears "edu: done" 2
	stop_nested
}

# 64 KiB that nobody knew before, by the card's own ROM.
test_qemu_card_boots_from_the_network() {
	cat "$payload/net" /dev/urandom | head -c 65536 >/lab/tftp/boot || true
	[ "$(stat -c %s /lab/tftp/boot)" = 65536 ]
	take "$(card)"
	start_nested -device "$(assigned "$(card)" ,bootindex=0)"
	hears "net: done"
	hears "net: booted, sum $(sum_of /lab/tftp/boot)"
	stop_nested
}

test_qemu_two_devices_of_a_group() {
	take "$(group_sound)" "$(group_edu)"
	as=("${tracer[@]}")
	start_nested "${drives_edu[@]}" -device "$(assigned "$(group_sound)")" \
		-device "$(assigned "$(group_edu)")"
	hears "edu: end of the boot"
	hears "es1370: done"
	hears "edu: done"
	stop_nested
	tally QEMU
}

# In one container: QEMU maps the memory once for both.
test_qemu_devices_of_two_groups() {
	take "$(edu)" "$(card)"
	start_nested "${drives_edu[@]}" -device "$(assigned "$(edu)" ,id=first)" -device "$(assigned "$(card)" ,id=second)"
	hears "edu: end of the boot"
	hears "pci 8086:10d3"
	hears "edu: done"
	tell device_del '"id": "second"'
	answers '"DEVICE_DELETED"'
	tell system_reset
	hears "edu: done" 2
	stop_nested
}

# The host can have it in between, though QEMU goes on.
test_qemu_unplug_and_plug() {
	take "$(edu)"
	start_nested "${drives_edu[@]}" -device "$(assigned "$(edu)" ,id=first)"
	hears "edu: end of the boot"
	tell device_del '"id": "first"'
	hears "pci: let go"
	answers '"DEVICE_DELETED"'
	vfioctl restore "$(edu)"
	vfioctl bind "$(edu)"
	tell device_add "\"driver\": \"vfio-pci\", \"host\": \"$(edu)\", \"id\": \"second\""
	hears "edu: plugged in"
	hears "edu: done" 2
	stop_nested
}

test_qemu_second_for_a_group_is_refused() {
	local before
	take "$(group_sound)" "$(group_edu)"
	start_nested "${drives_edu[@]}" -device "$(assigned "$(group_edu)")"
	hears "edu: end of the boot"
	before=$(dmesg | wc -l)
	status 1 "${machine[@]}" -device "$(assigned "$(group_sound)")"
	complains "Device or resource busy"
	told "A second QEMU for the same group: $(tail -n 1 "$work/err")"
	if ours; then
		dmesg | tail -n "+$((before + 1))" >"$work/out"
		says "is in use: opened by qemu-system-x86 (pid $nested)"
		told "And the log: $(grep -F 'is in use' "$work/out" | tail -n 1)"
	fi
	status 1 vfioctl explain "$(group_sound)"
	says "$nested"
	says "qemu-system-x86"
	stop_nested
}

# A user with no capability, and a group granted. The device is the host's again afterwards.
test_qemu_unprivileged() {
	prepare_disk
	take "$(disk)"
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	status 1 "${as[@]}" "${machine[@]}" -device "$(assigned "$(disk)")"
	complains "Permission denied"
	vfioctl grant "$(disk)" --user nobody
	as=(prlimit --memlock=$((nested_memory / 2 << 20)) "${as[@]}")
	status 1 "${as[@]}" "${machine[@]}" -device "$(assigned "$(disk)")"
	complains "Cannot allocate memory"
	as[1]=--memlock=$((nested_memory * 2 << 20))
	start_nested -device "$(assigned "$(disk)" ,bootindex=0)"
	hears "disk: done"
	stop_nested
	vfioctl revoke "$(disk)"
	give_back
	disk_came_back
}

test_qemu_killed_and_started_again() {
	local i
	take "$(edu)"
	for i in 1 2 3; do
		start_nested "${drives_edu[@]}" -device "$(assigned "$(edu)")"
		hears "edu: registers"
		[ "$i" = 3 ] || { kill -KILL "$nested"; wait "$nested" || true; }
	done
	hears "edu: done"
	stop_nested
}
