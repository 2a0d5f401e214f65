#!/usr/bin/env bats
# Networks when things go wrong: what is missing is one line and 125, and whoever is killed, at whatever moment, leaves
# nothing that gc does not take away.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load network

setup() { net_setup; }
teardown() { net_teardown; }

@test "without the right to make interfaces nothing is made" {
	need_cmd setpriv
	run timeout 60 nsenter -t "$HOLDER" -n setpriv --bounding-set -net_admin --inh-caps -net_admin "$LUNWARD" run --network web -- true
	assert_status 125
	[ "${#lines[@]}" = 1 ]
	assert_output_has "not permitted"
}

@test "forwarding that cannot be turned on: 125, and nothing is left" {
	run timeout 60 nsenter -t "$HOLDER" -n unshare -m sh -c \
		'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"' - "$LUNWARD" run --network web -- true
	assert_status 125
	[ "${#lines[@]}" = 1 ]
	assert_output_has "a network needs forwarding"
}

@test "forwarding that was on stays on; what an administrator has set meanwhile stays, too" {
	net sysctl -q -w net.ipv4.ip_forward=1
	lw run --network web -- true
	[ "$(net cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	net sysctl -q -w net.ipv4.ip_forward=0
	sleeper a --network web
	[ "$(net cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	lw rm -f a
	wait_for 5 eval '[ "$(net cat /proc/sys/net/ipv4/ip_forward)" = 0 ]'
}

@test "a command that is not there leaves no network" {
	run -127 lw run --network web -- no-such-command
	echo 'return sandbox { command = { "true" }, network = { bridge = "web", interface = "lo" } }' >a.lua
	run lw run a.lua
	assert_status 125
	[ "${#lines[@]}" = 1 ]
	assert_output_has "a.lua:1: network: "
}

@test "an address is not given twice, and nothing is left, when many start at once" {
	local i jobs=()
	for ((i = 0; i < 48; i++)); do
		lw run --network web -- sh -c 'ip -4 -o addr show eth0 | { read -r _ _ _ a _; echo "$a"; }; sleep 1' >"out.$i" 2>&1 &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	run sh -c 'cat out.* | sort -u | wc -l'
	[ "$output" = 48 ] || { cat out.*; return 1; }
	run grep -Lx '10\.88\.0\.[0-9]*/24' out.*
	[ -z "$output" ]
}

@test "networks that come and go at once, over and over" {
	local i jobs=()
	for ((i = 0; i < 60; i++)); do
		lw run --network "n$((i % 3))" -- true >>out 2>&1 || echo "$? of $i" >>out &
		jobs+=($!)
		[ $((i % 6)) != 5 ] || wait "${jobs[@]}"
	done
	wait "${jobs[@]}"
	[ ! -s out ] || { cat out; return 1; }
}

# A launcher killed after so many milliseconds, from before the network to long after the command runs.
@test "killed at any moment: gc leaves nothing" {
	local i pid
	for ((i = 0; i < 30; i++)); do
		nsenter -t "$HOLDER" -n "$LUNWARD" run --network "k$((i % 2))" -- sleep 20 >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d $((i)))"
		kill -KILL $pid
		wait $pid || true
	done
	wait_for 10 eval 'lw gc; [ -z "$(net ip -o link show type bridge)" ]'
	[ -z "$(find "$LUNWARD_STATE/networks" -name "*.json")" ]
}

@test "a supervisor that is killed takes its sandbox along, and gc its network" {
	sleeper a --network web
	kill -KILL "$(lw inspect -f supervisor_pid a)"
	wait_for 10 eval 'lw gc; ! net ip link show web'
}

@test "a bridge that somebody has removed is made again" {
	lw network create web --subnet 10.5.0.0/24
	net ip link del web
	run lw run --network web -- ip -4 -o addr show eth0
	assert_status 0
	assert_output_has "10.5.0."
	lw network rm web
}

@test "a network of another namespace is not taken for one of ours" {
	lw network create web
	run timeout 60 unshare -n "$LUNWARD" run --network web -- true
	assert_status 125
	assert_output_has 'network "web" is in another network namespace'
	lw network rm web
}
