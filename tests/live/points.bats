#!/usr/bin/env bats
# State that survives anything: what verbs do, interrupted at one call after the other (points/points.py). Here a sample by
# chance, POINTS_SECONDS (10) of each kind; `./dev test kill-points` goes through all of them.

bats_require_minimum_version 1.5.0
load live

teardown() { sandbox_teardown; }

# points KIND SCENARIO...
points() {
	need_root
	need_cmd python3
	local point=${LUNWARD_BUILD:-${LUNWARD%/*}}/tests/live/point
	[ -x "$point" ] || missing "no $point: ./dev build"
	"$point" "$WORK/log" changes -- true 2>/dev/null || missing "no process may be traced here"
	run python3 "$LUNWARD_TREE/tests/live/points/points.py" "$1" "${POINTS_SECONDS:-10}" "${@:2}"
	assert_status 0
	echo "# ${lines[-1]}" >&3
}

@test "killed at any call of any process of any verb: gc leaves nothing, records are whole or absent" {
	points kill
}

@test "an error of any call: one line that names it, and nothing is left" {
	points errors start restart rm-running exec
}
