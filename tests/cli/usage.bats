#!/usr/bin/env bats
# What people type wrong after "lunward", and what is said about it: one line, always the same one, with the cure.

# shellcheck disable=SC2016,SC2154 # text with dollars is meant so; bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib
load mistakes

setup() {
	sandbox_setup
	cd "$WORK" || return
	mkdir profiles
	printf 'return sandbox {\n  command = { "true" },\n  cwd = param("cwd", "/"),\n  env = { N = param("pids", 5) },\n}\n' \
		>profiles/good.lua
	echo 'return sandbox { command = { "true" }, cwd = param("path") }' >profiles/needs.lua
}
teardown() { sandbox_teardown; }

@test "the command line" {
	commands <<-'END'
	run ls
	=> no profile named "ls" (did you mean `lunward run -- ls`?)
	run ls -l
	=> unknown option '-l' (a command and its options go after --: lunward run -- ls -l)
	run ./nosuch.lua
	=> cannot read profile ./nosuch.lua: No such file or directory
	run good ls
	=> unexpected 'ls' after the profile 'good' (the command goes after --: lunward run good -- ls)
	run --
	=> no command after -- (leave -- out to run the profile's own)
	rnu good
	=> unknown verb 'rnu' (did you mean "run"?)
	stop
	=> stop: which sandbox? (names or the beginnings of ids, or --all; `lunward ps -a` lists them)
	stop nobody
	=> no sandbox "nobody" (`lunward ps -a` lists them)
	kill -s NOSUCH nobody
	=> --signal: unknown signal 'NOSUCH'
	attach nobody
	=> no sandbox "nobody" (`lunward ps -a` lists them)
	restart nobody
	=> no sandbox "nobody" (`lunward ps -a` lists them)
	logs a b
	=> logs: one sandbox at a time (its name or the beginning of its id; `lunward ps -a` lists them)
	run --memroy 5M good
	=> unknown option '--memroy' (did you mean --memory?)
	run -m 64 good
	=> --memory: 64 bytes is too little (write "64M"; a bare number is bytes)
	run -m 64Q good
	=> --memory: expected a size such as "64M", not "64Q"
	run -m -- true
	=> --memory needs a value: SIZE
	run --set cwd good
	=> --set: 'cwd' has no value (--set NAME=VALUE)
	run --set cdw=/ good
	=> profiles/good.lua: --set: no parameter "cdw" (did you mean "cwd"?)
	run --set pids=lots good
	=> profiles/good.lua:4: parameter "pids": "lots" is not a number
	run --set pids=1.5 good
	=> profiles/good.lua:4: parameter "pids": "1.5" is not a whole number
	run --format yaml good
	=> --format: unknown format 'yaml' (text, json, jsonl or lua; of export, seccomp or apparmor; of stats, prometheus; of graph, dot)
	run --cap-add NET_RAWW good
	=> --cap-add: unknown capability 'NET_RAWW' (did you mean NET_RAW?)
	run --seccomp stritc good
	=> --seccomp: unknown policy 'stritc' (did you mean strict?)
	run --seccomp deny:getcwdd good
	=> --seccomp: unknown system call 'getcwdd' (did you mean getcwd?)
	run --seccomp allow:@mounts good
	=> --seccomp: unknown system call '@mounts' (did you mean @mount?)
	run -u nobdy good
	=> --user: no user "nobdy" in the root's /etc/passwd (write the uid as a number, or add the user to the root)
	run -v /nonexistent:/x good
	=> --volume: '/nonexistent': No such file or directory
	run -v /etc:x good
	=> --volume: bind: destination 'x' is not an absolute path (write SRC[:DST[:opt,opt]])
	run -v /etc:/x:rww good
	=> --volume: bind: unknown option 'rww' (did you mean "rw"?)
	run --tmpfs x good
	=> --tmpfs: tmpfs: destination 'x' is not an absolute path (write DST[:opt,opt])
	run --ulimit nofile good
	=> --ulimit: 'nofile' has no limit (--ulimit NAME=SOFT[:HARD])
	run --ulimit nofiles=3 good
	=> --ulimit: unknown limit 'nofiles' (did you mean "nofile"?)
	run --timeout 5x good
	=> --timeout: expected a duration such as "10s", not "5x"
	run --network br/0 good
	=> --network: not a name: "br/0" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	run --name My/App good
	=> --name: not a name: "My/App" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	run -w nowhere good
	=> --workdir: 'nowhere' is not an absolute path (it is a directory inside the sandbox)
	run -w /nowhere good
	=> --workdir: chdir /nowhere: No such file or directory
	run --root /nonexistent good
	=> --root: '/nonexistent': No such file or directory
	run --ids some good
	=> --ids: unknown ids "some" (write "auto", "keep", "root-only", "identity", "single" or { uid = {{inside, outside, count}}, gid = … })
	run --cpus lots good
	=> --cpus: 'lots' is not a number of cpus ("0.5" is half of one)
	run --pids-limit 0 good
	=> --pids-limit: out of range: 0 is not within 1 to 4194304
	run --umask 99 good
	=> --umask: expected octal digits up to "0777", not "99"
	run --interactive=yes good
	=> --interactive takes no value (write --interactive)
	run --status-fd 99 good
	=> --status-fd: descriptor 99 is not open for writing (in a shell: --status-fd 3 3>FILE)
	run --result /nonexistent/x good
	=> --result: /nonexistent/x: No such file or directory
	run --state /nonexistent/x good
	=> state directory /nonexistent/x: No such file or directory (name a directory of yours with --state)
	run --spec nosuch.json
	=> --spec: nosuch.json: No such file or directory
	run --spec profiles/good.lua
	=> profiles/good.lua:1: not JSON: '[' or '{' expected near 'return'
	run -p 8080:80 --network host good
	=> --network: 'host' has no bridge to publish ports on
	run -p MemoryMax=64M good
	=> --publish: 'MemoryMax=64M' is no port (-m SIZE)
	run --cpu-shares 512 good
	=> unknown option '--cpu-shares' (`limits = { cpu_weight = N }` in the profile, where 100 is 1024 shares)
	run --cpuset-cpus=0-1 good
	=> unknown option '--cpuset-cpus' (`limits = { cpuset = "0-3" }` in the profile)
	run --device-read-bps /dev/sda:1mb good
	=> unknown option '--device-read-bps' (`limits = { io = {{ device = ..., rbps = ..., riops = ... }} }` in the profile)
	run --memory-reservation 64M good
	=> unknown option '--memory-reservation' (`limits = { memory_low = SIZE }` in the profile)
	run --security-opt seccomp=unconfined good
	=> unknown option '--security-opt' (write --seccomp unconfined)
	run --entrypoint sh good
	=> unknown option '--entrypoint' (the words after -- are the whole command)
	run --bind /a /b good
	=> unknown option '--bind' (write -v SRC:DST)
	run --ro-bind /usr /usr good
	=> unknown option '--ro-bind' (write -v SRC:DST:ro)
	run --unshare-all good
	=> unknown option '--unshare-all' (every namespace is new already; a profile's `namespaces` keeps one of the host's)
	run --die-with-parent good
	=> unknown option '--die-with-parent' (a sandbox never outlives lunward)
	run --private good
	=> unknown option '--private' (/home, /root and /tmp are private already; -v SRC:DST shows a directory)
	run --caps.drop all good
	=> unknown option '--caps.drop' (write --cap-drop NAME)
	version x
	=> version: unexpected 'x'
	profile keys limits.memory
	=> a profile has no key 'limits.memory' (`lunward profile keys limits` tells about all in it)
	run --set paht=/x needs
	=> profiles/needs.lua:1: parameter "path" has no value (did you mean --set path=/x?)
	plan --rm good
	=> plan has no option --rm (`lunward run` has)
	check
	=> check: no file given (lunward check FILE...)
	explain --call foo good
	=> --call: unknown system call 'foo'
	explain --call socket( good
	=> --call: an argument is missing
	profile show nosuch
	=> profile 'nosuch': No such file or directory (`lunward profile list` names those that can be found)
	help foo
	=> unknown verb 'foo' (`lunward help` lists them)
	run -- nonexistent-command
	=>127 command not found: nonexistent-command (searched in the sandbox's PATH inside its root)
	run -- /etc/passwd
	=>126 /etc/passwd: Permission denied (a directory, a file without execute permission, or one on a noexec mount)
	END
}

@test "the command line: words that depend on where it is typed" {
	run --separate-stderr "$LUNWARD" --profiles profiles run nosuch
	assert_status 125
	[[ $stderr == 'lunward: no profile named "nosuch" (looked in profiles, '*')' ]]
	run --separate-stderr "$LUNWARD" run
	assert_status 125
	[[ $stderr == 'lunward: '*'profiles/default.lua:'*': command: no command to run (set command = { "/path/to/program" }, or give one after --)' ]]
	run --separate-stderr "$LUNWARD" run -v nonexistent -- true
	assert_status 125
	[ "$stderr" = "lunward: --volume: '$WORK/nonexistent': No such file or directory" ]
}

@test "a warning names the option or the line that it is about" {
	need_userns
	printf 'return sandbox {\n  command = { "true" },\n  privileged = true,\n}\n' >p.lua
	run --separate-stderr "$LUNWARD" run p.lua
	assert_status 0
	[[ $stderr == 'lunward: p.lua:3: privileged: '*' (warning)' ]] || { echo "$stderr"; return 1; }
	run --separate-stderr "$LUNWARD" --profiles profiles run --privileged good
	assert_status 0
	[[ $stderr == 'lunward: --privileged: '*' (warning)' ]] || { echo "$stderr"; return 1; }
}
