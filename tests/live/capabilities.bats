#!/usr/bin/env bats
# Capabilities and what the seccomp options mean, seen from inside.

# shellcheck disable=SC2016 # the shell inside expands these
load live

# caps [OPTION...]: the five sets, "INH PRM EFF BND AMB".
caps() {
	run "$LUNWARD" run "$@" -- grep ^Cap /proc/self/status
	assert_status 0
	output=$(awk '{ print $2 }' <<<"$output" | sed 's/^0*\(.\)/\1/' | xargs)
}

@test "the default is Docker's fourteen, inheritable and ambient empty (CVE-2022-24769)" {
	caps
	assert_is "0 a80425fb a80425fb a80425fb 0"
}

@test "drop ALL, add SYS_TIME: one bit in every set that root has" {
	caps --cap-drop ALL --cap-add SYS_TIME
	[[ $output == *" 2000000 2000000 2000000 "* ]] || { echo "$output"; return 1; }
	caps --cap-drop ALL
	assert_is "0 0 0 0 0"
}

@test "another user has none but keeps the bounding set; drop and add say which" {
	need_root
	caps -u 1234
	[ "$(cut -d' ' -f3 <<<"$output")" = 0 ] || { echo "$output"; return 1; }
	caps -u 1234 --cap-drop ALL
	assert_is "0 0 0 0 0"
}

@test "the five sets as a profile gives them" {
	profile 'capabilities = { bounding = { "CHOWN", "KILL", "SETUID" }, permitted = { "CHOWN", "KILL" }, effective = { "KILL" },
		inheritable = { "KILL" }, ambient = { "KILL" } },'
	caps p.lua
	# execve(2) computes permitted from ambient here, so KILL is what a program starts with.
	assert_is "20 20 20 a1 20"
}

@test "row 26: a user that is not root listens on port 80 with NET_BIND_SERVICE alone" {
	need_root
	need_cmd perl
	local listen='use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die; bind(S, sockaddr_in(80, INADDR_LOOPBACK)) or die "bind: $!";
		listen(S, 1) or die; print "listening as $<\n"'
	profile 'user = 1234, sysctls = { ["net.ipv4.ip_unprivileged_port_start"] = 1024 },
		capabilities = { bounding = { "NET_BIND_SERVICE" }, permitted = { "NET_BIND_SERVICE" }, effective = { "NET_BIND_SERVICE" },
			inheritable = { "NET_BIND_SERVICE" }, ambient = { "NET_BIND_SERVICE" } },'
	with p.lua -- perl -e "$listen"
	assert_is "listening as 1234"
	profile 'user = 1234, capabilities = caps.none, sysctls = { ["net.ipv4.ip_unprivileged_port_start"] = 1024 },'
	with p.lua -- perl -e "$listen"
	[ "$status" != 0 ]
	assert_output_has "Permission denied"
}

@test "set-user-id programs give nothing: no_new_privileges, and mounts without suid" {
	need_root
	mkdir -m 755 bin
	cp "$(command -v id)" bin/id
	chmod 4755 bin/id
	profile 'user = 1234, mounts = { bind { source = "bin", destination = "/x", idmap = true } },'
	with p.lua -- /x/id -u
	[[ $output != *dmap* ]] || missing "no idmapped mounts here: $output"
	assert_is 1234
	# Device nodes are bound one by one: there is nothing in them to execute.
	inside bash -c 'findmnt -rno TARGET,OPTIONS | grep -v nosuid | grep -vE "^/dev/(null|zero|full|random|urandom|tty) "; true'
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "SYS_ADMIN with mount calls is refused: read-only would be no boundary" {
	with --cap-add SYS_ADMIN --seccomp docker -- true
	assert_refused SYS_ADMIN
	with --cap-add SYS_ADMIN --seccomp unconfined --seccomp deny:@mount -- true
	assert_status 0
}

@test "seccomp: modes as /proc says" {
	local policy
	for policy in default docker strict; do
		with --seccomp $policy -- grep ^Seccomp: /proc/self/status
		[ "$(xargs <<<"$output")" = "Seccomp: 2" ] || { echo "$policy: $output"; return 1; }
	done
	local outside
	outside=$(awk '/^Seccomp:/ { print $2 }' /proc/self/status)
	with --seccomp unconfined -- grep ^Seccomp: /proc/self/status
	[ "$(xargs <<<"$output")" = "Seccomp: $outside" ]
}

@test "seccomp: allow:clock_adjtime lets the call to the kernel, deny:getcwd takes one away" {
	try clock_adjtime
	assert_is "clock_adjtime EPERM"
	try --seccomp allow:clock_adjtime -- clock_adjtime adjtimex
	assert_output_has "clock_adjtime EFAULT"
	assert_output_has "adjtimex EPERM"
	with --seccomp deny:getcwd -- sh -c 'pwd -P'
	assert_output_has "Operation not permitted"
}

@test "seccomp: deny:all with one call allowed is refused early, naming what is missing" {
	with --seccomp deny:all --seccomp allow:getcwd -- sh
	assert_refused execve
	assert_output_has exit_group
}

@test "seccomp: a policy in a profile: errno, kill, deny, groups" {
	need_cmd python3
	profile 'seccomp = seccomp.default:errno("ENOTTY", "getpriority"):kill("sethostname") - "@timer",'
	with p.lua -- python3 -c 'import os, signal
try: os.getpriority(0, 0)
except OSError as e: print(e.errno)
try: signal.setitimer(signal.ITIMER_REAL, 9)
except OSError as e: print(e.errno)'
	assert_status 0
	[ "$(xargs <<<"$output")" = "25 1" ] || { echo "$output"; return 1; }
	with p.lua -- hostname x
	assert_status 159
}
