#!/usr/bin/env bats
# Every limit where the kernel keeps it, on whichever version this machine has, and what becomes of those it cannot keep.

load live

# box OPTION...: a sandbox that waits; its command's pid in PID, its cgroup's name in ID.
box() {
	"$LUNWARD" run --status-fd 9 "$@" -- sleep 60 9>"$WORK/status" 3>&- 4>&- >"$WORK/box" 2>&1 &
	BOX=$!
	wait_for 30 grep -q '"started"' "$WORK/status" || { cat "$WORK/box"; return 1; }
	PID=$(grep '"started"' "$WORK/status" | sed -E 's/.*"pid": ?([0-9]+).*/\1/')
	ID=$(sed -nE 's/.*\/([0-9a-f]{64})$/\1/p' "/proc/$PID/cgroup" | head -n 1)
	[ -n "$ID" ]
}
end_box() {
	kill "$PID"
	wait "$BOX" || true
}
# limit CONTROLLER FILE: what the host has there for the box.
limit() {
	local dir
	dir=$(find /sys/fs/cgroup -type d -name "$ID" -path "${V2:+*}${V2:-/sys/fs/cgroup/$1/*}" 2>/dev/null | head -n 1)
	cat "$dir/$2"
}
version() {
	V2=''
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || V2='*'
}
need_controller() {
	local c
	for c; do
		"$LUNWARD" doctor --format json | grep -A3 "\"$c controller\"" | grep -q '"ok"' ||
			missing "no $c controller for us"
	done
}
# equal WHAT EXPECTED GOT
equal() {
	[ "$2" = "$3" ] || { echo "$1: expected '$2', got '$3'"; return 1; }
}

@test "row 54: every limit is where the kernel keeps it" {
	version
	need_controller pids memory cpu cpuset
	profile 'limits = { pids = 100, memory = "64M", memory_low = "16M", cpus = 0.5, cpu_weight = 200, cpuset = "0" }'
	box ./p.lua
	if [ -n "$V2" ]; then
		equal pids 100 "$(limit pids pids.max)"
		equal memory 67108864 "$(limit memory memory.max)"
		equal low 16777216 "$(limit memory memory.low)"
		equal cpus "50000 100000" "$(limit cpu cpu.max)"
		equal weight 200 "$(limit cpu cpu.weight)"
		equal cpuset 0 "$(limit cpuset cpuset.cpus.effective)"
	else
		equal pids 100 "$(limit pids pids.max)"
		equal memory 67108864 "$(limit memory memory.limit_in_bytes)"
		equal low 16777216 "$(limit memory memory.soft_limit_in_bytes)"
		equal cpus 50000 "$(limit cpu cpu.cfs_quota_us)"
		equal weight 2048 "$(limit cpu cpu.shares)"
		equal cpuset 0 "$(limit cpuset cpuset.cpus)"
	fi
	equal allowed 0 "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$PID/status")"
	end_box
}

@test "row 54: io limits of a disk, named by its numbers or by a path on it" {
	local disk number
	version
	need_cmd lsblk
	disk=$(lsblk -dnro NAME,TYPE,RO | awk '$2 == "disk" && $3 == 0 { print $1; exit }')
	[ -n "$disk" ] || skip "no disk here"
	need_controller io
	number=$(cat "/sys/block/$disk/dev")
	profile "limits = { io = { { device = \"$number\", rbps = \"1M\", riops = 100 }, { device = \"/dev/$disk\", wbps = \"2M\" } } }"
	box ./p.lua
	if [ -n "$V2" ]; then
		equal io "$number rbps=1048576 wbps=2097152 riops=100 wiops=max" "$(limit io io.max)"
	else
		equal rbps "$number 1048576" "$(limit blkio blkio.throttle.read_bps_device)"
		equal wbps "$number 2097152" "$(limit blkio blkio.throttle.write_bps_device)"
		equal riops "$number 100" "$(limit blkio blkio.throttle.read_iops_device)"
	fi
	end_box
}

@test "io: a path that is on no disk is refused by the line that names it" {
	need_controller io
	printf 'return sandbox {\n  limits = {\n    io = {\n      { device = "/proc/self", rbps = "1M" },\n    },\n  },\n}\n' >p.lua
	with ./p.lua -- true
	assert_refused "'/proc/self' is on no block device"
	assert_output_has "p.lua:4: limits.io[0]"
}

@test "cpuset: a processor that is not there is refused" {
	need_controller cpuset
	profile 'limits = { cpuset = "0,4000" }'
	with ./p.lua -- true
	assert_refused "p.lua:2: limits.cpuset: processor 4000 of '0,4000' cannot be used here"
}

@test "cpu_time: who computes longer is told, then ended" {
	profile 'limits = { cpu_time = "1s" }'
	with ./p.lua -- bash -c 'ulimit -St; ulimit -Ht; while :; do :; done'
	assert_status 152
	assert_output_has $'1\n2'
}

@test "oom_group and memory_high: held on version 2, refused by name on version 1" {
	version
	need_helpers
	profile 'limits = { memory = "64M", memory_high = "48M", oom_group = true }'
	if [ -z "$V2" ]; then
		with ./p.lua -- true
		assert_refused "p.lua:2: limits.memory_high: this limit cannot be enforced here: cgroup version 1"
		profile 'limits = { oom_group = true }'
		with ./p.lua -- true
		assert_refused "p.lua:2: limits.oom_group: this limit cannot be enforced here: cgroup version 1"
		return
	fi
	need_controller memory
	box ./p.lua
	equal high 50331648 "$(limit memory memory.high)"
	equal group 1 "$(limit memory memory.oom.group)"
	end_box
	# The shell that waits would see another day if only the glutton died.
	profile "mounts = { bind \"$HELPERS:/h\" }, limits = { memory = \"32M\", oom_group = true }"
	with ./p.lua -- bash -c '/h/hog memory 64; echo survived'
	assert_status 137
	assert_lacks survived
}

@test "limits: what nobody delegated is refused by its name" {
	need_user
	version
	[ -z "${LUNWARD_TEST_CGROUP:-}" ] || skip "everything is delegated here"
	profile 'limits = { cpuset = "0" }'
	with ./p.lua -- true
	assert_refused "p.lua:2: limits.cpuset: this limit cannot be enforced here"
}

@test "row 58: a pids limit of 100 is the host's pids.max, and the 101st fork fails" {
	version
	need_controller pids
	need_helpers
	box --pids-limit 100
	equal pids.max 100 "$(limit pids pids.max)"
	end_box
	with --pids-limit 100 -v "$HELPERS:/h:ro" -- /h/hog tasks 500
	assert_is "99 EAGAIN" # hog itself is the hundredth
}

@test "row 60: all sixteen rlimits" {
	local -A word=([cpu]="cpu time" [fsize]="file size" [data]="data size" [stack]="stack size" [core]="core file size"
		[rss]="resident set" [nproc]="processes" [nofile]="open files" [memlock]="locked memory" [as]="address space"
		[locks]="file locks" [sigpending]="pending signals" [msgqueue]="msgqueue size" [nice]="nice priority"
		[rtprio]="realtime priority" [rttime]="realtime timeout")
	local -A have
	local name keys='' soft hard
	for name in "${!word[@]}"; do
		read -r soft hard < <(sed -nE "s/^Max ${word[$name]} +([^ ]+) +([^ ]+).*/\1 \2/p" /proc/self/limits)
		[ "$hard" != unlimited ] || hard=4000000000
		# Below what the caller has, and another for each, so that none can be mistaken for the default.
		have[$name]="$((hard / 4 + ${#name})) $((hard / 2 + ${#name}))"
		[ "$hard" -ge 64 ] || have[$name]="0 $hard"
		keys+="$name = { ${have[$name]/ /, } }, "
	done
	profile "rlimits = { $keys }"
	with ./p.lua -- cat /proc/self/limits
	assert_status 0
	for name in "${!word[@]}"; do
		read -r soft hard < <(sed -nE "s/^Max ${word[$name]} +([^ ]+) +([^ ]+).*/\1 \2/p" <<<"$output")
		equal "$name" "${have[$name]}" "$soft $hard"
	done
}
