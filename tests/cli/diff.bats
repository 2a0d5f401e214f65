#!/usr/bin/env bats
# `lunward diff A B`: what one profile allows that another does not.

bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
	printf 'return sandbox { command = { "true" } }\n' >plain.lua
}
teardown() {
	[ -z "${OPEN:-}" ] || rm -rf "$OPEN"
	sandbox_teardown
}

# profile FILE KEYS: the plain one with more keys.
profile() { printf 'return sandbox { command = { "true" }, %s }\n' "$2" >"$1"; }
compare() { run --separate-stderr "$LUNWARD" diff "$@"; }
has_line() { grep -qxF -- "  $1" <<<"$output" || { echo "no '$1' in: $output"; return 1; }; }

@test "the same profile allows the same" {
	compare plain.lua default
	assert_status 0
	[ "$output" = "both allow the same" ]
	compare plain.lua plain.lua --format json
	assert_status 0
	[ "$(tr -d ' \n' <<<"$output")" = '{"schema_version":1,"more":[],"less":[],"other":[]}' ]
}

@test "strict and default: every line" {
	need_root
	[ "$(uname -m)" = x86_64 ] || skip "the list of system calls is that of x86_64"
	[ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 4096 ] || skip "fewer than 4096 descriptors here"
	compare strict default
	assert_status 2
	diff "$LUNWARD_TREE/tests/cli/diff_strict_default.txt" - <<<"$output"
}

@test "the other way round, more is less" {
	profile docker.lua 'seccomp = seccomp.docker + "socket(AF_VSOCK, *)" - "uname"'
	profile other.lua 'network = "host", limits = { pids = 5 }, seccomp = seccomp.default:errno("ENOSYS", "getcwd")'
	local pair there back
	for pair in "strict default" "plain.lua docker.lua" "docker.lua other.lua"; do
		# shellcheck disable=SC2086 # two words
		set -- $pair
		there=$("$LUNWARD" diff "$1" "$2" --format json) || [ $? = 2 ]
		back=$("$LUNWARD" diff "$2" "$1" --format json) || [ $? = 2 ]
		python3 - "$there" "$back" <<-'END'
			import json, sys
			there, back = (json.loads(a) for a in sys.argv[1:])
			turned = lambda l: sorted((r["kind"], r["what"], str(r["b"]), str(r["a"])) for r in l)
			plain = lambda l: sorted((r["kind"], r["what"], str(r["a"]), str(r["b"])) for r in l)
			assert there["more"] or there["less"]
			for x, y in ("more", "less"), ("less", "more"), ("other", "other"):
			    assert plain(there[x]) == turned(back[y]), (x, plain(there[x]), turned(back[y]))
		END
	done
}

@test "each system call of default and docker's policy is what explain says of it" {
	profile docker.lua 'seccomp = seccomp.docker'
	compare plain.lua docker.lua
	assert_status 2
	local sign call n=0
	# Calls without arguments, or with values alone: what explain --call takes.
	while read -r sign call; do
		[ "$sign" = + ] || continue
		run "$LUNWARD" explain --call "$call" plain.lua
		assert_status 1
		run "$LUNWARD" explain --call "$call" docker.lua
		assert_status 0
		n=$((n + 1))
	done < <(sed -n '/^System calls/,/^[A-Z]/p' <<<"$output" | grep -xE '  \+ [a-z0-9_]+' | awk 'NR % 6 == 1')
	[ "$n" -ge 5 ]
	compare plain.lua docker.lua
	has_line '+ ptrace'
	has_line '+ socket(AF_NETLINK, *, !=0)'
	has_line '+ ioctl(*, TIOCSTI|TIOCLINUX, *)'
}

@test "system calls with arguments, other errors, and kill" {
	profile b.lua 'seccomp = (seccomp.default + "socket(AF_VSOCK, *)" - "kill(*, SIGKILL)"):errno("ENOSYS", "ptrace"):kill("mount") + "clone"'
	compare plain.lua b.lua
	assert_status 2
	has_line '+ socket(AF_VSOCK, *)'
	has_line '- kill(*, SIGKILL)'
	has_line '~ ptrace: errno EPERM -> errno ENOSYS'
	has_line '~ mount: errno EPERM -> kill'
	has_line '+ clone(&CLONE_NEWUSER=CLONE_NEWUSER, *)'
}

@test "another ABI is one line; in it, calls are compared too" {
	[ "$(uname -m)" = x86_64 ] || skip "this machine has one ABI"
	profile x86.lua 'seccomp = seccomp.default:architectures("x86")'
	profile more.lua 'seccomp = seccomp.default:architectures("x86") + "ptrace"'
	compare plain.lua x86.lua
	assert_status 2
	[ "$output" = $'System calls\n  + the ABI x86' ]
	compare x86.lua more.lua
	has_line '+ ptrace'
	has_line '+ x86:ptrace'
}

@test "capabilities, network, files, devices, limits" {
	mkdir data
	profile b.lua 'capabilities = caps.docker + "SYS_TIME" - "NET_RAW", network = "host", mounts = { bind "'"$WORK"'/data:/data:rw" },
		devices = { "/dev/null" }, limits = { pids = 5, memory = "1M" }, rlimits = { core = 4096 }, no_new_privileges = true'
	compare plain.lua b.lua
	assert_status 2
	has_line '+ SYS_TIME: bounding, effective, permitted'
	has_line '- NET_RAW: bounding, effective, permitted'
	has_line "+ network: a loopback interface of its own -> the host's"
	has_line "+ read, write, execute /data: the host's $WORK/data"
	has_line "+ read, write, make /dev/null: the host's /dev/null"
	has_line '- pids: 1024 -> 5'
	has_line '- memory: half of RAM -> 1M'
	has_line '+ core: 0 -> 4096'
	compare b.lua plain.lua
	assert_status 2
	has_line '+ NET_RAW: bounding, effective, permitted'
	has_line '+ pids: 5 -> 1024'
}

@test "a plan that was kept stands for a profile" {
	"$LUNWARD" plan --format json plain.lua >old.json
	compare old.json plain.lua
	assert_status 0
	profile plain.lua 'limits = { pids = 2000 }'
	compare old.json plain.lua
	assert_status 2
	[ "$output" = $'Limits\n  + pids: 1024 -> 2000' ]
}

@test "--set is for both, but for one that has none" {
	printf 'return sandbox { command = { "true" }, limits = { pids = param("pids") } }\n' >a.lua
	printf 'return sandbox { command = { "true" }, limits = { pids = param("pids") * 2 } }\n' >b.lua
	compare --set pids=8 a.lua b.lua
	assert_status 2
	[ "$output" = $'Limits\n  + pids: 8 -> 16' ]
	"$LUNWARD" plan --set pids=8 --format json a.lua >a.json
	compare --set pids=9 a.json b.lua
	[ "$output" = $'Limits\n  + pids: 8 -> 18' ]
}

@test "limits that this machine cannot enforce are compared all the same" {
	need_cmd setpriv
	[ "$(id -u)" = 0 ] || skip "root becomes a user here"
	# Others cannot enter the test's own directory.
	OPEN=$(mktemp -d /tmp/lunward-diff.XXXXXX) && chmod 755 "$OPEN" && cd "$OPEN"
	mkdir -m 700 state && chown 65534:65534 state
	profile a.lua ''
	profile b.lua 'limits = { memory = "64M", cpus = 0.5 }, landlock = { read = { "/usr" }, required = true }'
	run setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT HOME=/ "$LUNWARD" --state "$OPEN/state" diff ./a.lua ./b.lua
	assert_status 2
	has_line '- cpus: no limit -> 0.5'
	has_line '- memory: half of RAM -> 64M'
	has_line '- landlock.read: everything -> /usr'
}

@test "mistakes are 125, one line, and say whose they are" {
	compare plain.lua
	assert_status 125
	# shellcheck disable=SC2154 # set by bats
	[ "$stderr" = "lunward: diff: two profiles are needed (lunward diff A B)" ]
	compare a b c
	assert_status 125
	[ "$stderr" = "lunward: diff: unexpected 'c' after two profiles (lunward diff A B)" ]
	compare plain.lua ./nosuch.lua
	assert_status 125
	[ "$stderr" = "lunward: cannot read profile ./nosuch.lua: No such file or directory" ]
	printf 'return sandbox {\n  command = { "true" },\n  limts = 1,\n}\n' >bad.lua
	compare plain.lua bad.lua
	assert_status 125
	[[ $stderr == "lunward: bad.lua:3: limts: unknown key"* ]] || { echo "$stderr"; return 1; }
	[ -z "$output" ]
	printf '{"limits": 5}' >bad.json
	compare bad.json plain.lua
	assert_status 125
	[[ $stderr == *bad.json*limits* ]]
	compare plain.lua ./nosuch.json
	assert_status 125
	[ "$stderr" = "lunward: ./nosuch.json: No such file or directory" ]
	compare -v plain.lua plain.lua --cap-add KILL
	assert_status 125
}
