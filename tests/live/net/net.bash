# net.bash: a small world in network namespaces of its own, for traffic.bats: the host (this shell) with a bridge, sandboxes
# s2, s3, … on it, and `world`, the internet behind the host. Sourced by what `inside` runs.
# shellcheck shell=bash

HERE=$LUNWARD_TREE/tests/live/net
DRIVER=$LUNWARD_BUILD/traffic_driver
export RESOLVER=$LUNWARD_BUILD/lunward-resolver PYTHONDONTWRITEBYTECODE=1

id_of() { printf '%x%031d' "$1" 0; }
ns() { ip netns exec "$@"; }
get() { local from=$1; shift; if [ "$from" = host ]; then python3 "$HERE/get.py" "$@"; else ns "$from" python3 "$HERE/get.py" "$@"; fi; }
ask() { local from=$1; shift; ns "$from" python3 "$HERE/ask.py" "$@"; }
# is WANT COMMAND...: what it prints, lines joined by ", ". A busy machine may lose an answer: asked three times.
is() {
	local want=$1 got i
	shift
	for i in 1 2 3; do
		got=$("$@" 2>&1 | paste -sd, | sed 's/,/, /g')
		[ "$got" != "$want" ] || return 0
	done
	[ "$got" = "$want" ] || { echo "$*: '$got' and not '$want'"; nft list ruleset; exit 1; }
}
never() {
	if grep -E "$1" "$2"; then echo "and never was to be: $1"; exit 1; fi
}
until_ready() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "never came true: $*"
	exit 1
}
serve() {
	local where=$1
	shift
	if [ "$where" = host ]; then python3 "$HERE/serve.py" host "$@" & else ns "$where" python3 "$HERE/serve.py" "$where" "$@" & fi
}

world_up() {
	mount -t tmpfs none /run
	mkdir -p /run/netns
	LUNWARD_STATE=/run/state
	mkdir -m 700 "$LUNWARD_STATE"
	export LUNWARD_STATE
	ip link set lo up
	ip link add br0 type bridge
	ip addr add 10.88.0.1/24 dev br0
	ip addr add fd00:88::1/64 dev br0 nodad
	ip link set br0 up
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip netns add world
	ip link add up0 type veth peer name eth0 netns world
	ip addr add 192.0.2.1/24 dev up0
	ip addr add 2001:db8::1/64 dev up0 nodad
	ip link set up0 up
	ip -n world link set lo up
	ip -n world link set eth0 up
	ip -n world addr add 192.0.2.9/24 dev eth0
	ip -n world addr add 2001:db8::9/64 dev eth0 nodad
	"$DRIVER" network br0
}
# sandbox NUMBER [NETWORK-JSON]: its rules, then its port, as a launch does it.
sandbox() {
	local n=$1
	"$DRIVER" add "$(id_of "$n")" "s$n" "v$n" "$n" "${2:-{\}}"
	ip netns add "s$n"
	ip link add "v$n" type veth peer name eth0 netns "s$n" address "02:42:0a:58:00:0$n"
	ip link set "v$n" master br0 up
	ip -n "s$n" link set lo up
	ip -n "s$n" link set eth0 up
	ip -n "s$n" addr add "10.88.0.$n/24" dev eth0
	ip -n "s$n" addr add "fd00:88::$n/64" dev eth0 nodad
	ip -n "s$n" route add default via 10.88.0.1
	ip -n "s$n" -6 route add default via fd00:88::1
}
