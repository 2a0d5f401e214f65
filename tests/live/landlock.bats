#!/usr/bin/env bats
# Landlock rules of a profile, each tried from inside: what they refuse, what they leave, what is said where the kernel
# cannot hold them. The counter-proof is the same attempt without the rule.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live
load lsm

# landlocked RULES COMMAND...
landlocked() { ruled "landlock = { $1 }" "${@:2}"; }

@test "read: only what is named" {
	need_abi 1
	landlocked 'read = { "/usr", "/etc/hostname" }' sh -c 'cat /usr/bin/env >/dev/null && echo usr; cat /etc/hostname >/dev/null && echo file; cat /etc/passwd; ls /'
	assert_output_has usr
	assert_output_has file
	assert_output_has "/etc/passwd: Permission denied"
	assert_output_has "'/': Permission denied"
}

@test "write: only what is named, and {} for nothing" {
	need_abi 3
	landlocked 'write = { "/tmp" }' sh -c 'echo a >/tmp/a && cat /tmp/a; echo b >/home/b'
	assert_output_has a
	assert_output_has "/home/b: Permission denied"
	landlocked 'write = {}' sh -c 'echo a >/tmp/a'
	assert_output_has "/tmp/a: Permission denied"
	landlocked 'execute = { "/usr", "/helpers" }' sh -c 'echo a >/tmp/a && mkdir /tmp/d && mv /tmp/a /tmp/d/ && ls /tmp/d'
	assert_is a
}

@test "write: truncate(2), which opens nothing, is a change" {
	need_abi 3
	landlocked 'write = { "/tmp" }' sh -c 'echo a >/tmp/a; /helpers/confined truncate /tmp/a; /helpers/confined truncate /run/x'
	assert_is "ok
ENOENT"
	echo data >"$WORK/data"
	chmod 666 "$WORK/data"
	profile 'landlock = { write = {} }'
	with -v "$HELPERS:/helpers:ro" -v "$WORK/data:/data" p.lua -- /helpers/confined truncate /data
	assert_is EACCES
	[ -s "$WORK/data" ]
}

@test "execute: only what is named, whatever the permissions say" {
	need_abi 1
	landlocked 'execute = { "/usr" }' sh -c '/usr/bin/true && echo runs; cp /usr/bin/true /tmp/; /tmp/true'
	assert_output_has runs
	assert_output_has "/tmp/true: Permission denied"
	assert_status 126
}

@test "connect_tcp and bind_tcp: only these ports" {
	need_abi 4
	landlocked 'connect_tcp = { 1 }, bind_tcp = { 8080 }' sh -c \
		'for a in "connect 1" "connect 2" "bind 8080" "bind 8081"; do /helpers/confined $a; done'
	assert_is "ECONNREFUSED
EACCES
ok
EACCES"
}

@test "scope: abstract sockets and signals stay within" {
	need_abi 6
	landlocked 'scope = { "signal" }' sh -c '/helpers/confined signal 1; /helpers/confined signal $$'
	assert_is "EPERM
ok"
	landlocked '' sh -c '/helpers/confined signal 1'
	assert_is ok
}

@test "network = \"host\": the host's abstract sockets are out of reach, unless the profile says otherwise (CVE-2020-15257)" {
	need_abi 6
	need_helpers
	local name=lunward-test-$$-$BATS_TEST_NUMBER
	coproc SERVER { "$HELPERS/confined" serve "$name"; }
	read -r -t 5 line <&"${SERVER[0]}"
	[ "$line" = listening ]
	run "$HELPERS/confined" abstract "$name"
	assert_is ok
	profile 'network = "host"'
	with -v "$HELPERS:/helpers:ro" p.lua -- /helpers/confined abstract "$name"
	assert_is EPERM
	profile 'network = "host", landlock = { scope = {} }'
	with -v "$HELPERS:/helpers:ro" p.lua -- /helpers/confined abstract "$name"
	assert_is ok
	eval "exec ${SERVER[1]}>&-"
	wait "$SERVER_PID" || true
	run "$LUNWARD" check p.lua
	assert_output_has "abstract sockets stay reachable"
}

@test "rules hold without no_new_privileges, for every user inside, and for children" {
	need_abi 1
	need_helpers
	[ "$(id -u)" != 0 ] || {
		profile 'user = "nobody", no_new_privileges = false, landlock = { read = { "/usr" } }'
		with p.lua -- sh -c 'cat /etc/passwd'
		assert_output_has "Permission denied"
	}
	profile 'landlock = { read = { "/usr" } }'
	with p.lua -- sh -c 'sh -c "sh -c \"cat /etc/passwd\""'
	assert_output_has "Permission denied"
}

@test "the last step that a sealed program takes is under the rules, too" {
	need_root
	need_abi 1
	profile 'namespaces = { user = "host" }, capabilities = caps.docker - "MKNOD", landlock = { read = { "/usr" }, execute = { "/usr" } }'
	with p.lua -- sh -c 'cat /etc/passwd; echo ran'
	assert_output_has "/etc/passwd: Permission denied"
	assert_output_has ran
}

@test "what cannot be is one line and leaves nothing" {
	profile 'landlock = { read = { "/no/such" } }'
	with p.lua -- true
	assert_refused "/no/such"
	assert_output_has p.lua:2
	profile 'landlock = { connect_tcp = { "http" } }'
	with p.lua -- true
	assert_refused 'not a port'
	profile 'landlock = { scope = { "signals" } }'
	with p.lua -- true
	assert_refused 'signal'
	profile 'landlock = { paths = { "/usr" } }'
	with p.lua -- true
	assert_refused 'read, write, execute'
}

@test "explain says what is in force" {
	need_abi 6
	profile 'landlock = { read = { "/usr" }, write = {}, bind_tcp = { 80 }, scope = { "signal" } }'
	run "$LUNWARD" explain p.lua
	assert_output_has "reads only what is in: /usr"
	assert_output_has "changes only what is in: nothing"
	assert_output_has "listens only on TCP ports: 80"
	assert_output_has "signal"
	assert_lacks "executes only"
}
