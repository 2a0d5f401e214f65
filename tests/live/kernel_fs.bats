#!/usr/bin/env bats
# File systems that show a namespace, the quotas of those in memory, and what of the host's mounts goes in and out.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

@test "row 4: private System V IPC and message queues" {
	need_cmd ipcmk ipcrm
	local queue
	queue=$(ipcmk -Q | grep -o '[0-9]*$')
	profile 'mounts = { mqueue "/dev/mqueue" },'
	with p.lua -- bash -c 'ipcs -q | grep -c ^0x; ls /dev/mqueue | wc -l; stat -f -c %T /dev/mqueue'
	ipcrm -q "$queue"
	[ "$(xargs <<<"$output")" = "0 0 mqueue" ] || { echo "$output"; return 1; }
}

@test "row 5: nothing that is mounted inside shows on the host" {
	profile 'mounts = { tmpfs "/secret-place", mqueue "/dev/mqueue", proc "/proc:subset=pid" },'
	local before
	before=$(cat /proc/self/mountinfo)
	with p.lua -- grep -c secret-place /proc/self/mountinfo
	assert_is 1
	[ "$before" = "$(cat /proc/self/mountinfo)" ]
}

@test "proc: hidepid hides the processes of others, subset=pid everything else" {
	profile 'mounts = { proc "/proc:hidepid=invisible" }, user = { uid = 33, gid = 33, groups = {} }, ids = "auto",'
	with p.lua -- bash -c 'ls -d /proc/1'
	[ "$(id -u)" = 0 ] || [ "$status" != 125 ] || skip "one id only: $output"
	assert_status 2
	profile 'mounts = { proc { subset = "pid" } },'
	with p.lua -- bash -c 'ls /proc | grep -v "^[0-9]*$" | xargs'
	assert_is "self thread-self"
}

@test "proc: a subset leaves no way to write sysctls, which is said at once" {
	profile 'mounts = { proc { subset = "pid" } }, sysctls = { ["kernel.shmmni"] = 100 },'
	with p.lua -- true
	assert_refused subset
}

@test "cgroup: the sandbox's own limits can be read, nothing can be written, others' are not there" {
	need_limit --pids-limit 77
	profile 'limits = { pids = 76 }, mounts = { cgroup "/sys/fs/cgroup" },'
	with p.lua -- bash -c 'cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null
		find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d | grep -cvE "/(pids|memory|cpu|devices|freezer|blkio|cpuset)$"
		find /sys/fs/cgroup -name "*.max" -exec sh -c "echo max >{}" ";" 2>&1 | grep -vc "Read-only file system"
		mkdir /sys/fs/cgroup/x 2>&1'
	[[ $output == 7[67]* && $output == *"Read-only file system" ]] || { echo "$output"; return 1; }
	[ "${lines[1]} ${lines[2]}" = "0 0" ] || { echo "$output"; return 1; }
}

@test "tmpfs: bytes and files are bounded, for each mount by itself" {
	need_helpers
	profile "mounts = { tmpfs \"/a:size=2M,inodes=64\", tmpfs \"/b:size=4M,inodes=128\", bind \"$HELPERS:/h\" },"
	with p.lua -- bash -c '/h/hog bytes /a 64; /h/hog files /a 1000; /h/hog bytes /b 64; rm -rf /b/*; /h/hog files /b 1000'
	[[ ${lines[0]} == "2 ENOSPC" && ${lines[2]} == "4 ENOSPC" && ${lines[3]} =~ ^12[0-9]" "ENOSPC$ ]] || { echo "$output"; return 1; }
}

@test "bind: a slave shows what the host mounts later, a private one does not, and neither goes the other way" {
	need_root
	need_cmd unshare
	mkdir src
	profile 'mounts = { bind "src:/slave:slave", bind "src:/private" },'
	# In a mount namespace of its own, whose mounts are shared.
	run timeout 60 unshare --mount --propagation private bash -c '
		mount -t tmpfs none src && mount --make-shared src && mkdir src/later && mkfifo -m 666 src/go src/up
		"$LUNWARD" run p.lua -- bash -c "echo up >/slave/up; read -r _ </slave/go; grep -cE \"/(slave|private)/later \" /proc/self/mountinfo; ls /slave/later /private/later" &
		box=$!
		read -r _ <src/up
		mount -t tmpfs none src/later && touch src/later/file && echo go >src/go
		wait "$box"'
	assert_status 0
	[ "$(xargs <<<"$output")" = "1 /private/later: /slave/later: file" ] || { echo "$output"; return 1; }
	profile 'mounts = { bind "src:/x:shared" },'
	with p.lua -- true
	assert_refused slave
}

@test "bind: a slave needs root" {
	need_user
	mkdir src
	profile 'mounts = { bind "src:/slave:slave" },'
	with p.lua -- true
	assert_refused root
}
