# mistakes.bash: what the suites about mistakes share: wrong profiles and command lines, each with the one line that is
# said about it.
# shellcheck shell=bash

# one EXPECTED: p.lua is wrong, and this is said.
one() {
	local expected=$1 out rc=0
	if [ -n "${LAUNCH:-}" ]; then
		out=$("$LUNWARD" --profiles profiles run p.lua 2>&1 >/dev/null </dev/null) || rc=$?
		[ "$rc" = "$LAUNCH" ] && [ "$out" = "lunward: $expected" ] && return
		printf 'run exits %d and says: %s\nnot: %s\n' "$rc" "$out" "$expected"
		return 1
	fi
	out=$("$LUNWARD" --profiles profiles check p.lua 2>&1 </dev/null) || rc=$?
	if [ "$rc" != 1 ] || [ "$out" != "$expected" ]; then
		printf 'check exits %d and says: %s\nnot: %s\n' "$rc" "$out" "$expected"
		return 1
	fi
	rc=0
	out=$("$LUNWARD" --profiles profiles run p.lua 2>&1 >/dev/null </dev/null) || rc=$?
	if [ "$rc" != 125 ] || [ "$out" != "lunward: $expected" ]; then
		printf 'run exits %d and says: %s\nnot: %s\n' "$rc" "$out" "$expected"
		return 1
	fi
}
# profiles: every case on stdin; all of them are tried.
profiles() {
	local line failed=0 n=0
	: >p.lua
	while IFS= read -r line; do
		case $line in
		'=> '*)
			one "${line#=> }" || { sed 's/^/    /' p.lua; failed=1; }
			: >p.lua
			n=$((n + 1))
			;;
		*) printf '%s\n' "$line" >>p.lua ;;
		esac
	done
	[ "$n" -gt 0 ] && return "$failed"
}
# launches CODE keys|profiles: what only the launch can find out: `check` is not asked, `run` exits CODE.
launches() {
	LAUNCH=$1 "$2"
}
# keys: every case is one line, the third of a profile with a command; the message follows "p.lua:3: ".
keys() {
	local line
	while IFS= read -r line; do
		case $line in
		'=> '*) printf '=> p.lua:3: %s\n' "${line#=> }" ;;
		*) printf 'return sandbox {\n  command = { "true" },\n  %s,\n}\n' "$line" ;;
		esac
	done | profiles
}

# commands: a command line without "lunward", then "=> MESSAGE". Exit code 125, or the one in "=>CODE MESSAGE".
commands() {
	local line words=() failed=0 n=0 code expected out rc
	while IFS= read -r line; do
		case $line in
		'=>'*)
			code=${line%% *}
			code=${code#=>}
			expected="lunward: ${line#* }"
			rc=0
			out=$("$LUNWARD" --profiles profiles "${words[@]}" 2>&1 >/dev/null </dev/null) || rc=$?
			if [ "$rc" != "${code:-125}" ] || [ "$out" != "$expected" ]; then
				printf 'lunward %s\nexits %d and says: %s\nnot: %s\n' "${words[*]}" "$rc" "$out" "$expected"
				failed=1
			fi
			n=$((n + 1))
			;;
		*) read -ra words <<<"$line" ;;
		esac
	done
	[ "$n" -gt 0 ] && return "$failed"
}
