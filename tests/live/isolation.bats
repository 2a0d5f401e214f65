#!/usr/bin/env bats
# What the default profile keeps from a command, tried from inside. Each name says what must not happen.

load live

@test "the system cannot be written" {
	inside touch /usr/lunward-test /etc/lunward-test
	assert_status 1
	assert_output_has "Read-only file system"
}

@test "password hashes cannot be read" {
	inside cat /etc/shadow
	[ "$status" != 0 ] || [ -z "$output" ]
}

@test "processes of the host are not seen" {
	# shellcheck disable=SC2016  # for the shell inside
	inside bash -c 'set -- /proc/[0-9]*; echo $#'
	assert_status 0
	[ "$output" -le 2 ]
}

@test "the host's directories of users are not seen" {
	local mark=$WORK/mark
	echo secret >"$mark"
	inside cat "$mark"
	assert_status 1
	inside bash -c 'find /home /root /tmp /run/user -mindepth 1 2>/dev/null'
	[ -z "$output" ]
}

@test "the network is loopback, and up" {
	inside cat /proc/net/dev
	assert_status 0
	[ "$(grep -c : <<<"$output")" = 1 ]
	assert_output_has "lo:"
	inside bash -c 'exec 3<>/dev/udp/127.0.0.1/9 && echo there'
	assert_output_has there
}

@test "the caller's environment does not come in" {
	SECRET_TOKEN=x inside env
	assert_status 0
	[[ $output != *SECRET_TOKEN* ]]
	assert_output_has "container=lunward"
}

@test "the caller's descriptors do not come in" {
	exec 9</etc/hostname
	inside ls /proc/self/fd
	exec 9<&-
	assert_status 0
	# 0, 1, 2 and the directory that ls itself reads
	[ "$(wc -w <<<"$output")" = 4 ]
}

@test "no privilege can be gained" {
	inside grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
	assert_status 0
	assert_output_has "NoNewPrivs:	1"
	assert_output_has "Seccomp:	2"
}

@test "nothing can be mounted" {
	inside mount -t tmpfs none /tmp
	[ "$status" != 0 ]
}

@test "no user namespace can be made (CVE-2022-0185, CVE-2024-1086)" {
	inside unshare --user true
	[ "$status" != 0 ]
}

@test "device nodes are the harmless ones (CVE-2025-31133)" {
	inside bash -c 'find /dev -type b; stat -c "%t:%T" /dev/null; ls /dev'
	assert_status 0
	[ "$(head -n 1 <<<"$output")" = 1:3 ]
	[[ $output != *kmsg* && $output != *mem* && $output != *sda* ]]
}

@test "settings of the kernel cannot be changed" {
	inside bash -c 'echo 1 >/proc/sys/kernel/core_uses_pid'
	[ "$status" != 0 ]
	inside bash -c 'echo h >/proc/sysrq-trigger'
	[ "$status" != 0 ]
}

@test "pid 1 cannot be traced and shows nothing (CVE-2019-5736)" {
	inside readlink /proc/1/exe
	[ "$status" != 0 ]
	inside cat /proc/1/environ
	[ "$status" != 0 ]
}

@test "what the command prints and returns comes out" {
	inside bash -c 'echo out; exit 7'
	assert_status 7
	[ "$output" = out ]
}
