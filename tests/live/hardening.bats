#!/usr/bin/env bats
# The switches of `hardening`, tried from inside; without them the same attempts get through.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live
load lsm

# hardened SWITCHES COMMAND...
hardened() { ruled "hardening = { $1 }" "${@:2}"; }

@test "row 53: memory_deny_write_execute: mmap of memory to write and execute is refused" {
	need_probe "memory deny write execute"
	hardened 'memory_deny_write_execute = true' sh -c '/helpers/confined wx; /helpers/confined gain_x'
	assert_is "EACCES
EACCES"
	hardened '' sh -c '/helpers/confined wx; /helpers/confined gain_x'
	assert_is "ok
ok"
}

@test "row 53: personality: a caller without address randomization does not hand that on, and it cannot be switched off inside" {
	need_cmd setarch
	run timeout 30 setarch -R "$LUNWARD" run -- sh -c 'cat /proc/self/personality; setarch -R true'
	assert_output_has 00000000
	assert_output_has "Operation not permitted"
	profile 'hardening = { lock_personality = false }'
	run timeout 30 setarch -R "$LUNWARD" run p.lua -- cat /proc/self/personality
	assert_is 00040000
}

@test "lock_personality, written, wants a policy that holds it" {
	profile 'hardening = { lock_personality = true }, seccomp = seccomp.unconfined'
	with p.lua -- true
	assert_refused "personality"
	profile 'hardening = { lock_personality = true }'
	with p.lua -- true
	assert_status 0
}

@test "row 53: time_stamp_counter = false: RDTSC is SIGSEGV" {
	[ "$(uname -m)" = x86_64 ] || skip "x86 only"
	hardened '' /helpers/confined rdtsc
	assert_is ok
	ruled 'hardening = { time_stamp_counter = false }, seccomp = seccomp.default - "prctl(PR_SET_TSC)"' /helpers/confined rdtsc
	assert_status 139
}

@test "time_stamp_counter and lock_personality want a policy that holds them, bit by bit" {
	[ "$(uname -m)" = x86_64 ] || skip "x86 only"
	hardened 'time_stamp_counter = false' true
	assert_refused "prctl(PR_SET_TSC"
	local policy
	for policy in 'seccomp.docker' 'seccomp.default + "personality(0x400000)"' 'seccomp.default + "personality(0x20000)"'; do
		profile "hardening = { lock_personality = true }, seccomp = $policy"
		with p.lua -- true
		assert_refused "personality"
	done
}

@test "row 53: speculation that is disabled stays so" {
	need_probe "speculation control"
	hardened 'disable_speculation = { "store_bypass", "indirect_branch" }' cat /proc/self/status
	grep -qE '^Speculation_Store_Bypass:.*(force mitigated|not vulnerable|globally mitigated)' <<<"$output"
	grep -qE '^SpeculationIndirectBranch:.*(force disabled|always disabled|not affected)' <<<"$output"
}

@test "a switch this machine does not have is refused, in one line with its cure" {
	local key=core_scheduling
	need_cmd python3
	[ "$(probe "core scheduling" status)" != ok ] || skip "core scheduling is there"
	hardened "$key = true" true
	assert_refused "hardening.$key"
	assert_output_has doctor
}

@test "row 53: core_scheduling" {
	need_probe "core scheduling"
	hardened 'core_scheduling = true' true
	assert_status 0
}

@test "secure_bits: uid 0 without capabilities" {
	hardened 'secure_bits = { "noroot", "noroot_locked" }' grep CapEff /proc/self/status
	assert_output_has 0000000000000000
	profile 'hardening = { secure_bits = { "no_cap_ambient_raise" } }, capabilities = { bounding = caps.docker, ambient = caps.none + "CHOWN" }'
	with p.lua -- true
	assert_refused "ambient"
}

@test "explain and doctor tell" {
	profile 'hardening = { memory_deny_write_execute = true, secure_bits = { "noroot" } }'
	need_probe "memory deny write execute"
	run "$LUNWARD" explain p.lua
	assert_output_has "memory_deny_write_execute"
	assert_output_has noroot
	run "$LUNWARD" doctor
	assert_output_has yama
}
