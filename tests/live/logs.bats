#!/usr/bin/env bats
# logs: what a sandbox in the background prints is kept, found again, and followed; and costs nobody anything.

# shellcheck disable=SC2016,SC2154 # the shells inside expand these; id is start's
bats_require_minimum_version 1.5.0
load detached

@test "row 67: a service that prints is followed, over a restart, until it has ended for good" {
	start --name box -- sh -c 'i=0; while :; do i=$((i + 1)); echo "hello $i"; sleep 0.1; done'
	timeout 30 "$LUNWARD" logs -f box >seen &
	local pid=$!
	wait_for 10 grep -qx "hello 3" seen
	"$LUNWARD" restart -t 0 box
	wait_for 10 eval '[ "$(grep -cx "hello 2" seen)" = 2 ]'
	"$LUNWARD" stop -t 0 box
	status=0
	wait "$pid" || status=$?
	assert_status 0
	# Every line once, in order, of both lives.
	[ "$(grep -c . seen)" = "$("$LUNWARD" logs box | grep -c .)" ]
	diff seen <("$LUNWARD" logs box)
}

@test "-n, --since, --until, -t, JSON and Lua" {
	need_cmd lua5.4
	start --name box -- sh -c 'echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three; sleep 60'
	wait_for 10 sh -c '"$LUNWARD" logs box | grep -q three'
	run --separate-stderr "$LUNWARD" logs -n 2 box
	[ "$output" = three ] && [ "$stderr" = two ]
	[ "$("$LUNWARD" logs --tail 1 box 2>&1)" = three ]
	[ -z "$("$LUNWARD" logs --until 1h box 2>&1)" ]
	[ "$("$LUNWARD" logs --since 1h box 2>&1 | wc -l)" = 3 ]
	run "$LUNWARD" logs -t -n 1 box
	[[ $output =~ ^[0-9-]{10}T[0-9:.]+Z\ three$ ]]
	run "$LUNWARD" logs --format jsonl -n 2 box
	[[ ${lines[0]} =~ ^\{\"time\":\".*\",\"stream\":\"stderr\",\"text\":\"two\"\}$ ]]
	[ "$("$LUNWARD" logs --format lua box | lua5.4 -e 'print(#dofile("/dev/stdin"))')" = 3 ]
	lw logs -f --format lua box
	assert_status 125
	lw logs -n many box
	assert_status 125
}

@test "what would act on a terminal is spelt out there, and is as it was elsewhere" {
	need_cmd script
	start --name box -- sh -c 'printf "\033[31mred\007\n"; printf "tab\there\r\n"; sleep 60'
	wait_for 10 sh -c '"$LUNWARD" logs box | grep -q here'
	[ "$("$LUNWARD" logs box | head -n 1)" = $'\e[31mred\a' ]
	run script -qec '"$LUNWARD" logs box' /dev/null
	[ "${lines[0]}" = $'\\x1b[31mred\\x07\r' ]
	[ "${lines[1]}" = $'tab\there\r' ]
}

@test "a flood is bounded on the disk and keeps nobody from ending it" {
	start --name box -- sh -c 'yes "a line of a flood of lines that nobody reads and that is to be kept only in part"'
	sleep 2
	SECONDS=0
	"$LUNWARD" stop -t 5 box
	[ "$SECONDS" -lt 10 ]
	local size
	size=$(du -cb "$LUNWARD_STATE/sandboxes/$id"/log* | tail -n 1 | cut -f1)
	[ "$size" -gt 100000 ] && [ "$size" -le $((16 * 1024 * 1024 + 65536)) ]
}

@test "a supervisor that is killed leaves a log that reads, and is written on" {
	start --name box -- sh -c 'while :; do echo line; done'
	wait_for 10 sh -c '[ "$("$LUNWARD" logs box | wc -l)" -gt 1000 ]'
	kill -KILL "$("$LUNWARD" inspect -f supervisor_pid box)"
	wait_for 10 sh -c '! "$LUNWARD" status box'
	truncate -s -7 "$LUNWARD_STATE/sandboxes/$id/log"
	[ "$("$LUNWARD" logs box | sort -u)" = line ]
	"$LUNWARD" restart box
	wait_for 10 sh -c '"$LUNWARD" logs -n 1 --since 2s box | grep -qx line'
	[ "$("$LUNWARD" logs box | sort -u)" = line ]
}

@test "log: a file on the host, renamed when it is full; none; and one where the sandbox writes is refused" {
	mkdir logs shared
	cat >box.lua <<-END
		return sandbox {
			command = { "sh", "-c", "i=0; while [ \$i -lt 3000 ]; do i=\$((i+1)); echo line \$i; done; sleep 60" },
			log = { file = "$PWD/logs/box.log", max = "64K", keep = 2 },
		}
	END
	start ./box.lua
	wait_for 20 sh -c '"$LUNWARD" logs -n 1 box | grep -qx "line 3000"'
	[ -s logs/box.log ] && [ -s logs/box.log.1 ] && [ -s logs/box.log.2 ]
	[ ! -e logs/box.log.3 ] && [ ! -e "$LUNWARD_STATE/sandboxes/$id/log" ]
	[ "$(stat -c %a logs/box.log)" = 600 ]
	[ "$(cat logs/box.log* | wc -c)" -le $((65536 + 8192)) ]
	lw run -d --name other -v "$PWD:/work" ./box.lua
	assert_status 125
	assert_output_has "box.lua:3: log.file: "
	assert_output_has "the sandbox can write where it lies"
	ln -s elsewhere logs/link.log
	sed -i 's/box.log/link.log/' box.lua
	lw start --name linked ./box.lua
	assert_status 125
	[ ! -e logs/elsewhere ]
	sed -i 's/log = .*/log = "none",/' box.lua
	start --name quiet ./box.lua
	lw logs quiet
	assert_status 125
	assert_output_has "is not kept"
}

@test "log: the journal and syslog get each line with its stream, and keep nobody waiting" {
	need_root
	need_cmd python3 unshare
	cat >box.lua <<-'END'
		return sandbox {
			command = { "sh", "-c", "echo out; echo err >&2; sleep 60" },
			log = param("log"),
		}
	END
	LISTEN=$BATS_TEST_DIRNAME/listen.py unshare -m --propagation private bash -c '
		set -e
		mount -t tmpfs tmpfs /run
		python3 "$LISTEN" /run/systemd/journal/socket "$WORK/journal" & j=$!
		trap "kill $j" EXIT
		until [ -S /run/systemd/journal/socket ]; do sleep 0.02; done
		"$LUNWARD" start --set log=journal ./box.lua >/dev/null
		until [ "$(grep -ac "^LUNWARD_STREAM" "$WORK/journal")" = 2 ]; do sleep 0.02; done
		"$LUNWARD" logs box 2>"$WORK/said" || [ $? = 125 ]
		"$LUNWARD" rm -f box
		# Nobody is there: it runs all the same.
		"$LUNWARD" start --set log=syslog ./box.lua >/dev/null
		"$LUNWARD" rm -f box
	'
	grep -q "journalctl LUNWARD_ID=" said
	python3 - journal <<-'END'
		import struct, sys
		seen = {}
		for one in open(sys.argv[1], "rb").read().split(b"\n---\n")[:-1]:
		    fields = {}
		    while one:
		        name, rest = one.split(b"\n", 1)
		        n = struct.unpack("<Q", rest[:8])[0]
		        fields[name.decode()] = rest[8:8 + n].decode()
		        one = rest[9 + n:]
		    if "LUNWARD_STREAM" in fields:
		        assert fields["SYSLOG_IDENTIFIER"] == "box" and len(fields["LUNWARD_ID"]) == 64
		        seen[fields["LUNWARD_STREAM"]] = (fields["MESSAGE"], fields["PRIORITY"])
		assert seen == {"stdout": ("out", "6"), "stderr": ("err", "3")}, seen
	END
}
