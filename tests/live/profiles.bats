#!/usr/bin/env bats
# Each profile that ships, on the programs it is for. A copy of nothing: the profiles of the tree itself are run.

# shellcheck disable=SC2016 # text with dollars is for the shell inside
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	need_userns
	need_limit --pids-limit 64 -m 512M
	mkdir "$WORK/here" # the state directory is beside it
	cd "$WORK/here" || return
}
teardown() {
	if [ -n "${server:-}" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" || true
	fi
	sandbox_teardown
}

# box WORD...: run, with the profiles of this tree.
box() { "$LUNWARD" --profiles "$LUNWARD_TREE/profiles" run "$@"; }
check() { "$LUNWARD" --profiles "$LUNWARD_TREE/profiles" check "$@"; }
# serve WORD...: the same in the background, its pid in $server.
serve() {
	"$LUNWARD" --profiles "$LUNWARD_TREE/profiles" run "$@" >server.log 2>&1 3>&- &
	server=$!
}
# stop: ends the server, which must end well.
stop() {
	local rc=0
	kill "$server"
	wait "$server" || rc=$?
	server=''
	[ "$rc" = 0 ] || { echo "the server's exit status is $rc"; cat server.log; return 1; }
}
# up COMMAND...: the server answers.
up() { wait_for 10 "$@" || { cat server.log; return 1; }; }

@test "every profile is without a mistake and without a warning" {
	local file name
	mkdir data
	for file in "$LUNWARD_TREE"/profiles/*.lua; do
		name=${file##*/}
		name=${name%.lua}
		case $name in
		redis | nginx | postgresql | webapp) run check --set dir=data "$name" ;;
		*) run check "$name" ;;
		esac
		assert_status 0
		[ "$output" = "$name: ok" ] || { echo "$output"; return 1; }
	done
}

@test "default: ordinary commands work, /tmp and TMPDIR can be written" {
	run box -- sh -c 'echo $TMPDIR; f=$(mktemp) && echo text >"$f" && cat "$f"; ls -d /home/*; id -u'
	[ "${lines[0]}" = /tmp ]
	[ "${lines[1]}" = text ]
	[[ $output != *"/home/"[a-z]* ]]
	[ "${lines[-1]}" = 0 ]
}

@test "strict: filters, parsers and interpreters do their work on a pipe" {
	need_cmd gzip python3
	echo hello >in
	run bash -c '"$1" --profiles "$2" run strict -- gzip -c <in | gunzip -c' - "$LUNWARD" "$LUNWARD_TREE/profiles"
	assert_status 0
	[ "$output" = hello ]
	run box strict -- /usr/bin/python3 -c 'import json; print(json.dumps([sum(range(10))]))'
	assert_status 0
	[ "$output" = "[45]" ]
	run box -v "$PWD:/in:ro" strict -- sh -c 'sort /in/in'
	assert_status 0
	[ "$output" = hello ]
}

@test "strict: no id but nobody's or the caller's, no capability, nothing written can be executed" {
	local me=65534
	[ "$(id -u)" = 0 ] || me=$(id -u)
	run box strict -- sh -c 'id -u; grep -c "^Cap.*0000000000000000$" /proc/self/status'
	assert_status 0
	[ "${lines[0]}" = "$me" ]
	[ "${lines[1]}" = 5 ]
	run box strict -- sh -c 'for d in /tmp /dev/shm /run /var /home; do
		cp /bin/true $d/x 2>/dev/null && $d/x && echo "executed in $d"; done; true'
	[[ $output != *executed* ]] || { echo "$output"; return 1; }
	run box strict -- unshare --user true
	[ "$status" != 0 ]
	need_cmd perl
	run box --pids-limit 8 strict -- perl -e \
		'for (1..20) { my $p = fork; defined $p or print("$!\n"), exit; $p or sleep(60), exit }'
	assert_output_has "Resource temporarily unavailable"
}

@test "service: nginx serves a directory over a socket outside, and ends when told" {
	need_cmd nginx curl
	mkdir www sock
	echo '<p>from inside</p>' >www/index.html
	cat >web.lua <<-'END2'
		return sandbox {
		  inherits = "service",
		  command  = { "/usr/sbin/nginx", "-e", "stderr", "-c", "/run/web.conf" },
		  mounts   = {
		    bind "www:/srv/www",
		    bind { source = "sock", destination = "/run/web", writable = true, idmap = host.uid == 0 },
		    dir "/var/lib/nginx",
		    file { destination = "/run/web.conf", data = [[
		      daemon off;
		      worker_processes 1;
		      error_log stderr;
		      pid /run/nginx.pid;
		      events {}
		      http {
		        access_log off;
		        server { listen 80; listen unix:/run/web/http.sock; root /srv/www; }
		      }
		    ]] },
		  },
		}
	END2
	chmod 755 .
	if [ "$(id -u)" != 0 ]; then # one id inside: there is nobody to change to
		sed -i 's/worker_processes 1;/user root; &/' web.lua
	fi
	serve ./web.lua
	up curl -sf --unix-socket sock/http.sock http://web/
	run curl -s --unix-socket sock/http.sock http://web/
	[ "$output" = '<p>from inside</p>' ]
	run curl -s -o /dev/null -w '%{http_code}' --unix-socket sock/http.sock http://web/none
	[ "$output" = 404 ]
	stop
}

@test "service: no more capabilities than a daemon needs" {
	run box service -- grep CapBnd /proc/self/status
	assert_status 0
	[[ $output == *00000000000004e1 ]] || { echo "$output"; return 1; }
}

@test "build: make and cc build the caller's tree, the files are the caller's" {
	need_cmd make cc
	mkdir -p src/app
	cd src/app || return
	printf 'app: main.o util.o\n\t$(CC) -o $@ $^\n' >Makefile
	echo 'int util(void) { return 42; }' >util.c
	printf '#include <stdio.h>\nint util(void);\nint main(void) { return printf("%%d\\n", util()) < 0; }\n' >main.c
	run box build -- make -j2
	assert_status 0
	[ "$(./app)" = 42 ]
	[ -O app ]
	cd "$WORK/here" || return
	run box --set dir=src/app build -- ./app
	assert_status 0
	[ "$output" = 42 ]
}

@test "build: a script of the tree sees and changes nothing outside it" {
	need_cmd make
	mkdir src
	echo secret >outside
	printf 'all:\n\t-cat ../outside\n\t-touch ../planted /usr/planted\n\t-ls -A /root /home\n' >src/Makefile
	cd src || return
	run box build -- make
	[[ $output != *secret* ]]
	[ ! -e ../planted ]
	[ ! -e /usr/planted ]
}

@test "build: not from the root of everything" {
	cd / || return
	run box build -- true
	assert_status 125
	assert_output_has "go to the source tree first"
}

@test "python: reads its directory, writes it only when told to" {
	[ -x /usr/bin/python3 ] || missing "needs /usr/bin/python3"
	cat >app.py <<-'END2'
		import os, sys, subprocess, sqlite3, threading
		import helper
		print(os.getcwd(), sys.argv[1:], helper.word)
		print(subprocess.run(["echo", "a child"], capture_output=True, text=True).stdout.strip())
		print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0])
		try:
		    open("report", "w").write("text")
		    print("written")
		except OSError as e:
		    print(e.strerror)
	END2
	echo 'word = "helped"' >helper.py
	run box python -- python3 app.py x
	assert_status 0
	[ "${lines[0]}" = "/app ['x'] helped" ] || { echo "$output"; return 1; }
	[ "${lines[1]}" = "a child" ]
	[ "${lines[2]}" = 42 ]
	[ "${lines[3]}" = "Read-only file system" ]
	[ ! -e __pycache__ ]
	run box --set write=yes python -- python3 app.py
	assert_status 0
	[ "${lines[3]}" = written ]
	[ "$(cat report)" = text ]
	[ -O report ]
}

@test "python: http.server answers, on its own loopback only" {
	[ -x /usr/bin/python3 ] || missing "needs /usr/bin/python3"
	echo page >page
	run box python -- sh -c 'python3 -m http.server --bind 127.0.0.1 8000 2>/dev/null & server=$!
		for i in 1 2 3 4 5 6 7 8 9 10; do
			python3 -c "import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8000/page\").read())" 2>/dev/null && break
			sleep 0.3
		done; kill $server'
	assert_output_has "b'page\\n'"
	run box python -- python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'
	[ "$status" = 1 ]
	assert_output_has "Network is unreachable"
}

@test "redis: answers from outside over its socket, keeps its data, ends when told" {
	need_cmd redis-server redis-cli redis-benchmark
	mkdir data
	serve --set dir=data redis
	up redis-cli -s data/redis.sock ping
	[ "$(redis-cli -s data/redis.sock set greeting hello)" = OK ]
	redis-benchmark -s data/redis.sock -q -n 2000 -t set,get >/dev/null
	# Nothing of it is on the host's network.
	run redis-cli -s data/redis.sock config get port
	[ "${lines[1]}" = 0 ]
	stop
	[ -s data/dump.rdb ]
	[ -O data/dump.rdb ]
	# A second one finds what the first one kept.
	serve --set dir="$PWD/data" --set memory=32 redis
	up redis-cli -s data/redis.sock ping
	[ "$(redis-cli -s data/redis.sock get greeting)" = hello ]
	stop
}

@test "redis: as another user, in that user's directory" {
	need_root
	need_cmd redis-server redis-cli
	mkdir data
	chown 65534:65534 data
	serve -u 65534 --set dir=data redis
	up redis-cli -s data/redis.sock ping
	stop
	[ "$(stat -c %u:%g data/dump.rdb)" = 65534:65534 ]
}

@test "redis: says what it needs" {
	run box redis
	assert_status 125
	[ "${#lines[@]}" = 1 ]
	assert_output_has 'profiles/redis.lua:'
	assert_output_has '"dir" has no value'
	assert_output_has '--set dir='
}
