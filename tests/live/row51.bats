#!/usr/bin/env bats
# What an AppArmor profile for a web server refuses, held without AppArmor: by capabilities, Landlock and nothing else.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live
load lsm

setup_rules() {
	profile '
	capabilities = caps.docker - "NET_RAW",
	landlock     = {
	  write   = { "/dev", "/run", "/tmp", "/var" },
	  execute = { "/usr/bin/ping", "/usr/bin/touch", "/usr/bin/ls", "/usr/lib", "/lib64" },
	  required = true,
	},'
}
need_landlock() {
	need_abi 3
	[ -d /lib64 ] || skip "the loader is elsewhere on this machine"
}

@test "row 51: ping: lacking privilege for raw socket" {
	need_landlock
	need_cmd ping
	setup_rules
	with p.lua -- ping -c 1 127.0.0.1
	[ "$status" != 0 ]
	grep -qiE 'operation not permitted|lacking privilege' <<<"$output"
}

@test "row 51: top cannot be executed" {
	need_landlock
	setup_rules
	with p.lua -- top -b -n 1
	assert_status 126
	assert_output_has "Permission denied"
}

@test "row 51: touch ~/thing is denied, where the default profile allows it" {
	need_landlock
	setup_rules
	with p.lua -- touch /root/thing
	assert_status 1
	assert_output_has "Permission denied"
	with p.lua -- touch /tmp/thing
	assert_status 0
	inside touch /root/thing
	assert_status 0
}

@test "row 51: sh and dash cannot be executed, by no name" {
	need_landlock
	setup_rules
	local shell
	for shell in sh /bin/sh /usr/bin/dash bash; do
		with p.lua -- "$shell" -c 'echo a shell'
		assert_status 126
		assert_lacks "a shell"
	done
	with p.lua -- ls /usr/bin/dash
	assert_status 0
}
