#!/usr/bin/env bats
# Real services by their shipped profiles: nginx, redis, PostgreSQL, a Python web application. Each is ready when it says
# so, serves, dies without warning, is started again, serves, and stops in its own way.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ready() {
	lw wait --ready --timeout 25s "$1"
	assert_status 0
}
# dies NAME: its main process is killed; it is ready once more.
dies() {
	kill -9 "$(field pid "$1")"
	wait_for 10 sh -c '[ "$("$LUNWARD" inspect -f restarts "$1")" = 1 ]' sh "$1"
	ready "$1"
}
stops() {
	lw stop "$1"
	assert_status 0
	[ "$(field code "$1")" = 0 ]
}

@test "redis: notify, a socket in its directory; what it saved is there after a stop" {
	need_cmd redis-server redis-cli
	mkdir data
	start --set dir=data redis
	ready redis
	[ "$(redis-cli -s data/redis.sock set key value)" = OK ]
	[ "$(redis-cli -s data/redis.sock save)" = OK ]
	dies redis
	[ "$(redis-cli -s data/redis.sock get key)" = value ]
	lw status redis
	assert_output_has "Ready to accept connections"
	redis-cli -s data/redis.sock set key other
	stops redis
	start --set dir=data redis
	ready redis
	[ "$(redis-cli -s data/redis.sock get key)" = other ]
}

@test "nginx: without a network of the host's, over a socket it is handed; nobody is turned away while it is down" {
	need_cmd curl
	[ -x /usr/sbin/nginx ] || missing "needs nginx"
	port=$(free_port)
	mkdir www
	echo "from nginx" >www/index.html
	start --set dir=www --set address="127.0.0.1:$port" nginx
	ready nginx
	[ "$(curl -s -m 10 "http://127.0.0.1:$port/")" = "from nginx" ]
	kill -9 "$(field pid nginx)"
	[ "$(curl -s -m 10 "http://127.0.0.1:$port/")" = "from nginx" ]
	[ "$(field restarts nginx)" = 1 ]
	ready nginx
	stops nginx
	run curl -s -m 2 "http://127.0.0.1:$port/"
	[ "$status" != 0 ]
}

@test "PostgreSQL: it makes its cluster, is ready when pg_isready says so, recovers, and stops fast" {
	need_root
	[ -x /usr/lib/postgresql/15/bin/postgres ] || missing "needs PostgreSQL 15"
	need_cmd psql
	install -d -o postgres -g postgres -m 700 pg
	sql() { psql -qAt -h "$WORK/pg" -U postgres -c "$1" postgres; }
	start --set dir=pg postgresql
	ready postgresql
	sql 'create table t (n int); insert into t values (42)'
	lw exec postgresql -- id -Gn
	[ "$output" = "$(id -Gn postgres)" ]
	dies postgresql
	[ "$(sql 'select n from t')" = 42 ]
	stops postgresql
	[ "$(stat -c %U pg/PG_VERSION)" = postgres ]
}

@test "a Python web application: handed its socket, ready by sd_notify, restarted" {
	need_cmd python3 curl
	mkdir app
	cat >app/app.py <<-'END'
		import http.server, os, socket

		class Server(http.server.HTTPServer):
		    def __init__(self):
		        super().__init__(("127.0.0.1", 0), Handler, bind_and_activate=False)
		        self.socket = socket.socket(fileno=3)

		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200)
		        self.end_headers()
		        self.wfile.write(b"hello from pid %d\n" % os.getpid())

		server = Server()
		socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1\nSTATUS=serving", os.environ["NOTIFY_SOCKET"])
		server.serve_forever()
	END
	port=$(free_port)
	start --set dir=app --set address="127.0.0.1:$port" --set ready=notify webapp
	ready webapp
	lw status webapp
	assert_output_has serving
	[ "$(curl -s -m 10 "http://127.0.0.1:$port/")" = "hello from pid 2" ]
	dies webapp
	[ "$(curl -s -m 10 "http://127.0.0.1:$port/")" = "hello from pid 2" ]
	lw stop webapp
	assert_status 0
}
