#!/usr/bin/env bats
# The caller's terminal stays the caller's.

load live

@test "nothing is typed into the caller's terminal (CVE-2017-5226, CVE-2023-28100, CVE-2016-2779)" {
	need_cmd python3
	need_helpers
	export HELPERS
	run timeout 60 python3 "$BATS_TEST_DIRNAME/terminal_attack.py" outside
	[ "$output" = "outside ok" ] || echo "# this kernel refuses TIOCSTI to everybody" >&3
	run timeout 60 python3 "$BATS_TEST_DIRNAME/terminal_attack.py"
	assert_status 0
}

@test "a command at a terminal gets one of its own devpts, never the host's number" {
	need_cmd python3
	run python3 -c 'import os, pty
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin")
pty.spawn([os.environ["LUNWARD"], "run", "--", "sh", "-c", "tty; ls /dev/pts; stat -c %t:%T /dev/console"])' </dev/null
	assert_output_has /dev/pts/0
	[[ $output != *"/dev/pts/1"* ]]
}

@test "no terminal: there is no controlling one" {
	run bash -c '"$LUNWARD" run -- sh -c "exec 3</dev/tty"' </dev/null
	[ "$status" != 0 ]
	assert_output_has /dev/tty
}
