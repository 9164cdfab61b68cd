# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The frame of the tests that are shell scripts (tests/tools/run, tests/clients/run): a test is
# a function whose name begins with test_. One that ends by itself has passed; by fail or by a
# command that failed, it has failed; by skip, it was skipped. Sets $top and $work, a folder
# that is gone at the end.

set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work top

fail() { echo "$*" >"$work/reason"; exit 1; }
skip() { echo "$*" >"$work/reason"; exit 77; }

# status N COMMAND...: the command ends with status N; its output is in $work/out and .err.
status() {
	local want=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" || got=$?
	[ "$got" -eq "$want" ] ||
		fail "'$*' ended with $got, not $want: $(tr '\n' ';' <"$work/err"; tr '\n' ';' <"$work/out")"
}

# says TEXT: the last output has the text.
says() { grep -qF -- "$1" "$work/out" || fail "does not say '$1': $(tr '\n' ';' <"$work/out")"; }
complains() { grep -qF -- "$1" "$work/err" || fail "does not complain '$1': $(tr '\n' ';' <"$work/err")"; }

# within SECONDS COMMAND...: asks until the command succeeds; false if it has not by then.
within() {
	local end=$((SECONDS + $1))
	until "${@:2}"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# tests_of FILE...: the names of the tests in the files.
tests_of() { sed -n 's/^test_\([A-Za-z0-9_]*\)() {$/\1/p' "$@"; }

# run_test NAME: in a shell of its own. Sets verdict and reason.
run_test() {
	rm -f "$work/reason"
	# In the background, as bash forgets -e where a status is asked for.
	(set -e; "test_$1") >"$work/log" 2>&1 &
	wait $!
	case $? in
	0) verdict=pass ;;
	77) verdict=skip ;;
	*) verdict=fail ;;
	esac
	reason=''
	[ ! -e "$work/reason" ] || reason=$(tr '\n\t\r' ';  ' <"$work/reason")
	[ "$verdict" = pass ] || [ -n "$reason" ] || reason="ended at once: $(tail -n 3 "$work/log" | tr '\n\t\r' ';  ')"
}

# run_tests [--results FILE] [--only PATTERN] FILE...: runs the tests in the files, one after
# another. After each, tidy is called if there is such a function; and judge, which may make
# of the verdict a failure.
# FILE of results: name, tab, pass|fail|skip, tab, reason, tab, seconds; for each test a line.
run_tests() {
	local results=/dev/null only='*' file name names=() started verdict reason
	local failed=0 passed=0 skipped=0
	while [ $# -gt 0 ]; do
		case $1 in
		--results) results=$2; shift 2 ;;
		--only) only=$2; shift 2 ;;
		*) break ;;
		esac
	done
	for file in "$@"; do
		# shellcheck source=/dev/null
		. "$file"
		# Not <(...): the lab has no /dev/fd.
		tests_of "$file" >"$work/found"
		mapfile -t -O "${#names[@]}" names <"$work/found"
	done
	: >"$results"
	for name in "${names[@]}"; do
		# shellcheck disable=SC2254 # a pattern
		case $name in $only) ;; *) continue ;; esac
		started=$SECONDS
		run_test "$name"
		! declare -F tidy >/dev/null || tidy >>"$work/log" 2>&1
		! declare -F judge >/dev/null || judge "$name"
		case $verdict in
		pass) passed=$((passed + 1)) ;;
		skip) skipped=$((skipped + 1)) ;;
		*) failed=$((failed + 1)) ;;
		esac
		printf '%s\t%s\t%s\t%s\n' "$name" "$verdict" "$reason" $((SECONDS - started)) |
			tee -a "$results"
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
}
