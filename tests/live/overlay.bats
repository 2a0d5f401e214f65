#!/usr/bin/env bats
# Overlays: what is written is not written to the lower directory, where it goes instead, and what is refused.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

# The layers' file system must do idmapped mounts for root.
need_overlay() {
	mkdir -p probe
	profile "mounts = { overlay \"$WORK/probe:/probe\" },"
	with p.lua -- true
	[ "$status" = 0 ] || missing "$output"
}
# lower: a tree whose files belong to the caller. keep: where changes may go.
make_trees() {
	mkdir -p lower/dir/deep
	mkdir -m 700 keep
	echo one >lower/file
	echo two >lower/dir/two
	chmod 600 lower/file
	ln -s dir/two lower/link
}
lower_is_whole() {
	[ "$(cat lower/file)" = one ] && [ "$(cat lower/dir/two)" = two ] && [ -d lower/dir/deep ] && [ ! -e lower/new ] &&
		[ "$(stat -c %a lower/file)" = 600 ]
}
# Everything that can be done to a tree.
CHANGES='cd /w || exit; echo more >>file; chmod 644 file; rm dir/two; echo new >new; ln -s file other
	rm -r dir; mkdir dir; echo fresh >dir/fresh; mv new newer; ls dir newer'

# A tmpfs has kept the overlay's marks of a user namespace since Linux 6.6.
need_marks_in_memory() {
	[ "$(uname -r | awk -F. '{ print $1 * 100 + $2 }')" -ge 606 ] || missing "Linux before 6.6: an overlay in memory cannot remove directories"
}

@test "overlay in memory: the lower directory stays as it is, and the next run sees nothing" {
	need_overlay
	need_marks_in_memory
	make_trees
	profile 'mounts = { overlay "lower:/w" },'
	with p.lua -- bash -c "$CHANGES; cat file"
	assert_status 0
	[ "$(xargs <<<"$output")" = "newer dir: fresh one more" ] || { echo "$output"; return 1; }
	lower_is_whole
	with p.lua -- bash -c 'cd /w; ls | xargs; cat file'
	[ "$(xargs <<<"$output")" = "dir file link one" ] || { echo "$output"; return 1; }
}

@test "overlay kept in a directory: the next run goes on from there, whichever ids it has" {
	need_overlay
	make_trees
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- bash -c "$CHANGES"
	assert_status 0
	lower_is_whole
	with p.lua -- bash -c 'cd /w; ls | xargs; cat file dir/fresh; stat -c "%u %a" file; echo again >>file'
	assert_status 0
	[ "$(xargs <<<"$output")" = "dir file link newer other one more fresh 0 644" ] || { echo "$output"; return 1; }
	[ "$(stat -c %u keep/up/file)" = "$(id -u)" ]
	[ "$(tail -1 keep/up/file)" = again ]
}

@test "overlay: memory is bounded" {
	need_overlay
	need_helpers
	mkdir lower
	profile "mounts = { overlay \"lower:/w:size=2M,inodes=100\", bind \"$HELPERS:/h\" },"
	with p.lua -- bash -c '/h/hog bytes /w 64; rm -rf /w/*; /h/hog files /w 1000'
	[[ ${lines[0]} == [12]" ENOSPC" && ${lines[1]} == [0-9]*" ENOSPC" && ${lines[1]% *} -lt 100 ]] || { echo "$output"; return 1; }
}

@test "overlay: read-only when asked, and no device and set-user-ID file counts" {
	need_overlay
	make_trees
	profile 'mounts = { overlay "lower:/w:ro" },'
	with p.lua -- bash -c 'touch /w/x; grep " /w " /proc/self/mountinfo'
	assert_output_has "Read-only file system"
	assert_output_has "ro,nosuid,nodev"
}

@test "overlay: two sandboxes may not write one upper directory" {
	need_overlay
	make_trees
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	mkfifo -m 666 lower/up lower/end
	timeout 30 "$LUNWARD" run -v "$WORK/lower:/fifo" p.lua -- bash -c 'echo up >/fifo/up; read -r _ </fifo/end' 3>&- &
	local box=$!
	timeout 10 cat lower/up >/dev/null
	with p.lua -- true
	timeout 10 bash -c 'echo end >lower/end'
	wait "$box"
	assert_refused "in use"
	with p.lua -- true
	assert_status 0
}

@test "overlay: what is kept is for nobody else to enter; no link leads elsewhere" {
	need_overlay
	make_trees
	chmod 711 keep
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- true
	assert_refused "chmod 700"
	chmod 700 keep
	mkdir elsewhere
	ln -s ../elsewhere keep/up
	with p.lua -- touch /w/x
	assert_refused keep/up
	[ -z "$(ls elsewhere)" ]
	rm keep/up
	ln -s ../elsewhere keep/up.work
	with p.lua -- touch /w/x
	assert_refused keep
	[ -z "$(ls elsewhere)" ]
}

@test "overlay: marks that a hostile upper directory brings name no file of another place" {
	need_overlay
	need_root
	need_cmd python3
	make_trees
	mkdir -p keep/up/sub lower/hidden
	echo secret >lower/hidden/secret
	python3 - <<-'END' || missing "no extended attributes here"
		import os
		for space in b"user", b"trusted":
		    os.setxattr("keep/up/sub", space + b".overlay.redirect", b"/hidden")
		open("keep/up/meta", "w").close()
		for space in b"user", b"trusted":
		    os.setxattr("keep/up/meta", space + b".overlay.metacopy", b"")
		    os.setxattr("keep/up/meta", space + b".overlay.redirect", b"/hidden/secret")
	END
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- bash -c 'ls /w/sub; cat /w/meta'
	assert_lacks secret
}

@test "root with an overlay: a system that can be changed and is not" {
	need_overlay
	need_marks_in_memory
	need_cmd busybox
	mkdir -p tree/bin tree/etc tree/dev tree/proc tree/sys tree/tmp tree/run
	cp "$(command -v busybox)" tree/bin/busybox
	ln -s busybox tree/bin/sh
	echo lower >tree/etc/motd
	mkdir -m 700 keep
	profile "root = { path = \"$WORK/tree\", overlay = true },"
	with p.lua -- sh -c 'echo changed >/etc/motd; mkdir /made; cat /etc/motd; busybox rm -r /etc; busybox ls -d /etc /made'
	[ "${lines[0]}" = changed ]
	assert_output_has "/etc: No such file"
	assert_output_has /made
	[ "$(cat tree/etc/motd)" = lower ]
	[ ! -e tree/made ]
	profile "root = { path = \"$WORK/tree\", overlay = { upper = \"$WORK/keep/up\" } },"
	with p.lua -- sh -c 'echo changed >/etc/motd'
	assert_status 0
	with p.lua -- busybox cat /etc/motd
	assert_is changed
	profile "root = { path = \"$WORK/tree\", readonly = true, overlay = { upper = \"$WORK/keep/up\" } },"
	with p.lua -- sh -c 'busybox cat /etc/motd; echo x >/etc/motd'
	assert_output_has changed
	assert_output_has "Read-only file system"
	[ "$(cat tree/etc/motd)" = lower ]
}

@test "root = host with an overlay: where the host's root is someone inside, and nowhere else" {
	profile 'root = { overlay = true },'
	with p.lua -- true
	assert_refused keep
	need_root
	profile 'ids = "keep", root = { overlay = true },'
	with p.lua -- bash -c 'echo moon >/etc/hostname && cat /etc/hostname; touch /usr/lunward-was-here && ls /usr/lunward-was-here
		wc -c </etc/shadow; cat /etc/shadow; ls /etc/ssl/private'
	[ "$(xargs <<<"$output")" = "moon /usr/lunward-was-here 0" ] || { echo "$output"; return 1; }
	[ "$(cat /etc/hostname)" != moon ] && [ ! -e /usr/lunward-was-here ]
}

@test "overlay without root: the same, with the caller's own rights" {
	need_root
	need_cmd setpriv
	need_overlay
	make_trees
	chown -R 65534:65534 lower keep
	mkdir -m 700 nobody
	chown 65534:65534 nobody
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	local user=(timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT -u LUNWARD_STATE HOME=/)
	run "${user[@]}" "$LUNWARD" run --state "$WORK/nobody" p.lua -- bash -c "$CHANGES"
	[[ $output != *"cannot be executed"* ]] || missing "the build is not reachable for others"
	assert_status 0
	lower_is_whole
	run "${user[@]}" "$LUNWARD" run --state "$WORK/nobody" p.lua -- bash -c 'cd /w; ls | xargs; cat file'
	[ "$(xargs <<<"$output")" = "dir file link newer other one more" ] || { echo "$output"; return 1; }
	# What the caller may not read stays unread.
	chown -R 0:0 lower/dir
	chmod 700 lower/dir
	run "${user[@]}" "$LUNWARD" run --state "$WORK/nobody" p.lua -- ls -A /w/dir
	assert_is fresh
	profile "mounts = { overlay \"/root:/w\" },"
	run "${user[@]}" "$LUNWARD" run --state "$WORK/nobody" p.lua -- ls -A /w
	[ "$status" != 0 ]
}

@test "overlay of the root: a link that the profile makes is there in the next run too, and no other in its place" {
	need_overlay
	mkdir -p root/{usr,bin,lib,lib64}
	mkdir -m 700 keep
	profile "root = { path = \"$WORK/root\", overlay = { upper = \"$WORK/keep/up\" } },
		mounts = { bind \"/usr\", bind \"/bin\", bind \"/lib\", bind \"/lib64\", symlink { destination = \"/share\", target = \"usr/share\" } },"
	for _ in 1 2; do
		with p.lua -- readlink /share
		assert_status 0
		assert_is usr/share
	done
	with p.lua -- ln -sfn /etc /share
	assert_status 0
	with p.lua -- true
	assert_refused "File exists"
}
