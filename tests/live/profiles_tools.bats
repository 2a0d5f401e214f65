#!/usr/bin/env bats
# The profiles for tools that are run on other people's work: git, gcc, sqlite3. The work gets done; ways out do not.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

setup() {
	sandbox_setup
	need_userns
	need_limit --pids-limit 64 -m 512M
	mkdir "$WORK/here"
	chmod 711 "$WORK"
	cd "$WORK/here" || return
}
box() { run timeout 60 "$LUNWARD" --profiles "$LUNWARD_TREE/profiles" run "$@"; }

@test "git: commits, branches and diffs; its hooks reach neither home nor network" {
	need_cmd git
	export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
	export LW_TOKEN=leak
	echo secret >"$WORK/secret"
	box git -- sh -c 'git init -q -b main . && echo one >file && git add file && git commit -q -m first &&
		git checkout -q -b topic && echo two >>file && git commit -q -a -m second && git diff --stat main'
	assert_status 0
	assert_output_has "1 insertion"
	[ "$(stat -c %u .git/HEAD)" = "$(id -u)" ]
	printf '#!/bin/sh\ncat %s/secret; ls -A "$HOME"; env | grep LW_TOKEN; cat /proc/net/route | wc -l; touch /usr/hooked\n' "$WORK" >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
	box git -- git commit --allow-empty -m third
	assert_output_has "No such file"
	assert_output_has "Read-only file system"
	assert_lacks leak
	[[ $output != *$'\nsecret\n'* ]]
	box --set write=no git -- git log --oneline
	assert_status 0
	[ "${#lines[@]}" -ge 2 ]
	box --set write=no git -- git commit -q --no-verify --allow-empty -m fourth
	[ "$status" != 0 ]
	box git -- git fetch https://127.0.0.1:9/x.git
	[ "$status" != 0 ] && [ "$status" != 125 ]
}

@test "gcc: compiles and links; what it makes is not run in here, and no file outside is read" {
	need_cmd gcc
	printf '#include <stdio.h>\nint main(void) { puts("made inside"); }\n' >hello.c
	box gcc -- gcc -O2 -Wall -o hello hello.c
	assert_status 0
	[ "$(./hello)" = "made inside" ]
	[ "$(stat -c %u hello)" = "$(id -u)" ]
	box gcc -- ./hello
	assert_status 126
	echo secret-words >"$WORK/secret.h"
	printf '#include "%s/secret.h"\n' "$WORK" >steal.c
	box gcc -- gcc -c steal.c
	assert_status 1
	assert_lacks secret-words
	printf '.incbin "%s/secret.h"\n' "$WORK" >steal.s
	box gcc -- gcc -c steal.s
	[ "$status" = 1 ] && [ ! -e steal.o ]
	printf '#include "../../../../../../../..%s/secret.h"\n' "$WORK" >climb.c
	box gcc -- gcc -c climb.c
	assert_status 1
	assert_lacks secret-words
	: >plugin.so
	cp "$(gcc -print-prog-name=cc1)" plugin.so 2>/dev/null || true
	box gcc -- gcc -fplugin=./plugin.so -c hello.c
	[ "$status" != 0 ]
}

@test "sqlite: one database, read or written; no shell, no other file" {
	need_cmd sqlite3
	echo secret-words >"$WORK/secret"
	mkdir data
	box --set db=data/app.db --set write=yes sqlite -- sqlite3 /data/app.db \
		'CREATE TABLE t (n INTEGER); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) INSERT INTO t SELECT n FROM c; SELECT sum(n) FROM t;'
	assert_status 0
	assert_is 500500
	box --set db=data/app.db sqlite -- sqlite3 -readonly /data/app.db 'SELECT count(*) FROM t'
	assert_is 1000
	box --set db=data/app.db sqlite -- sqlite3 /data/app.db 'DELETE FROM t'
	[ "$status" != 0 ]
	[ "$(sqlite3 data/app.db 'SELECT count(*) FROM t')" = 1000 ]
	box --set db=data/app.db sqlite -- sqlite3 /data/app.db '.shell echo escaped' ".shell cat $WORK/secret"
	assert_lacks escaped
	box --set db=data/app.db sqlite -- sqlite3 /data/app.db "SELECT 'got', readfile('$WORK/secret')"
	assert_is "got|"
	box --set db=data/app.db --set write=yes sqlite -- sqlite3 /data/app.db "SELECT writefile('/usr/x', 'x')"
	[ ! -e /usr/x ]
	box sqlite -- sqlite3 :memory: 'SELECT 6 * 7'
	assert_is 42
}

@test "a directory of --set may be named by .." {
	mkdir "$WORK/beside"
	echo found >"$WORK/beside/word"
	git init -q -b main "$WORK/beside"
	box --set dir=../beside git -- cat word
	assert_status 0
	assert_output_has found
}
