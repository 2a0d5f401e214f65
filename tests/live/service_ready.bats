#!/usr/bin/env bats
# When a service is ready: the six ways, and who never is.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

# service KEYS [COMMAND WORD...]: writes svc.lua.
service() {
	local keys=$1 word command=
	shift
	for word; do command+="[==[$word]==], "; done
	printf 'return sandbox { command = { %s }, service = { %s } }\n' "$command" "$keys" >svc.lua
}
not_ready_yet() {
	[ "$(field ready svc)" = false ]
	lw ps
	assert_output_has "running, not ready"
}
ready() {
	lw wait --ready --timeout 20s svc
	assert_status 0
	[ "$(field ready svc)" = true ]
}

@test "started: as soon as it runs, and wait --ready says so" {
	service '' sleep 60
	start svc.lua
	ready
}

@test "tcp: somebody listens in the sandbox's own network, not in the host's" {
	need_cmd python3
	# The host's loopback has a listener on the very port, which is not the sandbox's.
	python3 -c 'import socket,time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >port &
	host=$!
	wait_for 10 test -s port
	service "ready = { tcp = $(cat port) }" python3 -c 'import os, socket, sys, time
while not os.path.exists("/tmp/go"): time.sleep(0.05)
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); time.sleep(60)' "$(cat port)"
	start svc.lua
	not_ready_yet
	lw wait --ready --timeout 300ms svc
	assert_status 124
	kill $host
	lw exec svc -- touch /tmp/go
	ready
}

@test "tcp: with IPv6, and with another address" {
	need_cmd python3
	[ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
	service 'ready = { tcp = "[::1]:80" }' python3 -c 'import socket, time
s = socket.socket(socket.AF_INET6); s.bind(("::1", 80)); s.listen(); time.sleep(60)'
	start svc.lua
	ready
}

@test "exec: a command inside, confined as the sandbox is" {
	service 'ready = { exec = { "sh", "-c", "test -e /tmp/go && touch /tmp/asked && ! touch /usr/x" } }' sleep 60
	start svc.lua
	not_ready_yet
	lw exec svc -- touch /tmp/go
	ready
	lw exec svc -- test -e /tmp/asked
	assert_status 0
}

@test "exec: one that hangs holds up nobody, and is ended with the sandbox" {
	service 'ready = { exec = { "sleep", "1234" } }, stop_timeout = "1s"' sleep 60
	start svc.lua
	wait_for 10 "$LUNWARD" exec svc -- sh -c 'cat /proc/*/cmdline | tr "\0" " " | grep "sleep 1234"'
	lw status svc
	assert_output_has "not ready"
	lw stop svc
	assert_status 0
}

@test "file: inside its root; a link cannot lead out" {
	service 'ready = { file = "/tmp/go" }' sh -c "ln -s $WORK/outside /tmp/go; sleep 60"
	touch outside
	start svc.lua
	not_ready_yet
	lw wait --ready --timeout 500ms svc
	assert_status 124
	lw exec svc -- sh -c 'rm /tmp/go; ln -s ../../../../../tmp/there /tmp/go; touch /tmp/there'
	ready
}

@test "log: a line it printed, in pieces, on either stream" {
	service 'ready = { log = "aab: ready" }' sh -c 'echo nothing; while [ ! -e /tmp/go ]; do sleep 0.05; done
		printf aaa >&2; sleep 0.1; printf "b: rea" >&2; sleep 0.1; echo dy >&2; sleep 60'
	start svc.lua
	not_ready_yet
	lw exec svc -- touch /tmp/go
	ready
}

NOTIFY='import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(text): s.sendto(text, os.environ["NOTIFY_SOCKET"])
'

@test "notify: READY=1 and STATUS=, also from a child, and from one that has ended" {
	need_cmd python3
	service 'ready = "notify"' python3 -c "$NOTIFY"'
say(b"STATUS=warming up")
while not os.path.exists("/tmp/go"): time.sleep(0.05)
if os.fork() == 0:
    say(b"MAINPID=1\nREADY=1\nSTATUS=serving \x1b[31m\n"); os._exit(0)
time.sleep(60)'
	start svc.lua
	wait_for 10 sh -c '"$LUNWARD" status svc | grep "warming up"'
	not_ready_yet
	lw exec svc -- touch /tmp/go
	ready
	wait_for 10 sh -c '"$LUNWARD" status svc | grep "serving ?\[31m"'
	[ "$(field pid svc)" != 1 ]
}

@test "notify: floods, descriptors and long messages harm nobody" {
	need_cmd python3
	service 'ready = "notify"' python3 -c "$NOTIFY"'
import array
say(b"READY=1\n" + b"x" * 8000)
say(b"NOTREADY=1\nREADY=11\nREADY=0\nXREADY=1")
r, w = os.pipe()
n = 0
while n < 50:
    try:
        s.sendmsg([b"FDSTORE=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w] * 100))], 0, os.environ["NOTIFY_SOCKET"])
        n += 1
    except OSError: time.sleep(0.01)
os.close(w)
os.read(r, 1)
print("closed", flush=True)
while True:
    say(b"STATUS=" + b"y" * 3000)'
	start svc.lua
	wait_for 10 sh -c '"$LUNWARD" logs svc | grep closed'
	[ "$(find "/proc/$(field supervisor_pid svc)/fd" | wc -l)" -lt 40 ]
	[ "$(field ready svc)" = false ]
	lw stop -t 1 svc
	assert_status 0
}

@test "notify: who sends without end has few of them taken, and is ready all the same" {
	need_cmd python3
	service 'ready = "notify"' python3 -c "$NOTIFY"'
end, n = time.monotonic() + 2, 0
while time.monotonic() < end:
    say(b"X=1")
    n += 1
print("taken", n, flush=True)
say(b"READY=1"); time.sleep(60)'
	start svc.lua
	ready
	# 32 each 20 ms, and what the socket holds; unhindered it is 40000 and more.
	[ "$("$LUNWARD" logs svc | sed -n "s/^taken //p")" -lt 8000 ]
}

@test "notify: what a stranger sends into the socket does not count" {
	need_cmd python3
	service 'ready = "notify"' sleep 60
	start svc.lua
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", sys.argv[1])' "$LUNWARD_STATE/notify/$id"
	lw wait --ready --timeout 500ms svc
	assert_status 124
}

@test "notify: what a killed supervisor left is taken away" {
	service 'ready = "notify"' sleep 60
	start svc.lua
	[ -S "$LUNWARD_STATE/notify/$id" ]
	"$LUNWARD" gc
	[ -S "$LUNWARD_STATE/notify/$id" ]
	kill -9 "$(field supervisor_pid svc)"
	wait_for 10 sh -c '"$LUNWARD" gc; [ -z "$(ls "$LUNWARD_STATE/notify")" ]'
}

@test "notify: passed on to who started us, but for MAINPID" {
	need_cmd python3
	service 'ready = "notify"' python3 -c "$NOTIFY"'
say(b"MAINPID=1\nREADY=1\nSTATUS=hello\n"); time.sleep(60)'
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("outer"); s.settimeout(20)
open("bound", "w")
text = ""
while "STATUS" not in text: text += s.recv(4096).decode()
print(text)' >said &
	wait_for 10 test -e bound
	NOTIFY_SOCKET=$WORK/outer "$LUNWARD" start svc.lua
	wait $!
	grep -qx READY=1 said
	grep -qx STATUS=hello said
	run grep MAINPID said
	assert_status 1
}

@test "who is not ready in time is ended, has failed, and is started again" {
	service 'ready = { tcp = 80 }, ready_timeout = "300ms", stop_timeout = "1s"' sleep 60
	start svc.lua
	lw wait --ready --timeout 20s svc
	assert_status 1
	[ "$(field state svc)" = failed ]
	lw status svc
	assert_status 3
	assert_output_has "not ready within 300ms"
	service 'ready = { tcp = 80 }, ready_timeout = "300ms", stop_timeout = "1s", restart = "on-failure",
		backoff = "10ms", burst = 2' sleep 60
	start svc.lua
	lw wait --ready --timeout 20s svc
	assert_status 1
	[ "$(field restarts svc)" = 1 ]
	[ "$(field state svc)" = failed ]
}

@test "who ends before it is ready has failed" {
	service 'ready = "notify"' true
	start svc.lua
	lw wait --ready --timeout 20s svc
	assert_status 1
	[ "$(field state svc)" = failed ]
	lw status svc
	assert_output_has "ended before it was ready"
}

@test "start of several: who comes after waits until the first is ready" {
	printf 'return sandbox { name = "db", command = { "sh", "-c", "sleep 0.5; touch /tmp/up; sleep 60" },
		service = { ready = { file = "/tmp/up" } } }\n' >db.lua
	printf 'return sandbox { name = "app", command = { "sleep", "60" }, service = { requires = "db" } }\n' >app.lua
	lw start app.lua db.lua
	assert_status 0
	[ "$(field ready db)" = true ]
	[[ $(field started_at app) > $(field started_at db) ]]
	lw stop --all
}

@test "without root: a port, a command, a file, a word" {
	need_cmd python3
	# Found beside each other, by whoever may not enter the build.
	mkdir bin
	cp "$LUNWARD" "${LUNWARD%/*}/lunward-supervisor" bin
	local LUNWARD=$WORK/bin/lunward
	for ready in '{ tcp = 80 }' '{ exec = { "test", "-e", "/tmp/up" } }' '{ file = "/tmp/up" }' '"notify"'; do
		service "ready = $ready" python3 -c "$NOTIFY"'
s2 = socket.socket(); s2.bind(("127.0.0.1", 80)); s2.listen(); open("/tmp/up", "w")
if "NOTIFY_SOCKET" in os.environ: say(b"READY=1")
time.sleep(60)'
		as_nobody start ./svc.lua
		[ "$status" = 0 ] || { as_nobody run -- true; [ "$status" = 0 ] || skip "none for ordinary users here: $output"; return 1; }
		as_nobody wait --ready --timeout 10s svc
		assert_status 0
		as_nobody rm -f svc
		assert_status 0
	done
}
