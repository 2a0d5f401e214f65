#!/usr/bin/env bats
# The words of `ids`, each by the maps that the kernel shows and by whose the files are.

# shellcheck disable=SC2016 # the shell inside expands these
load live

maps='tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map'

in_other_userns() { [ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }
# lines_of N: there are as many in the files map.*, by now.
lines_of() { [ "$(cat map.* | wc -l)" = "$1" ]; }

# in_container MAP COMMAND...: as root of a user namespace that has only the ids of MAP ("0 0 65536").
in_container() {
	local map=$1 pid
	shift
	mkfifo go
	exec 8<>go
	unshare --user --mount sh -c 'read -r x <go; exec "$@"' sh "$@" >out 2>&1 8>&- &
	pid=$!
	wait_for 5 in_other_userns $pid
	echo "$map" >/proc/$pid/gid_map
	echo "$map" >/proc/$pid/uid_map
	echo >&8
	exec 8>&-
	status=0
	wait $pid || status=$?
	output=$(cat out)
	mapfile -t lines <out
}

@test "row 14: root-only: root inside is uid 2 outside, from 3 on everybody is who they are" {
	need_root
	mkdir -m 777 vol
	with --ids root-only -v "$WORK/vol:/vol" -- bash -c "$maps; touch /vol/root; stat -c %u /vol/root /usr"
	[[ $output != *"does not exist here"* ]] || missing "$output"
	assert_status 0
	[ "$(xargs <<<"$output")" = "0 2 1 3 3 4294967292 0 2 1 3 3 4294967292 0 65534" ] || { echo "$output"; return 1; }
	[ "$(stat -c %u:%g vol/root)" = 2:2 ]
	with --ids root-only -u 1234 -v "$WORK/vol:/vol" -- sh -c 'id -u; touch /vol/ada'
	assert_is 1234
	[ "$(stat -c %u vol/ada)" = 1234 ]
}

@test "root-only: a group of the host's does not bring in what only it may read" {
	need_root
	# What it may, with the map alone: the group of /etc/shadow is mapped.
	mkdir secret
	echo secret >secret/file
	chgrp 42 secret/file
	chmod 640 secret/file
	with --ids root-only -u 0:42 -v "$WORK/secret:/secret:ro" -- cat /secret/file
	assert_is secret
	# /etc/shadow is covered.
	with --ids root-only -u 0:42 -- cat /etc/shadow
	assert_is ''
	with --ids root-only -u 2 -- true
	assert_refused "uid 2"
}

@test "row 15: identity: 0 to 65000 are who they are, without the host's capabilities" {
	need_root
	with --ids identity -- bash -c "$maps; mknod /dev/sda b 8 0; echo \$?"
	assert_status 0
	[ "${lines[0]}" = " 0 0 65001" ]
	[ "${lines[1]}" = " 0 0 65001" ]
	assert_output_has "Operation not permitted"
	[ "${lines[-1]}" = 1 ]
	# Root's files are readable, and those of root's that would be keys to the host are covered.
	echo mine >file
	chmod 600 file
	with --ids identity -v "$WORK/file:/file:ro" -- sh -c 'cat /file /etc/shadow'
	assert_is mine
	with --ids identity -- sh -c 'echo x >/proc/sys/kernel/core_pattern'
	[ "$status" != 0 ]
}

@test "row 16: single: one id that no other sandbox has; all others are nobody" {
	need_root
	local i pids=()
	mkfifo hold
	exec 8<>hold
	for i in 1 2 3; do
		timeout 60 "$LUNWARD" run --ids single -- sh -c "$maps; read -r x" <hold >map.$i 2>err.$i 8>&- &
		pids+=($!)
	done
	wait_for 30 lines_of 6 || { cat err.*; false; }
	for i in 1 2 3; do echo >&8; done
	for i in "${pids[@]}"; do wait "$i"; done
	exec 8>&-
	for i in 1 2 3; do
		[ "$(sort -u map.$i | wc -l)" = 1 ]
		[[ $(head -n 1 map.$i) =~ ^\ 0\ [0-9]+\ 1$ ]]
	done
	[ "$(awk '{ print $2 }' map.? | sort -u | wc -l)" = 3 ]
	mkdir -m 755 vol
	chown 1000:1000 vol
	with --ids single -v "$WORK/vol:/vol:ro" -- sh -c 'stat -c %u:%g /vol; setpriv --reuid 1 true || echo refused'
	[ "${lines[0]}" = 65534:65534 ]
	[ "${lines[-1]}" = refused ]
	with --ids single -u nobody -- true
	assert_refused "no meaning inside"
}

@test "row 17: auto: hundreds are leased at once by the unit test, forty run here, disjoint, none of an account" {
	need_root
	local i pids=() n=40
	mkfifo hold
	exec 8<>hold
	for ((i = 0; i < n; i++)); do
		timeout 60 "$LUNWARD" run -- sh -c 'cat /proc/self/uid_map; read -r x' <hold >map.$i 2>err.$i 8>&- &
		pids+=($!)
	done
	wait_for 30 lines_of $n || { cat err.*; false; }
	# A single one among them takes no id of theirs.
	"$LUNWARD" run --ids single -- cat /proc/self/uid_map >map.single
	for ((i = 0; i < n; i++)); do echo >&8; done
	for i in "${pids[@]}"; do wait "$i"; done
	exec 8>&-
	sort -n -k2 map.* | awk '$2 < end { exit 1 } { end = $2 + $3; n++ } END { exit n != '$((n + 1))' }'
	# Nor does any meet a range of /etc/subuid.
	awk -F: 'FNR == NR { from[NR] = $2; to[NR] = $2 + $3; next }
		{ split($0, m, " "); for (i in from) if (m[2] < to[i] && from[i] < m[2] + m[3]) exit 1 }' /etc/subuid <(cat map.*)
}

@test "row 19: without root: 65536 ids where /etc/subuid allows, one where not" {
	need_root
	need_cmd setpriv newuidmap unshare
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	mkdir -m 700 nobody
	chown 65534:65534 nobody
	[ -x "${LUNWARD%/*}" ] && setpriv --reuid=65534 --clear-groups test -x "$LUNWARD" ||
		missing "the build is not reachable for others"
	# ids_of RANGES: how many there are inside for a user who has these.
	ids_of() {
		printf '%b' "$1" >subids
		chmod 644 subids
		run timeout 30 unshare --mount sh -c 'mount --bind subids /etc/subuid && mount --bind subids /etc/subgid &&
			exec setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT -u LUNWARD_STATE HOME=/ "$@"' sh \
			"$LUNWARD" run --state "$WORK/nobody" -- awk '{ s += $3 } END { print s }' /proc/self/uid_map
	}
	ids_of '65534:700000:65536\n'
	assert_is 65536
	ids_of '65534:700000:200000\n'
	assert_is 65536
	ids_of '65534:700000:1000\n'
	assert_is 1001
	ids_of ''
	assert_is 1
}

@test "row 20: check: root without a user namespace is an error, exit 1" {
	profile 'command = { "/usr/bin/true" }, namespaces = { user = "host" },'
	run "$LUNWARD" check p.lua
	assert_status 1
	assert_output_has "p.lua:2: namespaces.user: root without a user namespace"
	profile 'command = { "/usr/bin/true" }, namespaces = { user = "host" }, user = "nobody",'
	run "$LUNWARD" check p.lua
	[[ $output != *"root without a user namespace"* ]]
	profile 'command = { "/usr/bin/true" },'
	run "$LUNWARD" check p.lua
	assert_status 0
}

@test "row 20: user: an unprivileged user inside has no capability" {
	need_root
	with -u nobody -- sh -c 'id -u; grep CapEff /proc/self/status'
	[ "$(xargs <<<"$output")" = "65534 CapEff: 0000000000000000" ] || { echo "$output"; return 1; }
}

@test "check and explain say in words whose the ids are" {
	need_root
	profile 'command = { "/usr/bin/true" }, ids = "identity",'
	run "$LUNWARD" check p.lua
	assert_status 0
	assert_output_has 'warning: p.lua:2: ids: "identity"'
	run "$LUNWARD" explain --ids root-only p.lua
	assert_output_has "root is uid 2 outside"
	run "$LUNWARD" explain --ids single p.lua
	assert_output_has "one of the sandbox's own"
	run "$LUNWARD" explain --ids auto --format json p.lua
	assert_output_has '"ids": "65536 of the sandbox'
}

@test "in a container: ids that it was not given are refused by name" {
	need_root
	need_cmd unshare
	# Enough for a block of its own, but not everything.
	in_container "0 0 700000" "$LUNWARD" run --ids root-only -- true
	[ "$status" = 125 ] || { echo "$status $output"; return 1; }
	[[ ${#lines[@]} == 1 && $output == *"id 700000 does not exist here"* ]] || { echo "$output"; return 1; }
}

@test "explicit maps: overlaps, ids past the last and too many ranges name their line" {
	profile 'command = { "/usr/bin/true" },
	ids = {
		uid = { { 0, 60000, 10 }, { 10, 60005, 10 } },
		gid = { { 0, 60000, 10 } },
	},'
	run "$LUNWARD" check p.lua
	assert_status 1
	[[ ${lines[0]} =~ ^p\.lua:[3-4]:\ ids\.uid\[1\]:\ overlaps\ range\ 0\ outside ]] || { echo "$output"; return 1; }
	profile 'command = { "/usr/bin/true" },
	ids = { uid = { { 0, 4294967290, 6 } }, gid = { { 0, 0, 1 } } },'
	run "$LUNWARD" check p.lua
	assert_status 1
	[[ ${lines[0]} == "p.lua:3: ids.uid[0]: goes beyond the last id"* ]] || { echo "$output"; return 1; }
	profile 'command = { "/usr/bin/true" },
	ids = (function() local r = {}; for i = 1, 341 do r[i] = { i - 1, 60000 + i, 1 } end; return { uid = r, gid = r } end)(),'
	run "$LUNWARD" check p.lua
	assert_status 1
	assert_output_has "p.lua:3: "
	assert_output_has "at most 340"
}

@test "explicit maps: 340 ranges are written" {
	need_root
	profile 'ids = (function() local r = {}; for i = 1, 340 do r[i] = { i - 1, 60000 + 2 * i, 1 } end; return { uid = r, gid = r } end)(),'
	with p.lua -- wc -l /proc/self/uid_map
	assert_is "340 /proc/self/uid_map"
}
