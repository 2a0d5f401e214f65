#!/usr/bin/env bats
# mount and unmount: binds of a sandbox that runs, opened and checked as at its start, put in their place though those
# inside may be at work there.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load detached

# own_dir: a directory that is not in the state's.
own_dir() {
	SRC=$BATS_FILE_TMPDIR/src-$BATS_TEST_NUMBER
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	mkdir -p "$SRC/sub"
	chmod 755 "$SRC" "$SRC/sub"
	echo hello >"$SRC/f"
}
source_in() { "$LUNWARD" exec "$1" -- grep -c "$SRC" /proc/self/mountinfo || true; }

@test "a directory and a file: read-only, nosuid, nodev; rw and idmap when asked; away again" {
	need_root
	own_dir
	start --name a -- sleep 60
	lw mount a "$SRC:/run/x" "$SRC/f:/tmp/file"
	assert_status 0
	lw exec a -- sh -c 'cat /run/x/f /tmp/file; touch /run/x/g'
	assert_output_has $'hello\nhello'
	assert_output_has "Read-only"
	lw exec a -- sh -c 'grep " /run/x ro,nosuid,nodev" /proc/self/mountinfo'
	assert_status 0
	lw mount a "$SRC:/home/w:rw,idmap"
	assert_status 0
	lw exec a -- touch /home/w/g
	assert_status 0
	[ "$(stat -c %u "$SRC/g")" = 0 ]
	[ "$(field spec.mounts.2.destination a)" = /home/w ]
	lw unmount a /run/x /tmp/file /home/w
	assert_status 0
	[ "$(source_in a)" = 0 ]
	[ "$(field spec.mounts a)" = "[]" ]
}

@test "the first command sees it, a restart has it, and what is open stays open" {
	need_root
	own_dir
	start --name a -- sh -c 'until [ -e /run/x/f ]; do sleep 0.05; done; exec 5</run/x/f; echo seen; sleep 60'
	lw mount a "$SRC:/run/x"
	wait_for 5 sh -c '"$1" logs a | grep -q seen' sh "$LUNWARD"
	lw unmount a /run/x
	assert_status 0
	lw exec a -- cat /proc/2/fd/5
	assert_is hello
	lw mount a "$SRC:/run/x"
	lw restart -t 0 a
	assert_status 0
	lw exec a -- cat /run/x/f
	assert_is hello
}

@test "a bind of the profile's goes; what is neither its nor added stays" {
	own_dir
	profile "mounts = { bind '$SRC:/data' },"
	start "$WORK/p.lua" --name a -- sleep 60
	lw unmount a /data
	assert_status 0
	lw exec a -- cat /data/f
	assert_status 1
	for path in /tmp /proc /usr /data /nosuch; do
		lw unmount a "$path"
		assert_refused "is no bind of a"
	done
	lw exec a -- sh -c 'ls /usr/bin >/dev/null && ls -d /proc/1'
	assert_is /proc/1
}

@test "what may not be shown at the start may not be shown later" {
	own_dir
	start --name a -- sleep 60
	lw mount a "$WORK:/tmp/w"
	assert_refused "lunward's own state"
	lw mount a /run/docker.sock
	assert_refused "control socket"
	lw mount a /proc/self/root/etc:/tmp/w
	assert_refused "magic links"
	lw mount a "$SRC/nosuch:/tmp/w"
	assert_refused "No such file"
	lw mount a "$SRC:/nosuch"
	assert_refused "read-only inside"
	lw mount a "$SRC:/tmp/w:chown"
	assert_refused "lunward chown"
	for path in / /proc/x /sys /dev/shm; do
		lw mount a "$SRC:$path"
		assert_status 125
	done
	lw mount a "$SRC:/tmp/w" "$SRC:/tmp/w"
	assert_refused "already"
	# Of what failed nothing is recorded.
	[ "$(field spec.mounts a | grep -o destination | wc -l)" = 1 ]
	lw update --volume "$SRC:/tmp/w" a
	assert_refused "lunward mount"
	lw stop -t 0 a
	lw mount a "$SRC:/tmp/v"
	assert_refused "it is stopped"
}

@test "those inside exchange the place for a link meanwhile: it is mounted there or nowhere (CVE-2021-30465)" {
	need_root
	need_helpers
	own_dir
	start --name a -v "$HELPERS:/helpers:ro" -- sh -c '
		mkdir -p /tmp/d/place /tmp/real; ln -s /usr /tmp/link; ln -s /tmp/link /tmp/d2
		while :; do mv -T /tmp/d /tmp/d.old && ln -s /usr /tmp/d; rm /tmp/d; mv -T /tmp/d.old /tmp/d; done 2>/dev/null'
	wait_for 5 "$LUNWARD" exec a -- test -e /tmp/d2
	# By a link that stays: never.
	lw mount a "$SRC:/tmp/link/share"
	assert_refused "symbolic link"
	for _ in $(seq 12); do
		"$LUNWARD" mount a "$SRC:/tmp/d/place" 2>/dev/null || true
		"$LUNWARD" unmount a /tmp/d/place 2>/dev/null || true
	done
	lw exec a -- sh -c 'grep -vE " /(tmp|helpers)" /proc/self/mountinfo'
	assert_status 0
	assert_lacks "$SRC"
}

@test "killed at any moment it leaves nothing on the host, and can be said again" {
	need_root
	own_dir
	start --name a -- sleep 60
	for i in 0 1 2 4 6 8 12; do
		timeout -s KILL "0.00$i" "$LUNWARD" mount a "$SRC:/tmp/x" 2>/dev/null || true
	done
	grep -c "$SRC" /proc/self/mountinfo && return 1
	"$LUNWARD" unmount a /tmp/x 2>/dev/null || true
	lw mount a "$SRC:/tmp/x"
	assert_status 0
	lw unmount a /tmp/x
	assert_status 0
	# The last act of one that was killed may still be on its way.
	wait_for 5 sh -c '[ "$("$1" exec a -- grep -c "$2" /proc/self/mountinfo)" = 0 ]' sh "$LUNWARD" "$SRC"
}

@test "without root: one's own files, in one's own sandbox" {
	own_dir
	as_nobody start --name a -- sleep 60
	assert_status 0
	as_nobody mount a "$SRC:/tmp/x:rw"
	assert_status 0
	as_nobody exec a -- cat /tmp/x/f
	assert_is hello
	as_nobody mount a "$SRC:/tmp/y:idmap"
	assert_refused "needs root"
	as_nobody unmount a /tmp/x
	assert_status 0
	as_nobody rm -f a
	assert_status 0
}
