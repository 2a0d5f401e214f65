#!/usr/bin/env bats
# Socket activation: sockets that lunward opens for a sandbox, and those that it was itself handed.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

# What it was handed, one line a descriptor, and that the pid is its own.
TELL='import os, socket
assert int(os.environ["LISTEN_PID"]) == os.getpid(), (os.environ["LISTEN_PID"], os.getpid())
names = os.environ["LISTEN_FDNAMES"].split(":")
for i in range(int(os.environ["LISTEN_FDS"])):
    s = socket.socket(fileno=3 + i)
    print(names[i], s.family.name, s.type.name, s.getsockname(), flush=True)
assert not [f for f in os.listdir("/proc/self/fd") if int(f) > 2 + len(names) and os.path.exists("/proc/self/fd/" + f)]
'
# Says who it is to each who connects to descriptor 3.
SERVE='import os, socket
s = socket.socket(fileno=3)
while True:
    c = s.accept()[0]; c.sendall(b"pid %d\n" % os.getpid()); c.close()
'
# listener KEYS PROGRAM: svc.lua.
listener() { printf 'return sandbox { command = { "python3", "-c", [==[%s]==] }, %s }\n' "$2" "$1" >svc.lua; }
ask() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1]); print(s.recv(100).decode(), end="")' "$1"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
setup_file() { command -v python3 >/dev/null || skip "needs python3"; }

@test "sockets by address and path, streams and datagrams, with names; with an init, without, and with root inside" {
	port=$(free_port)
	for more in '' 'init = false,' 'ids = "keep",' 'ids = "keep", init = false,'; do
		listener "$more service = { listen = { \"127.0.0.1:$port\", { address = \"127.0.0.1:$port\", datagram = true, name = \"udp\" },
			{ address = \"$WORK/sock\", name = \"path\", mode = \"0600\" } } }" "$TELL"'
assert os.environ["LISTEN_FDS"] == "3"'
		lw run svc.lua
		assert_status 0
		[ "${lines[0]}" = "unknown AF_INET SOCK_STREAM ('127.0.0.1', $port)" ]
		[ "${lines[1]}" = "udp AF_INET SOCK_DGRAM ('127.0.0.1', $port)" ]
		[[ ${lines[2]} == "path AF_UNIX SOCK_STREAM"* ]]
		[ ! -e sock ]
	done
}

@test "who joins namespaces first is handed its sockets all the same" {
	need_root
	listener "namespaces = { uts = { path = \"/proc/$$/ns/uts\" } }, service = { listen = { { address = \"$WORK/sock\", name = \"path\" } } }" "$TELL"
	lw run svc.lua
	assert_status 0
	[[ ${lines[0]} == "path AF_UNIX SOCK_STREAM"* ]]
}

@test "a network of its own, and yet it serves the host; over a restart nobody is turned away" {
	listener "service = { listen = { { address = \"$WORK/sock\", mode = \"0600\" } }, restart = \"always\", backoff = \"300ms\" }" "$SERVE"
	start svc.lua
	[ "$(stat -c %a sock)" = 600 ]
	[ "$(ask sock)" = "pid 2" ]
	kill -9 "$(field pid svc)"
	# It is down now; who connects waits until it is up again.
	[ "$(ask sock)" = "pid 2" ]
	[ "$(field restarts svc)" = 1 ]
	lw stop svc
	assert_status 0
	[ ! -e sock ]
}

@test "in the background only the command has what it is handed" {
	listener "service = { listen = \"$WORK/sock\" }" "$SERVE"
	start svc.lua
	lw exec svc -- sh -c 'env; ls /proc/self/fd; [ ! -e /proc/self/fd/3 ] || readlink /proc/self/fd/3'
	assert_status 0
	[[ $output != *LISTEN* && $output != *socket* ]]
}

@test "a port that is taken is one line, 125, and nothing is left" {
	port=$(free_port)
	listener "service = { listen = { \"$WORK/sock\", \"127.0.0.1:$port\" } }" "$SERVE"
	python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); open("bound", "w"); time.sleep(60)' "$port" &
	holder=$!
	wait_for 10 test -e bound
	for verb in run start; do
		lw $verb svc.lua
		assert_status 125
		[ "${#lines[@]}" = 1 ]
		assert_output_has "service.listen[1]: listening on 127.0.0.1:$port: Address already in use"
		[ ! -e sock ]
	done
	kill $holder
	lw ps -a --format json
	[ "$output" = "[]" ]
}

@test "a path: what a killed one left is replaced, what lives or is no socket is not" {
	listener "service = { listen = \"$WORK/sock\" }" "$SERVE"
	python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("sock")'
	[ -S sock ]
	start svc.lua
	[ "$(ask sock)" = "pid 2" ]
	lw run svc.lua
	assert_status 125
	assert_output_has "Address already in use"
	[ "$(ask sock)" = "pid 2" ]
	lw rm -f svc
	echo mine >sock
	lw run svc.lua
	assert_status 125
	[ "$(cat sock)" = mine ]
	listener "service = { listen = \"$WORK/no/such/sock\" }" "$SERVE"
	lw run svc.lua
	assert_status 125
	assert_output_has "No such file"
}

# activated NAMES COMMAND...: as a service manager starts it: two sockets from 3 on.
activated() {
	python3 - "$@" <<-'END'
		import os, socket, sys
		a = socket.socket(socket.AF_UNIX); a.bind("a.sock"); a.listen()
		b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); b.bind("b.sock")
		fds = [os.dup2(os.dup(s.fileno()), 50 + i) for i, s in enumerate((a, b))]
		for i, fd in enumerate(fds):
		    os.dup2(fd, 3 + i, inheritable=True)
		os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=sys.argv[1])
		os.execvp(sys.argv[2], sys.argv[2:])
	END
}

@test "what lunward was handed is passed on where the profile says so" {
	listener 'service = { listen = { "inherit" } }' "$TELL"
	run activated web:log timeout 30 "$LUNWARD" run svc.lua
	assert_status 125 # timeout(1) is the one whose pid it is
	assert_output_has "nobody has handed a socket"
	rm ./*.sock
	run activated web:log "$LUNWARD" run svc.lua
	assert_status 0
	[[ ${lines[0]} == "web AF_UNIX SOCK_STREAM"* ]]
	[[ ${lines[1]} == "log AF_UNIX SOCK_DGRAM"* ]]
	rm ./*.sock
	listener 'service = { listen = { { inherit = "log", name = "dgram" } } }' "$TELL"
	run activated web:log "$LUNWARD" run svc.lua
	assert_status 0
	[ "${#lines[@]}" = 1 ]
	[[ $output == "dgram AF_UNIX SOCK_DGRAM"* ]]
	rm ./*.sock
	listener 'service = { listen = { { inherit = "else" } } }' "$TELL"
	run activated web:log "$LUNWARD" run svc.lua
	assert_status 125
	assert_output_has 'no socket called "else"'
}

@test "in the background, too; and nowhere that the profile does not say so" {
	listener 'service = { listen = "inherit" }' "$SERVE"
	activated web:log "$LUNWARD" start svc.lua
	[ "$(ask a.sock)" = "pid 2" ]
	lw rm -f svc
	rm ./*.sock
	printf 'return sandbox { command = { "sleep", "60" } }\n' >plain.lua
	activated web:log "$LUNWARD" start plain.lua
	find "/proc/$(field pid plain)/fd" "/proc/$(field supervisor_pid plain)/fd" -printf '%f %l\n' >fds
	run grep '^[34] socket' fds
	assert_status 1
	run ask a.sock
	assert_status 1
}

@test "run in the foreground: ready is told on --status-fd and to NOTIFY_SOCKET" {
	printf 'return sandbox { command = { "sh", "-c", "sleep 0.3; touch /tmp/up; sleep 0.5" },
		service = { ready = { file = "/tmp/up" } } }\n' >svc.lua
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("outer"); s.settimeout(20); open("bound", "w")
print(s.recv(4096).decode(), end="")' >said &
	wait_for 10 test -e bound
	NOTIFY_SOCKET=$WORK/outer lw run --status-fd 3 svc.lua 3>events
	assert_status 0
	wait $!
	[ "$(cat said)" = READY=1 ]
	[ "$(sed -E 's/.*"event": "([a-z]*)".*/\1/' events | tr '\n' ' ')" = "created started ready exited " ]
}

@test "run in the foreground: who is not ready in time is ended, 125" {
	printf 'return sandbox { command = { "sleep", "60" }, service = { ready = { tcp = 80 }, ready_timeout = "300ms" } }\n' >svc.lua
	lw run --status-fd 3 svc.lua 3>events
	assert_status 125
	assert_output_has "svc.lua:1: service.ready: not ready within 300ms"
	[ "$(sed -E 's/.*"event": "([a-z]*)".*/\1/' events | tr '\n' ' ')" = "created started error " ]
}

@test "run in the foreground: sd_notify, and a profile that was run before is not taken from the cache" {
	need_cmd python3
	printf 'return sandbox { command = { "python3", "-c", [==[import os, socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1\\nSTATUS=hi", os.environ["NOTIFY_SOCKET"])]==] },
		service = { ready = "notify" } }\n' >svc.lua
	for turn in first second; do
		lw run --status-fd 3 svc.lua 3>events
		assert_status 0
		grep -q '"ready"' events || { echo "not ready the $turn time"; return 1; }
	done
	[ -z "$(ls "$LUNWARD_STATE/notify")" ]
	# Without a word about readiness: ready as soon as it runs, which is said outside, from the cache or not.
	printf 'return sandbox { command = { "true" } }\n' >plain.lua
	touch -d '10 seconds ago' plain.lua
	lw run plain.lua
	lw run plain.lua
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("outer"); s.settimeout(20); open("bound", "w")
print(s.recv(4096).decode(), end="")' >said &
	wait_for 10 test -e bound
	NOTIFY_SOCKET=$WORK/outer lw run plain.lua
	wait $!
	[ "$(cat said)" = READY=1 ]
}
