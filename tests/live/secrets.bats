#!/usr/bin/env bats
# Secrets: who can read them, where they can be, and everything in which they must not appear.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

VALUE=correct-horse-battery-staple
secret() {
	printf %s "$VALUE" >"$WORK/password"
	chmod 600 "$WORK/password"
	profile "secrets = { db = { file = \"$WORK/password\" } }, $1"
}

@test "secrets: a file of the command's user alone, in memory that is never swapped, read-only" {
	secret ''
	with p.lua -- bash -c 'cat /run/secrets/db; echo; stat -c "%a %u %g" /run/secrets/db; stat -f -c %T /run/secrets; touch /run/secrets/x; chmod 777 /run/secrets/db; rm -f /run/secrets/db'
	[ "${lines[0]}" = "$VALUE" ]
	[ "${lines[1]}" = "400 0 0" ]
	[ "${lines[2]}" = ramfs ]
	[ "$(grep -c 'Read-only file system' <<<"$output")" = 3 ] || { echo "$output"; return 1; }
}

@test "secrets: for another user than root, and not for anybody else inside" {
	need_root
	secret 'user = { uid = 33, gid = 33, groups = {} },'
	with p.lua -- bash -c 'id -u; cat /run/secrets/db; echo; stat -c "%a %u %g" /run/secrets/db'
	[ "$(xargs <<<"$output")" = "33 $VALUE 400 33 33" ] || { echo "$output"; return 1; }
	secret ''
	with p.lua -- perl -e '$( = $) = "33 33"; $< = $> = 33; open F, "/run/secrets/db" and print "read"; print "$!"'
	assert_is "Permission denied"
}

@test "secrets: the value is in no spec, plan, explanation, result, argument, variable or state" {
	secret 'command = { "/usr/bin/env" },'
	local verb
	for verb in plan explain check; do
		run "$LUNWARD" "$verb" --format json p.lua
		assert_status 0
		assert_lacks "$VALUE"
	done
	run "$LUNWARD" plan --format json p.lua
	assert_output_has "$WORK/password"
	with --verbose --result "$WORK/result" p.lua -- bash -c 'cat /proc/self/environ /proc/self/cmdline /proc/1/cmdline /proc/self/mountinfo'
	assert_lacks "$VALUE"
	[ -s "$WORK/result" ]
	run grep -rl "$VALUE" "$LUNWARD_STATE" "$WORK/result"
	assert_is ""
}

@test "secrets: what is not there, no file, too large or not to be read is 125" {
	secret ''
	rm password
	with p.lua -- true
	assert_refused "secrets.db"
	mkfifo password
	with p.lua -- true
	assert_refused "not a regular file"
	rm password
	truncate -s 1048577 password
	with p.lua -- true
	assert_refused "1 MiB"
}

@test "secrets: without root" {
	need_root
	need_cmd setpriv
	secret ''
	mkdir -m 700 nobody
	chown 65534:65534 nobody password
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	run timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT LUNWARD_STATE="$WORK/nobody" HOME=/ \
		"$LUNWARD" run p.lua -- bash -c 'cat /run/secrets/db; echo; stat -c %a /run/secrets/db'
	[[ $output != *"cannot be executed"* ]] || missing "the build is not reachable for others"
	[ "$(xargs <<<"$output")" = "$VALUE 400" ] || { echo "$output"; return 1; }
	chown 0:0 password
	run timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups env -u LUNWARD_CGROUP_PARENT LUNWARD_STATE="$WORK/nobody" HOME=/ \
		"$LUNWARD" run p.lua -- true
	assert_refused "Permission denied"
}

@test "env: nothing of the caller's is inherited unless it is named" {
	export LW_TOKEN=leak LW_WANTED=yes LD_PRELOAD_NOT=1 XDG_SECRET=leak
	profile 'inherit_env = { "LW_WANTED" }, env = { MINE = "1" },'
	with p.lua -- env
	assert_status 0
	[ "$(cut -d= -f1 <<<"$output" | sort | xargs)" = "HOME LW_WANTED MINE PATH container" ] || { echo "$output"; return 1; }
	inside env
	assert_lacks leak
	run grep -vxE '(HOME|PATH|TMPDIR|LANG|container|TERM)=.*' <<<"$output"
	assert_is ""
	# Nor by way of /proc: init and whoever set the sandbox up.
	inside bash -c 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\0" "\n"'
	assert_lacks leak
}
