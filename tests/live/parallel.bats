#!/usr/bin/env bats
# Many commands at once on one name, and one after the other without end: nothing is corrupted, nothing grows.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; id is set by start
bats_require_minimum_version 1.5.0
load detached

@test "64 starts of one name at once: one wins, 63 are told so, nothing else is left" {
	local i won=0
	for i in {1..64}; do
		{
			rc=0
			"$LUNWARD" start --name same -- sleep 60 >"out$i" 2>"err$i" || rc=$?
			echo $rc >"rc$i"
		} 3>&- &
	done
	wait
	for i in {1..64}; do
		if [ "$(cat "rc$i")" = 0 ]; then
			won=$((won + 1))
			grep -qxE '[0-9a-f]{64}' "out$i"
			continue
		fi
		[ "$(cat "rc$i")" = 125 ] && [ ! -s "out$i" ] && [ "$(wc -l <"err$i")" = 1 ] && grep -q 'is running' "err$i" ||
			{ echo "$i: $(cat "rc$i" "err$i")"; return 1; }
	done
	[ $won = 1 ] || { echo "$won have won"; return 1; }
	[ "$(find "$LUNWARD_STATE/sandboxes" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
	lw status same
	assert_status 0
}

@test "any verbs at once on two sandboxes: each answers in one line, and what is left is whole" {
	need_cmd python3
	run timeout 120 python3 "$LUNWARD_TREE/tests/live/at_once.py" 6 "${LUNWARD_TEST_SECONDS:-6}"
	assert_status 0
	echo "# ${lines[-1]}" >&3
}

@test "started again and again: the supervisor's descriptors and memory stay what they are" {
	profile 'command = { "true" },
	service = { restart = "always", backoff = { first = "1ms", max = "1ms" }, burst = { count = 0 } },'
	lw start --name again p.lua
	[[ $output != *"service: unknown key"* ]] || skip "profiles know no service yet"
	assert_status 0
	sup=$(field supervisor_pid again)
	figures() {
		find "/proc/$sup/fd" -mindepth 1 | wc -l
		awk '/^Anonymous:/ { print $2 }' "/proc/$sup/smaps_rollup"
	}
	more() { local n; n=$(sed -nE 's/.*"restarts": ?([0-9]+).*/\1/p' "$LUNWARD_STATE"/sandboxes/*/record.json); [ "${n:-0}" -ge "$1" ]; }
	wait_for 20 more 10
	# Between two launches and in one it has not the same number of descriptors: the least of some looks counts.
	least() { for _ in {1..15}; do figures | head -1; sleep 0.02; done | sort -n | head -1; }
	before=$(least)
	memory=$(figures | tail -1)
	wait_for 60 more 80
	after=$(least)
	[ "$after" -le "$before" ] || { echo "descriptors: $before, then $after"; return 1; }
	[ "$(figures | tail -1)" -le $((memory + 64)) ] || { echo "memory: $memory kB, then $(figures | tail -1)"; return 1; }
	lw stop -t 0 again
	assert_status 0
}
