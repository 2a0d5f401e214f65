# network.bash: for suites about networks: every test has a network namespace of its own to be the host in, with nothing
# in it but loopback, and leaves it as it was.
# shellcheck shell=bash

load live

# held NAME: a namespace that lives as long as the test; its process in $HOLDER.
net_setup() {
	need_root
	need_cmd ip unshare nsenter ping
	sandbox_setup
	cd "$WORK" || return
	unshare --net sleep 120 &
	HOLDER=$!
	wait_for 5 eval '[ "$(readlink /proc/$HOLDER/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	net ip link set lo up || missing "no network namespace of our own"
	net ip link add probe type bridge 2>/dev/null || missing "the kernel has no bridges"
	net ip link del probe
	net_state >"$WORK/net-before"
}
net_teardown() {
	local left i
	[ -n "${HOLDER:-}" ] || return 0
	"$LUNWARD" rm -f --all >/dev/null 2>&1 || true
	for ((i = 0; i < 100; i++)); do
		left=$(diff "$WORK/net-before" <(net_state)) && break
		sleep 0.05
	done
	kill -KILL "$HOLDER" 2>/dev/null || true
	wait "$HOLDER" 2>/dev/null || true
	[ -z "$left" ] || { printf 'left behind:\n%s\n' "$left"; return 1; }
	sandbox_teardown
}
# net COMMAND...: on the host of this test
net() { nsenter -t "$HOLDER" -n "$@"; }
# lw WORDS...: lunward there
lw() { timeout 60 nsenter -t "$HOLDER" -n "$LUNWARD" "$@"; }
# Links, addresses, routes, forwarding, and what is written down of networks.
net_state() {
	net ip -o addr | awk '{ print $2, $3, $4 }' | LC_ALL=C sort
	net ip -o link | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }' | LC_ALL=C sort
	net ip route
	net cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null || true
	find "$LUNWARD_STATE/networks" -type f ! -name .lock 2>/dev/null || true
}
# address NAME [N]: of a running sandbox; the IPv4 one, or the N-th
address() { lw inspect -f "network.interfaces.0.addresses.${2:-0}" "$1" | cut -d/ -f1; }
# sleeper NAME OPTION...: one in the background
sleeper() { lw start --name "$@" -- sleep 60 >/dev/null; }
