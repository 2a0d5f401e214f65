# lib.bash: what the bats suites share: asking for what a test needs, and proof that nothing was left behind.
# A suite loads it with `load ../lib` and, in setup and teardown, calls sandbox_setup and sandbox_teardown.
# shellcheck shell=bash

LUNWARD=${LUNWARD:-$BATS_TEST_DIRNAME/../../build/lunward}
LUNWARD=$(readlink -f "$LUNWARD")
LUNWARD_TREE=${LUNWARD_TREE:-$(readlink -f "$BATS_TEST_DIRNAME/../..")}

# --- what a test needs; each skips with the reason -----------------------------------
# Where LUNWARD_TEST_STRICT says that everything is there (tests/vm), what is not there is a failure: a machine that
# skips all of its tests must not look like one that passed them.
missing() {
	[ -z "${LUNWARD_TEST_STRICT:-}" ] || { echo "missing: $*"; return 1; }
	skip "$*"
}
need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}
need_user() {
	[ "$(id -u)" != 0 ] || skip "needs an ordinary user"
}
need_cmd() {
	local c
	for c; do
		command -v "$c" >/dev/null || missing "needs the command $c"
	done
}
need_userns() {
	[ -n "${LUNWARD_TEST_STRICT:-}" ] || unshare --user --map-root-user true 2>/dev/null || missing "the kernel refuses user namespaces here"
}
need_subids() {
	need_cmd newuidmap
	grep -qE "^($(id -un)|$(id -u)):" /etc/subuid || missing "no /etc/subuid range for $(id -un)"
}
# need_limit OPTION...: `run` with these options, which ask for a limit, works here.
need_limit() {
	local out rc=0
	out=$("$LUNWARD" run "$@" -- true 2>&1) || rc=$?
	[ "$rc" != 125 ] || [[ $out != *cgroup* ]] || missing "$out"
	[ "$rc" = 0 ] || { echo "exit status $rc: $out"; return 1; }
}

# --- a state directory of its own for every test ---------------------------------------
# The leak check is part of every test; where that is slow (tests/vm) it is made once per file, by setup_file and
# teardown_file below.
sandbox_setup() {
	WORK=$BATS_TEST_TMPDIR
	LUNWARD_STATE=$WORK/state
	mkdir -m 700 "$LUNWARD_STATE"
	export LUNWARD LUNWARD_TREE LUNWARD_STATE WORK
	own_cgroup_parent
	[ -n "${LUNWARD_TEST_SLOW:-}" ] || snapshot >"$WORK/before"
}
sandbox_teardown() {
	[ -n "${LUNWARD_TEST_SLOW:-}" ] || [ ! -e "${WORK:-}/before" ] || assert_no_leaks "$WORK/before"
	forget_cgroup_parent
}
# Where root says where cgroups are made, each test's are apart, so that nobody takes a neighbour's for what it left.
own_cgroup_parent() {
	[ "$(id -u)" = 0 ] && [ -z "${LUNWARD_CGROUP_PARENT:-}" ] && [ -w /sys/fs/cgroup/pids ] || return 0
	TEST_CGROUP=/lunward-test-${BATS_RUN_TMPDIR##*-}-$BATS_SUITE_TEST_NUMBER
	export LUNWARD_CGROUP_PARENT=$TEST_CGROUP
}
forget_cgroup_parent() {
	[ -n "${TEST_CGROUP:-}" ] || return 0
	rmdir /sys/fs/cgroup/*"$TEST_CGROUP" 2>/dev/null || true
}
setup_file() {
	[ -z "${LUNWARD_TEST_SLOW:-}" ] || snapshot >"$BATS_FILE_TMPDIR/before"
}
teardown_file() {
	[ -z "${LUNWARD_TEST_SLOW:-}" ] || assert_no_leaks "$BATS_FILE_TMPDIR/before"
}

# --- leaks -----------------------------------------------------------------------------
# Everything outside the test's own directories that a sandbox makes: mounts, cgroups, processes of ours, links, records.
snapshot() {
	{
		snapshot_mounts
		snapshot_cgroups
		snapshot_processes
		snapshot_links
		snapshot_state
	} | LC_ALL=C sort
}
# Without mount ids, which differ from one namespace to the next.
snapshot_mounts() {
	awk '{ $1 = ""; $2 = ""; print "mount:" $0 }' /proc/self/mountinfo
}
# Directories of sandboxes: named by the 64 hex digits of an id.
snapshot_cgroups() {
	local below=(/sys/fs/cgroup)
	[ -z "${TEST_CGROUP:-}" ] || below=(/sys/fs/cgroup/*"$TEST_CGROUP")
	{ find "${below[@]}" -type d -regextype posix-extended -regex '.*/[0-9a-f]{64}' 2>/dev/null || true; } | sed 's/^/cgroup: /'
}
# By the program they run, whatever they are called; also pid-1 programs, which run from a memfd.
snapshot_processes() {
	{ find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -printf '%h %l\n' 2>/dev/null || true; } |
		awk -v exe="$LUNWARD" '$2 == exe || $2 ~ /^\/memfd:lunward/ { print "process: " $0 }'
}
snapshot_links() {
	{ ip -o link 2>/dev/null || true; } | awk -F': ' '{ sub(/@.*/, "", $2); print "link: " $2 }'
}
# Records and locks; caches (seccomp, ids) may stay, they are the point of a state directory.
snapshot_state() {
	{ find "${LUNWARD_STATE:-/nonexistent}" -mindepth 1 \( -path '*/sandboxes/*' -o -name '*.tmp*' \) 2>/dev/null || true; } | sed 's/^/state: /'
}

# assert_no_leaks FILE: fails, naming it, if anything is there 5 s from now that was not in FILE. The kernel takes down
# what a dead process held a little after its parent hears of the death.
assert_no_leaks() {
	local before=$1 left i
	for ((i = 0; i < 50; i++)); do
		left=$(LC_ALL=C comm -13 "$before" <(snapshot))
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	printf 'left behind: %s\n' "$left"
	return 1
}

# --- small words for tests ---------------------------------------------------------------
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "never came true: $*"; return 1; }
		sleep 0.05
	done
}
# With bats' run: status and output of the last command.
assert_status() {
	# shellcheck disable=SC2154
	[ "$status" = "$1" ] || { echo "exit status $status, expected $1; output: $output"; return 1; }
}
assert_output_has() {
	[[ $output == *"$1"* ]] || { echo "no '$1' in: $output"; return 1; }
}
