#!/usr/bin/env bats
# The command line itself: reading options, words that are wrong, help and version. Nothing here starts a sandbox.

# shellcheck disable=SC2016,SC2154 # text with backquotes is meant so; bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cat >"$WORK/p.lua" <<-'END'
		-- p.lua: says hi
		return sandbox { command = { "/bin/echo", "hi" } }
	END
	cd "$WORK" || return
}
teardown() { sandbox_teardown; }

# usage WORDS... -- TEXT: exit 125 and one line on stderr, which has TEXT.
usage() {
	local args=()
	while [ "$1" != :: ]; do args+=("$1"); shift; done
	run --separate-stderr "$LUNWARD" "${args[@]}"
	[ "$status" = 125 ] || { echo "${args[*]}: status $status"; return 1; }
	[ -z "$output" ] || { echo "${args[*]}: said on stdout: $output"; return 1; }
	[ "${#stderr_lines[@]}" = 1 ] || { echo "${args[*]}: not one line: $stderr"; return 1; }
	[[ $stderr == "lunward: "*"$2"* ]] || { echo "${args[*]}: no '$2' in: $stderr"; return 1; }
}

@test "no verb, unknown verb" {
	usage :: "no verb given"
	usage rnu :: 'did you mean "run"?'
	usage frobnicate :: "lunward help"
	usage inspect :: "which sandbox?"
}

@test "unknown options, with the nearest word" {
	usage run --memry 3 :: "did you mean --memory?"
	usage run --hostnam=x :: "did you mean --hostname?"
	usage run -Z :: "unknown option '-Z'"
	usage run --features :: '`lunward version` has'
	usage --memory 4M check p.lua :: "check has no option --memory"
}

@test "other tools' spellings get ours" {
	usage run --ro-bind / / :: "-v SRC:DST:ro"
	usage run --unshare-all :: "every namespace is new already"
	usage run --mount type=bind,src=/,dst=/x :: "-v SRC:DST"
	usage run -p MemoryMax=64M :: "-m SIZE"
	usage run -p TasksMax=5 :: "--pids-limit"
	usage run --property=CPUQuota=50% :: "--cpus"
	usage run --security-opt seccomp:deny:getcwd :: "--seccomp"
}

@test "values that are missing or too many" {
	usage run --memory :: "--memory needs a value: SIZE"
	usage run -m -- true :: "--memory needs a value"
	usage run --rm=yes -- true :: "--rm takes no value"
	usage run --set a -- true :: "--set NAME=VALUE"
	usage run --format xml -- true :: "text, json, jsonl or lua"
}

@test "values that are wrong are told about the option" {
	usage run -m 5 p.lua :: "--memory: "
	usage run --cpus many p.lua :: "--cpus: "
	usage run --pids-limit x p.lua :: "--pids-limit: "
	usage run --oom-score-adj 5000 p.lua :: "--oom-score-adj: "
	usage run --timeout soon p.lua :: "--timeout: "
	usage run --ulimit nofle=4 p.lua :: "--ulimit: unknown limit 'nofle' (did you mean \"nofile\"?)"
	usage run --ulimit nofile p.lua :: "--ulimit NAME=SOFT[:HARD]"
	usage run --cap-add SYSTIME p.lua :: "did you mean SYS_TIME?"
	usage run --seccomp allow:getcwdd p.lua :: "did you mean getcwd?"
	usage run --seccomp docker.json p.lua :: "docker.json: No such file"
	usage run --seccomp dfault p.lua :: "did you mean default?"
	usage run --network bridge: p.lua :: "'bridge:' names no network"
	usage run --name 'A B' p.lua :: "--name: not a name"
	usage run --ids sometimes p.lua :: "--ids: "
	usage run --memory-swap 32M p.lua :: "--memory-swap: needs a memory limit"
	usage run -m 64M --memory-swap 32M p.lua :: "--memory-swap: less than the memory limit"
	usage run -w tmp p.lua :: "--workdir: 'tmp' is not an absolute path"
	usage run --status-fd 77 p.lua :: "--status-fd: descriptor 77 is not open for writing"
	usage run --result /nonexistent/r p.lua :: "--result: /nonexistent/r: No such file"
}

@test "words after the profile, and a command in its place" {
	usage run p.lua echo hi :: "lunward run p.lua -- echo"
	usage run ls :: 'did you mean `lunward run -- ls`?'
	usage run p.lua -- :: "no command after --"
	usage run --spec x.json p.lua :: "--spec"
	usage check p.lua -- true :: "check takes no command"
	usage check :: "no file given"
	usage profile frob :: "profile list"
}

@test "options stand anywhere before --, in every form" {
	local a b
	a=$("$LUNWARD" plan -m 64M --pids-limit 9 -e A=1 --read-only p.lua -- echo x)
	for b in "plan p.lua --memory=64M --pids-limit=9 --env=A=1 --read-only" \
		"plan -m64M p.lua --pids-limit 9 -eA=1 --read-only" \
		"--state $LUNWARD_STATE plan --read-only -m=64M p.lua -e A=1 --pids-limit 9" \
		"--pids-limit 9 plan --read-only -m=64M p.lua -e A=1"; do
		# shellcheck disable=SC2086
		[ "$("$LUNWARD" $b -- echo x)" = "$a" ] || { echo "differs: $b"; return 1; }
	done
	[[ $a == *64M* || $a == *67108864* ]]
}

@test "-v is the volume after run and verbose before it" {
	run "$LUNWARD" -v plan -v /etc:/mnt/etc:ro p.lua
	assert_status 0
	assert_output_has /mnt/etc
}

@test "help comes from the tables" {
	local v
	run "$LUNWARD" help
	assert_status 0
	for v in run start stop kill wait update rm gc ps status inspect stats logs check plan explain chown doctor profile help version; do
		assert_output_has "  $v "
		"$LUNWARD" help $v | grep -q "^lunward $v"
		[ "$("$LUNWARD" help $v)" = "$("$LUNWARD" $v --help)" ]
	done
	[ "$("$LUNWARD" --help)" = "$output" ]
	"$LUNWARD" help run | grep -q -- '--pids-limit NUMBER'
	run bash -c '"$LUNWARD" help check | grep -q -- "--pids-limit"'
	assert_status 1
	usage help rnu :: 'did you mean "run"?'
}

@test "every option is in the manual, and every option of the manual is in the table" {
	local man=$LUNWARD_TREE/docs/man/lunward.1.scd v
	for v in $("$LUNWARD" help | sed -nE '/^Verbs:/,/^$/s/^  ([a-z]+) .*/\1/p'); do "$LUNWARD" help "$v"; done |
		grep -oE -- '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >"$WORK/help"
	grep -oE -- '--[a-z][a-z-]+\*' "$man" | tr -d '*' | sort -u >"$WORK/man"
	[ -s "$WORK/help" ]
	diff "$WORK/help" "$WORK/man"
}

@test "version" {
	run "$LUNWARD" version
	assert_status 0
	[[ $output =~ ^lunward\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$("$LUNWARD" --version)" = "$output" ]
	"$LUNWARD" version --features | grep -q '^libseccomp'
	"$LUNWARD" version --format json | grep -q '"version"'
}

@test "standard output that cannot be written is an error" {
	[ -e /dev/full ] || skip "no /dev/full"
	run bash -c '"$LUNWARD" help >/dev/full'
	assert_status 125
}
