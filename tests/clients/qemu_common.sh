# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# $top, $work are those of tests/clients/run.
# shellcheck disable=SC2154
# What the tests of QEMU share: the machine clients-qemu, and one QEMU in it with a machine that
# has 64 MiB, no devices but those named, and no operating system: a payload ($top/tests/clients/payload).

payload=$top/build/payload
nested_memory=64
# QEMU's remark at each reset of edu. It is true, and the same on in-tree.
no_reset='Cannot reset device .*, no available reset mechanism'
drives_edu=(-drive "file=$payload/edu,format=raw,if=virtio,readonly=on")

edu() { device 1234:11e8; }
disk() { device 1b36:0010; }
card() { device 8086:10d3; }
# Those of one group.
group_sound() { device 1274:5000; }
group_edu() { device 1234:11e8 2; }

# take BDF...: for user programs, until the test ends.
take() {
	vfioctl bind "$@"
	taken=("$@")
	trap give_back EXIT
}

# The nested QEMU, if a test that failed left it, has to go first.
give_back() {
	[ -z "${nested:-}" ] || { pkill -KILL -x qemu-system-x86; wait "$nested"; } || true
	vfioctl restore "${taken[@]}"
	trap - EXIT
}

# prepare_disk: the host's driver writes the boot sector and, to block 2048, 32 KiB of noise.
prepare_disk() {
	disk_is_there
	dd if=/dev/urandom of="$work/noise" bs=32K count=1 status=none
	dd if="$payload/disk" of="$block" oflag=direct bs=512 status=none
	dd if="$work/noise" of="$block" oflag=direct bs=32K seek=32 status=none
	tr '\000-\377' '\001-\377\000' <"$work/noise" >"$work/raised"
}

# Sets block, the file of the NVMe drive.
disk_is_there() {
	modprobe nvme
	block=$(disk_of "$(disk)")
}

# sum_of FILE: as the payload prints it.
sum_of() { sum -r "$1" | cut -d ' ' -f 1; }

# The host has the drive back, and finds what the guest wrote.
disk_came_back() {
	disk_is_there
	dd if="$block" iflag=direct bs=32K skip=64 count=1 status=none | cmp - "$work/raised" ||
		fail "the host does not find what the guest wrote"
	dd if="$block" iflag=direct bs=32K skip=32 count=1 status=none | cmp - "$work/noise" ||
		fail "what the host wrote is no longer there"
}

# A new place for what the next QEMU says, for whatever user it runs as.
new_place() {
	place=$(mktemp -d /tmp/nested.XXXXXX)
	serial=$place/serial
	chmod 777 "$place"
	mkfifo "$place/commands"
	exec {commands}<>"$place/commands"
}

# What each nested QEMU is started with.
machine=(qemu-system-x86_64 -accel tcg -machine pc -m $nested_memory -nodefaults -display none)

# start_nested ARGUMENT...: starts QEMU, by "${as[@]}" if that is set. Sets nested, its process,
# and serial, the file of what its guest says.
start_nested() {
	new_place
	"${as[@]}" "${machine[@]}" -serial "file:$serial" -qmp stdio "$@" \
		<"$place/commands" >"$place/answers" 2>"$place/complaints" {commands}>&- &
	nested=$!
	tell qmp_capabilities
}
as=()

# tell COMMAND [ARGUMENTS]: by QMP.
tell() { echo "{\"execute\": \"$1\", \"arguments\": {${2:-}}}" >&"$commands"; }

# hears TEXT [TIMES]: waits until the guest has said it that often.
hears() { await "$serial" "$@"; }

# answers TEXT [TIMES]: and until QEMU's monitor has.
answers() { await "$place/answers" "$@"; }

# await FILE TEXT [TIMES]
await() {
	within 600 is_there "$@" ||
		fail "no '$2', only: $(tail -n 9 "$1" | tr '\n' ';'), $(tr '\n' ';' <"$place/complaints")"
}
is_there() {
	[ "$(grep -sF -- "$2" "$1" | wc -l)" -lt "${3:-1}" ] || return 0
	! grep -qs FAILED "$serial" || fail "the guest says: $(tr '\n' ';' <"$serial")"
	kill -0 "$nested" 2>/dev/null || fail "QEMU has ended: $(tr '\n' ';' <"$place/complaints")"
	return 1
}

# stop_nested: by its monitor; it has nothing to complain about.
stop_nested() {
	tell quit
	wait "$nested" || fail "QEMU ended with $?: $(tr '\n' ';' <"$place/complaints")"
	nested=''
	complaints=$(grep -vE "warning: TCG doesn|$no_reset" "$place/complaints" || true)
	[ -z "$complaints" ] || fail "QEMU complains: $complaints"
}

# assigned BDF [,OPTION=VALUE...]: prints QEMU's argument.
assigned() { echo "vfio-pci,host=$1${2:-}"; }
