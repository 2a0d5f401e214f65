#!/bin/bash
# soak.sh COUNT: so many sandboxes at once: all run, are listed right, cost little, and are gone after `stop --all`.
# soak.sh cycles MINUTES: one is started and removed again and again, beside one that is restarted and asked things all the
# time and one that only goes on: nothing grows.
# Prints what it measured; exits 1 when anything is not as it should be. Times are told, never judged.
# shellcheck disable=SC2317 # ms calls them
set -euo pipefail
minutes=
[ "${1:-}" != cycles ] || minutes=${2:-10}
count=${1:-1000}
lunward=${LUNWARD:-$(dirname "$0")/../../build/lunward}
LUNWARD_STATE=$(mktemp -d "${TMPDIR:-/tmp}/lunward-soak.XXXXXX")
export LUNWARD_STATE
bad=0
trap '"$lunward" rm --force --all >/dev/null 2>&1 || true; rm -rf "$LUNWARD_STATE"' EXIT

ms() { # what took how long
	local from=$EPOCHREALTIME
	shift
	"$@"
	local to=$EPOCHREALTIME
	took=$(((${to/./} - ${from/./}) / 1000))
}
check() { # WHAT EXPECTED GOT
	if [ "$2" != "$3" ]; then
		printf '%s: %s, expected %s\n' "$1" "$3" "$2" >&2
		bad=1
	fi
}
cgroups() { find /sys/fs/cgroup -type d -path "*${LUNWARD_CGROUP_PARENT:-}/*" -regextype posix-extended -regex '.*/[0-9a-f]{64}' 2>/dev/null | wc -l; }
start_all() { seq "$count" | xargs -P 16 -I{} "$lunward" start --name s{} --pids-limit 8 -- sleep 600 >/dev/null; }
list_all() { "$lunward" ps --format json >"$LUNWARD_STATE/list"; }
stop_all() { "$lunward" stop -t 0 --all; }
# Kilobytes that nobody else has, of the processes whose pids are read: what a page of anonymous memory is.
private() {
	local pid sum=0 n=0 kb
	while read -r pid; do
		kb=$(awk '/^Anonymous:/ { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null) || continue
		sum=$((sum + ${kb:-0}))
		n=$((n + 1))
	done
	echo $((n ? sum / n : 0))
}
pids_of() { # supervisor or init
	sed -nE "s/.*\"$1\": ?\\{\"pid\": ?([0-9]+).*/\\1/p" "$LUNWARD_STATE"/sandboxes/*/record.json
}

# --- cycles ---
# Descriptors and kilobytes of private memory of the supervisor of the one that goes on, cgroups, files of the state directory
# without what it printed, and what the kernel holds of cgroups altogether.
figures() {
	local sup
	sup=$(sed -nE 's/.*"supervisor": ?\{"pid": ?([0-9]+).*/\1/p' "$LUNWARD_STATE/sandboxes/$steady/record.json")
	printf '%s %s %s %s\n' "$(find "/proc/$sup/fd" -mindepth 1 | wc -l)" "$(private <<<"$sup")" "$(cgroups)" \
		"$(find "$LUNWARD_STATE" -type f -o -type d -o -type s | wc -l)"
}
cycle() {
	"$lunward" start --name cycle -- sleep 600 >/dev/null
	"$lunward" exec cycle -- true
	"$lunward" exec steady -- true
	"$lunward" update --pids-limit $((20 + RANDOM % 20)) steady
	"$lunward" restart -t 0 again
	"$lunward" ps >/dev/null
	"$lunward" rm -f cycle
}
cycles() {
	local end=$((SECONDS + minutes * 60)) n=0 first last
	steady=$("$lunward" start --name steady --pids-limit 20 -- sleep 100000)
	"$lunward" start --name again -- sleep 100000 >/dev/null
	# What is kept for the next time is there after the first few.
	for _ in 1 2 3 4 5; do cycle; done
	first=$(figures)
	while [ $SECONDS -lt $end ]; do
		cycle
		n=$((n + 1))
	done
	last=$(figures)
	printf '%s cycles in %s min; descriptors, kB, cgroups, files: %s, then %s\n' "$n" "$minutes" "$first" "$last"
	read -r -a a <<<"$first"
	read -r -a b <<<"$last"
	check descriptors "${a[0]}" "${b[0]}"
	check cgroups "${a[2]}" "${b[2]}"
	check files "${a[3]}" "${b[3]}"
	[ "${b[1]}" -le $((a[1] + a[1] / 20 + 16)) ] || check "private memory" "${a[1]}" "${b[1]}"
	"$lunward" rm -f --all
	check "records left" 0 "$(find "$LUNWARD_STATE/sandboxes" -mindepth 1 -maxdepth 1 | wc -l)"
	exit $bad
}
[ -z "$minutes" ] || cycles

before=$(cgroups)
ms start start_all
printf 'started %s in %s ms\n' "$count" "$took"
least=
for _ in 1 2 3 4 5; do
	ms list list_all
	[ "${least:-$took}" -lt "$took" ] || least=$took
done
printf 'listed them in %s ms (the least of five)\n' "$least"
check "running" "$count" "$(grep -c '"state": "running"' "$LUNWARD_STATE/list")"
supervisor=$(pids_of supervisor | private)
init=$(pids_of init | private)
printf 'private memory: supervisor %s kB, init %s kB\n' "$supervisor" "$init"
[ $((supervisor + init)) -le 500 ] || {
	printf 'private memory: more than 500 kB\n' >&2
	bad=1
}
mapfile -t processes < <(
	pids_of supervisor
	pids_of init
)
ms stop stop_all
printf 'stopped all in %s ms\n' "$took"
list_all
check "running after stop --all" 0 "$(grep -c '"state": "running"' "$LUNWARD_STATE/list" || true)"
left=0
for pid in "${processes[@]}"; do
	# One that has ended may be waiting for the machine's first process to hear of it.
	! grep -q '^State:	[^ZX]' "/proc/$pid/status" 2>/dev/null || left=$((left + 1))
done
check "processes left" 0 "$left"
check "cgroups left" "$before" "$(cgroups)"
"$lunward" rm --all
check "records left" 0 "$(find "$LUNWARD_STATE/sandboxes" -mindepth 1 -maxdepth 1 | wc -l)"
exit $bad
