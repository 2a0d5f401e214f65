#!/usr/bin/env bats
# cp: files into and out of a running sandbox, each side by its own rights and descriptors alone.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load detached

@test "out and in again: what comes back is what was there" {
	start --name a -- sleep 60
	mkdir -p src/d/e
	seq 20000 >src/d/numbers
	truncate -s 1G src/d/hole
	: >src/d/e/empty
	ln -s ../d src/link
	chmod 750 src/d/e
	chmod 4711 src/d/numbers
	lw cp src a:/tmp/in
	assert_status 0
	[ -z "$output" ]
	lw exec a -- sh -c 'stat -c "%u %a %n" /tmp/in/d/* && readlink /tmp/in/link'
	assert_is $'0 750 /tmp/in/d/e\n0 644 /tmp/in/d/hole\n0 711 /tmp/in/d/numbers\n../d'
	lw cp a:/tmp/in out
	assert_status 0
	diff -r src/d out/d
	[ "$(stat -c %u out/d/numbers)" = "$(id -u)" ]
	[ "$(stat -c %Y out/d/numbers)" = "$(stat -c %Y src/d/numbers)" ]
	# A hole stays one.
	[ "$(stat -c %b out/d/hole)" -lt 100 ]
}

@test "where it goes: into a directory, under a name, what is in one, over what is there" {
	start --name a -- sh -c 'mkdir /tmp/d; echo one >/tmp/d/f; echo ready; sleep 60'
	wait_for 5 sh -c '"$1" logs a | grep -q ready' sh "$LUNWARD"
	mkdir out
	lw cp a:/tmp/d/f out
	lw cp a:tmp/d/f out/other
	lw cp a:/tmp/d/. out
	lw cp a:/tmp/d out
	[ "$(cat out/f out/other out/d/f)" = $'one\none\none' ]
	echo two >f
	lw cp f a:/tmp/d
	lw cp a:/tmp/d/f out
	[ "$(cat out/f)" = two ]
	lw cp a:/proc/version out
	assert_status 0
	grep -q Linux out/version
	# A directory is not replaced by a file, nor a file by a directory.
	mkdir out/dir out/dir/f
	lw cp a:/tmp/d/f out/dir
	assert_refused "directory"
	lw cp a:/tmp/d out/other
	assert_refused "Not a directory"
	[ -z "$(find out -name '.lunward*')" ]
}

@test "links are copied, not followed, by neither side (CVE-2018-15664)" {
	echo secret >"$WORK/secret"
	start --name a -- sh -c 'mkdir /tmp/d; ln -s "$1" /tmp/d/out; ln -s "$1" /tmp/l; ln -s / /tmp/root; ln -s ../../../../../.. /tmp/up; echo ready; sleep 60' sh "$WORK/secret"
	wait_for 5 sh -c '"$1" logs a | grep -q ready' sh "$LUNWARD"
	lw cp a:/tmp/d here
	[ "$(readlink here/out)" = "$WORK/secret" ]
	lw cp a:/tmp/l l
	[ "$(readlink l)" = "$WORK/secret" ]
	# Through one: what is there inside, which is nothing.
	for way in /tmp/root /tmp/up; do
		lw cp "a:$way$WORK/secret" out
		assert_refused "No such file"
		echo mine >mine
		lw cp mine "a:$way$WORK/secret"
		assert_status 125
	done
	lw cp a:/proc/2/root/tmp/d out
	assert_status 125
	[ "$(cat secret)" = secret ]
	# One that is there on the way is replaced, not written through.
	ln -s "$WORK/secret" target
	lw cp a:/etc/hostname target || true
	lw cp a:/proc/version target
	[ ! -L target ]
	[ "$(cat secret)" = secret ]
}

@test "those inside exchange a directory for a link meanwhile (CVE-2018-15664)" {
	need_root
	need_helpers
	mkdir -m 777 outside
	echo secret >outside/file
	start --name a -v "$HELPERS:/helpers:ro" -- sh -c '
		mkdir -p /tmp/t/d /tmp/t/x; for i in 1 2 3 4 5 6 7 8; do echo inside >/tmp/t/d/file$i; done; echo inside >/tmp/t/d/file; ln -s "$1" /tmp/t/link; echo ready
		while :; do mv -T /tmp/t/d /tmp/t/x/o; mv -T /tmp/t/link /tmp/t/d; mv -T /tmp/t/d /tmp/t/link; mv -T /tmp/t/x/o /tmp/t/d; done 2>/dev/null' sh "$WORK/outside"
	wait_for 5 sh -c '"$1" logs a | grep -q ready' sh "$LUNWARD"
	echo theirs >mine
	for _ in $(seq 15); do
		rm -rf got
		"$LUNWARD" cp a:/tmp/t got 2>/dev/null || true
		"$LUNWARD" cp a:/tmp/t/d/file one 2>/dev/null || true
		"$LUNWARD" cp mine a:/tmp/t/d/file 2>/dev/null || true
		! grep -rqs secret got one || return 1
	done
	[ "$(cat outside/file)" = secret ]
	[ "$(ls outside)" = file ]
}

@test "what cannot be copied is left out and told; more than is allowed is refused" {
	start --name a -- sh -c 'mkdir /tmp/d; mkfifo /tmp/d/fifo; echo x >/tmp/d/f; mkfifo "/tmp/d/z$(printf "\033[31m")"; rm /tmp/d/fifo
		head -c 3000000 /dev/zero >/tmp/big; echo ready; sleep 60'
	wait_for 5 sh -c '"$1" logs a | grep -q ready' sh "$LUNWARD"
	lw cp a:/tmp/d out
	assert_status 1
	assert_output_has "left out: 1"
	[[ $output != *$'\033'* ]]
	[ "$(cat out/f)" = x ]
	lw cp --max-size 1M a:/tmp/big big
	assert_refused "more than 1048576 bytes"
	[ ! -e big ]
	lw cp a:/nosuch out
	assert_refused "No such file"
	lw cp out/f a:/usr/bin
	assert_refused "read-only inside"
	for words in "x y" "a:/x a:/y" "a:/x" "a:/x -"; do
		# shellcheck disable=SC2086
		lw cp $words
		assert_status 125
	done
	lw stop -t 0 a
	lw cp a:/tmp/d out
	assert_refused "it is stopped"
}

@test "without root, and for root inside of another's files" {
	as_nobody start --name a -- sleep 60
	assert_status 0
	mkdir -m 777 theirs
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	echo x >theirs/f
	as_nobody cp "$WORK/theirs" a:/tmp/d
	assert_status 0
	as_nobody cp a:/tmp/d/f "$WORK/theirs/g"
	assert_status 0
	[ "$(stat -c %u theirs/g)" = 65534 ]
	as_nobody rm -f a
}
