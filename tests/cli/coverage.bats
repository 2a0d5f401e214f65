#!/usr/bin/env bats
# docs/coverage.md and docs/security.md say which tests show what: both are held against the tests there are.

bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
}
teardown() { sandbox_teardown; }

# A copy of what the script reads, to take something from.
copy_tests() {
	mkdir -p tests/cli tests/live
	cp "$LUNWARD_TREE"/tests/coverage.* tests/
	cp "$LUNWARD_TREE"/tests/cli/*.bats tests/cli/
	cp "$LUNWARD_TREE"/tests/live/*.bats tests/live/
}

@test "docs/coverage.md is what tests/coverage.sh prints: each of the sixty rows has a test" {
	"$LUNWARD_TREE/tests/coverage.sh" >coverage.md
	diff "$LUNWARD_TREE/docs/coverage.md" coverage.md || { echo 'tests/coverage.sh >docs/coverage.md brings it up to date'; return 1; }
	[ "$(grep -oE '^\| [0-9]+ ' coverage.md | tr -dc '0-9\n' | head -n 60)" = "$(seq 60)" ]
}

@test "coverage: a row that lost its test, and a test of a row nobody knows, are told" {
	copy_tests
	sed -i 's/^@test "row 60: /@test "/' tests/live/*.bats
	run tests/coverage.sh
	[ "$status" != 0 ]
	assert_output_has 'begins with "row 60: "'
	copy_tests
	sed -i 's/^@test "row 60: /@test "rows 60, 99: /' tests/live/*.bats
	run tests/coverage.sh
	[ "$status" != 0 ]
	assert_output_has "no row 99"
	copy_tests
	tests/coverage.sh >coverage.md
}

# `tests/FILE` "words": FILE has a test whose name has these words.
references() { grep -oE '`tests/[a-z0-9_/.]+` "[^"]*"' "$1" | sed -E 's/^`([^`]+)` "(.*)"$/\1\t\2/'; }

@test "docs/security.md: every test it names is there, and no row is without one" {
	local file words n=0
	while IFS=$'\t' read -r file words; do
		n=$((n + 1))
		case $file in
		*.bats) grep '^@test' "$LUNWARD_TREE/$file" | sed 's|[\]||g' | grep -qF -- "$words" ;;
		*) grep -qF -- "$words" "$LUNWARD_TREE/$file" ;;
		esac || { echo "$file has no \"$words\""; return 1; }
	done < <(references "$LUNWARD_TREE/docs/security.md")
	[ "$n" -ge 70 ] || { echo "$n"; return 1; }
	run grep -nE '^\| ' "$LUNWARD_TREE/docs/security.md"
	if grep -vE '\| (known as|fault) \||`tests/[a-z0-9_/.]+` "' <<<"$output"; then
		echo "without a test"
		return 1
	fi
	# Each that is named was understood.
	[ "$(grep '^| ' "$LUNWARD_TREE/docs/security.md" | grep -o 'tests/' | wc -l)" = "$n" ]
}

@test "docs/security.md: a test that is gone is told" {
	printf '| x | y | `tests/live/host.bats` "no such test" |\n' >doc
	[ "$(references doc)" = $'tests/live/host.bats\tno such test' ]
}
