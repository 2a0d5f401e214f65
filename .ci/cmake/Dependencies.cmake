# The libraries we link, as dep::NAME. lua and jansson are taken as static archives where the system has them: a shared
# library costs a launch its relocation and mapping, and these two are used by every launch (figures: lua/CMakeLists.txt).

find_path(LUA_INCLUDE_DIR lua.h PATH_SUFFIXES lua5.4 REQUIRED)
find_library(LUA_LIBRARY NAMES liblua5.4.a lua5.4 REQUIRED)
add_library(dep::lua INTERFACE IMPORTED)
target_include_directories(dep::lua SYSTEM INTERFACE ${LUA_INCLUDE_DIR})
target_link_libraries(dep::lua INTERFACE ${LUA_LIBRARY} m)

find_path(JANSSON_INCLUDE_DIR jansson.h REQUIRED)
find_library(JANSSON_LIBRARY NAMES libjansson.a jansson REQUIRED)
add_library(dep::jansson INTERFACE IMPORTED)
target_include_directories(dep::jansson SYSTEM INTERFACE ${JANSSON_INCLUDE_DIR})
target_link_libraries(dep::jansson INTERFACE ${JANSSON_LIBRARY})

find_path(SECCOMP_INCLUDE_DIR seccomp.h REQUIRED)
if(LUNWARD_STATIC)
	find_library(SECCOMP_LIBRARY NAMES libseccomp.a seccomp REQUIRED)
else()
	find_library(SECCOMP_LIBRARY NAMES seccomp REQUIRED)
endif()
add_library(dep::seccomp INTERFACE IMPORTED)
target_include_directories(dep::seccomp SYSTEM INTERFACE ${SECCOMP_INCLUDE_DIR})
target_link_libraries(dep::seccomp INTERFACE ${SECCOMP_LIBRARY})

# What is a library itself takes the shared ones: no second copy in the program that loads it.
find_library(JANSSON_SHARED NAMES jansson REQUIRED)
find_library(SECCOMP_SHARED NAMES seccomp REQUIRED)
find_library(NL_SHARED NAMES nl-3 REQUIRED)
find_path(NL_INCLUDE_DIR netlink/msg.h PATH_SUFFIXES libnl3 REQUIRED)
if(LUNWARD_STATIC)
	find_library(NL_LIBRARY NAMES libnl-3.a nl-3 REQUIRED)
else()
	find_library(NL_LIBRARY NAMES nl-3 REQUIRED)
endif()
add_library(dep::nl INTERFACE IMPORTED)
target_include_directories(dep::nl SYSTEM INTERFACE ${NL_INCLUDE_DIR})
target_link_libraries(dep::nl INTERFACE ${NL_LIBRARY})

# Tests only: absent, the unit tests are left out and the summary says so.
find_path(CMOCKA_INCLUDE_DIR cmocka.h)
find_library(CMOCKA_LIBRARY NAMES cmocka)
add_library(dep::cmocka INTERFACE IMPORTED)
if(CMOCKA_LIBRARY)
	target_include_directories(dep::cmocka SYSTEM INTERFACE ${CMOCKA_INCLUDE_DIR})
	target_link_libraries(dep::cmocka INTERFACE ${CMOCKA_LIBRARY})
endif()
