#!/usr/bin/env bats
# The rules of a network as launches have them: published ports, egress, names, and that nothing of them is left. What
# each rule does to frames is in traffic.bats.

load network

setup() {
	need_cmd nft curl python3
	net_setup
	net nft -s list ruleset >"$WORK/rules-before"
}
teardown() {
	"$LUNWARD" rm -f --all >/dev/null 2>&1 || true
	wait_for 5 eval 'net nft -s list ruleset | diff "$WORK/rules-before" -'
	net_teardown
}
# server NAME NETWORK-KEYS: serves 200 on port 80, in the background
server() {
	cat >"$WORK/$1.lua" <<-END
		return sandbox {
		  command = { "/usr/bin/python3", "-m", "http.server", "80" },
		  network = { bridge = "web", $2 },
		  service = { ready = { tcp = 80 } },
		}
	END
	lw start --name "$1" "$WORK/$1.lua" >/dev/null
	lw wait --ready --timeout 20s "$1"
}
# fetch URL NETWORK-KEYS: what curl in a sandbox gets
fetch() {
	printf 'return sandbox { command = { "/usr/bin/curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%%{http_code}", "%s" }, network = { bridge = "web", %s } }\n' "$1" "$2" >"$WORK/fetch.lua"
	run lw run "$WORK/fetch.lua"
}

@test "published on the host's loopback, found by name from a second sandbox, denied where egress is; then all gone" {
	server www 'publish = { "127.0.0.1:8080:80" }, egress = "deny"'
	[ "$(net curl -s -m 5 -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/)" = 200 ]
	fetch http://www/ ''
	assert_output_has 200
	fetch http://www/ 'egress = { "www:80/tcp" }'
	assert_output_has 200
	fetch http://www/ 'egress = "deny"'
	assert_output_has 000
	fetch "http://$(address www)/" 'egress = "deny"'
	assert_output_has 000
	fetch "http://$(address www)/" 'egress = { "10.0.0.0/8:80/tcp" }'
	assert_output_has 200
	lw rm -f www
	wait_for 5 eval '[ -z "$(net nft list ruleset)" ]'
}

@test "a port that is published is refused to the next, naming the line and who has it; nothing is left of that one" {
	server www 'publish = { 8080 }'
	net nft -s list ruleset >"$WORK/one"
	fetch http://www/ 'publish = { 8080 }'
	assert_status 125
	assert_output_has "network.publish[0]: port 8080 of the host is published by the sandbox www"
	net nft -s list ruleset | diff "$WORK/one" -
}

@test "a supervisor that is killed: gc leaves no rule, no policy, no resolver" {
	server www 'publish = { 8080 }, egress = { "example.org" }'
	kill -KILL "$(lw inspect -f supervisor_pid www)"
	wait_for 10 eval 'lw gc >/dev/null; [ -z "$(net nft list ruleset)" ] && [ ! -e "$LUNWARD_STATE/resolver" ]'
}
