#!/usr/bin/env bats
# Whose ids stand behind those inside, with root and without.

# shellcheck disable=SC2016 # the shell inside expands these
load live

@test "auto: 65536 ids of the sandbox's own, none of them root's" {
	need_root
	inside bash -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u'
	assert_status 0
	local first
	first=$(awk 'NR == 1 { print $2 }' <<<"$output")
	[ "$first" -ge 524288 ]
	[ "$(tr -s ' ' <<<"$output" | xargs)" = "0 $first 65536 0 $first 65536 0" ]
}

@test "auto: fifty at once have disjoint ranges" {
	need_root
	local i pids=()
	mkfifo hold
	exec 8<>hold
	for ((i = 0; i < 50; i++)); do
		timeout 60 "$LUNWARD" run -- sh -c 'cat /proc/self/uid_map; read -r x' <hold >map.$i 2>err.$i 8>&- &
		pids+=($!)
	done
	all_there() { [ "$(cat map.* | wc -l)" = 50 ]; }
	wait_for 30 all_there || { cat err.*; false; }
	for ((i = 0; i < 50; i++)); do echo >&8; done
	for i in "${pids[@]}"; do wait "$i"; done
	exec 8>&-
	[ "$(awk '{ print $2 }' map.* | sort -u | wc -l)" = 50 ]
	# Sorted by where they begin, each begins after the one before it ends.
	sort -n -k2 map.* | awk '$2 < end { exit 1 } { end = $2 + $3 }'
}

@test "auto: a range is held while something runs in it, and then no longer" {
	need_root
	"$LUNWARD" run -- true
	local inode pid
	inode=$(stat -c %i "$LUNWARD_STATE/ids")
	held() { grep -q ":$inode " /proc/locks; }
	free() { ! held; }
	"$LUNWARD" run -- sleep 20 &
	pid=$!
	wait_for 5 held
	kill -TERM $pid
	wait $pid || true
	wait_for 5 free
}

@test "rows 8, 9, 10: explicit: inside 0 to 1000 are 60000 to 61000 outside, files too; others are nobody's" {
	need_root
	mkdir vol
	chown 60000:60000 vol
	chmod 755 vol
	echo data >rootfile
	chmod 600 rootfile
	profile 'ids = { uid = { { 0, 60000, 1001 } }, gid = { { 0, 60000, 1001 } } },
		mounts = { bind "vol:/vol:rw", bind "rootfile:/rootfile" },'
	with p.lua -- bash -c 'tr -s " " </proc/self/uid_map; touch /vol/x; stat -c %u:%g /vol/x /rootfile; cat /rootfile'
	assert_status 1
	[ "${lines[0]}" = " 0 60000 1001" ]
	[ "${lines[1]}" = 0:0 ]
	[ "${lines[2]}" = 65534:65534 ]
	assert_output_has "Permission denied"
	[ "$(stat -c %u:%g vol/x)" = 60000:60000 ]
}

@test "explicit: a user that is not mapped is refused" {
	need_root
	profile 'ids = { uid = { { 0, 60000, 10 } }, gid = { { 0, 60000, 10 } } }, user = 500,'
	with p.lua -- true
	assert_refused "uid 500"
}

@test "keep: the caller's own id, and no other" {
	with --ids keep -- bash -c 'id -u; tr -s " " </proc/self/uid_map'
	assert_status 0
	[ "${lines[0]}" = "$(id -u)" ]
	[ "${lines[1]}" = " $(id -u) $(id -u) 1" ]
}

@test "row 13: idmap: what is written through the bind belongs to the host's owner (idmapped mounts)" {
	need_root
	mkdir vol
	chmod 755 vol
	touch vol/theirs
	profile 'mounts = { bind { source = "vol", destination = "/vol", writable = true, idmap = true } },'
	with p.lua -- bash -c 'stat -c %u:%g /vol/theirs; touch /vol/mine; stat -c %u:%g /vol/mine'
	[[ $status != 125 || $output != *dmap* ]] || missing "this file system refuses idmapped mounts: $output"
	assert_status 0
	[ "$(xargs <<<"$output")" = "0:0 0:0" ]
	[ "$(stat -c %u:%g vol/mine)" = 0:0 ]
	# Without it the same file is nobody's and cannot be written next to.
	profile 'mounts = { bind { source = "vol", destination = "/vol", writable = true } },'
	with p.lua -- bash -c 'stat -c %u /vol/theirs; touch /vol/mine2'
	assert_status 1
	[ "${lines[0]}" = 65534 ]
}

@test "user: by name, by number, with groups, looked up in the root" {
	inside id -u
	assert_is 0
	if [ "$(id -u)" = 0 ]; then
		with -u nobody -- bash -c 'id -u; id -g'
		[ "$(xargs <<<"$output")" = "65534 65534" ] || { echo "$output"; return 1; }
		with -u 1234:4321 -- bash -c 'id -u; id -g; id -G'
		[ "$(xargs <<<"$output")" = "1234 4321 4321" ] || { echo "$output"; return 1; }
		profile 'user = { uid = 7, gid = 8, groups = { 9, 10 } },'
		with p.lua -- grep -E '^(Uid|Gid|Groups):' /proc/self/status
		[ "$(xargs <<<"$output")" = "Uid: 7 7 7 7 Gid: 8 8 8 8 Groups: 9 10" ] || { echo "$output"; return 1; }
	fi
	with -u no-such-user -- true
	assert_refused no-such-user
}

@test "user: supplementary groups of the caller do not come in (CVE-2022-2989)" {
	need_root
	need_cmd setpriv
	run setpriv --groups 0,4,27,1000 "$LUNWARD" run -u 1234 -- grep ^Groups: /proc/self/status
	assert_status 0
	[ "$(xargs <<<"$output")" = Groups: ] || { echo "$output"; return 1; }
}

@test "without root: one id, and a sandbox like any other" {
	as_nobody run -- bash -c 'id -u; tr -s " " </proc/self/uid_map; cat /proc/self/setgroups; grep CapEff /proc/self/status
		touch /usr/x; ls /proc | grep -c "^[0-9]"'
	assert_status 0
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = " 0 65534 1" ]
	[ "${lines[2]}" = deny ]
	assert_output_has "Read-only file system"
}

@test "without root: mounts are read-only and locked" {
	mkdir -m 755 vol
	as_nobody run -v "$WORK/vol:/vol:ro" -- bash -c 'grep -E " (/usr|/etc|/vol) " /proc/self/mountinfo; touch /vol/x'
	assert_status 1
	[ "$(grep -cE ' (/usr|/etc|/vol) ro,' <<<"$output")" = 3 ] || { echo "$output"; return 1; }
}

@test "without root: a limit that cannot be kept is refused with a cure; the default falls back" {
	[ "$(id -u)" != 0 ] || [ -z "$(find /sys/fs/cgroup -maxdepth 3 -user 65534 2>/dev/null)" ] || skip "delegated here"
	as_nobody run -m 64M -- true
	assert_refused memory
	[[ $output == *"("*")"* ]]
	as_nobody run -- bash -c 'ulimit -u'
	assert_status 0
	[ "$output" != unlimited ]
}

@test "without root: another user's ids cannot be asked for" {
	profile 'ids = { uid = { { 0, 0, 1 } }, gid = { { 0, 0, 1 } } },'
	chmod 755 "$WORK"
	as_nobody run "$WORK/p.lua" -- true
	assert_refused
	profile 'namespaces = { user = "host" },'
	as_nobody run "$WORK/p.lua" -- true
	assert_refused
}
