/* arena.h: bump allocation; a spec or a plan lives in one arena and goes with one free.
 * Allocations never fail in part: on ENOMEM the arena remembers it (lw_arena_failed) and hands out NULL. */
#ifndef LW_BASE_ARENA_H
#define LW_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct lw_arena;

struct lw_arena *lw_arena_new(void);
struct lw_arena *lw_arena_free(struct lw_arena *a);              /* returns NULL; NULL is fine */
void *lw_arena_alloc(struct lw_arena *a, size_t size);           /* zeroed, aligned for any type; NULL on ENOMEM */
void *lw_arena_array(struct lw_arena *a, size_t n, size_t size); /* overflow-checked; n == 0 gives a valid pointer */
char *lw_arena_strdup(struct lw_arena *a, const char *s);        /* NULL stays NULL */
char *lw_arena_strndup(struct lw_arena *a, const char *s, size_t n);
void *lw_arena_memdup(struct lw_arena *a, const void *p, size_t n);
char *lw_arena_printf(struct lw_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool lw_arena_failed(const struct lw_arena *a);

#endif
