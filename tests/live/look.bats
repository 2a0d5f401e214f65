#!/usr/bin/env bats
# What is seen of sandboxes in the background: stats, top, tree, inspect; and update, whose outcome is seen there.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

figure() { # KEY SANDBOX: of stats
	"$LUNWARD" stats --no-stream --format json "$2" | sed -nE "s/^ *\"$1\": ([^,]*),?\$/\\1/p"
}
same_file() { # FIGURE SANDBOX FILE...: the first of the files that is there says the same
	local want
	want=$(cat "${@:3}" 2>/dev/null | head -1)
	[ "$(figure "$1" "$2")" = "$want" ] || { echo "$1 is $(figure "$1" "$2"), not $want"; return 1; }
}

@test "row 54: processor time is counted, whoever counts it" {
	start --name a -- sh -c 'sh -c "i=0; while [ \$i -lt 50000 ]; do i=\$((i + 1)); done"; exec sleep 60'
	pid=$(field pid a)
	wait_for 20 sh -c '[ "$(cat "/proc/$1/comm")" = sleep ]' sh "$pid"
	# What a child used that is gone counts, too; whole clock ticks where there is no cgroup for it.
	"$LUNWARD" stats --format json a >s
	seconds=$(sed -nE 's/^ *"cpu_seconds": (.*),$/\1/p' s)
	awk -v s="$seconds" 'BEGIN { exit !(s > 0.01 && s < 60) }'
	grep -qE '"cpu_source": "(cgroup|processes)"' s
	grep -qE '"cpu_percent": [0-9]' s
}

@test "row 59: tasks and processes are told apart, with a cgroup or without" {
	need_cmd python3
	threads='import threading, time
for i in range(4): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)'
	start --name a -- /usr/bin/python3 -c "$threads"
	need_pids_cgroup a
	wait_for 10 grep -qx 5 "$(field cgroup.paths.pids a)/pids.current"
	[ "$(figure processes a)" = 1 ]
	[ "$(figure tasks a)" = 5 ]
	run unshare -m sh -c 'umount -R /sys/fs/cgroup && exec env -u LUNWARD_CGROUP_PARENT timeout 20 "$1" start --name b -- /usr/bin/python3 -c "$2"' sh "$LUNWARD" "$threads"
	[ "$status" = 0 ] || skip "no sandbox without cgroups here: $output"
	wait_for 10 sh -c '"$1" stats --format json b | grep -q "\"tasks\": 5"' sh "$LUNWARD"
	[ "$(figure processes b)" = 1 ]
	[ "$(figure memory_bytes b)" = null ]
	[ "$(figure cpu_source b)" = '"processes"' ]
}

@test "row 56: usage is the cgroup's own, for programs and for collectors" {
	start --name a -m 64M --pids-limit 30 -- sh -c 'sleep 60 & sleep 60 & wait'
	need_pids_cgroup a
	pids=$(field cgroup.paths.pids a) memory=$(field cgroup.paths.memory a)
	wait_for 5 grep -qx 3 "$pids/pids.current"
	same_file tasks a "$pids/pids.current"
	same_file tasks_limit a "$pids/pids.max"
	wait_for 5 same_file memory_bytes a "$memory/memory.usage_in_bytes" "$memory/memory.current"
	same_file memory_limit_bytes a "$memory/memory.limit_in_bytes" "$memory/memory.max"
	lw stats --format prometheus
	assert_status 0
	assert_output_has "lunward_tasks{id=\"$id\",name=\"a\"} 3"
	assert_output_has "# TYPE lunward_cpu_seconds_total counter"
	# Each line is a comment, or a metric and a number.
	run ! grep -vE '^# (HELP|TYPE) lunward_|^lunward_[a-z_]+\{[^}]*\} [0-9.e+]+$' <<<"$output"
	lw ps --format prometheus
	assert_refused "--format"
}

@test "stats: several, all, none; again and again as jsonl until the end" {
	start --name a -- sleep 60
	start --name b -- sleep 60
	lw stats --format json a b
	[ "$(grep -c '"schema_version"' <<<"$output")" = 2 ]
	lw stats
	assert_status 0
	[ "${#lines[@]}" = 3 ]
	run timeout 30 "$LUNWARD" stats a nobody
	[ "$status" = 125 ]
	assert_output_has 'no sandbox "nobody"'
	assert_output_has "PROCESSES"
	timeout 30 "$LUNWARD" stats --format jsonl a >lines &
	wait_for 10 sh -c '[ "$(wc -l <lines)" -ge 2 ]'
	lw stop -t 0 --all
	wait $!
	run ! grep -v '^{"schema_version":1,.*}$' lines
	lw stats --format json
	assert_is "[]"
	[ "$(figure tasks a)" = null ]
}

@test "top: a terminal is painted and given back, whatever ends it" {
	need_cmd python3
	start --name a -- sleep 60
	cat >top.py <<-'END'
		import fcntl, os, pty, select, signal, struct, sys, termios, time
		def run(leave):
		    pid, fd = pty.fork()
		    if pid == 0:
		        time.sleep(0.2)
		        os.execv(os.environ["LUNWARD"], ["lunward", "top"])
		    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
		    before, out, left, sized = termios.tcgetattr(fd), b"", False, False
		    end = time.time() + 20
		    while time.time() < end:
		        if select.select([fd], [], [], 0.1)[0]:
		            try: part = os.read(fd, 65536)
		            except OSError: break
		            out += part
		        if not sized and out.count(b"running") >= 1:
		            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 30, 0, 0))
		            os.kill(pid, signal.SIGWINCH)
		            sized = True
		        if not left and out.count(b"\x1b[H") >= 3:
		            assert not termios.tcgetattr(fd)[3] & termios.ICANON
		            leave(pid, fd)
		            left = True
		        if left and out.endswith(b"\x1b[?1049l"):
		            break
		    assert out.startswith(b"\x1b[?1049h\x1b[?25l") and out.endswith(b"\x1b[?25h\x1b[?1049l"), out
		    assert b"NAME" in out and b"running" in out and "▁".encode() in out, out
		    last = out.split(b"\x1b[H")[-1].decode()
		    assert max(len(line.split("\x1b")[0]) for line in last.split("\r\n")) <= 30, last
		    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
		    assert termios.tcgetattr(fd) == before
		run(lambda pid, fd: os.write(fd, b"q"))
		run(lambda pid, fd: os.write(fd, b"\x03"))
		run(lambda pid, fd: os.kill(pid, signal.SIGTERM))
		run(lambda pid, fd: os.kill(pid, signal.SIGHUP))
	END
	LUNWARD=$LUNWARD timeout 60 python3 top.py
	lw top
	assert_status 0
	[ "${#lines[@]}" = 2 ]
}

@test "tree: who came of whom; no name acts on a terminal" {
	need_cmd python3
	start --name a -- /usr/bin/python3 -c 'import os, time
if os.fork() == 0: os.execv("/bin/sleep", ["\x1b[31mred\nsecond line\x9b1m\xff", "60"])
open("/proc/self/comm", "w").write("\x1b]0;title\x07)")
time.sleep(60)'
	wait_for 10 sh -c '"$1" tree a | grep -q "[0-9] ?.31mred"' sh "$LUNWARD"
	lw tree
	assert_status 0
	[ "${#lines[@]}" = 4 ]
	assert_is "${output//[$'\x01'-$'\x09'$'\x0b'-$'\x1f'$'\x7f']/!}"
	[[ ${lines[0]} == "a ${id:0:12} running" ]]
	[[ ${lines[1]} == *lunward-init* ]]
	[[ ${lines[3]} == *"  └─"*"?[31mred?second line"*" 60" ]]
	lw tree --format json a
	python3 -c 'import json, sys
box, = json.load(sys.stdin)
init, first, second = box["processes"]
assert first["parent_pid"] == init["pid"] and second["parent_pid"] == first["pid"]
assert first["name"].startswith("\x1b]0;title") and second["arguments"][1] == "60", box' <<<"$output"
}

@test "row 65: inspect has exactly the keys that are promised, each of its type" {
	need_cmd python3
	start --name a -m 64M -- sleep 60
	"$LUNWARD" inspect a | python3 -c 'import json, re, sys
o = json.load(sys.stdin)
keys = """schema_version id name state pid supervisor_pid started_at profile privileged cgroup namespaces ids capabilities
seccomp network limits spec""".split()
assert [k for k in o if k in keys] == keys and set(o) == set(keys + "ready health status restarts".split()), list(o)
assert o["schema_version"] == 1 and re.fullmatch("[0-9a-f]{64}", o["id"]) and o["state"] == "running"
assert type(o["pid"]) is int and type(o["supervisor_pid"]) is int and o["privileged"] is False
assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", o["started_at"])
assert set(o["profile"]) == {"path", "sha256"} and len(o["profile"]["sha256"]) == 64
assert o["cgroup"]["version"] in (1, 2) and all(p.startswith("/") for p in o["cgroup"]["paths"].values())
assert set(o["namespaces"]) == set("user pid mount net ipc uts cgroup time".split())
assert all(type(n) is int for n in o["namespaces"].values())
assert all(len(line) == 3 for m in ("uid_map", "gid_map") for line in o["ids"][m]) and o["ids"]["uid_map"]
assert set(o["capabilities"]) == set("bounding effective permitted inheritable ambient".split())
assert set(o["seccomp"]) == {"mode", "instructions"} and o["seccomp"]["mode"] == 2 and o["seccomp"]["instructions"] > 10
assert o["network"] == {"interfaces": []} and o["limits"]["memory"] in ("64M", 67108864) and o["limits"]["pids"] == 1024
assert o["spec"]["command"] == ["sleep", "60"]'
	[ "$(field spec.command.1 a)" = 60 ]
	[ "$(field capabilities.bounding.0 a)" = CHOWN ]
	for path in capabilities.bounding.-1 capabilities.bounding.x capabilities.bounding.99 pid.x; do
		lw inspect -f "$path" a
		assert_refused "inspect has no"
	done
	lw inspect -f '{{.State.Pid}}' a
	assert_refused "-f pid"
	lw inspect -f '{{ .NetworkSettings.IPAddress }}' a
	assert_refused "-f network.interfaces.0.addresses.0"
	lw stop -t 0 a
	lw inspect -f pid a
	assert_is null
	[ "$(field code a)" != null ]
	[ "$(field namespaces a)" = '{}' ]
}

@test "inspect: interfaces of a network of its own, IPv4 first, seen from both ends" {
	need_root
	need_cmd ip
	unshare -n sh -c '
		ip link add br9 type bridge || exit 90
		unshare -n sleep 60 & holder=$!
		until [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
		ip link add h0 type veth peer name eth0 netns $holder || exit 90
		ip link set h0 master br9 up
		nsenter -t $holder -n sh -c "ip link set eth0 address 02:00:00:00:00:09 up; ip -6 addr add fd00::5/64 dev eth0 nodad; ip addr add 10.9.0.5/24 dev eth0"
		printf "return sandbox { network = { path = \"/proc/%s/ns/net\" } }\n" $holder >"$2/n.lua"
		timeout 20 "$1" start --name n "$2/n.lua" -- sleep 60 || { kill $holder; exit 91; }
		"$1" inspect -f network n >"$2/net.json"
		"$1" inspect -f network.interfaces.0.addresses.0 n >"$2/first"
		nsenter -t $holder -n ping -c1 -W1 10.9.0.5 >/dev/null 2>&1
		"$1" stats --format json n >"$2/stats.json"
		"$1" stop -t 0 n
		kill $holder' sh "$LUNWARD" "$WORK" || rc=$?
	[ "${rc:-0}" != 90 ] || skip "no veth or bridge here"
	[ "${rc:-0}" != 91 ] || skip "no such network here"
	[ "$(cat first)" = 10.9.0.5/24 ]
	cat net.json
	grep -q '"name":"eth0","host_name":"h0","bridge":"br9","mac":"02:00:00:00:00:09"' net.json
	grep -q 'fd00::5/64' net.json
	run ! grep -q '"lo"' net.json
	grep -q '"rx_bytes": [0-9]' stats.json
}

limit() { field "limits.$1" a; }
in_cgroup() { # CONTROLLER FILE...
	local dir
	# Version 2 has one directory, whose controllers may come later.
	dir=$(field "cgroup.paths.$1" a 2>/dev/null || field cgroup.paths.pids a)
	shift
	(cd "$dir" && cat "$@" 2>/dev/null | head -1)
}

@test "row 55: update by option, by the profile's name and by the kernel's; a restart has it, too" {
	start --name a -m 64M --pids-limit 50 -- sleep 60
	need_pids_cgroup a
	lw update a memory=48M pids=40
	assert_status 0
	[ "$(in_cgroup memory memory.limit_in_bytes memory.max)" = 50331648 ]
	[ "$(in_cgroup pids pids.max)" = 40 ]
	lw update a memory.max=80M limits.pids=30
	assert_status 0
	[ "$(in_cgroup memory memory.limit_in_bytes memory.max)" = 83886080 ]
	[ "$(limit pids)" = 30 ]
	# Docker's sum: 8 MiB of swap.
	lw update -m 32M --memory-swap 40M a
	assert_status 0
	[ "$(limit swap)" = 8388608 ] || [ "$(limit swap)" = 8M ]
	lw restart -t 0 a
	[ "$(in_cgroup pids pids.max)" = 30 ]
	[ "$(in_cgroup memory memory.limit_in_bytes memory.max)" = 33554432 ]
	lw stop -t 0 a
	lw update a pids=20
	assert_status 0
	lw restart a
	[ "$(in_cgroup pids pids.max)" = 20 ]
}

@test "row 55: processors, though it was started without such a limit" {
	start --name a -- sleep 60
	field cgroup.paths a | grep -q '"cpu"' || [ "$(field cgroup.version a)" = 2 ] || skip "no cpu cgroup here"
	lw update a cpus=0.25 cpu_weight=200
	assert_status 0
	[[ $(in_cgroup cpu cpu.cfs_quota_us cpu.max) == 25000* ]]
	[[ $(in_cgroup cpu cpu.shares cpu.weight) == 20[04]* ]]
	lw update --cpus 1.5 a
	[[ $(in_cgroup cpu cpu.cfs_quota_us cpu.max) == 150000* ]]
}

@test "update: all of it or nothing" {
	start --name a -m 64M --pids-limit 50 -- sleep 60
	need_pids_cgroup a
	# No memory controller takes so little from a process that is there; what was written before it is put back.
	lw update a pids=20 memory=64K
	if [ "$status" = 0 ]; then skip "64K are enough here"; fi
	assert_refused "are in use"
	assert_output_has "limits.memory"
	[ "$(in_cgroup pids pids.max)" = 50 ]
	[ "$(in_cgroup memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(limit pids)" = 50 ]
	lw update a pids=20 io=/nowhere:rbps=1M
	assert_refused "/nowhere"
	[ "$(in_cgroup pids pids.max)" = 50 ]
}

@test "update: words that are wrong, each with the cure" {
	start --name a -- sleep 60
	while IFS='|' read -r words want; do
		# shellcheck disable=SC2086 # words
		lw update a $words
		assert_refused "$want"
	done <<-'END'
		memry=5M|did you mean "memory"
		MemoryMax=64M|write -m SIZE
		TasksMax=5|--pids-limit
		cpu_time=5|start the sandbox anew
		cpu.max=5|cpus=NUMBER
		memory=lots|limits.memory
		pids=-1|limits.pids
		cpuset=x|limits.cpuset
		io=/dev/null:rbps=5x|limits.io
		b|one sandbox at a time
	END
	lw update pids=5
	assert_refused "which sandbox"
}

@test "update: fewer tasks than there are is said" {
	start --name a -- sh -c 'sleep 60 & sleep 60 & sleep 60 & wait'
	need_pids_cgroup a
	wait_for 5 grep -qx 4 "$(field cgroup.paths.pids a)/pids.current"
	lw update a pids=2
	assert_status 0
	assert_output_has "a has 4 tasks, more than the limit of 2"
}

@test "row 57: how long kill takes for a fork bomb" {
	need_cmd python3
	start --name a --pids-limit 500 -- \
		/usr/bin/python3 -c 'import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.01)'
	need_pids_cgroup a
	dir=$(field cgroup.paths.pids a)
	wait_for 20 sh -c '[ "$(cat "$1/pids.current")" -gt 100 ]' sh "$dir"
	from=$EPOCHREALTIME
	lw kill a
	to=$EPOCHREALTIME
	assert_status 0
	[ ! -e "$dir" ]
	echo "# a fork bomb of 500 tasks was gone after $(((${to/./} - ${from/./}) / 1000)) ms" >&3
}
