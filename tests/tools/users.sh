# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Variables in the jq programs are jq's; work and top are those of run.
# shellcheck disable=SC2016,SC2154
# vfioctl users, top and faults in the lab, on our modules and on the in-tree ones ($IMPL):
# a program (users/hold.c) has a device open, and has it do DMA where nothing is mapped.

ours() { [ "${IMPL:-ours}" = ours ]; }

# The program ends with its input; the device is free again when it has ended, and goes back
# to where it was.
let_go() {
	exec {to}>&- {from}<&-
	wait "$holder" 2>/dev/null || true
	[ -n "${bdf:-}" ] && [ -e "/sys/bus/pci/drivers/vfio-pci/$bdf" ] || return 0
	echo >"/sys/bus/pci/devices/$bdf/driver_override"
	echo "$bdf" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo "$bdf" >/sys/bus/pci/drivers_probe
}

# hold_device KIND [NUMBER]: begins to hold it until the test ends. Sets bdf, group and
# holder, which are $bdf, $group and $pid to jq by "${args[@]}".
hold_device() {
	local word to_end from_end
	coproc HOLD { exec "$top/build/tests-tools/users/hold" "$@" 2>"$work/hold.err"; }
	holder=$HOLD_PID to_end=${HOLD[1]} from_end=${HOLD[0]}
	# Copies, as the shell forgets its own when the program ends. Those are closed, or the
	# program would not see the end of its input.
	exec {to}>&"$to_end" {from}<&"$from_end" {to_end}>&- {from_end}<&-
	trap let_go EXIT
	read -r -t 60 word bdf group <&"$from" || true
	[ "$word" = holding ] || fail "hold: $(cat "$work/hold.err")"
	args=(--arg bdf "$bdf" --argjson group "$group" --argjson pid "$holder")
}

# tell COMMAND: the program does it.
tell() {
	local word=''
	echo "$*" >&"$to"
	read -r -t 60 word <&"$from" || true
	[ "$word" = "done" ] || fail "hold: no answer to '$*': $(cat "$work/hold.err")"
}

test_users_names_the_holder() {
	hold_device edu
	json 0 users
	holds '.groups[] | select(.group == $group).holders == [{pid: $pid, name: "hold"}]' "${args[@]}"
	holds '.processes[] | select(.pid == $pid) |
		.container_files == 1 and .device_files == 1 and .locked == 4096' "${args[@]}"
	if ! ours; then
		holds '.source == "proc" and .containers == [] and (.unseen | any(test("only openvfio")))'
		return
	fi
	holds '.source == "debugfs" and .unseen == []'
	holds '.containers | length == 1 and (.[0] | .groups == [$group] and .mappings == 1 and
		.mapped == 4096 and .pinned == 4096 and .iommu == "type1" and .opener.pid == $pid and
		.holders[0].pid == $pid)' "${args[@]}"
	holds '.devices[] | select(.bdf == $bdf) | .opener.pid == $pid and .open == 1 and
		.interrupts == ["MSI:1/1"]' "${args[@]}"
	holds '.processes[] | select(.pid == $pid).devices == [$bdf]' "${args[@]}"
}

test_users_counts_interrupts() {
	hold_device edu
	tell raise
	json 0 users
	holds '.devices[] | select(.bdf == $bdf).vectors[0] | .kind == "MSI" and .vector == 0 and .count >= 1' \
		"${args[@]}"
}

test_users_in_words() {
	hold_device edu
	status 0 vfioctl users
	says "hold ($holder)"
	ours || complains "only openvfio"
}

test_users_without_root_says_what_it_missed() {
	hold_device edu
	status 0 setpriv --reuid=nobody --regid=nogroup --clear-groups "$VFIOCTL" users --json
	holds '.unseen | any(test("without root"))'
}

test_users_of_nothing_is_empty() {
	json 0 users
	holds '.containers == [] and .groups == [] and .devices == [] and .processes == []'
	status 0 vfioctl users
	says "nobody uses VFIO"
}

test_users_without_modules() {
	vfio-modules unload || fail "the modules do not go"
	trap 'vfio-modules load' EXIT
	[ ! -e /sys/kernel/debug/vfio ] || fail "the tables are still there"
	json 0 users
	holds '.source == "proc" and (.unseen | any(test("no VFIO modules")))'
}

# newest_is IOVA: of the faults told.
newest_is() {
	json 0 faults
	jq -e ".faults | last | .iova == $(($1))" "$work/out" >/dev/null
}

# blocked ACCESS IOVA: the device does it until the newest fault tells of it: the kernel keeps
# the fourth within five seconds to itself.
blocked() {
	for _ in 1 2 3 4 5 6; do
		tell "$1" "$2"
		! within 6 newest_is "$2" || return 0
	done
	fail "no fault at $2 is told: $(jq -c '.faults | last' "$work/out")"
}

# stray ACCESS IOVA: and with the process.
stray() {
	blocked "$1" "$2"
	holds '.faults | last | .bdf == $bdf and .group == $group and .process == {pid: $pid, name: "hold"} and
		.access == $access and .iova == $iova' "${args[@]}" --arg access "$1" --argjson iova "$(($2))"
}

# nearest TEXT: how far it was from which mapping.
nearest() {
	if ours; then
		holds '.faults | last | .text == $text and .nearest.pid == $pid' "${args[@]}" --arg text "$1"
	else
		holds '.faults | last | .nearest == null'
		holds '.unseen | any(test("only openvfio"))'
	fi
}

test_faults_of_edu() {
	hold_device edu
	stray write 0x22000
	nearest "iova 0x22000 is 4 KiB past the end of mapping 0x20000-0x20fff of pid $holder (hold)"
}

test_faults_of_edu_reading() {
	hold_device edu
	stray read 0x1f000
	nearest "iova 0x1f000 is 4 KiB before the start of mapping 0x20000-0x20fff of pid $holder (hold)"
}

test_faults_of_nvme() {
	hold_device nvme
	stray write 0x110000
	nearest "iova 0x110000 is the first byte past the end of mapping 0x100000-0x10ffff of pid $holder (hold)"
}

test_faults_behind_a_bridge() {
	hold_device edu 2
	blocked write 0x22000
	holds '.faults | last | .bdf != $bdf and .group == $group and (.suspects | any(. == $bdf)) and
		.process.pid == $pid' "${args[@]}"
}

test_faults_in_words() {
	hold_device edu
	blocked write 0x23000
	status 0 vfioctl faults
	says "$bdf"
	says "write of iova 0x23000 blocked"
	says "used by pid $holder (hold)"
}

test_faults_follow() {
	local follower
	hold_device edu
	vfioctl faults --follow --json >"$work/followed" &
	follower=$!
	sleep 1
	blocked write 0x25000
	within 60 grep -q "$((0x25000))" "$work/followed" || true
	kill "$follower"
	tail -n 1 "$work/followed" >"$work/out"
	holds '.iova == $iova and .bdf == $bdf and .process.pid == $pid' "${args[@]}" --argjson iova $((0x25000))
}

test_faults_without_root_is_refused() {
	status 3 setpriv --reuid=nobody --regid=nogroup --clear-groups "$VFIOCTL" faults
	complains "run it as root"
}

# begin_to_churn: the program that holds a device raises an interrupt, and maps and unmaps.
# Sets churner.
begin_to_churn() {
	tell raise
	while echo churn 20 && read -r -t 60 _; do :; done >&"$to" <&"$from" &
	churner=$!
}

# The second look has rates, in its last two columns but the name's.
test_top_in_batch() {
	hold_device edu
	begin_to_churn
	status 0 vfioctl top -b -n 2 -d 2
	kill "$churner"
	says "MSI[0]"
	grep -q "$holder *hold" "$work/out" || fail "no process in $(cat "$work/out")"
	if ours; then
		grep "hold ($holder)" "$work/out" | tail -n 1 >"$work/last"
		awk '{ exit !($(NF - 1) > 0 && $NF > 0) }' "$work/last" || fail "no rates: $(cat "$work/last")"
	else
		says "only openvfio"
	fi
}

test_top_as_json() {
	hold_device edu
	json 0 top
	holds '.seconds == null and (.processes | any(.pid == $pid)) and
		(.vectors | any(.bdf == $bdf and .per_second == null))' "${args[@]}"
	begin_to_churn
	status 0 vfioctl top --json -n 2 -d 2
	kill "$churner"
	[ "$(wc -l <"$work/out")" = 2 ] || fail "not two lines: $(cat "$work/out")"
	sed -i 1d "$work/out"
	cp "$work/out" "$(mktemp "$work/json/top.XXXXXX")"
	holds '.seconds > 0 and (.vectors[] | select(.bdf == $bdf).per_second >= 0)' "${args[@]}"
	! ours || holds '.containers[] | select(.groups == [$group]) |
		.maps_per_second > 0 and .unmaps_per_second > 0 and .holders[0].pid == $pid' "${args[@]}"
	"$top/tests/tools/schema-check" "$work"/json/top.*
}

# drawn TEXT [NUMBER]: on the screen of top, so many times by now.
drawn() { [ "$(grep -aoF -- "$1" "$work/screen" | wc -l)" -ge "${2:-1}" ]; }

# draws TEXT: within a minute.
draws() {
	! within 60 drawn "$1" || return 0
	kill "$screen"
	fail "'$1' is not drawn in $(tail -c 3000 "$work/screen" | cat -v)"
}

# start_screen: top on a terminal of its own, which gets what is written to descriptor $keys. It
# ends with the status of top; how the terminal was and is then are in $work/before and .after.
start_screen() {
	rm -f "$work/keys"
	mkfifo "$work/keys"
	exec {keys}<>"$work/keys"
	env -u LINES -u COLUMNS TERM=xterm script -qefc "stty rows 24 cols 132
		stty -g >$work/before; vfioctl top -d 0.2; status=\$?; stty -g >$work/after
		exit \$status" /dev/null <&"$keys" >"$work/screen" 2>&1 &
	screen=$!
	draws "vfioctl top: q quits"
	draws "MSI[0]"
}

# What an xterm shows is what it showed before, with its cursor.
screen_ended() {
	wait "$screen" || fail "top ended with $?: $(cat -v "$work/screen")"
	exec {keys}>&-
	cmp "$work/before" "$work/after" || fail "the terminal is left as $(cat "$work/after")"
	draws $'\033[?1049h'
	draws $'\033[?25h\033[?1049l'
}

# Down takes the first line away, and only so Up draws it again; each may come before the other
# was obeyed, which then is as if neither came.
down_and_up_move() {
	local first="not seen: containers"
	! ours || first="OPENED BY"
	for _ in $(seq 30); do
		printf '\033OB' >&"$keys"
		sleep 1
		printf '\033OA' >&"$keys"
		sleep 1
		! drawn "$first" 2 || return 0
	done
	kill "$screen"
	fail "'$first' is not drawn again in $(tail -c 3000 "$work/screen" | cat -v)"
}

test_top_on_a_terminal() {
	local screen keys
	hold_device edu
	tell raise
	start_screen
	draws "$bdf"
	draws "4.0 KiB"
	draws "$holder"
	! ours || draws "hold ($holder)"
	down_and_up_move
	printf 'xq' >&"$keys"
	screen_ended
	start_screen
	printf '\033' >&"$keys"
	screen_ended
}
