#!/usr/bin/env bats
# Every failure before exec leaves nothing: no mount, no cgroup, no process, no record. The count before and after is
# teardown's (lib.bash); each failure here is also one line and the exit code that belongs to it.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

# fails CODE WORD COMMAND...: with that exit code and, among one line, that word.
fails() {
	local code=$1 word=$2
	shift 2
	# -CODE, so that bats takes 127 for what is expected.
	run "-$code" timeout 20 "$LUNWARD" "$@"
	[ "${#lines[@]}" = 1 ] || { echo "more than a line: $output"; return 1; }
	assert_output_has "$word"
	count=$((${count:-0} + 1))
}
# refuses KEYS WORD: a profile of these keys fails in one line that names its file.
refuses() {
	profile "$1"
	fails 125 "$2" run p.lua -- true
	assert_output_has p.lua
}

@test "what the command line asks for and cannot be" {
	fails 125 nothing run -v "$WORK/nothing:/x" -- true
	fails 125 frobnicate run --frobnicate -- true
	fails 125 nosuchprofile run nosuchprofile -- true
	fails 125 /nothing run --root /nothing -- true
	fails 125 nosuchcap run --cap-add nosuchcap -- true
	fails 125 nosuchcall run --seccomp deny:nosuchcall -- true
	fails 125 memory run -m lots -- true
	fails 125 nosuchuser run -u nosuchuser -- true
	fails 125 /nowhere run -w /nowhere -- true
	fails 125 cgroup.procs run --cgroup-parent /cgroup.procs -m 64M -- true
	fails 125 timeout run --timeout soon -- true
	fails 125 --ulimit run --ulimit nosuchlimit=1 -- true
	fails 125 "/dev/nothing" run --device /dev/nothing -- true
	fails 125 mode run --tmpfs /t:mode=9 -- true
	fails 125 "" run --spec "$WORK/nothing"
	echo '{' >bad.json
	fails 125 "" run --spec bad.json
	fails 125 state run --state /proc/nothing -- true
}

@test "what cannot be executed" {
	echo text >text
	chmod 644 text
	printf '#!/no/such/interpreter\n' >script
	chmod 755 script
	fails 127 nosuch run -- nosuch
	fails 127 /no/such run -- /no/such
	fails 126 /etc/passwd run -- /etc/passwd
	fails 126 /etc run -- /etc
	fails 126 /x run -v "$WORK/text:/x:ro" -- /x
	fails 127 /x run -v "$WORK/script:/x:ro" -- /x
}

@test "what set-up cannot do, at every stage" {
	refuses 'mounts = { bind "/nonexistent:/x" },' /nonexistent
	refuses 'mounts = { tmpfs "/proc/x" },' "mounts[0].destination"
	refuses 'mounts = { tmpfs "/sys/x" },' /sys/x
	refuses 'mounts = { file { destination = "/usr/new/file", data = "x" } },' /usr/new/file
	refuses 'mounts = { file { destination = "/usr/share", data = "x" } },' /usr/share
	refuses 'mounts = { dir { destination = "/etc/passwd/x" } },' /etc/passwd
	refuses 'mounts = { symlink { destination = "/usr/link", target = "x" } },' /usr/link
	refuses 'mounts = { tmpfs { destination = "/t", uid = 4000000000 } },' ""
	refuses 'sysctls = { ["kernel.no_such"] = 1 },' kernel.no_such
	refuses 'sysctls = { ["net.ipv4.ip_forward"] = "text" },' net.ipv4.ip_forward
	refuses 'user = 70000,' 70000
	refuses 'user = "nosuch",' nosuch
	refuses 'cwd = "/nowhere",' /nowhere
	refuses 'cwd = "/etc/passwd",' /etc/passwd
	refuses 'ids = { uid = { { 5, 60000, 10 } }, gid = { { 5, 60000, 10 } } },' ""
	refuses 'seccomp = seccomp.deny + "getcwd",' execve
	refuses 'root = "/etc/passwd",' /etc/passwd
	refuses 'devices = { device "/dev/nothing" },' /dev/nothing
	[ "$count" -ge 18 ]
}

@test "what a profile itself does wrong" {
	echo 'while true do end' >p.lua
	fails 125 p.lua run p.lua -- true
	echo 'return sandbox { comand = {} }' >p.lua
	fails 125 'command' run p.lua
	echo 'error("no")' >p.lua
	fails 125 p.lua run p.lua -- true
	echo 'return sandbox {' >p.lua
	fails 125 p.lua run p.lua -- true
	mkfifo fifo.lua
	fails 125 fifo.lua run "$WORK/fifo.lua" -- true
}

@test "a cgroup that cannot be made, a limit that is refused" {
	need_root
	need_limit -m 64M
	# A parent that is a file on either version, and one that leads out.
	run "$LUNWARD" run --cgroup-parent /cgroup.procs/below -m 64M -- true
	assert_refused
	run "$LUNWARD" run --cgroup-parent /lunward/../../../../tmp -m 64M -- true
	assert_refused
	run "$LUNWARD" run -m 1 -- true
	assert_refused
	run "$LUNWARD" run --cpus 0.0000001 -- true
	assert_refused
}

# Pid-1 programs that were not there before.
nothing_survives() { [ -z "$(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname '/memfd:lunward*' 2>/dev/null | comm -13 "$WORK/inits" -)" ]; }

@test "the launcher killed at any moment of set-up: no process stays, no mount" {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname '/memfd:lunward*' 2>/dev/null >inits || true
	local i pid
	for ((i = 0; i < 60; i++)); do
		"$LUNWARD" run -- sleep 100 &
		pid=$!
		sleep "0.00$((i % 10))$((RANDOM % 10))"
		kill -KILL $pid
		wait $pid 2>/dev/null || true
	done
	wait_for 2 nothing_survives
	sweep_cgroups
}

@test "why set-up ended is told, however early it ended" {
	# Clocks are set before the host side has said its word: to write to who has ended fails by itself.
	need_root
	local i
	profile 'time_offsets = { monotonic = "-99999h" },'
	for i in {1..40}; do
		fails 125 "no clock inside may start before zero" run p.lua -- true
	done
}
