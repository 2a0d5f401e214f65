/* call_text.h: the text of system calls, as one syntax: a call with its values, "socket(38, 5, 0)" (call_text.c), and a
 * pattern that stands for many, "socket(AF_INET|AF_INET6, *)" (call_pattern.c). Internal to the seccomp part.
 *
 * In a pattern an argument is *, a value, values joined by '|' ("either"), or a comparison: =V !=V <V <=V >V >=V and
 * &MASK=V. Behind != several values mean "none of them". Constants that are bits ("CLONE_NEWUSER") join to one value.
 */
#ifndef LW_CALL_TEXT_H
#define LW_CALL_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

struct lw_call_constant {
	char name[24];
	bool flag; /* a bit: '|' joins it with others */
	uint64_t value;
};
extern const struct lw_call_constant lw_call_constant_table[];
extern const unsigned lw_call_constant_count;

#define LW_CALL_WORD 64
#define LW_CALL_VALUES 32

/* Values joined by '|': flags among them are joined, what is left is a list. */
struct lw_call_values {
	unsigned n;
	bool named; /* some of several are values with names, which cannot be one number */
	uint64_t v[LW_CALL_VALUES];
};

void lw_call_skip(const char **s);
/* The next run of characters that belong to a name or number: its length, 0 when there is none, -1 when too long. */
int lw_call_word(const char **s, char buf[LW_CALL_WORD]);
/* "A|B|3". join: every value is a bit of one. */
int lw_call_values(const char **s, bool join, struct lw_call_values *ret, struct lw_err *err);
/* Unknown call: 0 when it is known to the ABIs we have names of; fills err, with the nearest name. */
int lw_call_unknown(const char *name, struct lw_err *err);

#endif
