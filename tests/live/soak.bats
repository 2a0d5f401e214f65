#!/usr/bin/env bats
# Many sandboxes at once (`./dev soak` takes a thousand): all run, are listed, cost little, and are gone.

bats_require_minimum_version 1.5.0
load live

teardown() { sandbox_teardown; }

@test "sixty at once run, are listed right, cost under 500 kB each, and are gone after stop --all" {
	run timeout 120 "$LUNWARD_TREE/tests/soak/soak.sh" 60
	assert_status 0
	assert_output_has "started 60"
}
