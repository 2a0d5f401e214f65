# detached.bash: for suites about sandboxes in the background: start, and an end that removes them all.
# shellcheck disable=SC2154,SC2034 # bats sets output and status; the suites use id
load live

teardown() {
	local id
	for id in $("$LUNWARD" ps -a --format json 2>/dev/null | sed -nE 's/.*"id": "([0-9a-f]{64})".*/\1/p'); do
		"$LUNWARD" rm -f "$id" || true
	done
	[ -z "${WORK:-}" ] || sandbox_teardown
}
lw() { run timeout 30 "$LUNWARD" "$@"; }
start() {
	lw start "$@"
	assert_status 0
	id=$output
}
field() { "$LUNWARD" inspect -f "$1" "$2"; }
need_pids_cgroup() {
	field cgroup.paths "$1" | grep -q '"pids"' || skip "no pids cgroup here"
}
