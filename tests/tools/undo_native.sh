# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/tools/run
# A bind that fails on a recorded machine, where no driver can be taken away: what an earlier
# one has saved stays as it is. And one that takes long says what it waits for. Runs anywhere.

sound=0000:06:0d.0

# The sound card has the driver, and all that bind --persist makes for vfio-pci is there.
configure() { # DRIVER
	local device=sys/bus/pci/devices/$sound
	export VFIOCTL_ROOT=$work/configured
	rm -rf "$VFIOCTL_ROOT"
	"$top/tests/tools/tree" unpack "$top/tests/tools/trees/used.tree" "$VFIOCTL_ROOT"
	cd "$VFIOCTL_ROOT"
	mkdir -p etc/openvfio etc/udev/rules.d run/udev/rules.d \
		sys/bus/pci/drivers/{vfio-pci,pci-stub,"$1"}
	ln -sfn "../../../bus/pci/drivers/$1" "$device/driver"
	echo vfio-pci >$device/driver_override
	printf '%s\n' "# by hand" device=$sound "id=$(sed s/0x// $device/vendor):$(sed s/0x// $device/device)" \
		driver=vfio-pci previous_driver=snd_ens1370 user=daemon >etc/openvfio/$sound
	echo "# boot" >etc/udev/rules.d/70-openvfio-bind-$sound.rules
	echo "# grant" >etc/udev/rules.d/70-openvfio-grant-$sound.rules
	files >"$work/files-before"
}

files() { (cd "$VFIOCTL_ROOT" && find etc run -type f ! -name .lock -exec cksum {} + | sort -k 3); }

is_still_configured() {
	files >"$work/files-after"
	diff "$work/files-before" "$work/files-after" >"$work/diff" ||
		fail "files differ: $(tr '\n' ';' <"$work/diff")"
}

test_bind_that_fails_leaves_a_device_with_the_driver_of_an_earlier_bind() {
	configure vfio-pci
	status 3 vfioctl bind --driver pci-stub $sound
	complains "drivers/vfio-pci/unbind: cannot write"
	is_still_configured
	grep -qx vfio-pci "$VFIOCTL_ROOT/sys/bus/pci/devices/$sound/driver_override" || fail "another override"
	status 3 vfioctl bind --driver pci-stub --persist --user nobody $sound
	is_still_configured
}

test_bind_that_fails_leaves_the_configuration_of_a_device_that_the_host_has() {
	configure snd_ens1370
	: >"$VFIOCTL_ROOT/sys/bus/pci/devices/$sound/driver_override"
	status 3 vfioctl bind --user nobody $sound
	complains "drivers/snd_ens1370/unbind: cannot write"
	is_still_configured
	status 3 vfioctl exec --user nobody $sound -- true
	is_still_configured
}

test_bind_that_fails_leaves_nothing_where_nothing_was() {
	configure snd_ens1370
	rm -r "$VFIOCTL_ROOT/etc/openvfio" "$VFIOCTL_ROOT/etc/udev"
	files >"$work/files-before"
	status 3 vfioctl bind --persist --user nobody $sound
	is_still_configured
}

# The kernel is slow where a file is a pipe that nobody reads yet.
slow() { rm -f "$VFIOCTL_ROOT/$1"; mkfifo "$VFIOCTL_ROOT/$1"; }

# is_told WORDS FILE: by $verb, within a minute; and then the kernel is done with the file.
is_told() {
	local words=$1 file=$2
	within 60 grep -qF "$words" "$work/told" || { kill $verb; fail "does not say '$words': $(tr '\n' ';' <"$work/told")"; }
	cat "$VFIOCTL_ROOT/$file" >/dev/null
}

test_bind_says_what_it_waits_for() {
	local drivers=sys/bus/pci/drivers verb
	configure snd_ens1370
	slow $drivers/snd_ens1370/unbind
	slow $drivers/vfio-pci/bind
	vfioctl bind $sound >"$work/told" 2>&1 &
	verb=$!
	is_told "vfioctl: $sound: waits for snd_ens1370 to let it go" $drivers/snd_ens1370/unbind
	is_told "vfioctl: $sound: waits for vfio-pci to take it" $drivers/vfio-pci/bind
	wait $verb || fail "ended with $?: $(cat "$work/told")"
	[ "$(grep -c waits "$work/told")" = 2 ] || fail "more than once: $(cat "$work/told")"
}

test_bind_says_for_whom_it_waits() {
	local drivers=sys/bus/pci/drivers group verb
	configure vfio-pci
	slow $drivers/vfio-pci/unbind
	: >$drivers/pci-stub/bind
	group=$(basename "$(readlink sys/bus/pci/devices/$sound/iommu_group)")
	mkdir -p proc/812/fd proc/813/fd dev/vfio
	: >"dev/vfio/$group"
	echo pmd >proc/812/comm
	echo broker >proc/813/comm
	ln -s "/dev/vfio/$group" proc/812/fd/4
	ln -s 'anon_inode:[vfio-device]' proc/812/fd/5
	ln -s "/dev/vfio/$group" proc/813/fd/4
	vfioctl bind --force --driver pci-stub $sound >"$work/told" 2>&1 &
	verb=$!
	is_told "vfioctl: $sound: waits for pmd (812) to close it" $drivers/vfio-pci/unbind
	wait $verb || fail "ended with $?: $(cat "$work/told")"
}

test_reset_says_what_it_waits_for() {
	local nvme=0000:01:00.0 verb
	configure snd_ens1370
	rm sys/bus/pci/devices/$nvme/driver
	slow sys/bus/pci/devices/$nvme/reset
	vfioctl reset --force $nvme >"$work/told" 2>&1 &
	verb=$!
	is_told "vfioctl: $nvme: waits until it is ready again" sys/bus/pci/devices/$nvme/reset
	wait $verb || fail "ended with $?: $(cat "$work/told")"
}
