#!/usr/bin/env bats
# Files given to the ids of a sandbox: by `lunward chown`, and by the option of a bind.

# shellcheck disable=SC2016 # the shell inside expands these
load live

# A profile whose root is 60000 outside, and a tree of root's with one of everything.
shifted() {
	need_root
	profile 'command = { "/usr/bin/true" },
	ids = { uid = { { 0, 60000, 1001 } }, gid = { { 0, 60000, 1001 } } },'
}
tree() {
	mkdir -p "$1/d/e"
	echo data >"$1/d/file"
	touch "$1/d/e/theirs"
	chown 1000:33 "$1/d/e/theirs"
	ln -s /etc/passwd "$1/link"
	ln -s .. "$1/d/up"
}
chown_tree() { run timeout 60 "$LUNWARD" chown "$@"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)["trees"][0][sys.argv[1]])' "$1" <<<"$output"; }
owners() { find "$1" -printf '%P %U:%G\n' | LC_ALL=C sort; }

@test "row 11: chown --profile: a tree shifts to the ids outside, links themselves, the rest of the host not" {
	shifted
	tree content
	chown -Rh 0:0 content
	passwd=$(stat -c %u:%Z /etc/passwd)
	chown_tree --profile p.lua content
	assert_status 0
	[ -z "$(find content ! -uid 60000 -o ! -gid 60000)" ]
	[ "$(stat -c %u content/link)" = 60000 ]
	[ "$(stat -c %u:%Z /etc/passwd)" = "$passwd" ]
	assert_output_has "7 of 7 changed"
	# Who is there stays who they are: inside they are root.
	with -v "$WORK/content:/c" p.lua -- stat -c %u:%g /c/d/e/theirs
	assert_is 0:0
}

@test "chown: each owner is shifted by itself; a second time changes nothing; the JSON counts" {
	shifted
	tree t
	chown_tree --format json p.lua t
	assert_status 0
	[ "$(field entries) $(field changed)" = "7 7" ]
	[ "$(stat -c %u:%g t/d/e/theirs)" = 61000:60033 ]
	[ "$(stat -c %u:%g t/d/file)" = 60000:60000 ]
	owners t >once
	chown_tree --format json p.lua t
	assert_status 0
	[ "$(field entries) $(field changed)" = "7 0" ]
	owners t | diff once -
	# Half of it done, as by one that was interrupted.
	chown -h 0:0 t/link t/d
	chown_tree --format json p.lua t
	[ "$(field changed)" = 2 ]
	owners t | diff once -
}

@test "chown: set-id bits, modes and file capabilities stay, capabilities for the sandbox's root" {
	shifted
	need_cmd setcap getcap
	mkdir t
	cp /bin/true t/suid
	cp /bin/true t/cap
	chmod 6755 t/suid
	chmod 2750 t
	setcap cap_net_raw+ep t/cap
	chown_tree p.lua t
	assert_status 0
	[ "$(stat -c %a:%u t/suid)" = 6755:60000 ]
	[ "$(stat -c %a t)" = 2750 ]
	[ "$(getcap -n t/cap)" = "t/cap cap_net_raw=ep [rootid=60000]" ] || { getcap -n t/cap; false; }
	# With --user a program of somebody's does not become one of that user's.
	mkdir theirs
	cp /bin/true theirs/suid
	chown 1000:1000 theirs/suid
	chmod 4755 theirs/suid
	chown_tree -u 5:6 p.lua theirs
	assert_status 0
	[ "$(stat -c %a:%u:%g theirs/suid)" = 755:60005:60006 ]
}

@test "chown: an ACL stays as it is" {
	shifted
	mkdir t
	touch t/file
	# user::rw- user:1234:r-- group::r-- mask::r-- other::---
	setfattr -n system.posix_acl_access \
		-v 0x0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000000ffffffff t/file 2>/dev/null ||
		python3 -c 'import os; os.setxattr("t/file", "system.posix_acl_access", bytes.fromhex("0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000000ffffffff"))' ||
		missing "this file system has no ACLs"
	acl() { python3 -c 'import os; print(os.getxattr("t/file", "system.posix_acl_access").hex())'; }
	before=$(acl)
	chown_tree p.lua t
	assert_status 0
	[ "$(stat -c %u t/file)" = 60000 ]
	[ "$(acl)" = "$before" ]
}

@test "chown: a file with another name outside is left alone, one whose names are all inside is not" {
	shifted
	mkdir t outside
	echo secret >outside/file
	ln outside/file t/stolen
	echo mine >t/one
	mkdir t/d
	ln t/one t/d/two
	ln t/one t/three
	chown_tree --format json p.lua t
	assert_status 1
	[ "$(field linked) $(field changed) $(field first_left)" = "1 3 stolen" ] || { echo "$output"; return 1; }
	[ "$(stat -c %u outside/file)" = 0 ]
	[ "$(stat -c %u t/d/two)" = 60000 ]
}

@test "chown: unknown owners and device nodes are left alone and said" {
	shifted
	mkdir t
	touch t/known t/unknown
	chown 30000:0 t/unknown
	mknod t/null c 1 3 || missing "no device nodes can be made here"
	chown_tree p.lua t
	assert_status 1
	assert_output_has "left alone: 1 of owners that the ids do not map"
	assert_output_has "left alone: 1 device nodes"
	assert_output_has 'the first: "unknown"'
	[ "$(stat -c %u:%g t/unknown)" = 30000:60000 ]
	[ "$(stat -c %u t/null)" = 0 ]
}

@test "chown: a name in the tree that is no text, or worse, is told as text" {
	shifted
	mkdir t
	local bad=$'x\e[31m\xff'
	touch "t/$bad"
	chown 30000:30000 "t/$bad"
	chown_tree p.lua t
	assert_status 1
	assert_output_has 'the first: "x\u001b[31m'
	[[ $output != *$'\e'* ]]
	chown_tree --format json p.lua t
	assert_status 1
	[ "$(field unmapped)" = 1 ]
}

@test "chown: killed anywhere, it is finished by the next" {
	shifted
	mkdir -p t/{1..40}
	local i
	for i in {1..40}; do touch "t/$i/"{1..60}; done
	for i in 0.005 0.01 0.02 0.03; do
		timeout -s KILL $i "$LUNWARD" chown p.lua t || true
	done
	chown_tree --format json p.lua t
	assert_status 0
	[ "$(field entries)" = 2441 ]
	[ -z "$(find t ! -uid 60000)" ]
}

@test "chown: other mounts are not entered unless asked" {
	shifted
	mkdir -p t/mnt
	# In a mount namespace of the test's own, so that nothing is left.
	mounted() {
		run timeout 60 unshare --mount sh -c 'mount -t tmpfs none t/mnt && touch t/mnt/file &&
			"$@" && stat -c %u t/mnt/file' sh "$LUNWARD" chown "$@"
	}
	mounted p.lua t
	assert_status 0
	assert_output_has "left alone: 1 mounts, not entered"
	[ "${lines[-1]}" = 0 ]
	mounted --cross-mounts p.lua t
	assert_status 0
	[ "${lines[-1]}" = 60000 ]
}

@test "chown: directories of the system and of everybody are refused, by whatever name" {
	shifted
	local dir
	for dir in / /usr /usr/local/share /etc /etc/ssl /home /home/ada /var /var/lib /tmp /root /dev /proc/1 /boot/x /usr/../etc; do
		chown_tree p.lua "$dir"
		assert_refused "cannot be re-owned"
	done
	ln -s /etc etc
	chown_tree p.lua etc
	assert_refused "a link is on the way"
	chown_tree p.lua etc/ssl
	assert_refused "a link is on the way"
	mkdir alias
	run timeout 60 unshare --mount sh -c 'mount --bind /usr alias && "$@"' sh "$LUNWARD" chown p.lua alias
	assert_refused "it is the system's"
	run "$LUNWARD" run -v /usr/share:/x:U -- true
	assert_refused "it is the system's"
	profile 'command = { "/usr/bin/true" }, mounts = {
		bind "/srv:/x:rw,chown" },'
	run "$LUNWARD" check p.lua
	assert_status 1
	assert_output_has "p.lua:3: mounts[0].chown: '/srv' cannot be re-owned"
}

@test "chown: ids that are others in every run have nothing to give files to" {
	need_root
	mkdir t
	profile 'command = { "/usr/bin/true" },'
	chown_tree p.lua t
	assert_refused "other ids in every run"
	chown_tree --ids single p.lua t
	assert_refused "other ids in every run"
	[ "$(stat -c %u t)" = 0 ]
	chown_tree --ids root-only p.lua t
	assert_status 0
	[ "$(stat -c %u t)" = 2 ]
	chown_tree p.lua
	assert_refused "no directory given"
}

@test "chown: without root it is refused, and nothing was changed" {
	need_root
	mkdir -m 755 t
	touch t/file
	chown -R 65534:65534 t
	# Without subordinate ids the inside root is the caller, whose the files are already.
	as_nobody run -v "$WORK/t:/t:U" -- sh -c 'stat -c %u /t/file'
	assert_is 0
	[ "$(stat -c %u t/file)" = 65534 ]
	chown 0:0 t/file
	as_nobody run -v "$WORK/t:/t:U" -- true
	assert_refused "needs root"
	[ "$(stat -c %u t/file)" = 0 ]
}

@test "row 12: bind with chown: the source belongs to the user the command runs as, root or another" {
	shifted
	tree src
	with -v "$WORK/src:/src:rw,U" p.lua -- true
	# Each start does it again, for what has come since.
	touch src/since
	with -v "$WORK/src:/src:rw,U" p.lua -- sh -c 'stat -c %u:%g /src/d/e/theirs; touch /src/new; echo more >>/src/d/file'
	assert_status 0
	assert_is 0:0
	[ -z "$(find src ! -uid 60000 -o ! -gid 60000)" ]
	profile 'command = { "/usr/bin/touch", "/src/mine" },
	ids = { uid = { { 0, 60000, 1001 } }, gid = { { 0, 60000, 1001 } } },
	user = { uid = 7, gid = 8 },
	mounts = { bind "src:/src:rw,chown" },'
	with p.lua
	assert_status 0
	[ -z "$(find src ! -uid 60007 -o ! -gid 60008)" ]
	# Leased ids: every start gives everything to its own.
	with -v "$WORK/src:/src:U" -- sh -c 'stat -c %u:%g /src/mine; touch /src/again'
	assert_is 0:0
	[ "$(stat -c %u src/again)" -ge 524288 ]
	# Shared ids: the user itself.
	profile 'command = { "/usr/bin/touch", "/src/shared" }, namespaces = { user = "host" }, user = 1234,
	mounts = { bind "src:/src:rw,chown" },'
	with p.lua
	assert_status 0
	[ -z "$(find src ! -uid 1234)" ]
}

@test "bind with chown: needs rw and no idmap; optional may be missing; explain says it" {
	shifted
	mkdir src
	with -v "$WORK/src:/src:ro,U" p.lua -- true
	assert_refused "read-only"
	with -v "$WORK/src:/src:U,idmap" p.lua -- true
	assert_refused "idmap"
	with -v "$WORK/none:/src:U,optional" p.lua -- true
	assert_status 0
	run "$LUNWARD" explain -v "$WORK/src:/src:U" p.lua
	assert_output_has "$WORK/src, all of it given to the sandbox's user"
	profile 'command = { "/usr/bin/true" }, mounts = { bind "src:/src:rw,chown" },'
	run "$LUNWARD" check p.lua
	assert_status 0
	assert_output_has "every start changes every file"
}

@test "chown: a tree that is renamed meanwhile leads nowhere outside" {
	shifted
	need_helpers
	mkdir -p t/d/e t/m outside/sub
	local i pid rounds=0
	for ((i = 0; i < 40; i++)); do touch t/d/$i t/d/e/$i outside/$i outside/sub/$i; done
	touch t/f outside/file
	owners outside >theirs
	"$HELPERS/swap" 4 "$PWD/t" "$PWD/outside" >swapped &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		# What is in the tree goes back and forth, so that every round has something to do.
		chown_tree -u $((rounds % 2)):$((rounds % 2)) p.lua t
		[[ $status -le 1 ]] || { echo "$output"; return 1; }
		rounds=$((rounds + 1))
	done
	wait $pid
	[ "$(cat swapped)" -gt 100 ] && [ $rounds -gt 5 ]
	owners outside | diff theirs -
	# And nobody in its way, it is all done.
	chown_tree -u 5:5 p.lua t
	assert_status 0
	[ -z "$(find t ! -uid 60005)" ]
}
