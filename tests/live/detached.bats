#!/usr/bin/env bats
# Detached sandboxes: start, what is known of them, what can be done to them, and that nothing is left.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

@test "row 64: start prints the id, 64 digits, and is gone from the caller" {
	"$LUNWARD" start --name a -- sleep 60 >out
	[ "$(wc -c <out)" = 65 ]
	grep -qxE '[0-9a-f]{64}' out
	# Nothing of the caller's is kept open by the supervisor.
	sup=$(field supervisor_pid a)
	[ -z "$(find "/proc/$sup/fd" -lname '*/out')" ]
	[ "$(readlink "/proc/$sup/cwd")" = / ]
	lw ps
	assert_output_has "$(head -c 12 out)"
	lw ps --format json
	assert_output_has "$(cat out)"
	lw status "$(head -c 8 out)"
	assert_status 0
}

@test "rows 28, 65: inspect prints the pid and the five capability sets by name" {
	start --name a --cap-drop ALL --cap-add NET_BIND_SERVICE -- sleep 60
	pid=$(field pid a)
	[ "$(readlink "/proc/$pid/exe")" != "$LUNWARD" ]
	[ "$(field capabilities.effective a)" = '["NET_BIND_SERVICE"]' ]
	[ "$(field capabilities.bounding a)" = '["NET_BIND_SERVICE"]' ]
	[ "$(field capabilities.inheritable a)" = '[]' ]
	grep -qx $'CapEff:\t0000000000000400' "/proc/$pid/status"
	lw inspect -f nothing.there a
	assert_refused "nothing.there"
	lw inspect --format json a
	for key in schema_version id name state pid supervisor_pid started_at profile privileged cgroup namespaces ids \
		capabilities seccomp network limits spec; do
		assert_output_has "\"$key\":"
	done
}

@test "row 63: what it prints is kept, by stream and with times" {
	start --name a -- sh -c 'echo out; echo err >&2; printf unfinished'
	lw wait a
	assert_status 0
	run --separate-stderr timeout 10 "$LUNWARD" logs a
	[ "${lines[0]}" = out ]
	[ "${lines[1]}" = unfinished ]
	# shellcheck disable=SC2154
	[ "$stderr" = err ]
	lw logs -t a
	[[ ${lines[0]} =~ ^20[0-9-]+T[0-9:.]+Z\  ]]
}

@test "row 67: a service that prints once a moment is followed" {
	start --name a -- sh -c 'for i in 1 2 3 4; do echo hello $i; sleep 0.2; done'
	run timeout 20 "$LUNWARD" logs -f a
	assert_status 0
	[ "${#lines[@]}" = 4 ]
	[ "${lines[3]}" = "hello 4" ]
}

@test "exit codes: wait has the command's own, a signal's, a timeout's" {
	start --name one -- sh -c 'exit 7'
	lw wait one
	assert_status 7
	lw status one
	assert_status 3
	start --name two -- sh -c 'kill -KILL $$'
	lw wait two
	assert_status 137
	start --name three --timeout 0.3s -- sleep 60
	lw wait three
	assert_status 124
	start --name four -- sleep 60
	lw wait --timeout 0.2s four
	assert_status 124
	lw wait --ready four
	assert_status 0
	lw status nobody
	assert_status 4
	lw rm one
	assert_status 0
	lw status one
	assert_status 4
}

@test "names: a live one is kept, a stopped one makes room, beginnings are enough" {
	start --name web -- sleep 60
	lw start --name web -- sleep 60
	assert_refused "is running"
	lw stop -t 0 web
	assert_status 0
	lw stop web
	assert_status 0
	old=$id
	start --name web -- sleep 60
	[ "$id" != "$old" ]
	lw inspect -f id "${id:0:6}"
	assert_is "$id"
	lw inspect -f id wen
	assert_refused 'did you mean "web"'
	lw rm web
	assert_refused "is running"
	lw rm -f web
	assert_status 0
	lw ps -a --format json
	assert_is "[]"
}

@test "stop asks first, kill does not, and a signal reaches the command alone" {
	start --name a -- sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
	wait_for 5 sh -c '"$1" logs a | grep -q up' sh "$LUNWARD"
	lw stop a
	lw wait a
	assert_status 3
	start --name b -- sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	lw stop -t 0.2s b
	lw wait b
	assert_status 137
	start --name c -- sh -c 'trap "exit 5" USR1; echo up; while :; do sleep 0.1; done'
	wait_for 5 sh -c '"$1" logs c | grep -q up' sh "$LUNWARD"
	lw kill -s USR1 c
	lw wait c
	assert_status 5
	lw kill -s NOSUCH c
	assert_refused NOSUCH
	lw kill c
	assert_status 0
}

@test "a failure is told as by run, and leaves no record" {
	run -127 timeout 30 "$LUNWARD" start --name a -- nosuchcommand
	assert_output_has "command not found"
	lw start --name a -v /nothing:/x -- true
	assert_refused /nothing
	lw start --name a
	assert_refused "no command"
	lw ps -a --format json
	assert_is "[]"
	run find "$LUNWARD_STATE/names" "$LUNWARD_STATE/sandboxes" -mindepth 1
	assert_is ""
}

@test "row 54: stats has every figure, as the kernel has them" {
	start --name a -m 64M -- sleep 60
	need_pids_cgroup a
	lw stats --no-stream --format json a
	assert_status 0
	for key in tasks processes memory_bytes memory_limit_bytes cpu_seconds; do assert_output_has "\"$key\":"; done
	assert_output_has '"memory_limit_bytes": 67108864'
}

@test "row 55: limits of a running sandbox change" {
	start --name a -m 64M --pids-limit 50 -- sleep 60
	need_pids_cgroup a
	lw update -m 48M --pids-limit 60 a
	assert_status 0
	[ "$(cat "$(field cgroup.paths.pids a)/pids.max")" = 60 ]
	[ "$(cat "$(field cgroup.paths.memory a)"/memory.{limit_in_bytes,max} 2>/dev/null)" = 50331648 ]
	lw update -m 96M a
	assert_status 0
	[ "$(cat "$(field cgroup.paths.memory a)"/memory.{limit_in_bytes,max} 2>/dev/null)" = 100663296 ]
	[ "$(field spec.limits.memory a)" = '"96M"' ] || [ "$(field spec.limits.memory a)" = 100663296 ]
	lw update a
	assert_refused "nothing to change"
	lw update -m lots a
	assert_refused memory
}

@test "row 56: usage is what the cgroup says" {
	start --name a -- sh -c 'sleep 60 & sleep 60 & wait'
	need_pids_cgroup a
	wait_for 5 grep -qx 3 "$(field cgroup.paths.pids a)/pids.current"
	lw stats --format json a
	assert_output_has '"tasks": 3'
}

@test "row 57: a fork bomb is gone in a second" {
	start --name a --pids-limit 200 -- sh -c 'f() { f & f & wait; }; f'
	need_pids_cgroup a
	dir=$(field cgroup.paths.pids a)
	wait_for 5 sh -c '[ "$(cat "$1/pids.current")" -gt 100 ]' sh "$dir"
	lw kill a
	assert_status 0
	[ ! -e "$dir" ]
}

@test "row 58: the path of a cgroup is told" {
	start --name a --pids-limit 100 -- sleep 60
	need_pids_cgroup a
	[ "$(cat "$("$LUNWARD" inspect -f cgroup.paths.pids a)/pids.max")" = 100 ]
}

@test "row 59: tasks and processes are told apart" {
	need_cmd python3
	start --name a -- /usr/bin/python3 -c 'import threading, time
for i in range(4): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)'
	need_pids_cgroup a
	wait_for 10 sh -c '"$1" stats --format json a | grep -q "\"tasks\": 5"' sh "$LUNWARD"
	lw stats --format json a
	assert_output_has '"processes": 1'
}

@test "row 61: exec joins with exactly the sandbox's confinement" {
	start --name a -u nobody --cap-drop ALL --cap-add CHOWN --pids-limit 40 --ulimit nofile=100:200 -- sleep 60
	# shellcheck disable=SC2016
	lw exec a -- bash -c '
		same() { diff <(grep -E "$1" /proc/self/"$2") <(grep -E "$1" /proc/2/"$2"); }
		same "^(Cap|Seccomp|NoNewPrivs|Uid|Gid|Groups)" status && same "" limits && same "" uid_map && same "" cgroup
		for ns in user pid mnt net ipc uts cgroup time; do
			[ "$(readlink /proc/self/ns/$ns)" = "$(readlink /proc/2/ns/$ns)" ] || echo other $ns
		done
		ls /proc/self/fd | wc -l'
	assert_status 0
	assert_is 4
	pids=$(field cgroup.paths.pids a 2>/dev/null) || return 0
	(exec timeout 30 "$LUNWARD" exec a -- sleep 60) &
	wait_for 5 grep -qx 2 "$pids/pids.current"
	# It ends with the sandbox, and does not end it.
	lw stop -t 0 a
	wait $! || rc=$?
	[ "${rc:-0}" = 137 ] || [ "${rc:-0}" = 143 ]
}

@test "exec: the command's own exit code, its environment, what is missing" {
	start --name a -- sleep 60
	lw exec a -- sh -c 'exit 9'
	assert_status 9
	lw exec -e X=1 -w /tmp a -- sh -c 'echo $X; pwd'
	assert_is $'1\n/tmp'
	run -127 timeout 20 "$LUNWARD" exec a -- nosuch
	assert_output_has "command not found"
	lw exec a
	assert_refused "no command"
	lw exec --timeout 0.2s a -- sleep 60
	assert_status 124
	lw stop -t 0 a
	lw exec a -- true
	assert_refused "is not running"
}

@test "exec and shell: a terminal of the sandbox's own" {
	need_cmd script
	start --name a -- sleep 60
	run timeout 20 script -qec "$LUNWARD exec -t a -- tty" /dev/null </dev/null
	assert_output_has /dev/pts/
	run timeout 20 script -qec "echo 'id -u; exit 4' | $LUNWARD shell a" /dev/null </dev/null
	assert_status 4
}

@test "namespaces and network of a sandbox that runs are joined by its name" {
	need_root
	start --name web -- sleep 60
	profile 'network = { sandbox = "web" },'
	lw run "$WORK/p.lua" -- sh -c 'readlink /proc/self/ns/net /proc/self/ns/user /proc/self/ns/pid'
	assert_status 0
	pid=$(field pid web)
	[ "${lines[0]}" = "$(readlink "/proc/$pid/ns/net")" ]
	[ "${lines[1]}" = "$(readlink "/proc/$pid/ns/user")" ]
	[ "${lines[2]}" != "$(readlink "/proc/$pid/ns/pid")" ]
	profile 'namespaces = { ipc = { sandbox = "web" }, user = { sandbox = "web" } },'
	lw run "$WORK/p.lua" -- readlink /proc/self/ns/ipc
	assert_is "$(readlink "/proc/$pid/ns/ipc")"
	lw plan --format json "$WORK/p.lua" -- true
	assert_output_has '"sandbox": "web"'
	lw stop -t 0 web
	lw run "$WORK/p.lua" -- true
	assert_refused 'does not run'
	profile 'network = { sandbox = "wob" },'
	lw run "$WORK/p.lua" -- true
	assert_refused 'did you mean "web"'
	profile 'network = { sandbox = "web", path = "/x" },'
	lw run "$WORK/p.lua" -- true
	assert_refused 'which?'
}

@test "what a sandbox's overlay kept is reviewed by the sandbox's name" {
	need_root
	mkdir -m 755 -p keep lower
	echo old >lower/a
	chmod 700 keep
	profile "mounts = { overlay { source = \"$WORK/lower\", destination = \"/data\", upper = \"$WORK/keep/upper\" } },"
	lw start --name ov "$WORK/p.lua" -- sh -c 'echo new >/data/a; echo more >/data/b'
	if [ "$status" = 125 ]; then skip "$output"; fi
	assert_status 0
	lw wait ov
	assert_status 0
	lw changes ov
	assert_status 0
	assert_output_has "/data/a"
	assert_output_has "/data/b"
	lw commit ov /data/b
	assert_status 0
	[ "$(cat lower/b)" = more ]
	[ "$(cat lower/a)" = old ]
}

@test "a supervisor that is killed: the sandbox goes, gc leaves nothing" {
	start --name a -- sleep 60
	sup=$(field supervisor_pid a)
	pid=$(field pid a)
	kill -9 "$sup"
	wait_for 5 sh -c '! kill -0 "$1" 2>/dev/null' sh "$pid"
	lw status a
	assert_status 3
	lw gc
	assert_status 0
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
	lw rm a
	assert_status 0
}

@test "gc minds what others have: running sandboxes of any state directory" {
	start --name a -- sleep 60
	mkdir -m 700 other
	run timeout 30 "$LUNWARD" gc --state "$WORK/other"
	assert_status 0
	lw status a
	assert_status 0
	[ -n "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ] || [ "$(field cgroup.paths a)" = '{}' ]
}

@test "many at once, and the same name at once" {
	for i in $(seq 20); do "$LUNWARD" start --name "s$i" -- sleep 60 >"id$i" & done
	wait
	lw ps
	[ "${#lines[@]}" = 21 ]
	for i in $(seq 8); do "$LUNWARD" start --name same -- sleep 60 >"same$i" 2>/dev/null & done
	wait
	[ "$(cat same* | wc -l)" = 1 ]
}

@test "run -d --rm leaves no record; without --rm it stays" {
	lw run -d --rm -- true
	assert_status 0
	wait_for 5 sh -c '[ "$("$1" ps -a --format json)" = "[]" ]' sh "$LUNWARD"
	lw run -d -- true
	assert_status 0
	lw wait "$output"
	assert_status 0
	lw ps -a
	assert_output_has default-
}
