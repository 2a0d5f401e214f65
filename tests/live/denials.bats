#!/usr/bin/env bats
# What a sandbox was denied, and what is said about it.

# shellcheck disable=SC2016 # the shell inside expands these
load live
bats_require_minimum_version 1.5.0

# One call of each kind, and what its error was; python because it makes any call.
CALLS='
import ctypes, os, socket
l = ctypes.CDLL(None, use_errno=True)
def attempt(name, fn):
	try: fn(); print(name, "ok")
	except OSError as e: print(name, e.errno)
def mount():
	if l.mount(b"a", b"/tmp", b"tmpfs", 0, 0): raise OSError(ctypes.get_errno(), "")
attempt("mount", mount)
attempt("getpriority", lambda: os.getpriority(0, 0))
attempt("vsock", lambda: socket.socket(40, 1, 0))
attempt("raw", lambda: socket.socket(2, 3, 1))
attempt("tcp", lambda: socket.socket(2, 1, 0))
attempt("node", lambda: os.mknod("/tmp/n", 0o20666, 0x103))
attempt("fifo", lambda: os.mknod("/tmp/f", 0o10666))
'
setup_calls() {
	need_cmd python3
	profile 'capabilities = caps.docker - "NET_RAW" - "MKNOD",
seccomp = seccomp.default
  - "getpriority",'
}
# field NAME NUMBER: of the denial of that number in result.json
field() { python3 -c 'import json,sys; print(json.load(open("result.json"))["denials"][int(sys.argv[2])][sys.argv[1]])' "$1" "$2"; }

@test "row 39: a denied event carries syscall, name, args, pid and exe" {
	setup_calls
	"$LUNWARD" run --explain-denials --status-fd 3 --result result.json p.lua -- \
		python3 -c "$CALLS" 3>events >out 2>err
	python3 - <<-'END'
		import json
		events = [json.loads(l) for l in open("events")]
		denied = [e for e in events if e["event"] == "denied"]
		mount = [e for e in denied if e["name"] == "mount"][0]
		assert isinstance(mount["syscall"], int) and len(mount["args"]) == 6, mount
		assert int(mount["args"][3], 16) == 0 and mount["errno"] == "EPERM", mount
		started = [e["pid"] for e in events if e["event"] == "started"][0]
		assert mount["pid"] == started and "/python3" in mount["exe"], mount
		vsock = [e for e in denied if e["name"] == "socket" and e["layer"] == "seccomp"][0]
		assert int(vsock["args"][0], 16) == 40, vsock
	END
}

@test "each denial names its layer, the profile's line, and the line that would allow it" {
	setup_calls
	run "$LUNWARD" run --explain-denials --result result.json p.lua -- python3 -c "$CALLS"
	assert_status 0
	assert_output_has 'p.lua:4: seccomp: denied by seccomp: getpriority'
	assert_output_has 'to allow it: seccomp = … + "getpriority"'
	assert_output_has 'capabilities: denied by capability: socket'
	assert_output_has 'to allow it: capabilities = … + "NET_RAW"'
	assert_output_has 'denied by capability: mknodat'
	assert_output_has 'namespaces.user = "host", capabilities = … + "MKNOD"'
	[ "$(field layer 0)" = seccomp ]
	[ "$(field name 1)" = getpriority ]
	[ "$(field line 1)" = 4 ]
	[ "$(field cure 1)" = 'seccomp = … + "getpriority"' ]
	# What was said to allow it does.
	profile 'seccomp = seccomp.default - "getpriority" + "getpriority",'
	run "$LUNWARD" run --explain-denials p.lua -- python3 -c "$CALLS"
	assert_output_has 'getpriority ok'
	assert_output_has 'raw ok'
	assert_lacks 'denied by seccomp: getpriority'
	assert_lacks 'denied by capability: socket'
}

@test "the answers are the policy's own, with and without being looked at" {
	setup_calls
	"$LUNWARD" run p.lua -- python3 -c "$CALLS" >plain
	"$LUNWARD" run --explain-denials p.lua -- python3 -c "$CALLS" >explained 2>/dev/null
	diff plain explained
	grep -qx 'mount 1' plain
	grep -qx 'tcp ok' plain
	need_helpers
	"$LUNWARD" run -v "$HELPERS:/helpers:ro" -- /helpers/attempt >plain
	"$LUNWARD" run --explain-denials -v "$HELPERS:/helpers:ro" -- /helpers/attempt >explained 2>/dev/null
	diff plain explained
	"$LUNWARD" run -v "$HELPERS:/helpers:ro" -- /helpers/attempt families >plain
	"$LUNWARD" run --explain-denials -v "$HELPERS:/helpers:ro" -- /helpers/attempt families >explained 2>/dev/null
	diff plain explained
	grep -q ' EPERM\| 1$' plain
}

@test "as process 1, with the host's root, without no_new_privileges: the same" {
	setup_calls
	local more expected
	expected=$("$LUNWARD" run p.lua -- python3 -c "$CALLS" | grep -c .)
	for more in 'init = false' 'no_new_privileges = false' 'ids = "keep"' 'seccomp = seccomp.default - "sendmsg" - "seccomp" - "faccessat"'; do
		profile "$more,"
		with --explain-denials p.lua -- python3 -c "$CALLS"
		assert_status 0
		assert_output_has 'mount 1'
		assert_output_has 'denied by seccomp: mount'
		[ "$(grep -cE '^[a-z]+ (ok|[0-9]+)$' <<<"$output")" = "$expected" ]
	done
}

@test "what set-up needs is not stopped by a policy that denies it" {
	profile 'seccomp = seccomp.default - "sendmsg" - "seccomp" - "faccessat",'
	run -127 timeout 30 "$LUNWARD" run --explain-denials p.lua -- /nonexistent/command
	need_cmd python3
	with --explain-denials p.lua -- python3 -c 'import socket
a, b = socket.socketpair()
try: a.sendmsg([b"x"])
except OSError as e: print("sendmsg", e.errno)'
	assert_output_has 'sendmsg 1'
}

@test "--on-denial kill ends the whole sandbox; ENOSYS, which programs probe with, does not" {
	setup_calls
	run "$LUNWARD" run --on-denial kill --result result.json p.lua -- \
		bash -c 'sleep 300 & python3 -c "import os; os.getpriority(0, 0)"; echo survived'
	assert_status 137
	assert_lacks survived
	assert_output_has 'denied by seccomp: getpriority'
	grep -q '"cause": "denied"' result.json
	run "$LUNWARD" run --on-denial kill p.lua -- python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(2000))'
	assert_status 0
	assert_output_has -1
	run "$LUNWARD" run --on-denial explode -- true
	assert_refused 'kill or explain'
}

@test "a flood of denials is counted and delays nobody's timeout" {
	setup_calls
	with --explain-denials --timeout 1s --result result.json p.lua -- python3 -c 'import os
while True:
	try: os.getpriority(0, 0)
	except OSError: pass'
	assert_status 124
	[ "$(field count 0)" -gt 1000 ]
}

@test "a signal lets no denied call through; a killed caller leaves nothing waiting" {
	setup_calls
	with --explain-denials --result result.json p.lua -- python3 -c 'import os, signal
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
n = 0
for i in range(300):
	try: os.getpriority(0, 0)
	except (PermissionError, InterruptedError): n += 1
signal.setitimer(signal.ITIMER_REAL, 0, 0)
print(n)'
	assert_status 0
	assert_output_has 300
	with --explain-denials p.lua -- bash -c 'for i in 1 2 3 4 5; do
		python3 -c "import os
while True:
	try: os.getpriority(0, 0)
	except OSError: pass" & sleep 0.1; kill -KILL $!; done; wait; echo done'
	assert_status 0
	assert_output_has 'done'
}

@test "the supervisor killed: nothing inside goes on" {
	setup_calls
	mkdir -m 777 out
	"$LUNWARD" run --explain-denials -v "$PWD/out:/out" p.lua -- python3 -c 'import os
while True:
	try: os.getpriority(0, 0); open("/out/leak", "w")
	except OSError: open("/out/beat", "a").write("x")' &
	local pid=$! size
	wait_for 10 test -s out/beat
	kill -KILL $pid
	wait $pid || true
	sleep 0.3
	size=$(stat -c %s out/beat)
	sleep 0.3
	[ "$(stat -c %s out/beat)" = "$size" ]
	[ ! -e out/leak ]
	sweep_cgroups
}

@test "one inside another: only one can listen, and it is said" {
	need_cmd python3
	profile 'seccomp = seccomp.default + "all",'
	with --explain-denials p.lua -- python3 -c 'import ctypes, struct
l = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
prog = struct.pack("HxxxxxxQ", 1, ctypes.addressof(code))
print(l.syscall(317, 1, 8, prog), ctypes.get_errno())'
	[ "$(uname -m)" = x86_64 ] || skip "numbers of x86_64"
	assert_output_has '-1 16'
}

@test "nobody looks unless asked: --result says so" {
	"$LUNWARD" run --result result.json -- true
	grep -q '"denials": null' result.json
	"$LUNWARD" run --explain-denials --result result.json -- true
	grep -q '"denials": \[\]' result.json
}

@test "paths and devices that the host has and the sandbox does not see, and what is read-only" {
	mkdir -m 755 hidden vol
	echo secret >hidden/file
	echo data >vol/file
	[ -e /dev/kmsg ] || missing "no /dev/kmsg here"
	profile "
mounts = { bind \"$PWD/vol:/data\" },"
	# A file that it makes itself is nobody's to deny, though the host has one of that name, too.
	run "$LUNWARD" run --explain-denials --result result.json p.lua -- sh -c "cat '$PWD/hidden/file'; cat /data/file
		echo x >/data/file; cat /dev/kmsg; mkdir -p '$PWD'; echo x >'$PWD/p.lua'; cat '$PWD/p.lua'
		ls / /home /tmp; cat /nonexistent/x"
	assert_output_has "denied by view: openat of \"$PWD/hidden/file\""
	assert_output_has "to allow it: mounts = { bind \"$PWD/hidden/file\" }"
	assert_output_has "p.lua:3: mounts[0]: denied by readonly: openat of \"/data/file\""
	assert_output_has "EROFS (to allow it: mounts = { bind \"$PWD/vol/file:/data/file:rw\" })"
	assert_output_has 'denied by devices: openat of "/dev/kmsg"'
	[ "$(grep -c 'lunward: ' <<<"$output")" = 3 ]
	assert_output_has data
	grep -q '"layer": "view"' result.json
	# What was said to allow it does.
	profile "mounts = { bind \"$PWD/hidden/file\" },"
	run "$LUNWARD" run --explain-denials p.lua -- cat "$PWD/hidden/file"
	assert_is secret
}

@test "a path that cannot be read, or is far too long, is no path" {
	need_cmd python3
	with --explain-denials -- python3 -c 'import ctypes
l = ctypes.CDLL(None, use_errno=True)
print(l.syscall(257, -100, 1, 0, 0), ctypes.get_errno())
print(l.syscall(257, -100, b"/x" * 3000, 0, 0), ctypes.get_errno())'
	assert_status 0
	[ "$(uname -m)" = x86_64 ] || skip "numbers of x86_64"
	[ "${lines[0]}" = "-1 14" ]
	[ "${lines[1]}" = "-1 36" ]
}
