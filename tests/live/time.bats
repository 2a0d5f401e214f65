#!/usr/bin/env bats
# Time namespaces: clocks of the sandbox's own.

# shellcheck disable=SC2016 # the shell inside expands these
load live

# The whole seconds of CLOCK_MONOTONIC and CLOCK_BOOTTIME, here or inside.
CLOCKS='import time; print(int(time.clock_gettime(time.CLOCK_MONOTONIC)), int(time.clock_gettime(time.CLOCK_BOOTTIME)))'
# near A B: within five seconds.
near() { [ $(($1 - $2)) -ge -5 ] && [ $(($1 - $2)) -le 5 ]; }
# clocks OFFSET OFFSET: what was printed is the host's, so much later.
clocks() {
	local host inside
	read -r -a inside <<<"${lines[-1]}"
	read -r -a host <<<"$(python3 -c "$CLOCKS")"
	if ! near "${inside[0]}" $((host[0] + $1)) || ! near "${inside[1]}" $((host[1] + $2)); then
		echo "inside ${inside[*]}, host ${host[*]}, expected $1 and $2 more"
		return 1
	fi
}

@test "clocks are ahead of the host's, or behind" {
	need_cmd python3
	profile 'time_offsets = { monotonic = "1d", boottime = "7d12h" },'
	with p.lua -- python3 -c "$CLOCKS"
	assert_status 0
	clocks 86400 648000
	profile 'time_offsets = { boottime = "-2s" },'
	with p.lua -- sh -c 'tr -s " " </proc/self/timens_offsets; python3 -c "$0"' "$CLOCKS"
	assert_status 0
	[ "${lines[0]}" = "monotonic 0 0" ]
	[ "${lines[1]}" = "boottime -2 0" ]
	clocks 0 -2
}

@test "without an init, and where the host's root takes its last step" {
	need_cmd python3
	profile 'init = false, time_offsets = { monotonic = 3600 },'
	with p.lua -- python3 -c "$CLOCKS"
	assert_status 0
	clocks 3600 0
	if [ "$(id -u)" = 0 ]; then
		profile 'ids = "keep", time_offsets = { monotonic = 3600 },'
		with p.lua -- python3 -c "$CLOCKS"
		assert_status 0
		clocks 3600 0
	fi
}

@test "the wall clock and the host's clocks stay" {
	need_cmd python3
	local before
	before=$(cut -d. -f1 /proc/uptime)
	profile 'time_offsets = { boottime = "400d" },'
	with p.lua -- sh -c 'date +%s; cut -d. -f1 /proc/uptime'
	assert_status 0
	near "${lines[0]}" "$(date +%s)"
	near "${lines[1]}" $((before + 34560000))
	near "$before" "$(cut -d. -f1 /proc/uptime)"
}

@test "offsets that no clock can have are refused" {
	profile 'time_offsets = { boottime = "-36500d" },'
	with p.lua -- true
	assert_refused 'no clock inside may start before zero'
	profile 'time_offsets = { monotonic = "60000d" },'
	with p.lua -- true
	assert_refused 'time_offsets.monotonic: out of range'
	profile 'time_offsets = { monotonic = "soon" },'
	with p.lua -- true
	assert_refused 'time_offsets.monotonic: expected a duration'
	profile 'time_offsets = { realtime = 5 },'
	with p.lua -- true
	assert_refused 'unknown key'
	profile 'time_offsets = { boottime = 5 }, namespaces = { time = "host" },'
	with p.lua -- true
	assert_refused 'needs namespaces.time = "new"'
}
