#!/usr/bin/env bats
# Rows about running sandboxes: what the kernel keeps of them and takes from outside, whatever verb shows or changes it.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; beside.bash sets pid, launcher, id
load live
load beside

# Nobody but the shell is left, which waits for a word.
waits() { [ "$(members | wc -l)" = 1 ]; }

@test "row 3: a network of its own has a loopback and nothing else of the host's" {
	need_cmd ip
	inside ip -o link
	assert_status 0
	[[ ${#lines[@]} == 1 && $output == "1: lo: "*UP* ]] || { echo "$output"; return 1; }
	inside ip -o addr
	if grep -vE '^1: lo +inet6? (127\.0\.0\.1/8|::1/128) ' <<<"$output"; then return 1; fi
	inside ip route show table all
	assert_lacks default
}

@test "row 55: a limit that is changed from outside holds in the running sandbox" {
	need_limit --pids-limit 50
	need_helpers
	profile "mounts = { bind \"$HELPERS:/h\" },"
	begin --pids-limit 50 p.lua -- bash -c 'read -r _; /h/hog tasks 500; read -r _; /h/hog tasks 500; :' >out
	find_cgroups
	local file
	file=$(cgroup_file pids.max)
	[ "$(cat "$file")" = 50 ]
	echo 10 >"$file"
	say go
	wait_for 10 grep -q EAGAIN out
	wait_for 10 waits
	echo 20 >"$file"
	say go
	wait "$launcher"
	# The shell and hog itself are two of them.
	[ "$(cat out)" = $'8 EAGAIN\n18 EAGAIN' ] || { cat out; return 1; }
}

@test "row 56: the figures of --result are those of the kernel's files" {
	need_limit -m 64M
	need_cmd python3
	need_helpers
	profile "mounts = { bind \"$HELPERS:/h\" },"
	begin -m 64M --pids-limit 50 --result r.json p.lua -- bash -c '/h/hog memory 24 >/dev/null; read -r _'
	find_cgroups
	local peak
	peak=$(cgroup_file memory.peak memory.max_usage_in_bytes)
	touched() { [ "$(cat "$peak")" -ge $((24 << 20)) ]; }
	wait_for 10 touched
	# What hog took is given back before the shell waits: from then on there is nothing new to count.
	wait_for 10 waits
	local told
	told=$(cat "$peak")
	say go
	wait "$launcher"
	python3 -c 'import json, sys; r, peak = json.load(open("r.json")), int(sys.argv[1])
assert peak <= r["memory_peak_bytes"] <= peak + (1 << 20), (r, peak)
assert 0 < r["cpu_seconds"] < r["wall_seconds"] * 64, r' "$told"
}

@test "row 59: the kernel counts processes and threads, the list of processes does not" {
	need_limit --pids-limit 50
	need_cmd python3
	begin --pids-limit 50 -- python3 -c 'import threading, time
for i in range(5): threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
print("up", flush=True); time.sleep(20)' >out
	wait_for 10 grep -q up out
	find_cgroups
	[ "$(members | wc -l)" = 1 ] || { members; return 1; }
	[ "$(cat "$(cgroup_file pids.current)")" = 6 ] || { cat "$(cgroup_file pids.current)"; return 1; }
	end
}
