#!/usr/bin/env bats
# What somebody meets in the first days with sandboxes in the background: every refusal says what and why, in one line.
load detached

setup() { sandbox_setup; }

@test "exec and shell have the caller's input and output, whatever the service's are" {
	printf 'return sandbox { inherits = "service", command = { "sleep", "60" } }\n' >svc.lua
	start svc.lua
	[ "$(echo hello | "$LUNWARD" exec svc -- cat)" = hello ]
	lw exec -t svc -- sh -c 'test -t 0 && echo terminal'
	assert_output_has terminal
}

@test "exec as an id that the sandbox has not says so" {
	start --name box -- sleep 60
	lw exec -u 70000 box -- true
	assert_status 125
	assert_output_has "--user"
	assert_output_has "does not map"
}

@test "the end of who was killed is told by wait and status" {
	start --name box -- sleep 60
	kill -9 "$(field supervisor_pid box)"
	lw wait box
	assert_status 125
	assert_output_has "box has failed: its supervisor was killed"
	lw status box
	assert_status 3
	assert_output_has "its supervisor was killed"
	lw wait --ready box
	assert_status 1
	assert_output_has "box has failed: its supervisor was killed"
}

@test "start of several: who fails is told with the reason, and who needs it with its name" {
	printf 'return sandbox { name = "db", command = { "sh", "-c", "sleep 0.3; exit 3" },
		service = { ready = { log = "never said" } } }\n' >db.lua
	printf 'return sandbox { name = "app", command = { "sleep", "60" }, service = { requires = "db" } }\n' >app.lua
	lw start app.lua db.lua
	assert_status 125
	assert_output_has "lunward: db: it ended before it was ready (\`lunward logs db\`"
	assert_output_has 'app requires "db", which has failed'
	! grep -qx 'lunward: *' <<<"$output"
	! grep -q 'in one call' <<<"$output"
}
