#!/usr/bin/env bats
# Limits that hold, and the cgroups behind them, on whichever version this machine has.

load live

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

@test "pids: a fork bomb in the default profile ends at its limit, and with the sandbox" {
	need_limit --pids-limit 64
	need_helpers
	with --pids-limit 64 -v "$HELPERS:/h:ro" -- /h/hog tasks 500
	assert_is "63 EAGAIN"
	# The default has a limit, too.
	run "$LUNWARD" plan --format json default -- true
	[[ $output == *pids* ]]
}

@test "memory: swap is no way around it, and /dev/shm and tmpfs count" {
	need_limit -m 32M
	need_helpers
	with -m 32M -v "$HELPERS:/h:ro" -- /h/hog memory 64
	assert_status 137
	with -m 32M --tmpfs /t:size=256M -v "$HELPERS:/h:ro" -- /h/hog bytes /t 128
	assert_status 137
	with -m 32M -v "$HELPERS:/h:ro" -- /h/hog memory 16
	assert_is touched
}

@test "cpus: half a processor is half" {
	need_limit --cpus 0.5
	with --cpus 0.5 --result r.json -- bash -c 'end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do :; done'
	assert_status 0
	need_cmd python3
	python3 -c 'import json; r = json.load(open("r.json")); assert r["cpu_seconds"] < 0.75 * r["wall_seconds"], r'
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
