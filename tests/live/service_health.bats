#!/usr/bin/env bats
# Services that are not well, and those that end: health checks and what is done, restarts with their back-off and limit.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

# health KEYS...: svc.lua is well while /tmp/ill is not there.
health() {
	printf 'return sandbox { command = { "sh", "-c", "echo up; exec sleep 60" }, service = { stop_timeout = "1s",
		health = { exec = { "test", "!", "-e", "/tmp/ill" }, interval = "100ms", retries = 2, %s }, %s } }\n' "$1" "${2:-}" >svc.lua
}
is() { [ "$(field "$1" svc)" = "$2" ]; }

@test "healthy, then not: it is said, and status answers 1" {
	health 'action = "none"'
	start svc.lua
	wait_for 10 is health healthy
	lw status svc
	assert_status 0
	assert_output_has "running, healthy"
	lw exec svc -- touch /tmp/ill
	wait_for 10 is health unhealthy
	lw status svc
	assert_status 1
	assert_output_has unhealthy
	lw ps
	assert_output_has "running, unhealthy"
	lw exec svc -- rm /tmp/ill
	wait_for 10 is health healthy
}

@test "restart: whatever the policy, and it is well again" {
	health 'action = "restart"'
	start svc.lua
	wait_for 10 is health healthy
	lw exec svc -- touch /tmp/ill
	wait_for 10 is restarts 1
	wait_for 10 is health healthy
	is state running
}

@test "kill: a failure, after which it stays down" {
	health 'action = "kill"'
	start svc.lua
	wait_for 10 is health healthy
	lw exec svc -- touch /tmp/ill
	wait_for 10 is state failed
	lw status svc
	assert_status 3
	assert_output_has unhealthy
}

@test "a check that hangs has failed, and no process of it is left" {
	printf 'return sandbox { command = { "sleep", "60" }, service = { stop_timeout = "1s", health = { exec = { "sleep", "1234" },
		interval = "50ms", timeout = "200ms", retries = 3, action = "none" } } }\n' >svc.lua
	start svc.lua
	wait_for 15 is health unhealthy
	lw exec svc -- sh -c 'n=0; for p in /proc/[0-9]*; do [ "$(tr "\0" " " <$p/cmdline)" != "sleep 1234 " ] || n=$((n+1)); done; [ $n -le 1 ]'
	assert_status 0
	sup=$(field supervisor_pid svc)
	# Nor a zombie of ours but the one that may ask now.
	[ "$(grep -c '' "/proc/$sup/task/$sup/children")" -le 1 ]
	[ "$(wc -w <"/proc/$sup/task/$sup/children")" -le 3 ]
}

@test "failures do not count at first" {
	health 'action = "kill", start_period = "30s"'
	sed -i 's/echo up/touch \/tmp\/ill/' svc.lua
	start svc.lua
	sleep 0.8
	is health starting
	is state running
}

@test "killed without warning: started again with back-off, and given up after the burst" {
	printf 'return sandbox { command = { "sleep", "60" }, service = { restart = "on-failure", backoff = "50ms",
		burst = { count = 3, interval = "30s" } } }\n' >svc.lua
	start svc.lua
	for n in 1 2; do
		kill -9 "$(field pid svc)"
		wait_for 10 is restarts "$n"
		wait_for 10 is state running
	done
	kill -9 "$(field pid svc)"
	wait_for 10 is state failed
	lw status svc
	assert_status 3
	is code 137
}

@test "always: also after success; stop is the end of it" {
	printf 'return sandbox { command = { "true" }, service = { restart = "always", backoff = "20ms", burst = 0 } }\n' >svc.lua
	start svc.lua
	wait_for 10 sh -c '[ "$("$LUNWARD" inspect -f restarts svc)" -ge 3 ]'
	lw stop svc
	assert_status 0
	is state stopped
}

@test "the stop signal is the profile's, and what does not heed it is killed" {
	printf 'return sandbox { command = { "sh", "-c", "trap \\"echo bye; exit 7\\" QUIT; echo up; while :; do sleep 0.05; done" },
		service = { stop_signal = "QUIT", restart = "always" } }\n' >svc.lua
	start svc.lua
	wait_for 10 sh -c '"$LUNWARD" logs svc | grep up'
	lw stop svc
	is code 7
	printf 'return sandbox { command = { "sh", "-c", "trap : TERM; echo up; while :; do sleep 0.05; done" },
		service = { stop_timeout = "200ms" } }\n' >svc.lua
	start svc.lua
	wait_for 10 sh -c '"$LUNWARD" logs svc | grep up'
	lw stop svc
	is code 137
}
