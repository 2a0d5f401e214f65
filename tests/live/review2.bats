#!/usr/bin/env bats
# Attacks on what overlays keep, labels, secrets and commits found in review: each of these once went through.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

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
