/* libc.c: the few functions of libc that the sources of a warm launch call: memory, strings and numbers here, system
 * calls in libc_sys.c. No thread pointer, no start-up, no relocation. Linked into the warm object alone, whose symbols
 * nobody else sees (link.sh); the full program never runs any of this. Semantics are POSIX's as far as those callers
 * go.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "sys.h"

/* --- memory: a stack of blocks, since its users free in reverse; what is large has pages of its own --- */

#define ARENA ((size_t)128 * 1024)
#define LARGE ((size_t)16 * 1024)
static char arena[ARENA] __attribute__((aligned(16)));
static struct block {
	size_t n;       /* bytes asked for */
	uint32_t below; /* where the block under this one begins */
	uint32_t freed;
} * top; /* the last one in the arena */
static size_t used;
_Static_assert(sizeof(struct block) == 16, "blocks stay aligned");

static void *out_of_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t n)
{
	struct block *b;
	if (n > SIZE_MAX / 4)
		return out_of_memory();
	size_t take = (n + sizeof *b + 15) & ~(size_t)15;
	if (n >= LARGE) {
		long at = SYS(mmap, NULL, take, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at < 0 && at > -4096)
			return out_of_memory();
		b = (struct block *)at;
		b->n = n;
		return b + 1;
	}
	if (take > ARENA - used)
		return out_of_memory();
	b = (struct block *)(void *)(arena + used);
	*b = (struct block){ .n = n, .below = top ? (uint32_t)((char *)top - arena) : 0 };
	top = b;
	used += take;
	return b + 1;
}

void free(void *p)
{
	struct block *b = p;
	if (!p)
		return;
	b--;
	if (b->n >= LARGE) {
		SYS(munmap, b, (b->n + sizeof *b + 15) & ~(size_t)15);
		return;
	}
	b->freed = 1;
	while (top && top->freed) {
		used = (size_t)((char *)top - arena);
		top = used ? (struct block *)(void *)(arena + top->below) : NULL;
	}
}

void *calloc(size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return out_of_memory();
	void *p = malloc(n * size);
	return p ? memset(p, 0, n * size) : NULL;
}

void *realloc(void *old, size_t n)
{
	void *p = malloc(n);
	if (!p || !old)
		return p;
	size_t had = ((struct block *)old)[-1].n;
	memcpy(p, old, had < n ? had : n);
	free(old);
	return p;
}

/* --- bytes and strings --- */

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *r = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return r;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;
	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (n--)
		t[n] = f[n];
	return to;
}

void *memset(void *p, int c, size_t n)
{
	void *at = p;
	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(c) : "memory");
	return p;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *p, int c, size_t n)
{
	for (const unsigned char *s = p; n; n--, s++)
		if (*s == (unsigned char)c)
			return (void *)(uintptr_t)s;
	return NULL;
}

void *memrchr(const void *p, int c, size_t n)
{
	const unsigned char *s = p;
	while (n--)
		if (s[n] == (unsigned char)c)
			return (void *)(uintptr_t)(s + n);
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	return memrchr(s, c, strlen(s) + 1);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

size_t strcspn(const char *s, const char *stop)
{
	size_t n = 0;
	while (s[n] && !strchr(stop, s[n]))
		n++;
	return n;
}

char *strstr(const char *s, const char *what)
{
	for (size_t n = strlen(what); *s || !n; s++)
		if (!strncmp(s, what, n))
			return (char *)(uintptr_t)s;
	return NULL;
}

char *strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = malloc(n);
	return p ? memcpy(p, s, n) : NULL;
}

/* Nobody reads the words of a warm launch: the full program finds its own. */
char *strerror(int code)
{
	static char none[] = "";
	(void)code;
	return none;
}

/* Decimal, with no overflow: the callers read process ids that the kernel printed. */
long strtol(const char *restrict s, char **restrict end, int base)
{
	long v = 0;
	bool minus = *s == '-';
	(void)base;
	const char *p = s + minus;
	for (; *p >= '0' && *p <= '9' && v < 1L << 40; p++)
		v = v * 10 + (*p - '0');
	if (end)
		*end = (char *)(uintptr_t)(p == s + minus ? s : p);
	return minus ? -v : v;
}

struct out {
	char *buf;
	size_t n, max;
};

static void out_char(struct out *o, char c)
{
	if (o->n < o->max)
		o->buf[o->n] = c;
	o->n++;
}

static void out_number(struct out *o, unsigned long long v, unsigned base, int width, char pad)
{
	char digits[24];
	int n = 0;
	do
		digits[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	for (; width > n; width--)
		out_char(o, pad);
	while (n)
		out_char(o, digits[--n]);
}

static void out_string(struct out *o, const char *s, int max)
{
	for (; max && *s; s++, max--)
		out_char(o, *s);
}

static unsigned long long argument(va_list *ap, int longs, bool is_signed)
{
	if (longs)
		return va_arg(*ap, unsigned long long);
	unsigned v = va_arg(*ap, unsigned);
	return is_signed ? (unsigned long long)(long long)(int)v : v;
}

/* %s %.*s %c %d %u %o %x %% with l, ll, z, a width and a leading 0. */
int vsnprintf(char *restrict buf, size_t max, const char *restrict f, va_list args)
{
	struct out o = { buf, 0, max };
	va_list ap;
	va_copy(ap, args);
	for (; *f; f++) {
		int width = 0, precision = -1, longs = 0;
		char pad = ' ';
		if (*f != '%') {
			out_char(&o, *f);
			continue;
		}
		if (*++f == '0')
			pad = *f++;
		for (; *f >= '0' && *f <= '9'; f++)
			width = width * 10 + (*f - '0');
		if (*f == '.' && f[1] == '*') {
			precision = va_arg(ap, int);
			f += 2;
		}
		for (; *f == 'l' || *f == 'z'; f++)
			longs++;
		if (*f == 's') {
			out_string(&o, va_arg(ap, const char *), precision);
		} else if (*f == 'c') {
			out_char(&o, (char)va_arg(ap, int));
		} else if (*f == 'd') {
			long long v = (long long)argument(&ap, longs, true);
			if (v < 0)
				out_char(&o, '-');
			out_number(&o, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v, 10, width, pad);
		} else if (*f == 'u' || *f == 'x' || *f == 'o') {
			unsigned base = *f == 'u' ? 10 : *f == 'x' ? 16 : 8;
			out_number(&o, argument(&ap, longs, false), base, width, pad);
		} else {
			out_char(&o, *f);
		}
	}
	va_end(ap);
	if (max)
		buf[o.n < max ? o.n : max - 1] = '\0';
	return (int)o.n;
}

int snprintf(char *restrict buf, size_t max, const char *restrict f, ...)
{
	va_list ap;
	va_start(ap, f);
	int n = vsnprintf(buf, max, f, ap);
	va_end(ap);
	return n;
}
