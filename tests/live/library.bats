# The C library as a stranger meets it: installed, found by pkg-config and by CMake, from C and from C++.
load ../lib
setup_file() {
	PREFIX=$BATS_FILE_TMPDIR/prefix
	export PREFIX PKG_CONFIG_PATH LD_LIBRARY_PATH
	cmake --install "${LUNWARD_BUILD:-$LUNWARD_TREE/build}" --prefix "$PREFIX" >"$BATS_FILE_TMPDIR/install" 2>&1 ||
		{ cat "$BATS_FILE_TMPDIR/install" >&2; return 1; }
	PKG_CONFIG_PATH=$(dirname "$(find "$PREFIX" -name lunward.pc)")
	LD_LIBRARY_PATH=$(dirname "$(find "$PREFIX" -name liblunward.so)")
}
setup() {
	sandbox_setup
	cd "$WORK" || return 1
	cat >web.lua <<-'END'
		print("hello")
		return sandbox { command = { "/bin/sh", "-c", "echo inside; exit " .. param("code", 7) } }
	END
	export PROFILE=$WORK/web.lua
}
teardown() { sandbox_teardown; }

# words FLAG...: what pkg-config says, as words.
words() { read -ra flags <<<"$(pkg-config "$@" lunward)"; }

@test "library: the example with an event loop of its own, by pkg-config" {
	need_cmd pkg-config
	words --cflags --libs
	cc -Wall -Wextra -Werror "$LUNWARD_TREE/docs/examples/embed.c" -o embed "${flags[@]}"
	run ./embed web.lua
	assert_status 7
	assert_output_has inside
	assert_output_has 'web: exit code 7'
	run ./embed nowhere.lua
	assert_status 125
	assert_output_has 'nowhere.lua: No such file or directory'
}

@test "library: from C++, and as an archive in a large program with threads, by find_package" {
	need_cmd cmake
	need_cmd c++
	sed "s,@SOURCES@,$LUNWARD_TREE/tests/library,; s,@VERSION@,0.1," \
		"$LUNWARD_TREE/tests/library/CMakeLists.txt.in" >CMakeLists.txt
	cmake -S . -B b -DCMAKE_PREFIX_PATH="$PREFIX" >log 2>&1 && cmake --build b >>log 2>&1 || { cat log; return 1; }
	run b/life
	assert_status 0
	assert_output_has 'lunward 0.1.0'
	HELPERS=$PREFIX/libexec/lunward run b/guest
	assert_status 0
	assert_output_has '24 launches'
}

@test "library: what is exported is what lunward.h declares" {
	need_cmd nm
	local lib
	lib=$(find "$PREFIX" -name liblunward.so)
	nm -D --defined-only "$lib" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort >exported
	grep -oE '\blw_[a-z_]+\(' "$PREFIX/include/lunward.h" | tr -d '(' | sort -u >declared
	diff exported declared
	nm -g --defined-only "${lib%.so}.a" | awk '$2 ~ /[A-Z]/ { print $3 }' | sed '/^$/d' | sort -u >archived
	diff archived declared
}

@test "library: installed, the command, the helpers, profiles and manuals are there, wherever the tree is moved" {
	[ -x "$PREFIX/bin/lunward" ]
	[ -e "$PREFIX/share/lunward/profiles/default.lua" ]
	[ -e "$PREFIX/share/man/man1/lunward.1" ] || ! command -v scdoc
	mv "$PREFIX" "$PREFIX.moved"
	run "$PREFIX.moved/bin/lunward" run -- /bin/echo moved
	mv "$PREFIX.moved" "$PREFIX"
	assert_status 0
	[ "$output" = moved ]
}

@test "library: a header for C++ and for C, on its own" {
	printf '#include <lunward.h>\nint main(void) { return 0; }\n' >one.c
	cp one.c one.cc
	words --cflags
	cc -std=c99 -pedantic -Wall -Wextra -Werror "${flags[@]}" -c one.c
	c++ -std=c++11 -pedantic -Wall -Wextra -Werror "${flags[@]}" -c one.cc
}
