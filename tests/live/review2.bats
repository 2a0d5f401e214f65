#!/usr/bin/env bats
# Attacks on what overlays keep, labels, secrets and commits found in review: each of these once went through.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

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
