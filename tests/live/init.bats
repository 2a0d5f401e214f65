#!/usr/bin/env bats
# `init`: process 1 is a program of ours, or the command itself; and what ends with what.

# shellcheck disable=SC2016 # the shell inside expands these
load live

@test "row 2: the command sees only its own tree; process 1 is our init, or the command with init = false" {
	profile 'name = "p",'
	with p.lua -- sh -c 'echo $$; ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm'
	assert_status 0
	[ "${lines[0]}" = 2 ]
	[ "${lines[1]}" -le 5 ]
	[ "${lines[2]}" = lunward-init ]
	profile 'init = false,'
	with p.lua -- sh -c 'echo $$; ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm'
	assert_status 0
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" -le 4 ]
	[ "${lines[2]}" = sh ]
}

@test "init = false: code, signal and what is left running" {
	profile 'init = false,'
	with p.lua -- sh -c 'exit 7'
	assert_status 7
	with p.lua -- sh -c 'sleep 300 & exit 3'
	assert_status 3
	# A handler of its own: the signal arrives. Without one the kernel keeps it from process 1.
	with p.lua -- bash -c 'trap "exit 9" TERM; kill -TERM $$; sleep 5'
	assert_status 9
	with p.lua -- bash -c 'kill -TERM $$; exit 4'
	assert_status 4
}

@test "init = false: a timeout and a signal from outside end it" {
	profile 'init = false,'
	with --timeout 0.3s p.lua -- sleep 300
	assert_status 124
	"$LUNWARD" run p.lua -- bash -c 'trap "exit 8" USR1; touch /tmp/x; while :; do sleep 0.1; done' &
	local pid=$! rc=0
	sleep 0.7
	kill -USR1 $pid
	wait $pid || rc=$?
	[ $rc = 8 ] || { echo "code $rc"; return 1; }
}

@test "init = false: it ends with its supervisor" {
	profile 'init = false,'
	mkdir out
	chmod 777 out
	"$LUNWARD" run -v "$PWD/out:/out" p.lua -- sh -c 'while :; do echo x >>/out/beats; sleep 0.05; done' &
	local pid=$! size
	wait_for 5 test -s out/beats
	kill -KILL $pid
	wait $pid || true
	sleep 0.3
	size=$(stat -c %s out/beats)
	sleep 0.3
	[ "$(stat -c %s out/beats)" = "$size" ]
	sweep_cgroups
}

@test "init = false: the host's root inside takes its last step as process 1" {
	need_root
	profile 'init = false, ids = "keep",'
	with p.lua -- sh -c 'echo $$; id -u; readlink /proc/1/exe'
	assert_status 0
	[ "${lines[0]}" = 1 ]
	[ "${lines[1]}" = 0 ]
	assert_lacks lunward
}

@test "init = false: a terminal, and no descriptor of ours" {
	profile 'init = false,'
	with -t p.lua -- sh -c 'tty; ls /proc/self/fd | xargs'
	assert_status 0
	assert_output_has /dev/
	with p.lua -- sh -c 'exec ls -l /proc/self/fd'
	assert_lacks socket
	assert_lacks memfd
}

@test "init = true needs a pid namespace of its own" {
	profile 'init = true, namespaces = { pid = "host" },'
	with p.lua -- true
	assert_refused 'namespaces.pid = "new"'
}
