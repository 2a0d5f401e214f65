#!/usr/bin/env bats
# What the documents say is so: their profiles pass `check`, their options and keys exist, the generated page is current.

# shellcheck disable=SC2016 # text with backquotes is meant so
bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
}
teardown() { sandbox_teardown; }

# snippets FILE: its ```lua blocks as N.lua, named by the line they start on.
snippets() {
	awk '/^```lua$/ { out = NR ".lua"; next } /^```$/ { out = ""; next } out { print > out }' "$1"
}

@test "every profile in the documents is right" {
	# That this machine has no /srv/www, or that we are not root, is no mistake of the profile.
	local doc file n=0 fine=': ok$|^warning: .*\(on this host\)$'
	[ "$(id -u)" = 0 ] || fine+='|^warning: .*(root|range)'
	for doc in README.md docs/guide.md; do
		mkdir blocks
		(cd blocks && snippets "$LUNWARD_TREE/$doc")
		for file in blocks/*.lua; do
			run "$LUNWARD" check "$file"
			if [ "$status" != 0 ] || grep -vE "$fine" <<<"$output"; then
				echo "$doc: $file: $output"
				return 1
			fi
			n=$((n + 1))
		done
		rm -r blocks
	done
	[ "$n" -ge 9 ]
}

@test "the guide's first profile runs" {
	need_userns
	snippets "$LUNWARD_TREE/docs/guide.md"
	local first
	first=$(printf '%s\n' *.lua | sort -n | head -n 1)
	run "$LUNWARD" run "$first"
	assert_status 0
	assert_output_has " usr"
}

@test "docs/profiles.md is what \`lunward profile keys\` prints" {
	"$LUNWARD" profile keys | diff "$LUNWARD_TREE/docs/profiles.md" - ||
		{ echo 'lunward profile keys >docs/profiles.md brings it up to date'; return 1; }
}

@test "lunward-profile(5) names every key, lunward(1) every verb and option" {
	local word page=$LUNWARD_TREE/docs/man
	for word in inherits $("$LUNWARD" profile keys | sed -n 's/^## //p'); do
		# scdoc wants underscores escaped
		grep -qF "*${word//_/\\_}*" "$page/lunward-profile.5.scd" || { echo "lunward-profile(5) lacks $word"; return 1; }
	done
	for word in $("$LUNWARD" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		grep -qF "*$word*" "$page/lunward.1.scd" || grep -qF "*$word " "$page/lunward.1.scd" || { echo "lunward(1) lacks $word"; return 1; }
		while read -r option; do
			grep -qF -- "*$option*" "$page/lunward.1.scd" || { echo "lunward(1) lacks $option"; return 1; }
		done < <("$LUNWARD" help "$word" | grep -oE '^ {2,6}(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+')
	done
}

@test "the manual pages are well-formed" {
	need_cmd scdoc
	local page
	for page in "$LUNWARD_TREE"/docs/man/*.scd; do
		scdoc <"$page" >page.man || { echo "$page"; return 1; }
		[ -s page.man ]
	done
}

@test "what the documents tell people to type is understood" {
	# Every `lunward VERB` that the documents show has a verb that exists.
	local verb
	grep -hoE '(^    |`)(build/)?lunward [a-z]+' "$LUNWARD_TREE"/README.md "$LUNWARD_TREE"/docs/*.md |
		awk '{ print $NF }' | sort -u >verbs
	[ -s verbs ]
	while read -r verb; do
		run "$LUNWARD" help "$verb"
		[ "$status" = 0 ] || { echo "lunward $verb: $output"; return 1; }
	done <verbs
}

@test "files the documents point to exist" {
	local file
	for file in $(grep -hoE '`(core|lua|net|tests|docs|profiles|\.ci)/[a-z0-9_/.-]+`' "$LUNWARD_TREE"/README.md "$LUNWARD_TREE"/docs/*.md | tr -d '`'); do
		[ -e "$LUNWARD_TREE/$file" ] || { echo "$file does not exist"; return 1; }
	done
}
