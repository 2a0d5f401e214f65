#!/bin/bash
# The showcase (./dev run): Debian's redis-server under profiles/redis.lua. It answers over a socket in the one
# directory it may write, and whatever else it would do with that profile is tried and must be refused. Ends it, and
# proves that nothing is left. Exits 0 only when all of that is so.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
LUNWARD_TREE=$(readlink -f "$here/../..")
LUNWARD=$(readlink -f "${LUNWARD:-$LUNWARD_TREE/build/lunward}")
for program in "$LUNWARD" redis-server redis-cli redis-benchmark; do
	command -v "$program" >/dev/null || { echo "redis.sh: needs $program (./dev run installs it)" >&2; exit 1; }
done

# scratch is ours; only scratch/data is shown to the sandbox.
scratch=$(mktemp -d /tmp/lunward-showcase.XXXXXX)
data=$scratch/data
LUNWARD_STATE=$scratch/state
mkdir "$data"
mkdir -m 700 "$LUNWARD_STATE"
export LUNWARD LUNWARD_TREE LUNWARD_STATE
# shellcheck source=tests/lib.bash
source "$LUNWARD_TREE/tests/lib.bash"

server=''
# shellcheck disable=SC2317  # called by the trap
cleanup() {
	[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
	rm -rf --one-file-system "$scratch"
}
trap cleanup EXIT

failed=0
title() { printf '\n%s\n' "$*"; }
good() { printf '  ok       %-42s %s\n' "$1" "${2:-}"; }
bad() { printf '  WRONG    %-42s %s\n' "$1" "${2:-}"; failed=1; }
cli() { redis-cli -s "$data/redis.sock" "$@"; }
ping() { [ "$(cli PING 2>/dev/null)" = PONG ]; }

snapshot >"$scratch/before"

title "lunward run --set dir=$data redis"
started=$(date +%s%N)
"$LUNWARD" run --set "dir=$data" redis >"$scratch/log" 2>&1 &
server=$!
for ((i = 0; i < 200; i++)); do
	! ping || break
	kill -0 "$server" 2>/dev/null || break
	sleep 0.02
done
if ping; then
	good "answers PING" "$((($(date +%s%N) - started) / 1000000)) ms after the command was given"
else
	bad "does not answer"
	cat "$scratch/log"
	exit 1
fi
cli SET greeting 'hello from inside' >/dev/null
if [ "$(cli GET greeting)" = 'hello from inside' ]; then good "keeps a value"; else bad "loses a value"; fi
redis-benchmark -s "$data/redis.sock" -n 20000 -q -t set,get | tr '\r' '\n' | grep 'requests per second' |
	while read -r line; do good "under load" "$line"; done

title "the same profile, doing what redis has no business to do"
# refused WHAT COMMAND...: it must fail, for a reason the kernel gives.
refused() {
	local what=$1 out rc=0
	shift
	out=$("$LUNWARD" run --set "dir=$data" redis -- "$@" 2>&1 </dev/null) || rc=$?
	out=${out%%$'\n'*}
	case $rc in
	0) bad "$what" "was allowed" ;;
	125) bad "$what" "lunward failed: $out" ;;
	137) good "$what" "killed" ;;
	127) bad "$what" "was not tried: $out" ;;
	*) good "$what" "${out##*: }" ;;
	esac
}
refused "read the password hashes" grep -m 1 : /etc/shadow
refused "write to /usr" touch /usr/bin/redis-cli-evil
refused "change a setting of the kernel" bash -c 'echo 1 >/proc/sys/kernel/core_uses_pid'
refused "reach the network (192.0.2.1)" timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'
refused "mount a file system" mount -t tmpfs none /tmp
refused "make a user namespace" unshare --user true
# shellcheck disable=SC2016  # for the shell inside
refused "see a process that is not its own" bash -c \
	'for p in /proc/[0-9]*; do case ${p#/proc/} in 1 | $$) ;; *) exit 0 ;; esac; done; echo "none there" >&2; exit 1'
refused "signal the server" bash -c "kill -0 $server"
refused "use more memory than the profile grants" bash -c 'head -c 600000000 /dev/zero | tail -n 1'

title "the end"
kill -TERM "$server"
rc=0
wait "$server" || rc=$?
server=''
if [ "$rc" = 0 ]; then good "ends on SIGTERM" "exit code 0"; else bad "ends on SIGTERM" "exit code $rc"; fi
if [ -s "$data/dump.rdb" ] && [ -O "$data/dump.rdb" ]; then
	good "its data is saved, and yours" "$(stat -c '%U %s bytes' "$data/dump.rdb")"
else
	bad "its data is not saved, or not yours" "$(ls -ln "$data")"
fi
if assert_no_leaks "$scratch/before" >"$scratch/left" 2>&1; then
	good "nothing is left" "no mount, cgroup, process, link or record"
else
	bad "something is left"
	cat "$scratch/left"
fi
exit "$failed"
