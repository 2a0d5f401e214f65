#!/usr/bin/env bats
# attach: whoever comes later sees and types what the caller of a foreground sandbox does.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load detached

@test "row 63: attach brings what it prints, by stream, takes what is typed, and ends as it does" {
	start -i --name box -- sh -c 'echo early; while read -r x; do echo "got $x"; echo "err $x" >&2; [ "$x" != end ] || exit 3; done'
	mkfifo typed
	timeout 20 "$LUNWARD" attach box <typed >out 2>err &
	exec 5>typed
	echo one >&5
	until grep -q "got one" out; do sleep 0.02; done
	echo end >&5
	exec 5>&-
	status=0
	wait $! || status=$?
	assert_status 3
	[ "$(cat out)" = $'got one\ngot end' ]
	[ "$(cat err)" = $'err one\nerr end' ]
	# The log has all of it.
	lw logs box
	assert_output_has early
	assert_output_has "err end"
}

@test "two at once see the same, and one that leaves disturbs nobody" {
	start -i --name box -- sh -c 'while read -r x; do echo "got $x"; done; exit 4'
	sleep 20 | timeout 20 "$LUNWARD" attach box >a 2>&1 &
	mkfifo typed
	timeout 20 "$LUNWARD" attach box <typed >b 2>&1 &
	last=$!
	exec 5>typed
	sleep 0.3
	echo one >&5
	until grep -q "got one" a && grep -q "got one" b; do sleep 0.02; done
	kill -HUP "$last"
	status=0
	wait "$last" || status=$?
	assert_status 0
	exec 5>&-
	lw status box
	assert_status 0
	lw kill box
	until ! pgrep -f "$LUNWARD attach box" >/dev/null; do sleep 0.02; done
}

@test "a terminal: started with -t, it has one, and takes a size" {
	start -t --name box -- sh
	{
		sleep 0.2
		echo 'tty; exit $((40 + 2))'
		sleep 1
	} | {
		run timeout 20 "$LUNWARD" attach box
		echo "$status" >status
		echo "$output" >out
	}
	[ "$(cat status)" = 42 ]
	grep -q /dev/pts out
}

@test "who does not read is let go of, and the command goes on" {
	start --name box -- sh -c 'sleep 0.5; head -c 20000000 /dev/zero | tr "\0" x; echo; echo done; sleep 20'
	mkfifo out
	timeout 20 "$LUNWARD" attach box >out 2>err &
	reader=$!
	exec 5<out # opened, and not read
	until "$LUNWARD" logs box | grep -qx "done"; do sleep 0.1; done
	cat <&5 >/dev/null
	status=0
	wait "$reader" || status=$?
	assert_status 125
	grep -q "logs" err
	exec 5<&-
}

@test "what does not run cannot be attached to" {
	lw attach nobody
	assert_refused 'no sandbox "nobody"'
	start --name box -- true
	lw wait box
	lw attach box
	assert_refused "not running"
}
