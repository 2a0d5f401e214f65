#!/usr/bin/env bats
# What the command starts with, and what becomes of it: limits of processes, priorities, time, signals, reports.

# shellcheck disable=SC2016 # the shell inside expands these
load live

@test "rlimits: all sixteen as the profile says" {
	local name value keys=
	need_root
	# Each below what the caller has, so that nothing needs to be raised.
	for name in as=4000000000 core=0 cpu=1000 data=3000000000 fsize=1000000000 locks=100 memlock=65536 msgqueue=4096 \
		nice=0 nofile=77 nproc=555 rss=900000000 rtprio=0 rttime=1000000 sigpending=99 stack=4194304; do
		keys+="${name%=*} = ${name#*=}, "
	done
	profile "rlimits = { $keys },"
	with p.lua -- cat /proc/self/limits
	assert_status 0
	for value in "cpu time:1000:" "file size:1000000000:" "data size:3000000000:" "stack size:4194304:" "core file size:0:" \
		"resident set:900000000:" "processes:555:" "open files:77:" "locked memory:65536:" "address space:4000000000:" \
		"file locks:100:" "pending signals:99:" "msgqueue size:4096:" "nice priority:0:" "realtime priority:0:" \
		"realtime timeout:1000000:"; do
		grep -qE "^Max ${value%%:*} +$(cut -d: -f2 <<<"$value") +$(cut -d: -f2 <<<"$value") " <<<"$output" ||
			{ echo "$value: $output"; return 1; }
	done
}

@test "rlimits: above the caller's hard limit is refused, where nothing may raise it" {
	need_cmd setpriv
	run setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource bash -c \
		'ulimit -n 100; exec "$LUNWARD" run --ulimit nofile=200 -- true'
	assert_refused "hard limit is 100"
	# The default is clipped instead.
	run bash -c 'ulimit -n 100; exec "$LUNWARD" run -- bash -c "ulimit -Hn"'
	assert_is 100
}

@test "nice, umask, environment, working directory, oom_score_adj" {
	profile 'nice = 7, umask = "0077", cwd = "/usr", oom_score_adj = 300, env = { A = "b c", HOME = "/nowhere" },'
	with p.lua -- bash -c 'nice; umask; pwd; cat /proc/self/oom_score_adj; echo "$A"; echo $HOME'
	assert_status 0
	[ "$(paste -sd, <<<"$output")" = "7,0077,/usr,300,b c,/nowhere" ] || { echo "$output"; return 1; }
}

@test "timeout: everything is ended, also what went its own ways; 124" {
	local start=$SECONDS
	with --timeout 300ms -- bash -c '(setsid sleep 50 &) ; trap "" TERM INT HUP; sleep 50'
	assert_status 124
	[ $((SECONDS - start)) -lt 5 ]
}

@test "the end of the command is the end of all it started" {
	with -- bash -c 'for i in 1 2 3 4 5; do (setsid sleep 50 >/dev/null 2>&1 &); done; exit 3'
	assert_status 3
}

@test "orphans are reaped: no zombie stays" {
	with -- bash -c 'for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.01 & exit) ; done; sleep 0.3; grep -l "^State:.Z" /proc/[0-9]*/status | wc -l'
	assert_is 0
}

@test "signals: forwarded to the command, its own end reported" {
	local sig pid rc
	# Not INT and QUIT: a shell's background commands ignore them, and so then does the launcher (cli/terminal.py has them).
	for sig in TERM HUP USR1 USR2 WINCH CONT; do
		rm -f out
		"$LUNWARD" run -- bash -c "trap 'exit 40' $sig; echo up; while :; do sleep 0.02; done" >out &
		pid=$!
		wait_for 5 grep -q up out
		kill -$sig $pid
		rc=0
		wait $pid || rc=$?
		[ $rc = 40 ] || { echo "SIG$sig: $rc"; return 1; }
	done
}

@test "row 18: the supervisor of a sandbox with its own user namespace keeps no capability" {
	need_root
	for options in "" "-u nobody" ""; do
		# shellcheck disable=SC2086 # words
		(exec "$LUNWARD" run $options -- sh -c 'trap "exit 9" USR1; echo up; while :; do sleep 0.1; done' </dev/null >out) &
		pid=$!
		wait_for 10 grep -q up out
		wait_for 10 grep -qx $'CapEff:\t0000000000000000' /proc/$pid/status
		# To pass signals on to other users' commands, and for nothing else.
		grep -qx $'CapPrm:\t00000000000000[02]0' /proc/$pid/status
		kill -USR1 $pid
		rc=0
		wait $pid || rc=$?
		[ $rc = 9 ] || { echo "$options: $rc"; return 1; }
		: >out
	done
}

@test "the launcher killed: the sandbox is gone at once" {
	local pid inside
	"$LUNWARD" run --status-fd 3 -- bash -c 'trap "" TERM; (setsid sleep 300 &); echo up; sleep 300' >out 3>events &
	pid=$!
	wait_for 5 grep -q up out
	inside=$(grep -oE '"pid": [0-9]+' events | grep -oE '[0-9]+' | head -n 1)
	[ -d "/proc/$inside" ]
	local paths
	paths=$(cut -d: -f2,3 "/proc/$inside/cgroup" | grep -E '[0-9a-f]{64}' || true)
	kill -KILL $pid
	wait $pid || true
	gone() { [ ! -d "/proc/$inside" ]; }
	wait_for 2 gone
	remove_cgroups "$paths"
}
# What a killed launcher leaves: its cgroups, empty now.
remove_cgroups() {
	local controllers path base
	while IFS=: read -r controllers path; do
		for base in /sys/fs/cgroup /sys/fs/cgroup/unified "/sys/fs/cgroup/${controllers#name=}"; do
			[[ ! $path =~ /[0-9a-f]{64}$ ]] || [ ! -d "$base$path" ] || wait_for 5 rmdir "$base$path"
		done
	done <<<"$1"
}

@test "status and result tell a timeout, a signal and a full memory apart" {
	need_cmd python3
	need_helpers
	with --result r.json --timeout 200ms -- sleep 9
	grep -q '"cause": "timeout"' r.json
	with --result r.json -- bash -c 'kill -9 $$'
	assert_status 137
	python3 -c 'import json; r = json.load(open("r.json")); assert r["signal"] == 9 and not r["oom"] and not r["timed_out"], r'
	need_limit -m 32M
	with -m 32M --result r.json -v "$HELPERS:/h:ro" -- /h/hog memory 256
	assert_status 137
	python3 -c 'import json; r = json.load(open("r.json")); assert r["oom"] is True and r["code"] == 137, r
assert r["cause"] == "oom", r'
}

@test "stdio = null: nothing is read, nothing is shown" {
	profile 'stdio = { stdin = "null", stdout = "null" },'
	run bash -c 'echo in | "$LUNWARD" run p.lua -- bash -c "cat; echo out; echo err >&2"'
	assert_is err
}
