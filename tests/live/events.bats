#!/usr/bin/env bats
# events: every act and what becomes of sandboxes, written down whoever does it and however quickly it goes.

# shellcheck disable=SC2016,SC2154 # the shells inside expand these; id is start's
bats_require_minimum_version 1.5.0
load detached

events() { "$LUNWARD" events --format json "$@"; }
last() { events "$@" | tail -n 1; }
count() { events | grep -c "\"event\":\"$1\"" || true; }

@test "row 77: a run says who, which profile, privileged or not, and that it was allowed" {
	"$LUNWARD" run -- true
	run last
	local sha
	sha=$(sha256sum "$LUNWARD_TREE/profiles/default.lua" | cut -d' ' -f1)
	assert_output_has "\"uid\":$(id -u),"
	assert_output_has '"loginuid":'
	assert_output_has '"privileged":false,"decision":"allowed"'
	assert_output_has "\"sha256\":\"$sha\""
	assert_output_has '"event":"exited","verb":"run"'
	assert_output_has '"code":0'
	[ "$(events | head -n 1 | grep -c '"event":"run"')" = 1 ]
}

@test "a launch from a kept plan is on record as the first was" {
	for _ in 1 2 3; do
		"$LUNWARD" run -- sh -c 'exit 3' || [ $? = 3 ]
		sleep 0.8 # what has just changed is not kept
	done
	[ "$(count run)" = 3 ]
	[ "$(count started)" = 3 ]
	[ "$(count exited)" = 3 ]
	[ "$(events | grep -c '"code":3')" = 3 ]
	# Names and ids are each its own, and belong together.
	[ "$(events | sed -nE 's/.*"event":"run".*"id":"(....).*"name":"default-(....)".*/\1 \2/p' | awk '$1 == $2' | sort -u | wc -l)" = 3 ]
}

@test "what policy refuses is on record as refused, with the reason" {
	run "$LUNWARD" run --seccomp deny:execve -- true
	assert_status 125
	run last
	assert_output_has '"decision":"refused"'
	assert_output_has '"verb":"run"'
	assert_output_has 'denies execve'
	run "$LUNWARD" run --cap-add NOSUCH -- true
	run last
	assert_output_has '"decision":"refused"'
	# What the world refuses was allowed, and failed.
	run -127 "$LUNWARD" run -- nosuch
	run last
	assert_output_has '"decision":"allowed"'
	assert_output_has 'command not found'
}

@test "row 77: privileged is told" {
	need_root
	"$LUNWARD" run --privileged -- true 2>/dev/null
	run last
	assert_output_has '"privileged":true'
}

@test "row 78: a sandbox in the background, from its start to its removal" {
	start --name box -- sh -c 'while :; do sleep 1; done'
	"$LUNWARD" exec box -- true
	lw start --name box -- true
	assert_status 125
	"$LUNWARD" stop -t 5 box
	"$LUNWARD" rm box
	local e
	for e in created started ready start exec exited stop rm; do
		[ "$(events box | grep -c "\"event\":\"$e\",\"verb\":\"[a-z]*\",\"id\":\"$id\"")" = 1 ] || { echo "no $e"; events; return 1; }
	done
	run events box
	assert_output_has '"signal":15'
	assert_output_has 'is running'
	# By the beginning of its id, by time, and not at all.
	[ "$(events "${id:0:12}" | wc -l)" = "$(events | grep -c "$id")" ]
	[ "$(events --since 1h box | wc -l)" = "$(events box | wc -l)" ]
	[ -z "$(events --until 1h)" ]
	[ -z "$(events --since "$(date -u -d '+1 hour' +%FT%TZ)")" ]
	lw events nosuch
	assert_status 125
	assert_output_has 'no sandbox "nosuch"'
	lw events --since yesterday
	assert_status 125
	assert_output_has "neither a time nor a duration"
}

@test "restarts, giving up and failures are events" {
	cat >flaky.lua <<-'END'
		return sandbox {
			command = { "sh", "-c", "exit 7" },
			service = { restart = "always", backoff = { first = "10ms", max = "10ms" }, burst = { count = 3, interval = "60s" } },
		}
	END
	start ./flaky.lua
	wait_for 10 eval '"$LUNWARD" events | grep -q "ended too often"'
	[ "$(count started)" = 1 ]
	[ "$(count restarted)" = 2 ]
	[ "$(count exited)" = 3 ]
	[ "$(count failed)" = 1 ]
}

@test "ready and unhealthy are events, in their order" {
	cat >sick.lua <<-'END'
		return sandbox {
			command = { "sh", "-c", "sleep 0.2; touch /tmp/up; sleep 60" },
			service = {
				ready = { file = "/tmp/up" },
				health = { exec = { "false" }, interval = "50ms", retries = 2, action = "none" },
			},
		}
	END
	start ./sick.lua
	wait_for 10 eval '"$LUNWARD" events | grep -q unhealthy'
	[ "$(events sick | sed -nE 's/.*"event":"(started|ready|unhealthy)".*/\1/p' | paste -sd ' ')" = "started ready unhealthy" ]
}

@test "row 39: what a sandbox in the background is denied is an event with syscall, args, pid and exe" {
	start --explain-denials --name box -- sh -c 'mount -t tmpfs none /tmp; sleep 60'
	wait_for 10 eval '"$LUNWARD" events --format jsonl box | grep -q "\"event\":\"denied\""'
	run sh -c '"$LUNWARD" events --format jsonl box | grep denied'
	assert_output_has '"layer":"seccomp","syscall":'
	assert_output_has '"call":"mount"'
	assert_output_has '"args":["0x'
	assert_output_has '"pid":'
	assert_output_has '"exe":"/usr/bin/mount"'
	"$LUNWARD" rm -f box
	start --on-denial kill --name box -- sh -c 'mount -t tmpfs none /tmp; sleep 60'
	lw wait box
	assert_status 137
}

@test "a sandbox that ran out of memory is told so" {
	need_limit -m 20M
	start -m 20M --name box -- tail /dev/zero
	lw wait box
	run events box
	assert_output_has '"oom":true'
	assert_output_has '"event":"oom"'
}

@test "events -f shows what comes, across a rename, and ends with its reader or a signal" {
	timeout 20 "$LUNWARD" events -f --format json >seen &
	local pid=$!
	"$LUNWARD" run -- true
	wait_for 5 grep -q exited seen
	mv "$LUNWARD_STATE/events" "$LUNWARD_STATE/events.1"
	"$LUNWARD" run -- sh -c 'exit 9' || [ $? = 9 ]
	wait_for 5 grep -q '"code":9' seen
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	assert_status 0
	[ "$(wc -l <seen)" = 6 ]
	run timeout 10 sh -c '"$LUNWARD" events -f | head -n 1'
	assert_status 0
}

@test "a torn line costs nothing but itself" {
	"$LUNWARD" run -- true
	printf '{"schema_version":1,"time":"2026-' >>"$LUNWARD_STATE/events"
	"$LUNWARD" run -- sh -c 'exit 4' || [ $? = 4 ]
	[ "$(events | wc -l)" = 6 ]
	run last
	assert_output_has '"code":4'
	[ "$(stat -c %a "$LUNWARD_STATE/events")" = 600 ]
}

@test "where events cannot be written nothing else is disturbed" {
	ln -s /dev/null "$LUNWARD_STATE/events"
	run "$LUNWARD" run -- sh -c 'exit 5'
	assert_status 5
	[ -L "$LUNWARD_STATE/events" ]
}

@test "text is for people: one line each, nothing that acts on a terminal" {
	run -127 "$LUNWARD" run --name box -- $'no\e[31msuch'
	run "$LUNWARD" events
	assert_output_has ' run '
	assert_output_has "uid=$(id -u)"
	[[ $output != *$'\e'* ]]
}

@test "row 77: acts go to the journal and to syslog when they are there" {
	need_root
	need_cmd python3 unshare
	[ ! -e /dev/log ] || skip "this machine has a log of its own at /dev/log"
	unshare -m --propagation private bash -c '
		set -e
		mount -t tmpfs tmpfs /run
		mkdir -p "$WORK/dev" && mount --rbind /dev "$WORK/dev"
		mount -t tmpfs tmpfs /dev
		for d in null zero full random urandom tty; do touch "/dev/$d"; mount --bind "$WORK/dev/$d" "/dev/$d"; done
		ln -s /proc/self/fd /dev/fd
		python3 '"$BATS_TEST_DIRNAME"'/listen.py /run/systemd/journal/socket "$WORK/journal" & j=$!
		python3 '"$BATS_TEST_DIRNAME"'/listen.py /dev/log "$WORK/syslog" & s=$!
		trap "kill $j $s" EXIT
		until [ -S /run/systemd/journal/socket ] && [ -S /dev/log ]; do sleep 0.02; done
		for i in 1 2 3; do "$LUNWARD" run -- true; sleep 0.8; done
		! "$LUNWARD" run --seccomp deny:execve -- true 2>/dev/null
		until [ "$(grep -c -- "^---" "$WORK/journal")" = 4 ] && [ "$(grep -c -- "^---" "$WORK/syslog")" = 4 ]; do sleep 0.02; done
	'
	# 86: authpriv.info; 85: authpriv.notice.
	[ "$(grep -aEc "^<86>lunward\[[0-9]+\]: run default-....: allowed uid=0 (loginuid=[0-9]+ )?pid=[0-9]+ privileged=no profile=" syslog)" = 3 ]
	[ "$(grep -aEc "^<85>lunward\[[0-9]+\]: run .*: refused .*reason=" syslog)" = 1 ]
	grep -aqx LUNWARD_EVENT journal
	[ "$(grep -ac SYSLOG_IDENTIFIER journal)" = 4 ]
	# The native protocol: each field is a name, a newline, a length, bytes and a newline.
	python3 - journal <<-'END'
		import struct, sys
		for one in open(sys.argv[1], "rb").read().split(b"\n---\n")[:-1]:
		    fields = {}
		    while one:
		        name, rest = one.split(b"\n", 1)
		        n = struct.unpack("<Q", rest[:8])[0]
		        fields[name.decode()] = rest[8:8 + n].decode()
		        assert rest[8 + n:9 + n] in (b"\n", b""), rest
		        one = rest[9 + n:]
		    assert fields["SYSLOG_IDENTIFIER"] == "lunward" and fields["LUNWARD_VERB"] == "run"
		    assert fields["LUNWARD_DECISION"] in ("allowed", "refused") and fields["LUNWARD_UID"] == "0"
		    assert fields["PRIORITY"] == ("6" if fields["LUNWARD_DECISION"] == "allowed" else "5")
		    assert fields["MESSAGE"].startswith("run ")
	END
}

@test "a log that takes nothing keeps nobody waiting" {
	need_root
	need_cmd python3 unshare
	unshare -m --propagation private bash -c '
		set -e
		mount -t tmpfs tmpfs /run
		mkdir -p /run/systemd/journal
		python3 -c "
import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(\"/run/systemd/journal/socket\")
c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
c.setblocking(False)
try:
    while True: c.sendto(b\"x\", \"/run/systemd/journal/socket\")
except BlockingIOError: pass
open(\"/run/full\", \"w\").close()
time.sleep(60)" & p=$!
		trap "kill $p" EXIT
		until [ -e /run/full ]; do sleep 0.02; done
		timeout 10 "$LUNWARD" run -- true
	'
	[ "$(count exited)" = 1 ]
}
