#!/usr/bin/env bats
# Whoever of a sandbox dies, stops, or loses what it stands on: the rest follows, and nothing is left.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

# dead PID: gone, or only waiting for the machine's first process to hear of it.
dead() { ! grep -q '^State:	[^ZX]' "/proc/$1/status" 2>/dev/null; }
pids() {
	sup=$(field supervisor_pid a)
	pid=$(field pid a)
	init=$(sed -nE 's/.*"init": ?\{"pid": ?([0-9]+).*/\1/p' "$LUNWARD_STATE/sandboxes/$id/record.json")
}
nothing_left() {
	wait_for 5 dead "$pid"
	wait_for 5 dead "$init"
	wait_for 5 dead "$sup"
	lw gc
	assert_status 0
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
	lw rm a
	assert_status 0
}

@test "200 children of children that end: no zombie after a second, and the exit code is the command's" {
	need_cmd python3
	start --name a -- /usr/bin/python3 -c 'import os, sys, time
for i in range(200):
    if os.fork() == 0:
        if os.fork() == 0:
            os._exit(i % 7)
        os._exit(0)
    os.wait()
print("made", flush=True)
time.sleep(1)
z = 0
for p in filter(str.isdigit, os.listdir("/proc")):
    try:
        z += open("/proc/%s/stat" % p).read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        pass
print("zombies", z, flush=True)
os._exit(7)'
	lw wait a
	assert_status 7
	lw logs a
	assert_output_has "zombies 0"
}

@test "supervisor, init and command killed, each and together" {
	local who i=0
	for who in sup init pid "sup init" "init pid" "sup init pid"; do
		start --name a -- sleep 60
		pids
		# shellcheck disable=SC2086 # names of variables
		for w in $who; do kill -KILL "${!w}" 2>/dev/null || true; done
		wait_for 5 dead "$pid"
		wait_for 5 sh -c '[ "$("$1" status a; echo $?)" != 0 ] && ! "$1" status a >/dev/null' sh "$LUNWARD"
		lw status a
		assert_status 3
		nothing_left
		i=$((i + 1))
	done
	[ $i = 6 ]
}

@test "a supervisor that is stopped: kill and rm -f end everything all the same" {
	start --name a -- sleep 60
	pids
	kill -STOP "$sup"
	lw ps
	assert_output_has running
	lw status a
	assert_status 0
	lw kill a
	assert_status 0
	nothing_left
	start --name a -- sleep 60
	pids
	kill -STOP "$sup"
	lw rm -f a
	assert_status 0
	wait_for 5 dead "$pid"
	wait_for 5 dead "$sup"
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
}

@test "the record is removed under a running supervisor: it ends when it is told to, and leaves no cgroup" {
	start --name a -- sleep 60
	pids
	rm -rf "$LUNWARD_STATE/sandboxes" "$LUNWARD_STATE/names"
	lw ps
	assert_status 0
	kill -TERM "$sup"
	wait_for 15 dead "$sup"
	dead "$pid"
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
	# The name is free.
	start --name a -- true
}

@test "the cgroup is emptied and removed under it: it is ended as ever" {
	start --name a -- sleep 60
	need_pids_cgroup a
	need_root
	pids
	local dir
	dir=$(field cgroup.paths.pids a)
	[[ $dir == /sys/fs/cgroup/pids/* ]] || skip "one hierarchy: the kernel keeps what has processes"
	while read -r p; do echo "$p" >/sys/fs/cgroup/pids/cgroup.procs; done <"$dir/cgroup.procs"
	rmdir "$dir"
	lw stats --no-stream --format json a
	[ "${#lines[@]}" -ge 1 ]
	lw update --pids-limit 5 a
	assert_refused
	lw stop -t 0 a
	assert_status 0
	nothing_left
}

@test "cgroups that the command has made below its own go with it" {
	start --name a -- sleep 60
	need_pids_cgroup a
	need_root
	pids
	local dir
	dir=$(field cgroup.paths.pids a)
	mkdir -p "$dir/below/deeper"
	lw stop -t 0 a
	assert_status 0
	nothing_left
}
