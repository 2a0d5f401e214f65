#!/usr/bin/env bats
# What an attacker found when this was looked at with hostile eyes: each test is a hole that was open once.

load ../lib
bats_require_minimum_version 1.5.0
setup() {
	sandbox_setup
	need_userns
}
teardown() { sandbox_teardown; }

# profile TEXT: runs it, as the file $WORK/p.lua.
profile() {
	cat >"$WORK/p.lua"
	run "$LUNWARD" run "$WORK/p.lua"
}
# The next sandboxes go into cgroups of this test's own, which forget_cgroups removes: what a killed launcher leaves of
# them is not what these tests look at.
own_cgroups() {
	export LUNWARD_CGROUP_PARENT=/lunward-review-$$-$BATS_TEST_NUMBER
	"$LUNWARD" run -- true 2>/dev/null || unset LUNWARD_CGROUP_PARENT
}
forget_cgroups() {
	[ -n "${LUNWARD_CGROUP_PARENT:-}" ] || return 0
	find /sys/fs/cgroup -path "*$LUNWARD_CGROUP_PARENT" -print -quit | grep -q . || return 0
	find /sys/fs/cgroup -depth -type d -path "*$LUNWARD_CGROUP_PARENT*" -exec rmdir {} +
}
# children PID: what lives below it.
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# The first of them: without an init of ours another one guards it.
command_of() { children "$1" | cut -d' ' -f1; }
command_runs() { grep -q 987654 "/proc/$(command_of "$1")/cmdline"; }

@test "a launcher killed before set-up may go on leaves nobody waiting for ever" {
	need_cmd strace
	own_cgroups
	# The second message sent is the word to go on; the first is the evaluator's.
	run strace -o "$WORK/trace" -e trace=sendto -e inject=sendto:signal=KILL:when=2 "$LUNWARD" run -- sleep 60
	assert_status 137
	# sandbox_teardown looks for processes that are left
	wait_for 5 forget_cgroups
}

@test "without a pid namespace the command ends with its supervisor" {
	need_root
	own_cgroups
	local launcher command how
	for how in 'namespaces = { pid = "host" }' 'namespaces = { pid = "host", user = "host" }' \
		'namespaces = { pid = "host", user = "host" }, user = 1000, no_new_privileges = false'; do
		printf 'return sandbox { %s, command = { "sleep", "987654" } }\n' "$how" >"$WORK/p.lua"
		"$LUNWARD" run "$WORK/p.lua" 3>&- &
		launcher=$!
		wait_for 10 grep -q . "/proc/$launcher/task/$launcher/children"
		wait_for 10 command_runs "$launcher"
		command=$(command_of "$launcher")
		kill -9 "$launcher"
		wait "$launcher" || true
		wait_for 5 test ! -e "/proc/$command" || { echo "$how"; return 1; }
	done
	wait_for 5 forget_cgroups
}

@test "sysctls of the sandbox's own namespaces are set, though /proc/sys is read-only inside" {
	profile <<-'LUA'
		return sandbox {
		  sysctls = { ["net.ipv4.ip_forward"] = "1", ["kernel.msgmax"] = "4096" },
		  command = { "cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax" },
		}
	LUA
	assert_status 0
	[ "$output" = $'1\n4096' ]
}

@test "init does not tell the names of the caller's cgroups" {
	run "$LUNWARD" run -- cat /proc/1/cgroup /proc/1/task/1/cgroup
	assert_status 0
	[ -z "$output" ]
}

@test "init has left the caller's session and terminal" {
	run "$LUNWARD" run -- cut -d' ' -f5-7 /proc/1/stat
	assert_status 0
	[ "$output" = "1 1 0" ]
}

@test "no physical address of the kernel is shown" {
	run "$LUNWARD" run -- bash -c 'cat /sys/kernel/vmcoreinfo; ls /sys/kernel/boot_params 2>/dev/null || :'
	[ -z "$output" ] || [[ $output == *"No such file"* ]]
}

@test "the host's cgroups are not shown with the host's network" {
	printf 'return sandbox { network = "host", command = { "ls", "/sys/fs/cgroup" } }\n' >"$WORK/p.lua"
	run "$LUNWARD" run "$WORK/p.lua"
	assert_status 0
	[ -z "$output" ]
}

@test "/dev/null of a hostile root is not taken for the real one (CVE-2026-88265)" {
	need_cmd busybox
	local root=$WORK/root
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,run}
	cp "$(command -v busybox)" "$root/bin/busybox"
	: >"$root/dev/trap"
	chmod 666 "$root/dev/trap"
	ln -s trap "$root/dev/null"
	chmod 711 "$WORK"
	cat >"$WORK/p.lua" <<-LUA
		return sandbox {
		  root = { path = "$root", readonly = false }, ids = "keep", stdio = { stdout = "null" },
		  mounts = { remove "/dev", remove "/dev/pts", remove "/dev/shm" },
		  command = { "/bin/busybox", "echo", "caught" },
		}
	LUA
	run "$LUNWARD" run "$WORK/p.lua"
	assert_status 125
	[ ! -s "$root/dev/trap" ]
}

@test "a device of our own can be replaced by a bind" {
	run "$LUNWARD" run -v /dev/zero:/dev/random -- stat -c %t:%T /dev/random
	assert_status 0
	[ "$output" = 1:5 ]
}

@test "a working directory that leads out through a descriptor is refused (CVE-2024-21626)" {
	run bash -c '"$LUNWARD" run -w /proc/self/fd/0 -- true </etc'
	assert_status 125
}

@test "as host root inside, what only root may read of /proc and /sys is masked" {
	need_root
	profile <<-'LUA'
		return sandbox {
		  ids = "keep",
		  command = { "bash", "-c",
		    "cat /sys/class/dmi/id/*serial* /proc/kmsg /proc/slabinfo /proc/vmallocinfo 2>/dev/null; " ..
		    "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/dynamic_debug/control; do " ..
		    "(echo x >$f) 2>/dev/null && echo wrote $f; done; true" },
		}
	LUA
	assert_status 0
	[ -z "$output" ] || [ "$output" = "wrote /proc/dynamic_debug/control" ]
}

# A root whose command is "#!/proc/self/exe": as first program it would run the launcher's own file with the root's
# libraries, and could open that file for writing.
@test "as host root inside, no command reaches the launcher's file (CVE-2019-5736)" {
	need_root
	local root=$WORK/root
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,run}
	printf '#!/proc/self/exe\n' >"$root/command"
	chmod 755 "$root/command"
	chmod 711 "$WORK"
	printf 'return sandbox { root = "%s", ids = "keep", command = { "/command", "version" } }\n' "$root" >"$WORK/p.lua"
	run "$LUNWARD" run "$WORK/p.lua"
	# Without the cure this is the launcher, which fails for want of its libraries or prints its version.
	assert_status 126
	[ -z "$output" ]
}

@test "as host root inside, the command starts, fails and is confined as anywhere" {
	need_root
	local ids=(
		'ids = "keep"' 'namespaces = { user = "host" }' 'ids = "keep", no_new_privileges = false'
		'namespaces = { user = "host", pid = "host" }'
	) who
	for who in "${ids[@]}"; do
		profile <<-LUA
			return sandbox { $who, command = { "bash", "-c", "echo \$0; ls /proc/self/fd | wc -l; grep -E ^Seccomp: /proc/self/status; exit 7", "zero" } }
		LUA
		assert_status 7
		[ "$output" = $'zero\n4\nSeccomp:\t2' ] || { echo "$who: $output"; return 1; }
		printf 'return sandbox { %s, command = { "no-such-command" } }\n' "$who" >"$WORK/p.lua"
		run -127 "$LUNWARD" run "$WORK/p.lua"
		printf 'return sandbox { %s, command = { "/etc/passwd" } }\n' "$who" >"$WORK/p.lua"
		run "$LUNWARD" run "$WORK/p.lua"
		assert_status 126
	done
}

@test "our own state is not bound, by whatever name it was given" {
	ln -s "$(dirname "$LUNWARD_STATE")" "$WORK/way"
	run env LUNWARD_STATE="$WORK/way/${LUNWARD_STATE##*/}" "$LUNWARD" run -v "$LUNWARD_STATE:/mnt" -- true
	assert_status 125
	assert_output_has "own state"
}

@test "root does not bind another user's control socket" {
	need_root
	need_cmd python3
	[ -d /run/user ] || skip "no /run/user here"
	local dir=/run/user/$((900000 + $$))
	mkdir "$dir"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/docker.sock"
	run "$LUNWARD" run -v "$dir:/mnt" -- true
	rm -r "$dir"
	assert_status 125
	assert_output_has "control socket"
}

@test "init cannot be traced even with SYS_PTRACE (it would hold the supervisor up)" {
	need_cmd python3
	mkdir -m 755 "$WORK/t"
	cat >"$WORK/t/trace.py" <<'PY'
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("attach", libc.ptrace(16, 1, 0, 0), ctypes.get_errno())
PY
	run timeout -s KILL 20 "$LUNWARD" run --cap-add SYS_PTRACE --seccomp docker -v "$WORK/t:/t:ro" -- \
		timeout -s KILL 10 python3 /t/trace.py
	[ "$status" -eq 0 ]
	[ "$output" = "attach -1 1" ]
}

@test "a command of another user ends with its supervisor too: init may not signal it, its own end does" {
	need_root
	own_cgroups
	local launcher init
	"$LUNWARD" run -u nobody -- sleep 987655 3>&- &
	launcher=$!
	wait_for 10 pgrep -f '^sleep 987655$'
	init=$(children "$launcher")
	kill -9 "$launcher"
	wait "$launcher" || true
	wait_for 5 test ! -e "/proc/${init% }"
	run ! pgrep -f '^sleep 987655$'
	wait_for 5 forget_cgroups
}
