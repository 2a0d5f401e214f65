#!/usr/bin/env bats
# The state directory, whatever has become of it: power cuts, full disks, other boots, other owners, hands.

# shellcheck disable=SC2154 # id is set by start
bats_require_minimum_version 1.5.0
load detached

damage() {
	need_cmd python3
	need_root
	run python3 "$LUNWARD_TREE/tests/live/damage.py" "$1"
	assert_status 0
	echo "# $output" >&3
}
# edit_record SED: of the only record.
edit_record() { sed -i -E "$1" "$LUNWARD_STATE"/sandboxes/*/record.json; }

@test "a record cut at any byte, or made into anything: lists are read, and rm and gc leave nothing" {
	damage stopped
}

@test "the same of one that runs: it goes on, and can be ended" {
	damage running
}

@test "a record of an earlier boot is dead, and its numbers are nobody's" {
	start --name a -- sleep 60
	sup=$(field supervisor_pid a)
	kill -9 "$sup"
	wait_for 5 sh -c '! kill -0 "$1" 2>/dev/null' sh "$(field pid a)"
	sleep 60 &
	stranger=$!
	at=$(awk '{ sub(/.*\) /, ""); print $20 }' /proc/$stranger/stat)
	# All of its processes are this one, as number and start time have it.
	edit_record "s/\"pid\": ?[0-9]+, ?\"start\": ?[0-9]+/\"pid\":$stranger,\"start\":$at/g"
	edit_record 's/("boot_id": ?")[^"]*/\1of-another-boot/'
	lw ps
	lw status a
	assert_status 3
	lw kill a
	lw gc
	assert_status 0
	lw rm -f a
	assert_status 0
	kill -0 $stranger
	kill $stranger
}

@test "numbers that have been given to a stranger since are not signalled" {
	start --name a -- sleep 60
	# Start times are counted in hundredths of a second: not in the same one.
	sleep 0.1
	sleep 60 &
	stranger=$!
	edit_record "s/\"pid\": ?[0-9]+/\"pid\":$stranger/g"
	lw kill -s TERM a
	lw kill a
	lw rm -f a
	kill -0 $stranger
	kill $stranger
	lw gc
}

@test "a state directory that is not ours alone is refused in one line" {
	need_root
	mkdir -m 755 open
	lw ps --state "$WORK/open"
	assert_refused "is open to others"
	mkdir -m 700 theirs
	chown 65534 theirs
	lw start --state "$WORK/theirs" --name a -- true
	assert_refused "belongs to somebody else"
	ln -s "$LUNWARD_STATE" link
	lw ps --state "$WORK/link"
	assert_refused "links are not followed"
	: >file
	lw gc --state "$WORK/file"
	assert_refused "not a directory"
}

@test "sandboxes, names and ids that are no directories or files: one line" {
	for what in sandboxes names; do
		: >"$LUNWARD_STATE/$what"
		lw start --name a -- true
		assert_refused "state directory"
		lw ps
		assert_status 0
		lw gc
		assert_status 0
		rm "$LUNWARD_STATE/$what"
	done
	[ "$(id -u)" = 0 ] || return 0
	mkfifo "$LUNWARD_STATE/ids"
	lw start --name a -- true
	[ "$status" = 0 ] || assert_refused ids
	rm -f "$LUNWARD_STATE/ids"
}

@test "a state directory of 16 KiB: told in one line, nothing is left" {
	need_root
	mkdir small
	unshare --mount bash -c 'mount -t tmpfs -o size=16k,mode=700 none small
		export LUNWARD_STATE=$PWD/small
		for i in 1 2 3 4; do
			timeout 20 "$LUNWARD" start --name a$i -- sleep 60 2>err >out || [ $? = 125 ] || exit 1
			[ "$(wc -l <err)" -le 1 ] || { cat err; exit 1; }
		done
		grep -q "No space left on device" err || { cat err; exit 1; }
		"$LUNWARD" ps >/dev/null && "$LUNWARD" rm -f --all && "$LUNWARD" gc || exit 1
		[ -z "$(ls small/sandboxes small/names | grep -v :)" ] || { ls -lR small; exit 1; }'
}

@test "descriptors or memory for the launcher run out: one line, nothing is left" {
	local n
	for n in 5 7 9 11 13 16; do
		run timeout 20 bash -c "ulimit -n $n; exec \"\$LUNWARD\" start --name a$n -- sleep 60"
		[ "$status" = 0 ] || [[ $status == 12[57] && ${#lines[@]} == 1 ]] || { echo "$n: $status $output"; return 1; }
		"$LUNWARD" rm -f --all
	done
	[ -w /sys/fs/cgroup/memory ] && [ "$(id -u)" = 0 ] || skip "no memory cgroup to be made here"
	local group=/sys/fs/cgroup/memory/lunward-small-$$
	mkdir "$group"
	echo 8M >"$group/memory.limit_in_bytes"
	run timeout 20 bash -c "echo \$\$ >$group/cgroup.procs; exec \"\$LUNWARD\" start --name small -- sleep 60"
	[ "$status" = 0 ] || [ "$status" = 137 ] || [[ $status == 125 && ${#lines[@]} == 1 ]] || { echo "$status $output"; return 1; }
	lw rm -f --all
	lw gc
	wait_for 5 rmdir "$group"
}
