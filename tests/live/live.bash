# live.bash: what the live suites share beyond lib.bash: short ways to run something inside, and the helper programs.
# shellcheck shell=bash disable=SC2154 # bats sets lines, output and status
load ../lib

HELPERS=${LUNWARD_BUILD:-${LUNWARD%/*}}/tests/live

setup() {
	sandbox_setup
	need_userns
	cd "$WORK" || return
	# Sources of binds are reached by the ids inside, too.
	chmod 711 "$WORK"
}
teardown() {
	[ -z "${WORK:-}" ] || sandbox_teardown
}

# The default profile; nothing that these tests start takes long, so what does is a fault and not a reason to wait.
inside() { run timeout 30 "$LUNWARD" run -- "$@"; }
# with OPTION... -- COMMAND...
with() { run timeout 30 "$LUNWARD" run "$@"; }
# profile KEYS: writes p.lua, a sandbox of these keys.
profile() { printf 'return sandbox {\n%s\n}\n' "$1" >"$WORK/p.lua"; }
# try [OPTION... --] ATTEMPT...: the helper `attempt` inside, with further options of run.
try() {
	local options=()
	need_helpers
	[[ " $* " != *" -- "* ]] || while [ "$1" != -- ]; do options+=("$1"); shift; done
	[ "$1" != -- ] || shift
	with "${options[@]}" -v "$HELPERS:/helpers:ro" -- /helpers/attempt "$@"
}
need_helpers() {
	[ -x "$HELPERS/attempt" ] || missing "no helper programs in $HELPERS: ./dev build"
}
# all_lines WORD: every line of the output ends so.
all_lines() {
	if [ -z "$output" ] || grep -qvE " ($1)\$" <<<"$output"; then
		echo "not all $1: $output"
		return 1
	fi
}
assert_is() {
	[ "$output" = "$1" ] || { echo "expected '$1', got: $output"; return 1; }
}
assert_lacks() {
	[[ $output != *"$1"* ]] || { echo "'$1' in: $output"; return 1; }
}
# One line, from us, and exit code 125.
assert_refused() {
	assert_status 125
	[[ ${#lines[@]} == 1 && ${lines[0]} == lunward:* ]] || { echo "not one line of ours: $output"; return 1; }
	assert_lacks "no profile named"
	[ $# = 0 ] || assert_output_has "$1"
}
# as_nobody COMMAND...: an ordinary user with a state directory of its own.
as_nobody() {
	need_root
	need_cmd setpriv
	# The directories of the run are bats' own, made for its user alone.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	mkdir -p -m 700 nobody
	chown 65534:65534 nobody
	run timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT -u LUNWARD_STATE HOME=/ \
		"$LUNWARD" "$1" --state "$WORK/nobody" "${@:2}"
	[[ $output != *"cannot be executed"* ]] || missing "the build is not reachable for others"
}
# The cgroups of those that were killed, empty by now. Another test's may be among them, and go by itself meanwhile: what
# stays of ours is found by the leak check.
gone() { [ ! -e "$1" ] || rmdir "$1"; }
sweep_cgroups() {
	local dir
	comm -13 <(grep '^cgroup: ' "$WORK/before") <(snapshot_cgroups | LC_ALL=C sort) | sed 's/^cgroup: //' |
		while read -r dir; do wait_for 5 gone "$dir" || true; done
}
