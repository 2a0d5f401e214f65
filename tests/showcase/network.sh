#!/bin/bash
# The showcase (./dev run): Debian's nginx and a client in two sandboxes on a bridge network. The server is published on
# the host's loopback and fetched from there and from the other sandbox; what the client may not reach is tried and must
# be refused; ends both, and proves that nothing is left. Exits 0 only when all of that is so.
#
# It has a network namespace of its own, which plays the host: neither this machine's interfaces nor its packet rules are
# touched.
set -euo pipefail

if [ -z "${LUNWARD_SHOWCASE_APART:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "network.sh: a bridge takes root" >&2; exit 77; }
	LUNWARD_SHOWCASE_APART=1 exec unshare --net "$0" "$@"
fi
ip link set lo up

here=$(dirname "$(readlink -f "$0")")
LUNWARD_TREE=$(readlink -f "$here/../..")
LUNWARD=$(readlink -f "${LUNWARD:-$LUNWARD_TREE/build/lunward}")
for program in "$LUNWARD" nginx nft curl; do
	command -v "$program" >/dev/null || { echo "network.sh: needs $program (./dev run installs it)" >&2; exit 1; }
done

scratch=$(mktemp -d /tmp/lunward-showcase.XXXXXX)
LUNWARD_STATE=$scratch/state
mkdir -m 755 "$scratch/www"
mkdir -m 700 "$LUNWARD_STATE"
chmod 711 "$scratch"
export LUNWARD LUNWARD_TREE LUNWARD_STATE
# shellcheck source=tests/lib.bash
source "$LUNWARD_TREE/tests/lib.bash"

# shellcheck disable=SC2317  # called by the trap
cleanup() {
	"$LUNWARD" rm -f --all >/dev/null 2>&1 || true
	rm -rf --one-file-system "$scratch"
}
trap cleanup EXIT

failed=0
title() { printf '\n%s\n' "$*"; }
good() { printf '  ok       %-42s %s\n' "$1" "${2:-}"; }
bad() { printf '  WRONG    %-42s %s\n' "$1" "${2:-}"; failed=1; }
# fetched WHAT COMMAND...: prints the page.
fetched() {
	local what=$1 out
	shift
	if out=$("$@" 2>&1) && [[ $out == *"hello from inside"* ]]; then good "$what" "$out"; else bad "$what" "$out"; fi
}
# refused WHAT COMMAND...: ends with an error, and not one of lunward's.
refused() {
	local what=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	case $rc in
	0) bad "$what" "was allowed: $out" ;;
	125 | 126 | 127) bad "$what" "was not tried: $out" ;;
	*) good "$what" "${out##*$'\n'}" ;;
	esac
}
state() {
	snapshot
	nft list ruleset | sed 's/^/nft: /'
	sysctl -n net.ipv4.ip_forward | sed 's/^/forwarding: /'
}

echo 'hello from inside' >"$scratch/www/index.html"
cat >"$scratch/web.lua" <<'END'
-- nginx shows one directory, read-only, on a port that nobody but its network sees.
local conf = [[
daemon off; worker_processes 1; pid /tmp/nginx.pid; error_log stderr warn;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
  uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server { listen 80; root /srv/www; }
}
]]
return sandbox {
  inherits = "service",
  command  = { "/usr/sbin/nginx", "-c", "/run/nginx.conf", "-e", "stderr" },
  mounts   = { bind("www:/srv/www"), file { destination = "/run/nginx.conf", data = conf } },
  network  = { bridge = "demo", publish = { "127.0.0.1:8080:80" } },
  service  = { ready = { tcp = 80 } },
}
END
cat >"$scratch/client.lua" <<'END'
-- may speak to the web server, by name, and to nobody else
return sandbox {
  command = { "sleep", "600" },
  network = { bridge = "demo", egress = { "web:80" } },
}
END
state >"$scratch/before"

title "lunward start web.lua client.lua"
started=$(date +%s%N)
"$LUNWARD" start "$scratch/web.lua" >/dev/null
"$LUNWARD" wait --ready --timeout 20s web
good "nginx is ready" "$((($(date +%s%N) - started) / 1000000)) ms after the command was given"
"$LUNWARD" start "$scratch/client.lua" >/dev/null
"$LUNWARD" graph --net | sed 's/^/  /'

title "who may reach it"
fetched "the host, on its loopback" curl -s -m 5 http://127.0.0.1:8080/
fetched "the other sandbox, by name" "$LUNWARD" exec client -- curl -s -m 5 http://web/

title "what the client may not"
gateway=$(ip -4 -o addr show dev demo | awk '{ sub(/\/.*/, "", $4); print $4 }')
refused "the host" "$LUNWARD" exec client -- curl -sS -m 2 "http://$gateway:8080/"
refused "the world (192.0.2.1)" "$LUNWARD" exec client -- curl -sS -m 2 http://192.0.2.1/
refused "another port of the server" "$LUNWARD" exec client -- curl -sS -m 2 http://web:81/
refused "other names" "$LUNWARD" exec client -- curl -sS -m 5 http://example.org/
refused "take another address" "$LUNWARD" exec client -- ip addr add 10.99.0.1/24 dev eth0

title "the end"
"$LUNWARD" stop -t 5 --all
"$LUNWARD" rm --all
if state >"$scratch/after"; diff "$scratch/before" "$scratch/after" >"$scratch/left" || assert_no_leaks "$scratch/before" >/dev/null 2>&1; then
	good "nothing is left" "no mount, cgroup, process, interface, rule or record"
else
	bad "something is left"
	cat "$scratch/left"
fi
exit "$failed"
