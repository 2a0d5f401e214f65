#!/usr/bin/env bats
# What an overlay caught: listed, applied to the lower directory, dropped; also where the trees are a stranger's work.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

make_trees() {
	mkdir -p lower/dir/deep lower/gone
	mkdir -m 700 keep
	echo one >lower/file
	echo two >lower/dir/two
	echo three >lower/gone/three
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- bash -c 'cd /w; echo more >>file; chmod 640 file; rm dir/two; echo new >new; ln -s file link
		rm -r gone; mkdir gone; echo fresh >gone/fresh; mkdir -p a/b; echo c >a/b/c; mkfifo a/fifo'
	[ "$status" = 0 ] || missing "$output"
}
changes() { run "$LUNWARD" changes "$@" p.lua; }

@test "changes: what was added, changed, deleted, like a diff; and as JSON" {
	make_trees
	changes
	assert_status 0
	[ "$output" = "A /w/a
A /w/a/b
A /w/a/b/c
A /w/a/fifo
D /w/dir/two
C /w/file
A /w/gone/fresh
D /w/gone/three
A /w/link
A /w/new" ] || { echo "$output"; return 1; }
	changes --format json
	run python3 -c 'import json, sys; print(*(c["kind"] + c["path"] for c in json.loads(sys.argv[1])["changes"] if c["type"] == "directory"))' "$output"
	assert_is "added/w/a added/w/a/b"
	run "$LUNWARD" changes p.lua /w/a/b
	[ "$(tail -1 <<<"$output")" = "A /w/a/b/c" ]
	assert_lacks new
}

@test "commit: the chosen paths and no others; the rest is still there to be reviewed" {
	make_trees
	run "$LUNWARD" commit p.lua /w/a/b /w/file
	assert_status 0
	[ "$(cat lower/a/b/c)" = c ] && [ ! -e lower/a/fifo ] && [ ! -e lower/new ] && [ -e lower/dir/two ]
	[ "$(xargs <lower/file)" = "one more" ] && [ "$(stat -c '%a %u' lower/file)" = "640 $(id -u)" ]
	changes
	assert_output_has "A /w/new"
	assert_lacks /w/file
	assert_lacks /w/a/b
	run "$LUNWARD" commit p.lua
	assert_status 0
	changes
	assert_is ""
	[ "$(cat lower/gone/fresh lower/new)" = "$(printf 'fresh\nnew')" ] && [ ! -e lower/gone/three ] && [ ! -e lower/dir/two ]
	[ -p lower/a/fifo ] && [ "$(readlink lower/link)" = file ]
	# Nothing is left above, and the sandbox sees what lower has.
	[ -z "$(find keep/up -mindepth 1 ! -type d)" ]
	with p.lua -- bash -c 'cat /w/file /w/gone/fresh | xargs'
	assert_is "one more fresh"
}

@test "discard: some of it, all of it; lower is not touched" {
	make_trees
	run "$LUNWARD" discard p.lua /w/file /w/a
	assert_status 0
	changes
	assert_lacks /w/file
	assert_lacks /w/a
	assert_output_has "A /w/new"
	run "$LUNWARD" discard p.lua
	assert_status 0
	changes
	assert_is ""
	[ "$(cat lower/file)" = one ] && [ -e lower/dir/two ] && [ ! -e lower/new ]
	run "$LUNWARD" discard p.lua /w/nothing
	assert_refused "nothing is changed there"
}

@test "commit: not while a sandbox writes; nothing to keep is an error that says so" {
	make_trees
	mkfifo -m 666 lower/up lower/end
	timeout 30 "$LUNWARD" run -v "$WORK/lower:/fifo" p.lua -- bash -c 'echo up >/fifo/up; read -r _ </fifo/end' 3>&- &
	local box=$!
	timeout 10 cat lower/up >/dev/null
	run "$LUNWARD" commit p.lua
	timeout 10 bash -c 'echo end >lower/end'
	wait "$box"
	assert_refused "in use"
	profile 'mounts = { overlay "lower:/w" },'
	run "$LUNWARD" changes p.lua
	assert_refused upper
	run "$LUNWARD" changes
	assert_refused "no profile"
	run "$LUNWARD" commit p.lua w/file
	assert_refused absolute
}

@test "commit: no set-id bit, no mark of the overlay and no device comes out" {
	make_trees
	with p.lua -- bash -c 'cd /w; cp /bin/true tool; chmod 6755 tool'
	run "$LUNWARD" commit p.lua
	assert_status 0
	[ "$(stat -c %a lower/tool)" = 755 ]
	[ "$(id -u)" != 0 ] || mknod keep/up/device c 1 3
	run python3 -c 'import os
for d, _, files in os.walk("lower"):
    for f in files + ["."]:
        if not os.path.islink(os.path.join(d, f)) and any("overlay" in a for a in os.listxattr(os.path.join(d, f))):
            print(d, f)'
	assert_is ""
	need_root
	run "$LUNWARD" commit p.lua
	assert_status 0
	assert_output_has "left where it is"
	[ ! -e lower/device ]
}

@test "commit: a link in the lower directory leads nowhere, on either side" {
	make_trees
	mkdir elsewhere
	echo precious >elsewhere/file
	# The lower directory has changed behind the overlay's back: a link where upper has a directory, and a file.
	rm -r lower/gone lower/file
	ln -s ../elsewhere lower/gone
	ln -s ../elsewhere/file lower/file
	run "$LUNWARD" commit p.lua /w/gone /w/file
	assert_status 0
	[ "$(cat elsewhere/file)" = precious ] && [ "$(ls elsewhere)" = file ]
	[ ! -L lower/gone ] && [ -f lower/gone/fresh ] && [ ! -L lower/file ]
	# Upper brings a link where there was a directory: it is copied as a link, and nothing below it is looked at.
	rm -rf keep/up/dir
	ln -s /etc keep/up/dir
	changes
	assert_output_has "C /w/dir"
	assert_lacks /w/dir/
	run "$LUNWARD" commit p.lua /w/dir
	assert_status 0
	[ "$(readlink lower/dir)" = /etc ] && [ -e /etc/passwd ]
}

@test "changes: names that would act on a terminal are escaped; trees without an end are refused" {
	make_trees
	touch "keep/up/$(printf 'bad\033[31m')"
	changes
	assert_output_has '"/w/bad\u001b[31m"'
	(cd keep/up && for _ in $(seq 700); do mkdir d && cd d || exit; done)
	changes
	assert_refused
	run "$LUNWARD" discard p.lua
	assert_status 0
	[ -z "$(ls -A keep/up)" ]
}

@test "changes and commit without root" {
	need_root
	need_cmd setpriv
	mkdir lower keep nobody
	echo one >lower/file
	chmod 700 keep nobody
	chown -R 65534:65534 lower keep nobody
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	local user=(timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT LUNWARD_STATE="$WORK/nobody" HOME=/)
	run "${user[@]}" "$LUNWARD" run p.lua -- bash -c 'cd /w; echo two >>file; rm -rf d; mkdir d; echo x >d/x'
	[[ $output != *"cannot be executed"* ]] || missing "the build is not reachable for others"
	assert_status 0
	run "${user[@]}" "$LUNWARD" changes p.lua
	[ "$(xargs <<<"$output")" = "A /w/d A /w/d/x C /w/file" ] || { echo "$output"; return 1; }
	run "${user[@]}" "$LUNWARD" commit p.lua
	assert_status 0
	[ "$(xargs <lower/file)" = "one two" ] && [ "$(stat -c %u lower/d/x)" = 65534 ]
}
