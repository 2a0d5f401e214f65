# `lunward lua`, and the example scripts in docs/examples: each does here what its first lines say.
load ../lib
setup() {
	sandbox_setup
	EXAMPLES=$LUNWARD_TREE/docs/examples
	cd "$WORK" || return 1
}
teardown() { sandbox_teardown; }

lua() { "$LUNWARD" lua "$@"; }

@test "lua: arguments, options, errors, and a script from standard input" {
	cat >a.lua <<-'END'
		print(arg[0], arg[1], arg[2], select("#", ...), package.loaded.lunward ~= nil)
		print(require("lunward").host.get().state == os.getenv("LUNWARD_STATE"))
	END
	run lua a.lua --format -x
	assert_status 0
	[ "${lines[0]}" = "a.lua	--format	-x	2	true" ]
	[ "${lines[1]}" = true ]
	run lua - <<<'print(#arg, arg[0])'
	[ "$output" = "0	-" ]
	run lua - <<<'error("no good")'
	assert_status 1
	assert_output_has 'no good'
	run lua - <<<'os.exit(9)'
	assert_status 9
	run lua
	assert_status 125
	assert_output_has 'which script?'
	run lua nowhere.lua
	assert_status 1
	mkdir s && chmod 700 s
	run "$LUNWARD" --state "$WORK/s" lua - <<<'print(require("lunward").host.get().state)'
	[ "$output" = "$WORK/s" ]
}

@test "lua: require finds files of Lua, and says that there are no others" {
	printf 'return { name = ..., n = 3 }\n' >mine.lua
	run lua - <<<'local m = require("mine") print(m.name, m.n, require("mine") == m)'
	[ "$output" = "mine	3	true" ]
	run lua - <<<'require("yours")'
	assert_status 1
	assert_output_has "module 'yours' not found"
	assert_output_has 'loads no C modules'
	LUA_PATH="$WORK/sub/?.lua;;" run lua - <<<'print(package.path)'
	[[ $output == "$WORK/sub/?.lua;"*"/usr/share/lua/5.4/?.lua"* ]]
}

@test "lua: a script is a program, by its first line" {
	printf '#!/usr/bin/env -S lunward lua\nprint("from", arg[0], ...)\n' >tool
	chmod +x tool
	PATH=$(dirname "$LUNWARD"):$PATH run ./tool x
	assert_status 0
	[ "$output" = "from	./tool	x" ]
}

@test "examples: bisect" {
	need_limit --pids-limit 9
	run lua "$EXAMPLES/bisect.lua" /bin/sh -c 'true | true | true'
	assert_status 0
	[ "$output" -ge 2 ] && [ "$output" -le 8 ]
}

@test "examples: ci" {
	need_cmd make
	mkdir work && chmod 777 work "$WORK"
	printf 'all:\n\techo built >out\ncheck:\n\tgrep built out\n' >work/Makefile
	run lua "$EXAMPLES/ci.lua" "$WORK/work"
	assert_status 0
	[[ ${lines[2]} == "test       ok "* ]]
	printf 'all:\n\techo wrong >&2; exit 3\n' >work/Makefile
	run lua "$EXAMPLES/ci.lua" "$WORK/work"
	assert_status 2
	assert_output_has 'build      failed'
	assert_output_has wrong
}

@test "examples: inside" {
	"$LUNWARD" run -d --rm --name looked -- sleep 60
	run lua "$EXAMPLES/inside.lua" looked
	"$LUNWARD" kill looked
	assert_status 0
	[[ $output == "looked	shares nothing	"*" capabilities" ]]
}

@test "examples: judge" {
	need_limit -m 64M
	chmod 755 "$WORK"
	printf '#!/bin/sh\nread x\n[ "$x" != loop ] || while :; do :; done\n[ "$x" != bad ] || exit 3\necho $((x * 2))\n' >program
	chmod 755 program
	printf '42\n' >expected
	for case in '21 accepted' '20 wrong answer' 'bad runtime error' 'loop time limit exceeded'; do
		echo "${case%% *}" >input
		run lua "$EXAMPLES/judge.lua" "$WORK/program" input expected
		[ "$output" = "${case#* }" ] || { echo "$case: $output"; return 1; }
	done
}

@test "examples: parallel" {
	run lua "$EXAMPLES/parallel.lua" 2 /bin/echo a b c d e
	assert_status 0
	[ "$output" = $'a\nb\nc\nd\ne' ]
}

@test "examples: pipeline" {
	run lua "$EXAMPLES/pipeline.lua" 'to be or not to be'
	assert_status 0
	[ "$output" = $'be\t2\nnot\t1\nor\t1\nto\t2' ]
}

@test "examples: supervisor" {
	cat >good.lua <<-'END'
		return sandbox { command = { "/bin/true" } }
	END
	cat >bad.lua <<-'END'
		return sandbox { command = { "/bin/false" } }
	END
	run lua "$EXAMPLES/supervisor.lua" ./good.lua ./bad.lua
	assert_status 0
	[ "$(grep -c '^bad.*ended	1$' <<<"$output")" = 4 ]
	[ "$(grep -c '^good.*started$' <<<"$output")" = 1 ]
}

@test "examples: untrusted" {
	need_limit -m 32M
	run lua "$EXAMPLES/untrusted.lua" <<<'echo hi; cat /etc/shadow; exit 3'
	assert_status 0
	[ "${lines[0]}" = hi ]
	assert_output_has 'Permission denied'
	[ "${lines[-1]}" = "code 3" ]
}

@test "examples: verdicts" {
	run lua "$EXAMPLES/verdicts.lua" mount 'socket(AF_INET, 1, 0)'
	assert_status 0
	[[ ${lines[1]} == "mount "*"allow"*"EPERM"*"EPERM"*"EPERM" ]]
	[[ ${lines[2]} == "socket(AF_INET, 1, 0) "*"allow"*"allow"*"allow"*"EPERM" ]]
}

@test "examples: watch" {
	run lua "$EXAMPLES/watch.lua" 1 /bin/sh -c 'while :; do echo tick; sleep 0.1; done'
	assert_status 0
	[[ ${lines[0]} == *" tick" ]]
	[ "${lines[-1]}" = stopped ]
	run lua "$EXAMPLES/watch.lua" 20 /bin/echo once
	[ "${lines[-1]}" = "ended by itself" ]
}

@test "examples: each has its test, and runs in stock lua5.4 as well" {
	local script
	for script in "$EXAMPLES"/*.lua; do
		grep -q "^@test \"examples: $(basename "$script" .lua)\"" "$BATS_TEST_FILENAME" || { echo "$script"; return 1; }
	done
	need_cmd lua5.4
	LUA_CPATH="$(dirname "$LUNWARD")/lua/?.so;;" run lua5.4 "$EXAMPLES/pipeline.lua" 'a b a'
	[ "$output" = $'a\t2\nb\t1' ]
}
