#!/usr/bin/env bats
# exec: a further command has exactly the confinement of the first, nobody inside reaches it before it is the command,
# and it ends with whoever asked for it.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; start sets id
bats_require_minimum_version 1.5.0
load detached

# All that the kernel tells of a process's confinement; what differs from one to the next is left out.
TELL='
	tell() {
		grep -E "^(Umask|Uid|Gid|Groups|Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Seccomp|Specul|Cpus_allowed:|Mems_allowed:)" /proc/self/status
		for f in limits cgroup uid_map gid_map setgroups mountinfo oom_score_adj coredump_filter timens_offsets attr/current attr/exec personality loginuid; do
			echo "$f"; cat "/proc/self/$f" 2>&1
		done
		for ns in user pid mnt net ipc uts cgroup time; do readlink /proc/self/ns/$ns; done
		pwd; env | grep -vE "^(SHLVL|_|OLDPWD)=" | sort; nice; readlink /proc/self/root; ls -A /dev /run
	}'
# same OPTION...: a sandbox started so is the same to its first command and to one that is executed in it.
same() {
	start --name a -v "$WORK/told:/told" "$@" -- bash -c "$TELL; tell >/told/first; exec sleep 60"
	wait_for 10 test -s told/first
	# Written whole: the command is the next program by then.
	wait_for 10 sh -c '[ "$(cat "/proc/$1/comm")" = sleep ]' sh "$(field pid a)"
	lw exec a -- bash -c "$TELL; tell >/told/second"
	assert_status 0
	run diff told/first told/second
	assert_status 0
	lw rm -f a
	rm -f told/first told/second
}

@test "confinement: the same in every profile (CVE-2026-109569)" {
	mkdir -m 777 told
	same
	same -u nobody --umask 0027 -w /tmp -e A=b
	same --cap-drop ALL --cap-add CHOWN --cap-add NET_ADMIN --ulimit nofile=100:200 --ulimit stack=1048576 --pids-limit 40
	profile 'init = false,'
	same "$WORK/p.lua"
	profile 'landlock = { read = { "/" }, write = { "/told", "/dev", "/tmp" }, execute = { "/usr", "/bin", "/lib", "/lib64" } },
		hardening = { memory_deny_write_execute = true, secure_bits = { "no_setuid_fixup" } },
		capabilities = caps.docker - "NET_RAW", oom_score_adj = 300, nice = 5, inherit_env = { "WORK" }'
	same "$WORK/p.lua"
	"$LUNWARD" profile list | grep -q '^strict ' && same strict
	need_root
	profile 'namespaces = { user = "host" },'
	same "$WORK/p.lua"
	same --ids keep
}

@test "confinement: a further command's Landlock rules and filter hold as the first one's do" {
	need_helpers
	profile "mounts = { bind '$HELPERS:/helpers' }, landlock = { read = { '/' }, write = { '/dev' }, execute = { '/' } }, hardening = { memory_deny_write_execute = true }"
	start "$WORK/p.lua" --name a -- sleep 60
	lw exec a -- /helpers/confined wx
	[ "$output" != ok ]
	lw exec a -- sh -c 'echo x >/tmp/x'
	assert_status 2
	lw exec a -- sh -c 'echo x >/dev/null; exec unshare -U true'
	[ "$status" != 0 ]
}

@test "nobody inside reaches who joins before it is the command (CVE-2016-9962, CVE-2016-8649)" {
	need_helpers
	mkdir -m 777 told
	start --name a --cap-add SYS_PTRACE --seccomp allow:ptrace -v "$HELPERS:/helpers:ro" -v "$WORK/told:/told" -- \
		/helpers/peeker /told/stop /helpers/hog
	n=${LUNWARD_TEST_EXECS:-100}
	# Several at once, and each joiner waits for the kernel most of the time.
	for _ in 1 2 3 4 5; do
		( for ((i = 0; i < n / 5; i++)); do "$LUNWARD" exec a -- /helpers/hog >/dev/null 2>&1 || true; done ) &
	done
	wait
	: >told/stop
	"$LUNWARD" wait a
	lw logs a
	assert_output_has saw
	assert_lacks "saw 0"
	assert_lacks reached
}

@test "what is no more as the record says is not joined (CVE-2022-31214)" {
	start --name a -- sleep 60
	record=$WORK/state/sandboxes/$id/record.json
	cp "$record" kept
	sed -E 's/"mount":[0-9]+/"mount":4026531841/' kept >"$record"
	lw exec a -- true
	assert_refused "not the namespace that the sandbox began with"
	sed -E 's/("root":\{"dev":[0-9]+,"inode":)[0-9]+/\19/' kept >"$record"
	lw exec a -- true
	assert_refused "its root is not the one"
	sed -E 's/("command":\{"pid":[0-9]+,"start":)[0-9]+/\11/' kept >"$record"
	lw exec a -- true
	assert_refused "is not running"
	cp kept "$record"
	lw exec a -- true
	assert_status 0
}

@test "a number that has become a process's of the host: nothing is executed on the host, nor asked there" {
	start --name a -- sleep 60
	sleep 60 &
	host=$!
	# As the record reads to one who looks while the number passes from the one to the other.
	python3 - "$LUNWARD_STATE/sandboxes/$id/record.json" "$host" <<-'END'
		import json, os, sys
		path, pid = sys.argv[1], int(sys.argv[2])
		record = json.load(open(path))
		start = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[19])
		assert set(record["command"]) == {"pid", "start"}
		record["command"] = {"pid": pid, "start": start}
		with open(path + ".new", "w") as f: json.dump(record, f)
		os.rename(path + ".new", path)
	END
	lw exec a -- touch "$WORK/on-the-host"
	assert_refused "not the namespace that the sandbox began with"
	[ ! -e "$WORK/on-the-host" ]
	kill $host
}

@test "it ends with its client, however that ends, and whatever the command has become" {
	start --name a -- sleep 60
	timeout 60 "$LUNWARD" exec a -- sh -c 'echo up; exec sleep 61' >out 2>&1 &
	client=$!
	wait_for 5 grep -q up out
	pkill -KILL -P "$client" || kill -KILL "$client"
	wait_for 5 sh -c '! "$1" exec a -- pgrep -fx "sleep 61"' sh "$LUNWARD"
	# A change of ids clears the kernel's own signal to children of the dead.
	need_cmd setpriv
	timeout 60 "$LUNWARD" exec a -- setpriv --reuid=1000 --clear-groups sh -c 'echo up; exec sleep 62' >out 2>&1 &
	client=$!
	wait_for 5 grep -q up out
	pkill -KILL -P "$client"
	wait_for 5 sh -c '! "$1" exec a -- pgrep -fx "sleep 62"' sh "$LUNWARD"
	lw status a
	assert_status 0
}

@test "the command without an init ends with its launcher too, though it has changed its ids" {
	need_cmd setpriv
	profile 'init = false,'
	"$LUNWARD" run p.lua -- setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'echo up; exec sleep 66' >out 2>&1 &
	launcher=$!
	wait_for 5 grep -q up out
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_for 5 sh -c '! pgrep -fx "sleep 66"'
	sweep_cgroups
}

@test "-d: the caller goes on, and hears what went wrong; a timeout and the sandbox's end hold" {
	start --name a -- sleep 60
	lw exec -d a -- sh -c 'echo hidden; exec sleep 63'
	assert_status 0
	[ -z "$output" ]
	lw exec a -- pgrep -fx "sleep 63"
	assert_status 0
	run -127 timeout 20 "$LUNWARD" exec -d a -- nosuch
	assert_output_has "command not found"
	lw exec -d --timeout 0.3s a -- sleep 64
	assert_status 0
	wait_for 5 sh -c '! "$1" exec a -- pgrep -fx "sleep 64"' sh "$LUNWARD"
	lw stop -t 0 a
	assert_status 0
}

@test "input is passed on, the code is the command's, a signal's is 128 and more" {
	start --name a -- sleep 60
	run bash -c 'printf "one\ntwo\n" | timeout 20 "$1" exec -i a -- sort -r' bash "$LUNWARD"
	assert_is $'two\none'
	lw exec a -- sh -c 'kill -TERM $$'
	assert_status 143
	lw exec a -- /etc/passwd
	assert_status 126
	timeout 20 "$LUNWARD" exec a -- sh -c 'trap "exit 5" INT; echo up; while :; do sleep 0.05; done' >out &
	client=$!
	wait_for 5 grep -q up out
	pkill -INT -P "$client"
	status=0
	wait "$client" || status=$?
	assert_status 5
}

@test "what it cannot be given is told, with the cure" {
	start --name a -- true
	lw wait a
	lw exec a -- true
	assert_refused "it is stopped"
	assert_output_has "lunward restart a"
	lw exec --privileged a -- true
	assert_refused "exactly the sandbox's rights"
	lw exec --cap-add SYS_ADMIN a -- true
	assert_refused "exactly the sandbox's rights"
	lw exec -v /srv a -- true
	assert_status 125
}
