#!/usr/bin/env bats
# What somebody meets in the first days with sandboxes in the background: every refusal says what and why, in one line.
load detached

@test "exec and shell have the caller's input and output, whatever the service's are" {
	printf 'return sandbox { inherits = "service", command = { "sleep", "60" } }\n' >svc.lua
	start svc.lua
	[ "$(echo hello | "$LUNWARD" exec svc -- cat)" = hello ]
	lw exec -t svc -- sh -c 'test -t 0 && echo terminal'
	assert_output_has terminal
}

@test "exec as an id that the sandbox has not says so" {
	start --name box -- sleep 60
	lw exec -u 70000 box -- true
	assert_status 125
	assert_output_has "--user"
	assert_output_has "does not map"
}

@test "the end of who was killed is told by wait and status" {
	start --name box -- sleep 60
	kill -9 "$(field supervisor_pid box)"
	wait_for 10 sh -c '"$LUNWARD" status box | grep "box: failed: its supervisor was killed"'
	lw wait box
	assert_status 125
	assert_output_has "box has failed: its supervisor was killed"
	lw status box
	assert_status 3
	assert_output_has "its supervisor was killed"
	lw wait --ready box
	assert_status 1
	assert_output_has "box has failed: its supervisor was killed"
}

@test "start of several: who fails is told with the reason, and who needs it with its name" {
	printf 'return sandbox { name = "db", command = { "sh", "-c", "sleep 0.3; exit 3" },
		service = { ready = { log = "never said" } } }\n' >db.lua
	printf 'return sandbox { name = "app", command = { "sleep", "60" }, service = { requires = "db" } }\n' >app.lua
	lw start app.lua db.lua
	assert_status 125
	assert_output_has "lunward: db: it ended before it was ready (\`lunward logs db\`"
	assert_output_has 'app requires "db", which has failed'
	[[ $output != *"lunward: "$'\n'* && $output != *"in one call"* ]]
}

@test "status for programs" {
	need_cmd python3
	printf 'return sandbox { command = { "sleep", "60" }, service = { health = { file = "/etc/passwd", interval = "1h" } } }\n' >svc.lua
	start svc.lua
	lw status svc
	assert_status 0
	[[ $output = "svc: running, not checked yet" || $output = "svc: running, healthy" ]]
	"$LUNWARD" status --format json svc >status.json
	# shellcheck disable=SC2154 # start sets id
	python3 -c 'if True:
		import json, sys
		o = json.load(open("status.json"))
		want = "schema_version id name state ready health status code error"
		assert sorted(o) == sorted(want.split()), o
		assert (o["id"], o["state"], o["ready"], o["code"]) == (sys.argv[1], "running", True, None), o' "$id"
	lw stop svc
	lw status --format json svc
	assert_status 3
	assert_output_has '"state": "stopped"'
	lw status --format json nobody
	assert_status 4
}

@test "rm where the state cannot be written says that, and not that it runs" {
	need_root
	start --name box -- true
	wait_for 10 sh -c '"$LUNWARD" status box | grep stopped'
	unshare -m sh -c 'mount --bind "$LUNWARD_STATE" "$LUNWARD_STATE" && mount -o remount,bind,ro "$LUNWARD_STATE" &&
		exec "$LUNWARD" rm box' >out 2>&1 && return 1
	grep -q 'box: Read-only file system' out || { cat out; return 1; }
}

@test "who was given up is told why" {
	printf 'return sandbox { command = { "false" }, service = { restart = "always", burst = 2, backoff = "10ms" } }\n' >svc.lua
	start svc.lua
	lw wait svc
	assert_status 1
	lw status svc
	assert_status 3
	assert_output_has "svc: failed (1): it ended too often to be started again"
}

@test "nginx without root: the shipped profile, but for limits nobody delegated" {
	need_root
	need_cmd setpriv curl python3
	[ -x /usr/sbin/nginx ] || missing "needs nginx"
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir -p bin www
	cp "$LUNWARD" "${LUNWARD%/*}/lunward-supervisor" bin
	cp -r "$LUNWARD_TREE/profiles" profiles
	echo "from nginx" >www/index.html
	printf 'return sandbox { inherits = "nginx", limits = unset }\n' >mine.lua
	local LUNWARD=$WORK/bin/lunward
	as_nobody start --profiles profiles --set dir=www --set address="127.0.0.1:$port" ./mine.lua
	[ "$status" = 0 ] || { as_nobody run -- true; [ "$status" = 0 ] || skip "none for ordinary users here: $output"; return 1; }
	as_nobody wait --ready --timeout 10s mine
	assert_status 0
	[ "$(curl -s -m 10 "http://127.0.0.1:$port/")" = "from nginx" ]
	as_nobody rm -f mine
	assert_status 0
}

@test "gc removes the socket of a service whose supervisor was killed, and no other" {
	need_cmd python3
	printf 'return sandbox { command = { "sleep", "60" }, service = { listen = { "%s/a.sock", "%s/b.sock" } } }\n' \
		"$WORK" "$WORK" >svc.lua
	start svc.lua
	[ -S a.sock ] && [ -S b.sock ]
	kill -9 "$(field supervisor_pid svc)"
	wait_for 10 sh -c '"$LUNWARD" status svc | grep failed'
	rm b.sock
	python3 -c 'import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("b.sock"); s.listen(); time.sleep(60)' 3>&- &
	wait_for 10 test -S b.sock
	lw gc
	local ok=0
	[ ! -e a.sock ] && [ -S b.sock ] || ok=1
	kill $!
	return $ok
}
