#!/usr/bin/env bats
# --format: the same data as JSON, as JSON lines and as a Lua chunk, from every verb that has any.

# shellcheck disable=SC2154,SC2016 # bats sets output and status
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
	cat >p.lua <<-'END'
		return sandbox { name = "p", command = { "true" }, labels = { ["a\"b\\c"] = "line\nend \1", ["end"] = "é" } }
	END
	# A Lua value as JSON with sorted keys: what is printed in one form is what is printed in the other.
	cat >same.lua <<-'END'
		local function show(v)
			if type(v) ~= "table" then return math.type(v) == "float" and ("%.6f"):format(v) or ("%q"):format(v) end
			local t = {}
			for k, x in pairs(v) do t[#t + 1] = ("%q"):format(k) .. ":" .. show(x) end
			table.sort(t)
			return "{" .. table.concat(t, ",") .. "}"
		end
		print(show(assert(load(io.read("a"), "chunk", "t", {}))()))
	END
	cat >same.py <<-'END'
		import json, sys
		def quote(s): return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\\n").replace("\1", "\\1") + '"'
		def show(v):
		    if v is True or v is False: return "true" if v else "false"
		    if isinstance(v, int): return str(v)
		    if isinstance(v, float): return "%.6f" % v
		    if isinstance(v, str): return quote(v)
		    items = v.items() if isinstance(v, dict) else ((i + 1, x) for i, x in enumerate(v))
		    return "{" + ",".join(sorted((quote(k) if isinstance(k, str) else str(k)) + ":" + show(x) for k, x in items if x is not None)) + "}"
		print(show(json.load(sys.stdin)))
	END
}
teardown() { sandbox_teardown; }

@test "lua is JSON in another form, for every verb" {
	need_cmd lua5.4
	need_cmd python3
	while read -r verb; do
		# shellcheck disable=SC2086 # a verb and its words
		"$LUNWARD" $verb --format json >as.json || true
		# shellcheck disable=SC2086
		"$LUNWARD" $verb --format lua >as.lua || true
		LC_ALL=C.UTF-8 lua5.4 same.lua <as.lua >from_lua
		LC_ALL=C.UTF-8 python3 same.py <as.json >from_json
		cmp <(LC_ALL=C sort from_json) <(LC_ALL=C sort from_lua) || {
			echo "$verb differs"
			return 1
		}
	done <<-'END'
		plan ./p.lua
		explain ./p.lua
		check ./p.lua
		diff default strict
		explain --call getpid ./p.lua
		profile list
		profile show default
		doctor
		version --features
		ps -a
	END
}

@test "jsonl: an object is one line, a list an item a line" {
	need_cmd python3
	for verb in "plan ./p.lua" "check ./p.lua" "version"; do
		# shellcheck disable=SC2086
		run "$LUNWARD" $verb --format jsonl
		[ "${#lines[@]}" = 1 ]
		python3 -c 'import json, sys; assert json.loads(sys.argv[1])["schema_version"] == 1' "$output"
	done
	run "$LUNWARD" ps -a --format jsonl
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "a form that a verb does not have" {
	run "$LUNWARD" ps --format seccomp
	assert_status 125
	assert_output_has "text, json, jsonl or lua"
	run "$LUNWARD" ps --format yaml
	assert_status 125
	assert_output_has "unknown format 'yaml'"
	run "$LUNWARD" ps --filter colour=red
	assert_status 125
	assert_output_has "state=STATE"
	run "$LUNWARD" ps --filter state=asleep
	assert_status 125
	assert_output_has "paused"
}
