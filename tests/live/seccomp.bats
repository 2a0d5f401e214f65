#!/usr/bin/env bats
# System call policies as a language: what profiles and options say about calls, what the oracle answers, and what then
# happens inside.

load live

FILES=$BATS_TEST_DIRNAME/../data/seccomp
RISKY="kexec_load open_by_handle_at init_module finit_module delete_module iopl ioperm swapon swapoff sysfs _sysctl
	adjtimex clock_adjtime lookup_dcookie perf_event_open fanotify_init kcmp"

# verdict CALL [OPTION...] [PROFILE]: the first words of the oracle's answer.
verdict() {
	local call=$1
	shift
	timeout 30 "$LUNWARD" explain --call "$call" "$@" | sed 's/:.*//'
}
# is VERDICT CALL [OPTION...] [PROFILE]
is() {
	local expected=$1 got
	shift
	got=$(verdict "$@")
	[ "$got" = "$expected" ] || { echo "$1: expected '$expected', got '$got'"; return 1; }
}
x86_64_only() { [ "$(uname -m)" = x86_64 ] || skip "for x86-64"; }

@test "row 32: doctor probes seccomp by the call, not by a file" {
	run "$LUNWARD" doctor
	assert_output_has "seccomp filter"
	grep -q '^ok  *seccomp filter' <<<"$output"
	need_cmd strace
	strace -f -o trace -e trace=seccomp,open,openat "$LUNWARD" doctor >/dev/null || true
	grep -q 'seccomp(SECCOMP_' trace
	! grep -E '/boot/config|config\.gz' trace || return 1
}

@test "row 33: the seventeen calls of @risky-admin are EPERM in the default policy, and are exactly those" {
	x86_64_only
	local call
	for call in $RISKY; do is "errno EPERM" "$call" default; done
	profile 'command = { "/bin/true" }, seccomp = seccomp.unconfined - "@risky-admin"'
	for call in $RISKY; do is "errno EPERM" "$call" p.lua; done
	is allow reboot p.lua
	is allow settimeofday p.lua
	try kexec_load open_by_handle_at init_module finit_module delete_module iopl ioperm swapon swapoff sysfs _sysctl \
		adjtimex clock_adjtime lookup_dcookie perf_event_open fanotify_init kcmp
	assert_status 0
	[ "${#lines[@]}" = 17 ]
	all_lines EPERM
}

@test "row 34: socket families: unix, inet, inet6 and netlink, by socket and socketpair; socketcall is denied" {
	local family expected call
	for family in 0 1 2 3 9 10 11 15 16 17 38 40 45; do
		expected="errno EPERM"
		case $family in 1 | 2 | 10 | 16) expected=allow ;; esac
		for call in socket socketpair; do is "$expected" "$call($family, 1, 0)" default; done
	done
	try families
	assert_status 0
	[ "$(grep '^[0-9].* ok$' <<<"$output" | xargs)" = "1 ok 2 ok 10 ok 16 ok" ] || { echo "$output"; return 1; }
}

@test "row 34: the obsolete families are a group, to be taken from any policy" {
	local family expected
	profile 'command = { "/bin/true" }, seccomp = seccomp.docker - "@obsolete-families"'
	for family in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 30 45; do
		expected="errno EPERM"
		case $family in 0 | 1 | 2 | 10 | 16) expected=allow ;; esac
		is "$expected" "socket($family, 1, 0)" p.lua
	done
	profile 'command = { "/bin/true" }, seccomp = seccomp.docker:architectures("x86") - "@obsolete-families"'
	[ "$(uname -m)" != x86_64 ] || is "errno EPERM" x86:socketcall p.lua
	try --seccomp docker --seccomp deny:@obsolete-families -- families
	assert_status 0
	! grep -E '^(3|4|5|6|7|8|9|11|12|13|14|15|17|44) ok$' <<<"$output" || { echo "$output"; return 1; }
}

@test "row 35: foreign ABIs end the process with 159 unless the policy names them" {
	x86_64_only
	local abi
	for abi in int80 x32; do
		try $abi
		assert_status 159
		[ -z "$output" ]
	done
	is kill x86:getpid default
	is kill x32:getpid default
	cat >p.lua <<-'END'
		return sandbox {
			command = { "/helpers/attempt", "int80" },
			mounts = { bind { source = param "helpers", destination = "/helpers" } },
			seccomp = seccomp.default:architectures("x86"),
		}
	END
	need_helpers
	is allow x86:getpid --set "helpers=$HELPERS" p.lua
	is "errno EPERM" "x86:socketcall" --set "helpers=$HELPERS" p.lua
	is "errno EPERM" "x86:mount" --set "helpers=$HELPERS" p.lua
	is kill x32:getpid --set "helpers=$HELPERS" p.lua
	with --set "helpers=$HELPERS" p.lua
	assert_status 0
	assert_output_has alive
	with --set "helpers=$HELPERS" p.lua -- /helpers/attempt x32
	assert_status 159
}

@test "row 36: a call is allowed by name, on the command line and in a profile" {
	is "errno EPERM" clock_adjtime default
	is allow clock_adjtime --seccomp allow:clock_adjtime default
	profile 'command = { "/bin/true" }, seccomp = seccomp.allow { "clock_adjtime" }'
	is allow clock_adjtime p.lua
	is "errno EPERM" adjtimex p.lua
	profile 'command = { "/bin/true" }, seccomp = seccomp.default + "clock_adjtime"'
	is allow clock_adjtime p.lua
	try clock_adjtime
	assert_is "clock_adjtime EPERM"
	try --seccomp allow:clock_adjtime -- clock_adjtime
	assert_is "clock_adjtime EFAULT"
}

@test "row 37: a call is denied by name, on the command line and in a profile" {
	with --seccomp deny:getcwd -- sh -c 'pwd -P'
	assert_output_has "getcwd() failed: Operation not permitted"
	profile 'command = { "/bin/sh", "-c", "pwd -P" }, seccomp = seccomp.default:deny("getcwd")'
	with p.lua
	assert_output_has "getcwd() failed: Operation not permitted"
	inside sh -c 'pwd -P'
	assert_is /
}

@test "row 38: deny:all and allow:CALL, in any order, fail before anything starts, naming what is missing" {
	local order
	for order in "--seccomp deny:all --seccomp allow:getcwd" "--seccomp allow:getcwd --seccomp deny:all"; do
		# shellcheck disable=SC2086
		with $order -- sh
		assert_refused "execve, exit_group, write"
		assert_output_has "openat"
	done
	profile 'command = { "/bin/true" },
		seccomp = seccomp.deny + "getcwd"'
	run "$LUNWARD" check p.lua
	assert_status 1
	assert_output_has "p.lua:3: seccomp: the policy denies execve, exit_group, write"
	with p.lua
	assert_refused "p.lua:3: seccomp: the policy denies execve"
	# With what they need, they run.
	with --seccomp deny:all --seccomp allow:@default --seccomp allow:@file-system --seccomp allow:@basic-io \
		--seccomp allow:uname -- uname
	assert_status 0
}

@test "row 39: a policy that logs is loaded so that the kernel's audit hears of denials" {
	profile 'command = { "/bin/true" }, seccomp = (seccomp.default - "getcwd"):log()'
	"$LUNWARD" plan p.lua | grep '^child seccomp log="denials"'
	"$LUNWARD" plan default -- true | grep '^child seccomp early'
	profile 'command = { "/bin/true" }, seccomp = seccomp.default:log("getcwd")'
	is log getcwd p.lua
	need_cmd strace
	strace -f -o trace -e trace=seccomp "$LUNWARD" run p.lua
	grep -q SECCOMP_FILTER_FLAG_LOG trace
	if [ "$(id -u)" = 0 ]; then # the same by the sealed last step
		strace -f -o trace -e trace=seccomp "$LUNWARD" run --ids keep p.lua
		grep -q SECCOMP_FILTER_FLAG_LOG trace
	fi
	strace -f -o trace -e trace=seccomp "$LUNWARD" run -- true
	! grep SECCOMP_FILTER_FLAG_LOG trace || return 1
}

@test "row 40: seccomp.docker gives docker's verdict for every call" {
	x86_64_only
	need_cmd python3
	profile 'command = { "/bin/true" }, seccomp = seccomp.docker'
	"$LUNWARD" export --format seccomp p.lua >docker.json
	python3 - "$BATS_TEST_DIRNAME/../data/docker-default-denied-x86_64.tsv" <<-'END'
		import json, sys
		denied = {l.split()[1] for l in open(sys.argv[1]) if not l.startswith("#")}
		doc = json.load(open("docker.json"))
		allowed = {n for e in doc["syscalls"] if e["action"] == "SCMP_ACT_ALLOW" for n in e["names"]}
		assert doc["defaultAction"] == "SCMP_ACT_ERRNO" and doc["defaultErrnoRet"] == 1
		assert len(denied) == 66 and not denied & allowed, denied & allowed
		assert {"read", "socket", "clone", "personality", "ptrace"} <= allowed
	END
	local call
	for call in bpf mount kexec_load io_uring_setup userfaultfd keyctl; do is "errno EPERM" $call p.lua; done
	is "errno ENOSYS" clone3 p.lua
}

@test "row 41: docker's and podman's JSON run unchanged, from the command line and from a profile" {
	local file
	for file in moby-seccomp-default.json containers-seccomp.json; do
		with --seccomp "$FILES/$file" -- ls -d /usr
		assert_status 0
		assert_is /usr
		cp "$FILES/$file" "$WORK/"
		profile "command = { '/bin/ls', '-d', '/usr' }, seccomp = seccomp.load '$file'"
		with p.lua
		assert_status 0
		is "errno EPERM" kexec_load p.lua
	done
	is "errno ENOSYS" file_setattr p.lua
	is "errno EINVAL" 'socket(AF_NETLINK, 3, NETLINK_AUDIT)' --cap-drop AUDIT_WRITE p.lua
	is allow 'socket(AF_NETLINK, 3, NETLINK_AUDIT)' p.lua
}

@test "row 41: every denial of the list is one when the file is loaded" {
	x86_64_only
	need_cmd python3
	"$LUNWARD" export --format seccomp --seccomp "$FILES/moby-seccomp-default.json" default >loaded.json
	"$LUNWARD" export --format seccomp --seccomp docker default >preset.json
	python3 - <<-'END'
		import json
		def calls(f):
		    d = json.load(open(f))
		    return {(n, e["action"], e.get("errnoRet"), json.dumps(e.get("args"))) for e in d["syscalls"] for n in e["names"]}
		# The file names the i386 and x32 ABIs, too; the calls of this one have the same verdicts.
		a, b = calls("loaded.json"), calls("preset.json")
		assert b <= a, b - a
	END
}

@test "row 42: a rule of the file that needs a capability follows the sandbox's set" {
	local options=(--seccomp "$FILES/moby-seccomp-default.json")
	is "errno EPERM" 'reboot(0)' "${options[@]}" default
	is allow 'reboot(0)' "${options[@]}" --cap-add SYS_BOOT default
	is "errno EPERM" 'reboot(0)' --seccomp docker default
	is allow 'reboot(0)' --seccomp docker --cap-add SYS_BOOT default
}

@test "row 43: arguments: only, and every comparison" {
	run "$LUNWARD" explain --call 'socket(38, 5, 0)' default
	assert_status 1
	[[ $output == "errno EPERM: "* ]]
	profile 'command = { "/bin/true" }, seccomp = seccomp.default:only("socket(AF_INET, *)")'
	is allow 'socket(AF_INET, SOCK_STREAM, 0)' p.lua
	is "errno EPERM" 'socket(AF_INET6, SOCK_STREAM, 0)' p.lua
	is "errno EPERM" 'socket(AF_UNIX, SOCK_STREAM, 0)' p.lua
	local row
	for row in "=5 5 6" "!=5 6 5" "<5 4 5" "<=5 5 6" ">5 6 5" ">=5 5 4" "&0xff=5 0x105 6" "5|7 7 6" "!=5|7 6 7"; do
		# shellcheck disable=SC2086
		set -- $row
		profile "command = { '/bin/true' }, seccomp = seccomp.default - 'kill(*, $1)'"
		is "errno EPERM" "kill(1, $2)" p.lua
		is allow "kill(1, $3)" p.lua
	done
	# Inside, and with bits above those the kernel reads.
	is "errno EPERM" 'ioctl(0, 0x100005412)' default
	try tiocsti tiocsti_high
	all_lines EPERM
	try --seccomp 'allow:socket(AF_VSOCK, *)' -- vsock alg
	[[ ${lines[0]} != "vsock EPERM" && ${lines[1]} == "alg EPERM" ]] || { echo "$output"; return 1; }
}

@test "row 43: a size is compared whole, so nothing is hidden above 32 bits" {
	profile "command = { '/bin/true' }, seccomp = seccomp.default:only('getrandom(*, <=4096)')"
	is allow 'getrandom(0, 4096)' p.lua
	is "errno EPERM" 'getrandom(0, 4097)' p.lua
	is "errno EPERM" 'getrandom(0, 0x100000000)' p.lua
}

@test "row 44: a filter is in place by default; unconfined is warned about and recorded" {
	inside grep ^Seccomp: /proc/self/status
	assert_is $'Seccomp:\t2'
	profile 'command = { "/bin/grep", "^Seccomp:", "/proc/self/status" }, seccomp = seccomp.unconfined'
	with p.lua
	assert_is $'Seccomp:\t0'
	run "$LUNWARD" check p.lua
	assert_status 0
	assert_output_has "warning"
	assert_output_has unconfined
	"$LUNWARD" plan --format json p.lua | grep -q '"base": "unconfined"'
}

@test "row 45: a file given on the command line replaces the profile's policy" {
	profile 'command = { "/bin/true" }, seccomp = seccomp.strict'
	is "errno EPERM" 'socket(AF_INET, 1, 0)' p.lua
	is allow 'socket(AF_INET, 1, 0)' --seccomp "$FILES/moby-seccomp-default.json" p.lua
	# and rules beside it stand over it
	is "errno EPERM" 'socket(AF_INET, 1, 0)' --seccomp deny:socket --seccomp "$FILES/moby-seccomp-default.json" p.lua
}

@test "row 46: the documents do not say how many calls there are, which ABI by ABI is another number" {
	! grep -rnE '\b600 (system ?)?calls' "$LUNWARD_TREE/docs" "$LUNWARD_TREE/README.md" || return 1
}

@test "row 47: libseccomp, 2.5 or newer" {
	local version
	version=$("$LUNWARD" version --features | awk '$1 == "libseccomp" { print $2 }')
	printf '2.5\n%s\n' "$version" | sort -VC || { echo "libseccomp $version"; return 1; }
}

@test "files: found beside the profile and in the profile directories; nothing else of them reaches the profile" {
	mkdir profiles
	cp "$FILES/moby-seccomp-default.json" profiles/docker.json
	profile 'command = { "/bin/true" }, seccomp = seccomp.load "docker.json"'
	run "$LUNWARD" check p.lua
	assert_status 1
	assert_output_has 'p.lua:2: docker.json: No such file or directory'
	is allow getpid --profiles profiles p.lua
	mkfifo pipe.json
	printf 'secret: 42\n' >text.json
	profile 'command = { "/bin/true" }, seccomp = seccomp.load "pipe.json"'
	run timeout 10 "$LUNWARD" check p.lua
	assert_output_has "not a regular file"
	profile 'print(select(2, pcall(seccomp.load, "text.json")))
		return sandbox { command = { "/bin/true" } }'
	sed -i '1d;$d' p.lua
	run "$LUNWARD" check p.lua
	assert_output_has "is not JSON"
	assert_lacks secret
}

@test "files: a mistake is told with the line of the file" {
	sed 's/SCMP_ACT_ALLOW/SCMP_ACT_ALOW/' "$FILES/moby-seccomp-default.json" >bad.json
	profile 'command = { "/bin/true" }, seccomp = seccomp.load "bad.json"'
	run "$LUNWARD" check p.lua
	assert_status 1
	[[ $output == *"p.lua:2: "*"bad.json:"[0-9]*": syscalls[0]: unknown action \"SCMP_ACT_ALOW\" (did you mean \"SCMP_ACT_ALLOW\"?)"* ]] ||
		{ echo "$output"; return 1; }
	with --seccomp bad.json -- true
	assert_refused "bad.json:"
}

@test "files: a changed file is read again" {
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]}' >f.json
	profile 'command = { "/bin/true" }, seccomp = seccomp.load "f.json"'
	is "errno EPERM" getcwd p.lua
	is "errno EPERM" getcwd p.lua
	sed -i s/getcwd/getpid/ f.json
	is allow getcwd p.lua
	is "errno EPERM" getpid p.lua
}

@test "export: the document says what the policy says, and loads again" {
	cat >p.lua <<-'END'
		return sandbox {
			command = { "/bin/true" },
			seccomp = seccomp.strict:only("socket(AF_UNIX|AF_INET, <=2)"):errno("ENOSYS", "@clock"):kill("ptrace")
				- "ioctl(*, TIOCGWINSZ)",
		}
	END
	"$LUNWARD" export --format seccomp p.lua >out.json
	profile 'command = { "/bin/true" }, seccomp = seccomp.load "out.json"'
	mv p.lua q.lua
	local call
	for call in 'socket(1, 2)' 'socket(2, 3)' 'socket(10, 1)' clock_settime ptrace 'ioctl(0, TIOCGWINSZ)' 'ioctl(0, TIOCSTI)' \
		'ioctl(0, 1)' getpid mount clone3; do
		[ "$(verdict "$call" q.lua)" = "$(verdict "$call" --seccomp out.json default)" ] || { echo "$call"; return 1; }
	done
	with --seccomp out.json -- true
	assert_status 0
}

@test "oracle: the reason names the rule and its line" {
	cat >p.lua <<-'END'
		return sandbox {
			command = { "/bin/true" },
			seccomp = seccomp.default
				- "getcwd"
				+ "socket(AF_VSOCK, *)",
		}
	END
	run "$LUNWARD" explain --call getcwd p.lua
	[[ $output == "errno EPERM: a rule of the sandbox's denies getcwd (p.lua:"[45]")" ]] || { echo "$output"; return 1; }
	run "$LUNWARD" explain --call 'socket(40, 1)' p.lua
	[[ $output == "allow: a rule of the sandbox's allows socket(AF_VSOCK, *) (p.lua:5)" ]] || { echo "$output"; return 1; }
	run "$LUNWARD" explain --call 'kcmp' p.lua
	assert_output_has 'the policy "default" does not allow kcmp: risky administration'
}

@test "oracle: simulate answers in the profile, and policies do not change" {
	cat >p.lua <<-'END'
		local p = seccomp.default
		local q = p:only("socket(AF_INET, *)"):errno("ENOSYS", "getcwd"):kill("mount"):log("uname")
		local function is(policy, call, a, b)
			local x, y = policy:simulate(call)
			assert(x == a and y == b, call .. ": " .. tostring(x) .. " " .. tostring(y))
		end
		is(q, "socket(AF_INET6, 1, 0)", "errno", "EPERM")
		is(q, "socket(AF_INET, 1, 0)", "allow")
		is(q, "getcwd", "errno", "ENOSYS")
		is(q, "mount", "kill")
		is(q, "uname", "log")
		is(p, "getcwd", "allow")
		is(p, "socket(AF_INET6, 1, 0)", "allow")
		assert(seccomp.docker:simulate("reboot") == "errno")
		assert(seccomp.docker:simulate("reboot", caps.docker + "SYS_BOOT") == "allow")
		assert(not pcall(function() p.base = "unconfined" end))
		return sandbox { command = { "/bin/true" }, seccomp = q }
	END
	run "$LUNWARD" check p.lua
	assert_status 0
}

@test "mistakes: a bad pattern names its line and what to write" {
	local row
	while IFS='~' read -r pattern says; do
		profile "command = { '/bin/true' },
			seccomp = seccomp.default - '$pattern'"
		run "$LUNWARD" check p.lua
		assert_status 1
		assert_output_has "p.lua:3: "
		assert_output_has "$says"
	done <<-'END'
		sokcet(1)~did you mean "socket"?
		socket(AF_INTE)~did you mean "AF_INET"?
		socket(1~')' is missing
		socket(&1)~for example &CLONE_NEWUSER=0
		socket(0x100000000)~32 bits wide
		socket(<0)~never
		all(1)~unknown system call
	END
	with --seccomp 'deny:socket(AF_INTE)' -- true
	assert_refused 'did you mean "AF_INET"?'
}
