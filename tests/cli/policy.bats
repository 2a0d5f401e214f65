#!/usr/bin/env bats
# The verbs that judge a profile without running it: check, plan, explain, profile; and --set and --spec.

# shellcheck disable=SC2016,SC2094,SC2154 # text with backquotes is meant so; bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
	cat >p.lua <<-'END'
		-- p.lua: says what it is told
		local word = param("word", "hi")
		return sandbox {
			command = { "/bin/echo", word },
			mounts  = { bind "/etc:/mnt/etc", tmpfs "/scratch:size=1M" },
			seccomp = seccomp.default - "getcwd",
		}
	END
	cat >bad.lua <<-'END'
		return sandbox {
			command = { "/bin/true" },

			limts = { pids = 5 },
		}
	END
}
teardown() { sandbox_teardown; }

@test "check: 0 when right, 1 when wrong, a line for each mistake with its place" {
	run "$LUNWARD" check p.lua
	assert_status 0
	run "$LUNWARD" check bad.lua
	assert_status 1
	[ "${#lines[@]}" = 1 ]
	[[ $output == *"bad.lua:4: limts: unknown key (did you mean \"limits\"?)"* ]] || { echo "$output"; return 1; }
	run "$LUNWARD" check p.lua bad.lua
	assert_status 1
	run "$LUNWARD" check missing.lua
	assert_status 1
}

@test "check --format json" {
	need_cmd python3
	"$LUNWARD" check --format json p.lua bad.lua >out.json || [ $? = 1 ]
	python3 - <<-'END'
		import json
		d = json.load(open("out.json"))
		assert d["schema_version"] == 1
		good, bad = d["files"]
		assert good["ok"] and good["errors"] == []
		e = bad["errors"][0]
		assert not bad["ok"] and e["path"] == "limts" and e["line"] == 4, e
	END
}

@test "check: root without a user namespace never passes" {
	cat >root.lua <<-'END'
		return sandbox {
			command = { "/bin/true" },
			namespaces = { user = "host" },
		}
	END
	run "$LUNWARD" check root.lua
	assert_status 1
	assert_output_has "root without a user namespace"
	sed 's/namespaces/user = "nobody", namespaces/' root.lua >nobody.lua
	run "$LUNWARD" check nobody.lua
	[[ $output != *"root without a user namespace"* ]]
}

@test "run and plan say a profile's mistake in one line and exit 125" {
	local verb
	for verb in run plan explain; do
		run --separate-stderr "$LUNWARD" $verb bad.lua
		assert_status 125
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == "lunward: "*"bad.lua:4: limts: unknown key"* ]] || { echo "$stderr"; return 1; }
	done
}

@test "--set gives a parameter its value, and only one that exists" {
	"$LUNWARD" plan p.lua | grep -q 'argv=\["/bin/echo","hi"\]'
	"$LUNWARD" plan --set word=hello p.lua | grep -q 'argv=\["/bin/echo","hello"\]'
	run "$LUNWARD" plan --set wrod=hello p.lua
	assert_status 125
	assert_output_has wrod
	run "$LUNWARD" check --set word=x p.lua
	assert_status 0
}

@test "plan: no id, no pid, no time: the same bytes twice" {
	"$LUNWARD" plan p.lua >a
	"$LUNWARD" plan p.lua >b
	cmp a b
	"$LUNWARD" plan --format json p.lua >a.json
	"$LUNWARD" plan --format json p.lua >b.json
	cmp a.json b.json
	run grep -qE '[0-9a-f]{64}' a.json
	assert_status 1
}

@test "plan --format json goes back in through --spec and comes out the same" {
	"$LUNWARD" plan --format json -m 64M -e A=b -v /usr:/mnt/usr p.lua >a.json
	"$LUNWARD" plan --format json --spec a.json >b.json
	diff a.json b.json
	"$LUNWARD" plan --format json --spec - <a.json | diff a.json -
	"$LUNWARD" plan --spec a.json -m 32M | grep -q 33554432
}

@test "--spec: mistakes name the file" {
	echo '{"commad": ["/bin/true"]}' >s.json
	run "$LUNWARD" plan --spec s.json
	assert_status 125
	assert_output_has 's.json: commad: unknown key (did you mean "command"?)'
	echo '{' >s.json
	run "$LUNWARD" plan --spec s.json
	assert_status 125
	assert_output_has "s.json:"
	run "$LUNWARD" plan --spec missing.json
	assert_status 125
	assert_output_has "missing.json: No such file or directory"
	run "$LUNWARD" plan --spec s.json --set a=b
	assert_status 125
	assert_output_has "--set"
}

@test "options win over the profile" {
	"$LUNWARD" plan -w /tmp --hostname other --tmpfs /x:size=2M p.lua -- /bin/date >out
	grep -q 'path="/tmp"' out
	grep -q '"other"' out
	grep -q '"/x"' out
	grep -q '/mnt/etc' out
	grep -q 'argv=\["/bin/date"\]' out
}

@test "explain says what a sandbox can do" {
	run "$LUNWARD" explain p.lua
	assert_status 0
	local word
	for word in Reads "Reads and writes" "Runs as" Capabilities "System calls" Network Limits /mnt/etc /scratch \
		NET_BIND_SERVICE loopback "tasks: 1024"; do
		assert_output_has "$word"
	done
	run "$LUNWARD" explain --network host p.lua
	assert_output_has "whatever the host reaches"
}

@test "a profile that leaves the command open can be looked at, not run" {
	echo 'return sandbox { env = { A = "b" } }' >open.lua
	run "$LUNWARD" check open.lua
	assert_status 0
	run "$LUNWARD" explain open.lua
	assert_status 0
	assert_output_has "the command given after --"
	run "$LUNWARD" run open.lua
	assert_status 125
	assert_output_has "no command"
	"$LUNWARD" plan open.lua -- /bin/true
}

@test "explain --format json: a read-only bind is read, a tmpfs is written" {
	need_cmd python3
	"$LUNWARD" explain --format json -v /usr:/w p.lua >out.json
	python3 - <<-'END'
		import json
		d = json.load(open("out.json"))
		reads = [p["path"] for p in d["reads"]]
		writes = [p["path"] for p in d["writes"]]
		assert "/mnt/etc" in reads and "/mnt/etc" not in writes
		assert "/scratch" in writes and "/w" in writes
		assert d["syscalls"]["reachable"] < d["syscalls"]["known"]
		assert d["network"] == "none"
	END
}

@test "explain --call: the first word is the verdict, the exit code too" {
	run "$LUNWARD" explain --call 'socket(38, 5, 0)' p.lua
	assert_status 1
	[[ $output == "errno "* ]]
	run "$LUNWARD" explain --call 'socket(AF_INET, 1, 0)' p.lua
	assert_status 0
	[[ $output == "allow"* ]]
	run "$LUNWARD" explain --call getcwd p.lua
	assert_status 1
	[[ $output == "errno EPERM: "*getcwd* ]]
	run "$LUNWARD" explain --call getcwd --seccomp allow:getcwd p.lua
	assert_status 0
	run "$LUNWARD" explain --call nosuchcall p.lua
	assert_status 125
	# Docker's verdicts follow the capabilities.
	run "$LUNWARD" explain --call 'reboot(0)' --seccomp docker p.lua
	assert_status 1
	run "$LUNWARD" explain --call 'reboot(0)' --seccomp docker --cap-add SYS_BOOT p.lua
	assert_status 0
}

@test "named calls beat all in any order" {
	local a
	for a in "--seccomp deny:all --seccomp allow:getpid" "--seccomp allow:getpid --seccomp deny:all"; do
		# shellcheck disable=SC2086
		"$LUNWARD" explain --call getpid $a p.lua
		# shellcheck disable=SC2086
		run "$LUNWARD" explain --call getppid $a p.lua
		assert_status 1
	done
}

@test "a policy that forbids what starting needs is refused, naming the calls" {
	run "$LUNWARD" plan --seccomp deny:all --seccomp allow:getcwd p.lua
	assert_status 125
	assert_output_has execve
	assert_output_has exit_group
}

@test "profile list and show" {
	mkdir d
	cp p.lua d/said.lua
	sed -i 's/^-- p.lua:/-- said.lua:/' d/said.lua
	run "$LUNWARD" --profiles d profile list
	assert_status 0
	[[ $output == *"said "*"says what it is told"*"d/said.lua"* ]] || { echo "$output"; return 1; }
	"$LUNWARD" profile --profiles d show said | cmp - d/said.lua
	run "$LUNWARD" profile show nosuch
	assert_status 125
	"$LUNWARD" --profiles d profile list --format json | grep -q '"name": "said"'
}
