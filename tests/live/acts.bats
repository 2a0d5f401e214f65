#!/usr/bin/env bats
# What is done to sandboxes in the background: pause and resume; several commands at once on one sandbox; processes that
# are not its own any more, and records that say nonsense.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

count() { "$LUNWARD" logs "$1" | tail -1; }
start_counting() { # NAME [OPTION...]
	start --name "$@" -- sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.02; done'
	wait_for 5 sh -c '[ -n "$("$1" logs "$2")" ]' sh "$LUNWARD" "$1"
}
stands() { # NAME: nothing is printed any more
	local before
	before=$(count "$1")
	sleep 0.2
	[ "$(count "$1")" = "$before" ]
}
goes_on() {
	wait_for 5 sh -c '[ "$("$1" logs "$2" | tail -1)" -gt "$3" ]' sh "$LUNWARD" "$1" "$(count "$1")"
}

@test "pause: everything stands, and says so; resume: it goes on" {
	start_counting a
	lw pause a
	assert_status 0
	stands a
	lw ps --format json
	assert_output_has '"state": "paused"'
	[ "$(field state a)" = paused ]
	[ "$(field pid a)" != null ]
	lw status a
	assert_status 0
	assert_is "a: paused"
	lw exec a -- true
	assert_refused "paused"
	assert_output_has "lunward resume a"
	lw pause a
	assert_status 0
	lw resume a
	assert_status 0
	goes_on a
	[ "$(field state a)" = running ]
	lw resume a
	assert_status 0
}

@test "pause: stop, kill and restart end one that stands" {
	start --name a -- sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.05; done'
	wait_for 5 sh -c '"$1" logs a | grep -q up' sh "$LUNWARD"
	lw pause a
	lw stop a
	assert_status 0
	lw wait a
	assert_status 3
	start --name web -- sleep 60
	pid=$(field pid web)
	lw pause web
	lw kill web
	assert_status 0
	lw wait web
	assert_status 137
	[ ! -e "/proc/$pid" ]
	lw restart web
	assert_status 0
	lw pause web
	lw rm web
	assert_refused "is running"
	lw restart -t 0 web
	assert_status 0
	[ "$(field state web)" = running ]
	lw pause web
	lw rm -f web
	assert_status 0
	lw pause web
	assert_refused 'no sandbox "web"'
	lw pause a
	assert_refused "is not running"
}

@test "pause: a signal waits until it goes on; a timeout does not" {
	start --name a -- sh -c 'trap "exit 5" USR1; echo up; while :; do sleep 0.05; done'
	wait_for 5 sh -c '"$1" logs a | grep -q up' sh "$LUNWARD"
	lw pause a
	lw kill -s USR1 a
	assert_status 0
	[ "$(field state a)" = paused ]
	lw resume a
	lw wait a
	assert_status 5
	start --name b --timeout 0.5s -- sleep 60
	lw pause b
	lw wait b
	assert_status 124
}

@test "pause: a fork bomb stands" {
	need_cmd python3
	start --name a --pids-limit 60 -- \
		/usr/bin/python3 -c 'import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.01)'
	need_pids_cgroup a
	dir=$(field cgroup.paths.pids a)
	wait_for 20 sh -c '[ "$(cat "$1/pids.current")" -gt 10 ]' sh "$dir"
	lw pause a
	assert_status 0
	before=$(sort "$dir/cgroup.procs")
	sleep 0.2
	[ "$(sort "$dir/cgroup.procs")" = "$before" ]
	lw kill a
	assert_status 0
	[ ! -e "$dir" ]
}

@test "pause: a supervisor killed meanwhile leaves nothing that stands" {
	start --name a -- sleep 60
	pid=$(field pid a)
	lw pause a
	kill -9 "$(field supervisor_pid a)"
	wait_for 5 sh -c '"$1" status a; [ $? = 3 ]' sh "$LUNWARD"
	lw gc
	assert_status 0
	[ ! -e "/proc/$pid" ]
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
}

@test "pause: what stands is ended by gc, though its state directory is gone" {
	mkdir -m 700 other
	lw start --state "$WORK/other" --name a -- sleep 60
	assert_status 0
	id=$output
	pid=$("$LUNWARD" inspect --state "$WORK/other" -f pid a)
	lw pause --state "$WORK/other" a
	assert_status 0
	kill -9 "$("$LUNWARD" inspect --state "$WORK/other" -f supervisor_pid a)"
	rm -r other
	lw gc
	assert_status 0
	wait_for 5 [ ! -e "/proc/$pid" ]
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
}

@test "pause: without a cgroup, one process after the other" {
	mkdir -m 700 none
	run unshare -m sh -c 'umount -R /sys/fs/cgroup 2>/dev/null; [ ! -e /sys/fs/cgroup/pids ] && [ ! -e /sys/fs/cgroup/cgroup.procs ]'
	[ "$status" = 0 ] || skip "cgroups cannot be unmounted here"
	run unshare -m sh -c 'umount -R /sys/fs/cgroup; exec env -u LUNWARD_CGROUP_PARENT timeout 20 "$1" start --name a -- sh -c "sleep 60 & sleep 60"' sh "$LUNWARD"
	[ "$status" = 0 ] || skip "no sandbox without cgroups here: $output"
	[ "$(field cgroup.paths a)" = '{}' ]
	lw pause a
	assert_status 0
	pid=$(field pid a)
	grep -q '^State:	T' "/proc/$pid/status"
	lw resume a
	assert_status 0
	run ! grep -q '^State:	T' "/proc/$pid/status"
	lw pause a
	lw stop -t 0 a
	assert_status 0
}

@test "several commands at once never corrupt a sandbox" {
	start --name a -- sleep 60
	for _ in 1 2 3; do
		for verb in "restart -t 0" "stop -t 0" kill "pause" "resume" "restart -t 0" "stop -t 0" "update -m 64M" "status" "restart -t 0"; do
			# shellcheck disable=SC2086 # a verb and its options
			timeout 60 "$LUNWARD" $verb a >>out 2>&1 &
		done
		wait
		# Either way it is what it says, and can be had again.
		state=$(field state a)
		[ "$state" = running ] || [ "$state" = stopped ] || [ "$state" = paused ]
		grep -q '^{' "$LUNWARD_STATE/sandboxes/$id/record.json"
		lw restart -t 0 a
		assert_status 0
		[ "$(field state a)" = running ]
		lw exec a -- true
		assert_status 0
		[ "$(find "$LUNWARD_STATE/sandboxes" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
	done
	run ! grep -E "cannot be read|No such file|Invalid|does not end" out
}

@test "rm beside restart: a sandbox is there and runs, or is not there" {
	for _ in 1 2 3 4; do
		start --name a -- sleep 60
		lw stop -t 0 a
		timeout 60 "$LUNWARD" restart -t 0 a >>out 2>&1 &
		timeout 60 "$LUNWARD" rm a >>out 2>&1 &
		timeout 60 "$LUNWARD" rm -f a >>out 2>&1 &
		timeout 60 "$LUNWARD" restart -t 0 a >>out 2>&1 &
		wait
		run timeout 30 "$LUNWARD" status a
		[ "$status" = 0 ] || [ "$status" = 3 ] || [ "$status" = 4 ]
		lw ps -a --format json
		run ! grep -q '"name": null' <<<"$output"
		if [ "$(find "$LUNWARD_STATE/sandboxes" -mindepth 1 -maxdepth 1 | wc -l)" != 0 ]; then
			lw rm -f "$id"
			assert_status 0
		fi
		[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
	done
}

# A stranger with the number that a record names: only the start time tells it apart.
@test "a number that is another's now is not signalled" {
	start --name a -- sleep 60
	sleep 61 &
	stranger=$!
	record=$LUNWARD_STATE/sandboxes/$id/record.json
	for which in command init supervisor; do
		pid=$(sed -nE "s/.*\"$which\":\\{\"pid\":([0-9]+).*/\\1/p" "$record")
		sed -i -E "s/(\"$which\":\\{\"pid\":)[0-9]+/\\1$stranger/" "$record"
		[ -n "$pid" ]
	done
	lw kill -s USR1 a
	lw update -m 64M a
	lw stats a
	lw exec a -- true
	assert_refused "is not running"
	lw kill a
	lw stop -t 0 a
	lw rm -f a
	assert_status 0
	kill -0 "$stranger"
	kill "$stranger"
}

@test "a pid that comes again, in a pid namespace of small numbers" {
	need_root
	run timeout 60 unshare -pfm --mount-proc sh -c '
		id=$("$1" start --name a -- sleep 60) || exit 90
		pid=$("$1" inspect -f pid a)
		cp "$LUNWARD_STATE/sandboxes/$id/record.json" "$2/old"
		"$1" kill a
		# The next process gets the number of the command that is gone.
		echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid || exit 91
		sleep 61 & stranger=$!
		[ "$stranger" = "$pid" ] || exit 91
		cp "$2/old" "$LUNWARD_STATE/sandboxes/$id/record.json"
		"$1" kill a; "$1" kill -s TERM a; "$1" stop -t 0 a; "$1" rm -f a
		kill -0 "$stranger" || exit 92
		echo it lives' sh "$LUNWARD" "$WORK"
	[ "$status" != 91 ] || skip "numbers cannot be chosen here"
	assert_status 0
	assert_output_has "it lives"
}

@test "records that say nonsense are listed as failed, and can be removed" {
	start --name a -- sleep 60
	lw stop -t 0 a
	record=$LUNWARD_STATE/sandboxes/$id/record.json
	for text in '' '{' '[]' '{"name": 5}' '{"state": "running", "command": {"pid": "x"}}' \
		'{"state": [], "cgroup": {"version": 1, "paths": {"pids": "/etc", "memory": 7}}}' \
		'{"command": {"pid": -1, "start": -1}, "init": {"pid": 1, "start": 1}}' \
		'{"supervisor": {"pid": 99999999999999, "start": 1}, "cgroup": []}' "$(printf '{"name": "\xff"}')"; do
		printf %s "$text" >"$record"
		for verb in inspect stats logs status stop kill; do
			run timeout 20 "$LUNWARD" $verb "$id"
			[ "$status" -lt 126 ]
		done
		lw ps -a
		assert_status 0
		assert_output_has "${id:0:12}"
	done
	lw rm "$id"
	assert_status 0
	[ -e /etc/passwd ]
}

@test "ps: filters, ids alone, and exactly six keys" {
	printf 'return sandbox { labels = { tier = "web", colour = "red" } }\n' >p.lua
	start --name web-1 "$WORK/p.lua" -- sleep 60
	web=$id
	start --name db -- sleep 60
	db=$id
	lw ps -q
	[ "$(sort <<<"$output")" = "$(printf '%s\n' "$web" "$db" | sort)" ]
	lw ps -q --filter name=web
	assert_is "$web"
	lw ps -q --filter label=tier=web
	assert_is "$web"
	lw ps -q --filter label=tier --filter state=paused
	assert_is ""
	lw pause db
	lw ps -q --filter state=paused --filter state=stopped
	assert_is "$db"
	lw stop -t 0 db
	lw ps -q --filter state=stopped
	assert_is "$db"
	lw ps -q --filter profile=p
	assert_is "$web"
	lw ps --format json
	[ "$(grep -cE '^    "(id|name|state|pid|started_at|profile)": ' <<<"$output")" = 6 ]
	[ "$(grep -cE '^    "' <<<"$output")" = 6 ]
}
