#!/usr/bin/env bats
# Attacks on what overlays keep, labels, secrets and commits found in review: each of these once went through.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live
load lsm

teardown() {
	[ -z "${HOLDER:-}" ] || { kill -KILL "$HOLDER"; wait "$HOLDER" || true; }
	[ -z "${WORK:-}" ] || sandbox_teardown
}

@test "overlay kept in another user's directory: that user could execute what root inside made set-user-ID" {
	need_root
	mkdir lower
	mkdir -m 700 keep
	chown 65534 keep
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- true
	assert_refused "another user's"
	[ -z "$(ls keep)" ]
	chown 0 keep
	with p.lua -- true
	assert_status 0
}

@test "a joined mount namespace whose /proc is another's work: what is written there counts nowhere, and is refused" {
	need_root
	mkfifo gate
	unshare --mount -- sh -c 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor &&
		for f in oom_score_adj timens_offsets attr/exec attr/apparmor/exec; do : >/proc/self/$f; done
		echo >gate; exec sleep 60' &
	HOLDER=$!
	read -r <gate
	local join="mount = { path = \"/proc/$HOLDER/ns/mnt\" }" keys
	for keys in "namespaces = { $join }, oom_score_adj = 500," \
		"namespaces = { $join }, time_offsets = { boottime = \"1h\" }," \
		"namespaces = { $join }, network = \"none\","; do
		profile "$keys"
		with p.lua -- true
		assert_status 125
		assert_output_has "No such device"
	done
}

@test "commit: whoever may write in the lower directory does not choose whose mode is changed" {
	need_root
	need_cmd strace setpriv
	mkdir lower
	chown 65534 lower
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 700 keep
	install -m 600 /dev/null victim
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- sh -c 'mkfifo /w/f; chmod 666 /w/f'
	assert_status 0
	timeout 30 strace -qq -o trace -e trace=mknodat,mknod -e inject=mknodat,mknod:delay_exit=3000000 "$LUNWARD" commit p.lua &
	HOLDER=$!
	local made=''
	until made=$(compgen -G 'lower/.lunward-commit.*') || ! kill -0 "$HOLDER"; do sleep 0.05; done
	[ -n "$made" ] || missing "strace cannot delay a call here: $(cat trace)"
	setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'rm "$1" && ln -s "$2" "$1"' - "$WORK/$made" "$WORK/victim"
	local rc=0
	wait "$HOLDER" || rc=$?
	HOLDER=
	[ "$rc" = 125 ]
	[ "$(stat -c %a victim)" = 600 ]
}

@test "commit: a file that is all hole takes neither space nor time" {
	mkdir lower
	mkdir -m 700 keep
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- sh -c 'truncate -s 1T /w/a && printf x | dd of=/w/a bs=1 seek=600G conv=notrunc status=none'
	[ "$status" = 0 ] || missing "$output"
	run timeout 20 "$LUNWARD" commit p.lua
	assert_status 0
	[ "$(stat -c %s lower/a)" = $((1 << 40)) ] && [ "$(stat -c %b lower/a)" -lt 1000 ]
	[ "$(tail -c +$((600 << 30)) lower/a | head -c 2 | tr '\0' 0)" = 0x ]
	[ ! -e keep/up/a ]
}

@test "commit: an ACL that kept a file's group out is committed too" {
	need_cmd python3
	mkdir lower
	mkdir -m 700 keep
	echo one >lower/a
	chmod 600 lower/a
	# u::rw- u:1:rw- g::--- m::rw- o::---, as acl(5) has it on disk
	python3 -c 'import os, struct
none = 0xffffffff
os.setxattr("lower/a", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in
	((1, 6, none), (2, 6, 1), (4, 0, none), (16, 6, none), (32, 0, none))))' || missing "no ACLs on this file system"
	profile "mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- sh -c 'echo two >>/w/a'
	[ "$status" = 0 ] || missing "$output"
	run "$LUNWARD" commit p.lua
	assert_status 0
	[ "$(xargs <lower/a)" = "one two" ]
	python3 -c 'import os; assert os.getxattr("lower/a", "system.posix_acl_access")'
}

@test "secrets: where /run is somebody's directory, they get into memory or nowhere" {
	need_root
	need_cmd strace
	mkdir -p run/first run/second
	ln -s first run/secrets
	echo hush >secret
	profile "mounts = { bind \"$WORK/run:/run:rw,idmap\" }, secrets = { s = { file = \"$WORK/secret\" } },"
	with p.lua -- cat /run/secrets/s
	[ "$status" = 0 ] || missing "$output"
	assert_is hush
	# The link is changed between the mount and the file: which of set-up's mounts that is, a first run tells.
	local when
	timeout 30 strace -f -qq -o trace -e trace=fsopen,move_mount "$LUNWARD" run p.lua -- true
	when=$(awk '/fsopen\("ramfs"/ { pid = $1 } /move_mount\(/ { n[$1]++; if (pid == $1) { print n[$1]; exit } }' trace)
	[ -n "$when" ] || missing "strace does not see set-up here"
	timeout 30 strace -f -qq -o trace -e trace=fsopen,move_mount -e "inject=move_mount:delay_exit=3000000:when=$when" \
		"$LUNWARD" run p.lua -- true &
	HOLDER=$!
	local rc=0
	until grep -qs 'fsopen("ramfs"' trace || ! kill -0 "$HOLDER"; do sleep 0.05; done
	sleep 0.3
	ln -sfn second run/secrets
	wait "$HOLDER" || rc=$?
	HOLDER=
	[ "$rc" = 125 ]
	[ -z "$(find run -type f)" ] || { find run -type f; return 1; }
}

@test "explain: nothing a profile says acts on a terminal or makes a line of its own" {
	profile 'cwd = "/\27[2J\nnetwork: none", command = { "/bin/\27[31mx" },'
	run "$LUNWARD" explain p.lua
	assert_status 0
	[[ $output != *$'\e'* && $output != *$'\nnetwork: none'* && $output == *"/?[2J?network"* ]] || { cat -v <<<"$output"; return 1; }
}

@test "changes: without a user namespace an attribute is no mark of the kernel's" {
	need_root
	need_cmd python3
	mkdir -p lower/d/sub
	echo one >lower/d/sub/file
	chown 65534 lower/d
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	mkdir -m 700 keep
	profile "namespaces = { user = \"host\" }, user = { uid = 65534, gid = 65534 },
		mounts = { overlay \"lower:/w:upper=$WORK/keep/up\" },"
	with p.lua -- python3 -c 'import os; os.setxattr("/w/d", "user.overlay.opaque", b"y"); print(os.listdir("/w/d/sub"))'
	[ "$status" = 0 ] || missing "$output"
	assert_is "['file']"
	run "$LUNWARD" changes p.lua
	assert_status 0
	assert_is ""
	run "$LUNWARD" commit p.lua
	assert_status 0
	[ -e lower/d/sub/file ]
}

@test "landlock: a link that an earlier run left does not choose what is allowed" {
	need_root
	mkdir -p srv/data
	local to rules='landlock = { read = { "/bin", "/usr", "/lib", "/lib64", "/etc" }, execute = { "/bin", "/usr" },
		write = { "/srv/data", "/dev/null" }, required = true },'
	profile "$rules"
	with p.lua -- true
	[[ $output != *Landlock* ]] || skip "$output"
	profile "mounts = { bind \"$WORK/srv:/srv:rw,idmap\" }, $rules"
	with p.lua -- sh -c 'echo one >/srv/data/file && ! echo two >/tmp/file'
	[ "$status" = 0 ] || missing "$output"
	rm -r srv/data
	for to in / /tmp ../tmp; do
		ln -sfn "$to" srv/data
		with p.lua -- sh -c 'echo two >/tmp/file'
		assert_refused "landlock.write[0]"
		assert_output_has "name what it leads to"
	done
	# Links of the host's own directories, which are read-only, and of our root are followed.
	profile 'landlock = { read = { "/var/run", "/etc/alternatives", "/lib64", "/" }, execute = { "/bin/sh", "/" } },'
	with p.lua -- true
	assert_status 0
}

@test "what a profile or a root names to be read, and is no file, is not even opened" {
	mkfifo fifo
	mkdir -p root/etc root/usr
	ln fifo root/etc/passwd
	local p
	(exec 3>fifo; touch woken) &
	HOLDER=$!
	profile "seccomp = seccomp.load \"$WORK/fifo\","
	run timeout 10 "$LUNWARD" check p.lua
	assert_status 1
	profile "root = \"$WORK/root\", user = \"nobody\","
	for p in check plan explain; do run timeout 10 "$LUNWARD" $p p.lua; done
	profile "secrets = { s = { file = \"$WORK/fifo\" } },"
	with p.lua -- true
	assert_refused "not a regular file"
	# Whoever waits for a reader has seen none.
	sleep 0.2
	[ ! -e woken ]
}

@test "the host's pid namespace without root: the caller's other processes are not the command's to end" {
	need_root
	need_abi 6
	setpriv --reuid=65534 --regid=65534 --clear-groups sleep 60 &
	HOLDER=$!
	profile 'namespaces = { pid = "host" }, mounts = { remove "/proc" },'
	chmod 644 p.lua
	until [ "$(stat -c %u "/proc/$HOLDER")" = 65534 ]; do sleep 0.05; done
	as_nobody run "$WORK/p.lua" -- sh -c 'kill -0 $$ && echo own; kill -9 '"$HOLDER"
	assert_output_has own
	assert_output_has "not permitted"
	kill -0 "$HOLDER"
	profile 'namespaces = { pid = "host" }, mounts = { remove "/proc" }, landlock = { scope = {} },'
	as_nobody run "$WORK/p.lua" -- kill -0 "$HOLDER"
	assert_status 0
}
