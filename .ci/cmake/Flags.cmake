# lunward_flags: the compiler and linker options of every target of ours (except core/init.c, which has its own).
# Knows no folder and no source file.

add_library(lunward_flags INTERFACE)
target_compile_options(lunward_flags INTERFACE
	-std=gnu17 -D_GNU_SOURCE -g
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-fvisibility=hidden
	# Paths in assert() and in debug information are the tree's, wherever the tree is.
	-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
target_include_directories(lunward_flags INTERFACE ${PROJECT_SOURCE_DIR}/core ${PROJECT_SOURCE_DIR})
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(LUNWARD_SANITIZE)
	target_compile_options(lunward_flags INTERFACE
		-O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all)
	target_link_options(lunward_flags INTERFACE -fsanitize=address,undefined)
else()
	target_compile_options(lunward_flags INTERFACE
		-O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
	target_link_options(lunward_flags INTERFACE -Wl,-z,relro,-z,noexecstack)
endif()
if(LUNWARD_FUZZ)
	target_compile_options(lunward_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
