# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the guides tell their readers to type.

# "VERB OPTION..." of each command in the guides: after a backtick, or on a line of its own. What
# comes after "--" is another program's.
commands_in_docs() {
	grep -ohE '(^ *|`|^\.B )vfioctl [a-z]+[^`#]*' "$top"/README.md "$top"/docs/*.md "$top/packaging/openvfio.7" |
		sed -E 's/^[^v]*vfioctl //; s/ -- .*//' |
		awk '{ verb = $1; for (i = 2; i <= NF; i++) if ($i ~ /^--[a-z]/) verb = verb " " $i; print verb }'
}

test_docs_use_verbs_and_options_that_exist() {
	commands_in_docs >"$work/commands"
	[ "$(wc -l <"$work/commands")" -gt 40 ] || fail "found only $(wc -l <"$work/commands") commands"
	while read -r verb options; do
		[ "$verb" != help ] || continue
		status 0 vfioctl help "$verb"
		for option in $options; do
			grep -qE -- "(^|[ ,])$option( |$)" "$work/out" || fail "vfioctl $verb has no $option"
		done
	done <"$work/commands"
}
