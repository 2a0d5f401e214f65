#!/bin/bash
# coverage.sh: prints docs/coverage.md: for each row of the requirements the tests whose names begin with its number
# ("row 4: …", "rows 8, 9, 10: …"). What the rows ask for is in coverage.words. Fails when a row has no test, or a test's
# row no words.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"
export LC_ALL=C

cat <<'TOP'
# What the requirements ask, and the tests that show it

Made by `tests/coverage.sh` from the tests' names and `tests/coverage.words`. A test whose privilege or kernel feature is
missing skips and says why.

| row | asks for | shown by |
|---|---|---|
TOP
awk '
FILENAME == "coverage.words" {
	if (/^#/) next
	n = split($0, field, / \| /)
	rows[++count] = field[1]
	words[field[1]] = field[2] (n > 2 ? ". *Still to come:* " field[3] : "")
	next
}
match($0, /^@test "rows? [0-9][0-9, ]*: /) {
	name = substr($0, RLENGTH + 1)
	sub(/" \{$/, "", name)
	gsub(/\\/, "", name)
	gsub(/\|/, "\\|", name)
	list = substr($0, 8, RLENGTH - 9)
	sub(/^rows? /, "", list)
	n = split(list, row, /, */)
	for (i = 1; i <= n; i++) {
		if (!(row[i] in words)) {
			print "coverage.words has no row " row[i] ": " FILENAME > "/dev/stderr"
			bad = 1
		}
		tests[row[i]] = tests[row[i]] (last[row[i]] == FILENAME ? "; " : (last[row[i]] ? "<br>" : "") "`tests/" FILENAME "`: ") name
		last[row[i]] = FILENAME
	}
}
END {
	for (i = 1; i <= count; i++) {
		if (!(rows[i] in tests)) {
			print "no test has a name that begins with \"row " rows[i] ": \"" > "/dev/stderr"
			bad = 1
		}
		print "| " rows[i] " | " words[rows[i]] " | " tests[rows[i]] " |"
	}
	exit bad
}' coverage.words cli/*.bats live/*.bats
