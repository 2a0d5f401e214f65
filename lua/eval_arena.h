/* eval_arena.h: the memory of one evaluation: a mapping of fixed size made beforehand, cut into size classes with free
 * lists. Exhaustion is an ordinary NULL; nothing here ever asks the kernel for more. */
#ifndef LW_EVAL_ARENA_H
#define LW_EVAL_ARENA_H

#include <stddef.h>

#define EVAL_ARENA_SIZE ((size_t)64 << 20)
#define EVAL_SMALL_STEP 16 /* small classes: multiples of 16 up to 512 */
#define EVAL_SMALL_MAX 512
#define EVAL_SMALL_CLASSES (EVAL_SMALL_MAX / EVAL_SMALL_STEP)
#define EVAL_CLASSES (EVAL_SMALL_CLASSES + 20) /* then powers of two from 1 KiB up to the arena's size */

struct eval_arena {
	char *next, *end;
	void *free_list[EVAL_CLASSES];
};

/* Maps the arena: 0 or negative errno. */
int eval_arena_open(struct eval_arena *a);
/* A lua_Alloc; `ud` is the arena. */
void *eval_arena_lua(void *ud, void *p, size_t old_size, size_t new_size);
/* malloc and free on the arena given to eval_arena_set, for jansson, whose hooks carry no pointer of ours. */
void eval_arena_set(struct eval_arena *a);
void *eval_arena_malloc(size_t n);
void eval_arena_free(void *p);

#endif
