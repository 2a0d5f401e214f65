#!/usr/bin/env bats
# What `lunward run` tells its caller: exit codes, --status-fd, --result, standard streams, signals, the terminal.

# shellcheck disable=SC2016,SC2154 # text with backquotes is meant so; bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	need_userns
	sandbox_setup
	cd "$WORK" || return
	cat >p.lua <<-'END'
		return sandbox { command = { "/bin/sh", "-c", "exit 7" } }
	END
}
teardown() {
	[ -z "${WORK:-}" ] || sandbox_teardown
}

@test "the exit code is the command's own" {
	local n
	run "$LUNWARD" run p.lua
	assert_status 7
	for n in 0 1 99 200 255; do
		run "$LUNWARD" run p.lua -- sh -c "exit $n"
		assert_status $n
	done
}

@test "128+n when signal n ended it" {
	local n
	for n in 9 15 6; do
		run "$LUNWARD" run p.lua -- sh -c "kill -$n \$\$"
		assert_status $((128 + n))
	done
}

@test "127 not found, 126 not runnable, in one line" {
	run -127 --separate-stderr "$LUNWARD" run p.lua -- nosuchcommand
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *nosuchcommand* ]]
	run --separate-stderr "$LUNWARD" run p.lua -- /etc/passwd
	assert_status 126
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "a command that only the caller has is said to be so" {
	mkdir bin
	cp /bin/true bin/onlyhere
	PATH=$PATH:$WORK/bin run -127 "$LUNWARD" run p.lua -- onlyhere
	assert_output_has "$WORK/bin/onlyhere exists here"
	run -127 "$LUNWARD" run p.lua -- "$WORK/bin/onlyhere"
	assert_output_has "exists here but not inside"
}

@test "125 when a set-up step fails, told about the command line" {
	run --separate-stderr "$LUNWARD" run -v /nonexistent:/x p.lua
	assert_status 125
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == "lunward: --volume: "*"/nonexistent"* ]] || { echo "$stderr"; return 1; }
}

@test "125 when a set-up step fails, told about the profile's line" {
	cat >q.lua <<-'END'
		return sandbox {
			command = { "/bin/true" },
			mounts = {
				tmpfs "/x",
				bind "/nonexistent:/y",
			},
		}
	END
	run "$LUNWARD" run q.lua
	assert_status 125
	assert_output_has "q.lua:5: mounts["
}

@test "--timeout ends everything and exits 124" {
	local start=$SECONDS
	run "$LUNWARD" run --timeout 300ms p.lua -- sh -c 'sleep 20 & sleep 20'
	assert_status 124
	[ $((SECONDS - start)) -lt 5 ]
	run "$LUNWARD" run --timeout 20s p.lua
	assert_status 7
}

@test "--status-fd: created, started, ready, exited" {
	"$LUNWARD" run --status-fd 3 p.lua -- sh -c 'exit 4' 3>events || [ $? = 4 ]
	[ "$(grep -o '"event": "[a-z]*"' events | cut -d'"' -f4 | xargs)" = "created started ready exited" ]
	grep -q '"event": "started", "pid": [1-9]' events
	grep -q '"event": "exited", "code": 4, "cause": "command"' events
	[ "$(grep -c '"schema_version": 1' events)" = 4 ]
	"$LUNWARD" run --status-fd 3 --timeout 0.2 p.lua -- sleep 9 3>events || [ $? = 124 ]
	grep -q '"code": 137, "signal": 9, "cause": "timeout"' events
	"$LUNWARD" run --status-fd 3 p.lua -- nosuch 3>events 2>/dev/null || [ $? = 127 ]
	grep -q '"event": "error", "code": 127, "cause": "setup"' events
}

@test "the status descriptor is not the command's" {
	run "$LUNWARD" run --status-fd 3 p.lua -- sh -c 'echo leak >&3' 3>events
	[ "$status" != 0 ]
	run grep -q leak events
	assert_status 1
}

@test "--result: one object" {
	need_cmd python3
	"$LUNWARD" run --result r.json p.lua -- sh -c 'kill -15 $$' || [ $? = 143 ]
	python3 - <<-'END'
		import json
		r = json.load(open("r.json"))
		assert r["schema_version"] == 1 and r["code"] == 143 and r["signal"] == 15, r
		assert r["timed_out"] is False and r["oom"] is False and r["cause"] == "command"
		assert 0 < r["wall_seconds"] < 60 and "cpu_seconds" in r and "memory_peak_bytes" in r
	END
	"$LUNWARD" run --result r.json --timeout 0.2 p.lua -- sleep 9 || [ $? = 124 ]
	python3 -c 'import json; r = json.load(open("r.json")); assert r["timed_out"] and r["signal"] == 9, r'
	"$LUNWARD" run --result r.json p.lua -- nosuch 2>/dev/null || [ $? = 127 ]
	python3 -c 'import json; r = json.load(open("r.json")); assert r["code"] == 127 and r["cause"] == "setup", r'
}

@test "standard streams are the caller's" {
	[ "$(echo in | "$LUNWARD" run p.lua -- sh -c 'cat; echo err >&2' 2>err)" = in ]
	[ "$(cat err)" = err ]
	run bash -c '"$LUNWARD" run p.lua -- sh -c "yes | head -c 1000000" | wc -c'
	[ "$output" = 1000000 ]
	# A reader that goes away ends the command, not the supervision of it.
	run bash -c '"$LUNWARD" run p.lua -- yes | head -n 1'
	assert_status 0
}

@test "a run without a name gets a short id, --name is taken as it is" {
	[[ $("$LUNWARD" run p.lua -- hostname) =~ ^p-[0-9a-f]{4}$ ]]
	[ "$("$LUNWARD" run --name web p.lua -- hostname)" = web ]
}

@test "overrides reach the command" {
	[ "$("$LUNWARD" run -w /etc p.lua -- pwd)" = /etc ]
	[ "$(HERE=there "$LUNWARD" run -e A=b -e HERE -e MISSING p.lua -- sh -c 'echo $A $HERE ${MISSING-none}')" = "b there none" ]
	[ "$("$LUNWARD" run --umask 0077 p.lua -- sh -c umask)" = 0077 ]
	[ "$("$LUNWARD" run --ulimit nofile=64:128 p.lua -- sh -c 'ulimit -Sn; ulimit -Hn' | xargs)" = "64 128" ]
	mkdir vol
	chmod 777 vol
	"$LUNWARD" run -v vol:/mnt/vol p.lua -- touch /mnt/vol/made
	[ -e vol/made ]
	run "$LUNWARD" run -v vol:/mnt/vol:ro p.lua -- touch /mnt/vol/again
	[ "$status" = 1 ]
	[ ! -e vol/again ]
	run "$LUNWARD" run --seccomp deny:getcwd p.lua -- sh -c 'pwd -P'
	assert_output_has "getcwd() failed: Operation not permitted"
}

@test "drops come before adds, as in Docker" {
	local order
	for order in "--cap-drop ALL --cap-add SYS_TIME" "--cap-add SYS_TIME --cap-drop all"; do
		# shellcheck disable=SC2086
		"$LUNWARD" run $order p.lua -- grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status >caps
		[ "$(grep -c '0000000002000000$' caps)" = 3 ] || { cat caps; return 1; }
	done
}

@test "--spec runs what plan printed" {
	"$LUNWARD" plan --format json p.lua -- echo planned >s.json
	[ "$("$LUNWARD" run --spec s.json)" = planned ]
	[ "$("$LUNWARD" run --spec - <s.json)" = planned ]
	[ "$("$LUNWARD" run --spec s.json -- echo other)" = other ]
}

@test "signals go to the command" {
	local pid rc=0
	"$LUNWARD" run p.lua -- sh -c 'trap "exit 5" TERM USR1; echo up; while :; do sleep 0.05; done' >out &
	pid=$!
	wait_for 5 grep -q up out
	kill -USR1 $pid
	wait $pid || rc=$?
	[ $rc = 5 ]
	"$LUNWARD" run p.lua -- sh -c 'echo up; exec sleep 20' >out &
	pid=$!
	wait_for 5 grep -q up out
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ $rc = 143 ]
}

@test "an ignored signal stays ignored" {
	local pid rc=0
	(trap '' HUP; exec "$LUNWARD" run p.lua -- sh -c 'echo up; sleep 0.5; exit 6') >out &
	pid=$!
	wait_for 5 grep -q up out
	kill -HUP $pid
	wait $pid || rc=$?
	[ $rc = 6 ]
}

@test "closed standard descriptors and an ignored SIGCHLD are no trap" {
	need_cmd python3
	run bash -c '"$LUNWARD" run p.lua -- ls -l /proc/self/fd <&-'
	assert_status 0
	assert_output_has "0 -> /dev/null"
	[[ $output != *"$LUNWARD_STATE"* ]]
	run bash -c '"$LUNWARD" run p.lua <&- >&- 2>&-'
	assert_status 7
	run python3 -c 'import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(os.environ["LUNWARD"], ["lunward", "run", "p.lua"])'
	assert_status 7
}

@test "the terminal: ours inside, sized like the caller's, given back as it was" {
	need_cmd python3
	run python3 "$BATS_TEST_DIRNAME/terminal.py"
	assert_status 0
}
