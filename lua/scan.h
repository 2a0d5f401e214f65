/* scan.h: reads Lua source as text, for what a running profile cannot see: which line a key of a table constructor is
 * on, and whether a key is written twice. Pure functions of bytes; needs no Lua state and trusts nothing. */
#ifndef LW_SCAN_H
#define LW_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Where a table's field starts in the text. */
struct scan_field {
	uint32_t table;   /* number of its table, from 0 in the order of their braces */
	uint32_t at, len; /* key as written, quotes not counted; len 0: no plain key */
	uint32_t index;   /* position among the list items, from 0, `false` not counted; SCAN_NONE with a key */
	uint32_t line;
};
struct scan_table {
	uint32_t field; /* number of the field it is (a part of) the value of, or SCAN_NONE */
	uint32_t line;  /* of the brace */
	uint32_t head;  /* of the name before it: `sandbox "db" {`, or the brace's */
};
#define SCAN_NONE UINT32_MAX

/* Calls back for every table constructor and every field, in the order of the text; a non-zero result stops the walk
 * and is returned. Text that is not Lua is read as far as it makes sense. Either function may be NULL. */
struct scan_walk {
	int (*table)(void *arg, uint32_t number, const struct scan_table *t);
	int (*field)(void *arg, uint32_t number, const struct scan_field *f);
	void *arg;
};
int scan_walk(const char *text, size_t n, const struct scan_walk *w);

/* Duplicate keys. The caller brings the memory: scan_slots(text) zeroed slots. Returns 1 and fills *ret when a key
 * stands twice in one constructor, else 0. */
struct scan_slot {
	uint32_t table, at, len, line;
};
struct scan_duplicate {
	const char *key; /* in text, not terminated */
	uint32_t len, line, first_line;
};
size_t scan_slots(const char *text, size_t n);
int scan_duplicate(const char *text, size_t n, struct scan_slot *slots, size_t n_slots, struct scan_duplicate *ret);

/* The line on which the key `path` ("limits.memory", "mounts[2].source", items from 0) is written, for a record that
 * starts on `line`; 0 when it cannot be told. */
uint32_t scan_locate(const char *text, size_t n, uint32_t line, const char *path);

#endif
