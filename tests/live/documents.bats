#!/usr/bin/env bats
# What README, the guide and lunward(1) show is typed in as it is printed: every profile runs, every command line works.
# They name /srv and /usr/local/bin, which are made for them in a mount namespace of the test's own.

# shellcheck disable=SC2016 # text with dollars and backquotes is meant so
bats_require_minimum_version 1.5.0
load live

# The profiles of the file, NAME.lua as the text calls them, else by the line they start on.
blocks() {
	awk '/^```lua$/ { out = NR ".lua"; first = 1; next }
	     /^```$/ { out = ""; next }
	     out && first { first = 0; if ($1 == "--" && $2 ~ /^[a-z]+\.lua:?$/) { out = $2; sub(/:$/, "", out) } }
	     out { print > out }' "$LUNWARD_TREE/$1"
}
# The command lines of the file: indented by four spaces or, in a manual page, by a tab.
commands_of() {
	sed -nE 's/^(    |\t)(build\/)?lunward ([^*_].*)/\3/p' "$LUNWARD_TREE/$1" | sed -E 's/ +#.*//'
}
# in_srv COMMAND...: with what the documents talk about in its place.
in_srv() {
	unshare --mount bash -c '
		mount -t tmpfs none /srv && mount -t tmpfs none /usr/local/bin && mount -t tmpfs none /var/cache || exit 99
		mkdir -p /srv/www /srv/data /srv/notes /srv/content /srv/odd:name /var/cache/www /srv/keys
		mkdir -m 700 /srv/tidy
		echo hello >/srv/www/index.html
		echo notes | tee /srv/odd:name/notes /srv/notes/todo >/srv/notes/old
		printf "#!/bin/sh\nrm \$1/old; echo done >>\$1/todo\n" >/usr/local/bin/tidy-up
		chmod 755 /usr/local/bin/tidy-up
		"$@"' - "$@"
}
# works CODES COMMAND...: ends with one of these, or is a server that a signal had to end.
works() {
	local codes=$1 rc=0 out
	shift
	out=$(in_srv timeout 2 "$@" 2>&1 </dev/null) || rc=$?
	[ "$rc" != 99 ] || skip "nothing can be mounted here"
	[[ " $codes 124 " == *" $rc "* ]] || { printf '%s\nexits %d: %s\n' "$*" "$rc" "$out"; return 1; }
}

@test "every profile of README and the guide runs" {
	need_root
	need_cmd nginx python3
	local file codes
	mkdir readme guide
	(cd readme && blocks README.md)
	(cd guide && blocks docs/guide.md)
	for file in readme/*.lua guide/*.lua; do
		codes=0
		grep -q '"ntpd"' "$file" && codes=127 # not on every machine
		grep -q '/dev/vda' "$file" && codes='2 125' # make without a makefile, a disk of another name
		grep -q 'app.tar.zst' "$file" && codes=125 # an image that nobody has made
		works "$codes" "$LUNWARD" run "./$file"
	done
	set -- readme/*.lua guide/*.lua
	[ $# -ge 14 ]
}

@test "every command line of README, the guide and lunward(1) works" {
	need_root
	need_cmd python3
	local page line words n=0 codes
	for page in README.md docs/guide.md docs/man/lunward.1.scd; do
		rm -f ./*.lua
		blocks docs/guide.md
		cp "$(grep -l '"ntpd"' ./*.lua)" ntp.lua
		cp "$(grep -l 'param("debug"' ./*.lua)" web.lua
		cp "$(printf '%s\n' [0-9]*.lua | sort -n | head -n 1)" hello.lua
		[ "$page" != README.md ] || { rm hello.lua; blocks README.md; }
		while IFS= read -r line; do
			case $line in
			'changes '* | 'commit '* | 'discard '*) continue ;; # in their order, below
			# What runs in the background is in suites of its own; generate writes a file of the host's, scripts are in scripts.bats.
			'start '* | 'events '*web | ps* | 'logs '* | 'exec '* | 'stats '* | 'update '* | 'inspect '* | 'stop '* | 'wait '* | 'rm '* | \
				'mount '* | 'unmount '* | 'cp '* | 'status '* | 'kill '* | 'restart '* | 'pause '* | 'resume '* | 'attach '* | 'shell '* | \
				'top '* | 'tree '* | 'network '* | 'generate '* | 'lua '* | 'diff '*)
				continue
				;;
			# 1: the call is denied, something is missing
			'explain --call'* | doctor) codes='0 1' ;;
			*) codes=0 ;;
			esac
			eval "words=($line)"
			works "$codes" "$LUNWARD" "${words[@]}"
			n=$((n + 1))
		done < <(commands_of "$page")
	done
	[ "$n" -ge 18 ] || { echo "only $n commands"; return 1; }
}

@test "the guide's review of what tidy-up did" {
	need_root
	blocks docs/guide.md
	run in_srv bash -c '"$LUNWARD" run ./tidy.lua && cat /srv/notes/old && "$LUNWARD" changes ./tidy.lua &&
		"$LUNWARD" commit ./tidy.lua /notes/todo && cat /srv/notes/todo && "$LUNWARD" discard ./tidy.lua &&
		"$LUNWARD" changes ./tidy.lua && ls /srv/notes'
	[ "$status" != 99 ] || skip "nothing can be mounted here"
	[ "$output" = $'notes\nD /notes/old\nC /notes/todo\nnotes\ndone\nold\ntodo' ] || { echo "$output"; return 1; }
}
