# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154 # the names are those of helpers
# vfioctl stopped, or failing, at system calls that change something: at the first of each
# kind and every eighth after it, or at each one with STRIDE=1, which takes an hour.
. "$top/tests/tools/changing.sh"

# What changes files; what changes devices and tells is "write".
changing="mkdir write fsync rename unlink chown chmod"

# at_step CALL N INJECTION COMMAND...: with the injection at the Nth such call.
at_step() {
	local call=$1 step=$2 injection=$3
	shift 3
	strace -f -o /tmp/strace -e "trace=$call" \
		-e "inject=$call:$injection:when=$step" "$@"
}

was_hit() { grep -qE 'INJECTED|SIGKILL|SIGTERM' /tmp/strace; }

stride=${STRIDE:-8}

# each_step "CALL..." INJECTION CHECK COMMAND...: at such calls in turn, until there is none
# left; CHECK is called after each, with the exit status in $status.
each_step() {
	local calls=$1 injection=$2 check=$3 call step total=0
	shift 3
	for call in $calls; do
		step=$((1 - stride))
		while :; do
			step=$((step + stride)) status=0
			reload_sound_driver
			echo "+ $call $step: $*"
			at_step "$call" $step "$injection" "$@" >/tmp/said 2>&1 || status=$?
			cat /tmp/said
			was_hit || break
			total=$((total + 1))
			$check
		done
		vfioctl restore --all
	done
	echo "at $total steps"
	[ $total -gt 0 ] || fail "no step was hit"
}

# Folders that are made once, and stay.
prepare() {
	installed
	host_drivers
	mkdir -p /run/openvfio /etc/udev/rules.d
	remember
}

is_restored() {
	expect 0 vfioctl restore --all
	is_as_before
}

test_bind_killed_at_each_step_is_restored() {
	prepare
	each_step "$changing" signal=KILL is_restored \
		vfioctl bind --group --persist --user nobody $edu
}

is_bound_and_restored() {
	expect 0 vfioctl bind --user nobody $sound
	has_driver $sound vfio-pci
	is_restored
}

test_bind_killed_at_each_step_can_be_repeated() {
	prepare
	each_step write signal=KILL is_bound_and_restored vfioctl bind --user nobody $sound
}

bind_again() {
	is_restored
	vfioctl bind --group --persist --user nobody $edu
}

test_restore_killed_at_each_step_is_restored() {
	local call
	prepare
	for call in write fsync unlink; do
		expect 0 vfioctl bind --group --persist --user nobody $edu
		each_step $call signal=KILL bind_again vfioctl restore --all
	done
	is_as_before
}

bind_again_forgets_nothing() {
	expect 0 vfioctl bind $sound
	is_restored
	vfioctl bind $sound
}

# A restore that was killed is not taken for the state to go back to.
test_restore_killed_at_each_step_and_bind_again_forgets_nothing() {
	prepare
	expect 0 vfioctl bind $sound
	each_step write signal=KILL bind_again_forgets_nothing vfioctl restore --all
	is_as_before
}

# Failing to tell is not failing to do.
is_rolled_back() {
	if [ "$status" = 0 ] || grep -q "standard output" /tmp/said; then
		expect 0 vfioctl restore --all
	fi
	is_as_before
}

test_bind_failing_at_each_step_rolls_back() {
	prepare
	each_step "$changing" error=EIO is_rolled_back \
		vfioctl bind --group --persist --user nobody $edu
}

is_rolled_back_or_done() {
	[ "$status" = 3 ] || expect 0 vfioctl restore --all
	is_as_before
}

test_bind_ended_by_a_signal_at_each_step_rolls_back_or_is_done() {
	prepare
	each_step write signal=TERM is_rolled_back_or_done vfioctl bind --group --user nobody $edu
}
