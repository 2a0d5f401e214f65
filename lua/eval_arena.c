/* eval_arena.c: size-class allocator over one mapping. Blocks are never joined again: an evaluation is short, and the
 * limit is there to stop a profile, not to be used to the last byte. Knows nothing about Lua's objects. */
#include "lua/eval_arena.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN ((size_t)16)

int eval_arena_open(struct eval_arena *a)
{
	char *p =
		mmap(NULL, EVAL_ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*a = (struct eval_arena){ .next = p, .end = p + EVAL_ARENA_SIZE };
	return 0;
}

/* The class of a size that is not 0 and at most the arena's, and the size of that class's blocks. */
static unsigned class_of(size_t n, size_t *ret_size)
{
	unsigned c = EVAL_SMALL_CLASSES;
	size_t size = 2 * EVAL_SMALL_MAX;

	if (n <= EVAL_SMALL_MAX) {
		*ret_size = (n + EVAL_SMALL_STEP - 1) / EVAL_SMALL_STEP * EVAL_SMALL_STEP;
		return (unsigned)(*ret_size / EVAL_SMALL_STEP) - 1;
	}
	for (; size < n; size *= 2)
		c++;
	*ret_size = size;
	return c;
}

static void *take(struct eval_arena *a, size_t n)
{
	size_t size;
	unsigned c;
	void *p;

	if (n > EVAL_ARENA_SIZE)
		return NULL;
	c = class_of(n, &size);
	p = a->free_list[c];
	if (p) {
		memcpy(&a->free_list[c], p, sizeof(void *));
		return p;
	}
	if (size > (size_t)(a->end - a->next))
		return NULL;
	p = a->next;
	a->next += size;
	return p;
}

static void give_back(struct eval_arena *a, void *p, size_t n)
{
	size_t size;
	unsigned c = class_of(n, &size);

	memcpy(p, &a->free_list[c], sizeof(void *));
	a->free_list[c] = p;
}

void *eval_arena_lua(void *ud, void *p, size_t old_size, size_t new_size)
{
	struct eval_arena *a = ud;
	size_t have, want;
	void *q;

	if (new_size == 0) {
		if (p && old_size)
			give_back(a, p, old_size);
		return NULL;
	}
	if (!p || !old_size) /* without a block old_size is the kind of object */
		return take(a, new_size);
	if (new_size <= EVAL_ARENA_SIZE && class_of(old_size, &have) == class_of(new_size, &want))
		return p;
	q = take(a, new_size);
	if (!q) /* the caller keeps its block; a smaller size may be kept in a larger one */
		return new_size < old_size ? p : NULL;
	memcpy(q, p, old_size < new_size ? old_size : new_size);
	give_back(a, p, old_size);
	return q;
}

static struct eval_arena *current;

void eval_arena_set(struct eval_arena *a)
{
	current = a;
}

void *eval_arena_malloc(size_t n)
{
	size_t total = n + ALIGN;
	char *p;

	if (n > EVAL_ARENA_SIZE)
		return NULL;
	p = take(current, total);
	if (!p)
		return NULL;
	memcpy(p, &total, sizeof(total));
	return p + ALIGN;
}

void eval_arena_free(void *p)
{
	size_t total;

	if (!p)
		return;
	memcpy(&total, (char *)p - ALIGN, sizeof(total));
	give_back(current, (char *)p - ALIGN, total);
}
