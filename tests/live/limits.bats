#!/usr/bin/env bats
# Limits that hold, and the cgroups behind them, on whichever version this machine has.

load ../lib
setup() {
	sandbox_setup
	need_userns
}
teardown() { sandbox_teardown; }

@test "pids: no more tasks than granted" {
	need_limit --pids-limit 8
	need_cmd perl
	# shellcheck disable=SC2016  # for perl inside, which is one of the eight itself
	run "$LUNWARD" run --pids-limit 8 -- perl -e \
		'for (1..20) { my $p = fork; last unless defined $p; if (!$p) { sleep 60; exit } push @k, $p }
		 print scalar @k; kill "KILL", @k'
	assert_status 0
	[ "$output" = 7 ] || { echo "$output children"; return 1; }
}

@test "memory: who takes more is killed, and the exit code says so" {
	need_limit -m 32M
	# shellcheck disable=SC2016  # for the shell inside
	run "$LUNWARD" run -m 32M -- bash -c 'head -c 200000000 /dev/zero | tail -n 1 | wc -c; exit "${PIPESTATUS[1]}"'
	assert_status 137
}

@test "memory: who takes less is not" {
	need_limit -m 64M
	run "$LUNWARD" run -m 64M -- bash -c 'head -c 20000000 /dev/zero | tail -n 1 | wc -c'
	assert_status 0
	[ "$output" = 20000000 ]
}

@test "cgroups: the sandbox does not see above its own" {
	need_limit -m 64M
	run "$LUNWARD" run -m 64M -- cat /proc/self/cgroup
	assert_status 0
	[[ $output != *lunward* ]]
	[[ $output =~ :/($|$'\n') ]]
}

@test "tmpfs: size and inodes are bounded" {
	run "$LUNWARD" run -- bash -c 'head -c 200000000 /dev/zero >/tmp/big; stat -c %s /tmp/big'
	assert_output_has "No space left on device"
	run "$LUNWARD" run -- bash -c 'df --output=itotal /tmp | tail -n 1'
	assert_status 0
	[ "$((output))" -gt 0 ] && [ "$((output))" -lt 1000000 ]
}

@test "rlimits: no core files, bounded descriptors" {
	run "$LUNWARD" run -- bash -c 'ulimit -c; ulimit -n; ulimit -Hn'
	assert_status 0
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" -le 1024 ]
	[ "${lines[2]}" -le 4096 ]
}

@test "v2: a launcher inside the only delegated cgroup moves out of the way first" {
	[ -n "${LUNWARD_TEST_CGROUP:-}" ] || skip "needs a delegated cgroup v2 (tests/vm)"
	local own=$LUNWARD_TEST_CGROUP/own
	mkdir "$own"
	# shellcheck disable=SC2016  # for the shell started
	LUNWARD_CGROUP_PARENT='' run bash -c 'echo 0 >"$1/cgroup.procs" && exec "$LUNWARD" run -m 64M -- true' - "$own"
	find "$own" -depth -type d -exec rmdir {} +
	assert_status 0
}
