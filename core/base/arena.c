/* arena.c: chunks of zeroed memory that are only ever freed together. Under AddressSanitizer every allocation is a
 * chunk of its own, so that one byte too far is seen. It knows nothing of what is kept in it. */
#include "base/arena.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_CHUNK 0
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_CHUNK 0
#endif
#ifndef ARENA_CHUNK
/* A whole spec of a usual profile fits; small enough for malloc to serve from its heap. */
#define ARENA_CHUNK 8000
#endif

struct chunk {
	struct chunk *next;
	alignas(max_align_t) unsigned char data[];
};

struct lw_arena {
	struct chunk *chunks;
	unsigned char *at, *end; /* free part of the newest shared chunk */
	bool failed;
};

struct lw_arena *lw_arena_new(void)
{
	return calloc(1, sizeof(struct lw_arena));
}

struct lw_arena *lw_arena_free(struct lw_arena *a)
{
	if (!a)
		return NULL;
	for (struct chunk *c = a->chunks; c;) {
		struct chunk *next = c->next;
		free(c);
		c = next;
	}
	free(a);
	return NULL;
}

static unsigned char *chunk_new(struct lw_arena *a, size_t size)
{
	struct chunk *c = size < SIZE_MAX - sizeof(*c) ? calloc(1, sizeof(*c) + size) : NULL;
	if (!c) {
		a->failed = true;
		return NULL;
	}
	c->next = a->chunks;
	a->chunks = c;
	return c->data;
}

void *lw_arena_alloc(struct lw_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	if (size == 0)
		size = 1;
	/* What would waste a good part of a chunk gets its own; the shared chunk stays in use. */
	if (size > ARENA_CHUNK / 4)
		return chunk_new(a, size);
	size = (size + align - 1) / align * align;
	if ((size_t)(a->end - a->at) < size) {
		unsigned char *p = chunk_new(a, ARENA_CHUNK);
		if (!p)
			return NULL;
		a->at = p;
		a->end = p + ARENA_CHUNK;
	}
	void *p = a->at;
	a->at += size;
	return p;
}

void *lw_arena_array(struct lw_arena *a, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total)) {
		a->failed = true;
		return NULL;
	}
	return lw_arena_alloc(a, total);
}

void *lw_arena_memdup(struct lw_arena *a, const void *p, size_t n)
{
	void *copy = lw_arena_alloc(a, n);
	if (copy && n)
		memcpy(copy, p, n);
	return copy;
}

char *lw_arena_strndup(struct lw_arena *a, const char *s, size_t n)
{
	if (!s)
		return NULL;
	n = strnlen(s, n);
	char *p = lw_arena_alloc(a, n + 1);
	if (p)
		memcpy(p, s, n);
	return p;
}

char *lw_arena_strdup(struct lw_arena *a, const char *s)
{
	return s ? lw_arena_memdup(a, s, strlen(s) + 1) : NULL;
}

char *lw_arena_printf(struct lw_arena *a, const char *fmt, ...)
{
	char tmp[256];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(tmp, sizeof(tmp), fmt, ap);
	char *p = NULL;
	if (n < 0)
		a->failed = true;
	else if ((size_t)n < sizeof(tmp))
		p = lw_arena_memdup(a, tmp, (size_t)n + 1);
	else if ((p = lw_arena_alloc(a, (size_t)n + 1)))
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

bool lw_arena_failed(const struct lw_arena *a)
{
	return a->failed;
}
