# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/tools/run
# A bind that fails on a recorded machine, where no driver can be taken away: what an earlier
# one has saved stays as it is. Runs anywhere.

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
