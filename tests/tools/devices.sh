# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The devices of the machine conform, found by id; and what the tests of the reading verbs share.

# find_device ID [N]: the N-th device of that id.
find_device() {
	vfioctl list --json 2>/dev/null | jq -r --arg ids "$1" --argjson n "${2:-1}" \
		'[.groups[].devices[], .without_iommu[] | select(.ids == $ids)][$n - 1].bdf'
}
group_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"; }
# A device of a group of its own, with edu's id, on the root bus.
lonely() { find_device 1234:11e8; }
bridge() { find_device 8086:244e; }
sound() { find_device 1274:5000; }
serial() { find_device 1b36:0002; }
disk() { find_device 1b36:0010; }
display() { find_device 1234:1111; }
testdev() { find_device 1b36:0005 2; }

# login_nobody COMMAND...: with the groups and limits of a login.
login_nobody() { su -s /bin/bash nobody -c "PATH=$PATH; $*"; }

# commands [blocking]: what the document suggests, in its order.
commands() { jq -r '.problems[] | select(.blocking) | .command // empty' "$work/out"; }

# mends BDF [explain's options]: what explain suggests, run word by word, makes it usable.
mends() {
	json 1 explain "$@"
	for _ in 1 2 3 4 5; do
		commands >"$work/commands"
		[ -s "$work/commands" ] || fail "no command in $(jq -c . "$work/out")"
		bash -e "$work/commands" >"$work/log.mend" 2>&1 ||
			fail "a command failed: $(tr '\n' ';' <"$work/commands"): $(tr '\n' ';' <"$work/log.mend")"
		vfioctl explain "$@" --json >"$work/out" && return
	done
	fail "still not usable: $(jq -c .problems "$work/out")"
}

# hold_group NUMBER: a process has the group open; its number is $holder.
hold_group() {
	sleep 1000 9<>"/dev/vfio/$1" &
	holder=$!
	await is_sleep $holder
	[ "$(readlink "/proc/$holder/fd/9")" = "/dev/vfio/$1" ] || fail "could not hold group $1"
}
is_sleep() { [ "$(cat "/proc/$1/comm")" = sleep ]; }
