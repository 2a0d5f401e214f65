/* scan.c: a lexer for Lua 5.4 and a walk over its table constructors. A brace opens a constructor wherever it stands in
 * Lua, so brackets and block words are all the grammar that is needed. Knows nothing about profiles. */
#include "lua/scan.h"
#include <stdbool.h>
#include <string.h>
#include "base/cleanup.h"

enum kind { END, NAME, STRING, NUMBER, PUNCT };

struct lexer {
	const char *s;
	size_t n, pos;
	uint32_t line;
};
struct token {
	enum kind kind;
	uint32_t at, len; /* a string's contents; else the token */
	uint32_t line;
	char c;     /* PUNCT: its character; two-character operators that matter here have 0 */
	bool plain; /* STRING without escapes */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static char peek(const struct lexer *l, size_t ahead)
{
	return ahead < l->n - l->pos ? l->s[l->pos + ahead] : '\0';
}

/* Past one line end; "\r\n" and "\n\r" are one, as in Lua. */
static void newline(struct lexer *l)
{
	char first = l->s[l->pos++], second = peek(l, 0);

	if ((second == '\n' || second == '\r') && second != first)
		l->pos++;
	l->line++;
}

/* At '[': the number of '=' of a long bracket plus 1, or 0 when it is none. */
static size_t long_bracket(const struct lexer *l)
{
	size_t level = 1;

	while (peek(l, level) == '=')
		level++;
	return peek(l, level) == '[' ? level : 0;
}

/* At the opening long bracket of this level: to behind the closing one. */
static void skip_long(struct lexer *l, size_t level, struct token *t)
{
	l->pos += level + 1;
	if (peek(l, 0) == '\r' || peek(l, 0) == '\n')
		newline(l);
	t->at = (uint32_t)l->pos;
	while (l->pos < l->n) {
		char c = l->s[l->pos];

		if (c == '\n' || c == '\r') {
			newline(l);
		} else if (c == ']') {
			size_t i = 1;

			while (i < level && peek(l, i) == '=')
				i++;
			if (i == level && peek(l, i) == ']') {
				t->len = (uint32_t)l->pos - t->at;
				l->pos += level + 1;
				return;
			}
			l->pos++;
		} else {
			l->pos++;
		}
	}
	t->len = (uint32_t)l->pos - t->at;
}

static void skip_string(struct lexer *l, struct token *t)
{
	char quote = l->s[l->pos++];

	t->at = (uint32_t)l->pos;
	t->plain = true;
	while (l->pos < l->n) {
		char c = l->s[l->pos];

		if (c == quote || c == '\n' || c == '\r')
			break;
		l->pos++;
		if (c != '\\' || l->pos >= l->n)
			continue;
		t->plain = false;
		c = l->s[l->pos];
		if (c == 'z') {
			l->pos++;
			while (l->pos < l->n && strchr(" \t\v\f\r\n", l->s[l->pos]) && l->s[l->pos]) {
				if (l->s[l->pos] == '\n' || l->s[l->pos] == '\r')
					newline(l);
				else
					l->pos++;
			}
		} else if (c == '\n' || c == '\r') {
			newline(l);
		} else {
			l->pos++;
		}
	}
	t->len = (uint32_t)l->pos - t->at;
	if (l->pos < l->n && l->s[l->pos] == quote)
		l->pos++;
}

static void skip_number(struct lexer *l)
{
	bool hex = peek(l, 0) == '0' && (peek(l, 1) | 0x20) == 'x';

	while (l->pos < l->n) {
		char c = l->s[l->pos], low = (char)(c | 0x20);

		if (low == (hex ? 'p' : 'e') && (peek(l, 1) == '+' || peek(l, 1) == '-'))
			l->pos += 2;
		else if (is_name(c) || c == '.')
			l->pos++;
		else
			break;
	}
}

/* White space, comments. */
static void skip_blank(struct lexer *l)
{
	while (l->pos < l->n) {
		char c = l->s[l->pos];

		if (c == '\n' || c == '\r') {
			newline(l);
		} else if (c == ' ' || c == '\t' || c == '\v' || c == '\f') {
			l->pos++;
		} else if (c == '-' && peek(l, 1) == '-') {
			struct token ignored;
			size_t level;

			l->pos += 2;
			level = peek(l, 0) == '[' ? long_bracket(l) : 0;
			if (level)
				skip_long(l, level, &ignored);
			else
				while (l->pos < l->n && l->s[l->pos] != '\n' && l->s[l->pos] != '\r')
					l->pos++;
		} else {
			break;
		}
	}
}

static struct token next(struct lexer *l)
{
	struct token t = { .kind = END };
	char c;

	skip_blank(l);
	t.line = l->line;
	t.at = (uint32_t)l->pos;
	if (l->pos >= l->n)
		return t;
	c = l->s[l->pos];
	if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
		t.kind = NUMBER;
		skip_number(l);
	} else if (is_name(c)) {
		t.kind = NAME;
		while (l->pos < l->n && is_name(l->s[l->pos]))
			l->pos++;
	} else if (c == '"' || c == '\'') {
		t.kind = STRING;
		skip_string(l, &t);
		return t;
	} else if (c == '[' && long_bracket(l)) {
		t.kind = STRING;
		t.plain = true;
		skip_long(l, long_bracket(l), &t);
		return t;
	} else {
		/* "==", "~=", "<=", ">=" must not look like "=". */
		bool two = peek(l, 1) == '=' && strchr("=~<>", c) && c;

		t.kind = PUNCT;
		t.c = two ? '\0' : c;
		l->pos += two ? 2 : 1;
	}
	t.len = (uint32_t)l->pos - t.at;
	return t;
}

static bool is_word(const struct lexer *l, const struct token *t, const char *word)
{
	return t->kind == NAME && t->len == strlen(word) && !memcmp(l->s + t->at, word, t->len);
}

static bool is_punct(const struct token *t, char c)
{
	return t->kind == PUNCT && t->c == c;
}

/* Lua itself refuses deeper nesting (LUAI_MAXCCALLS is 200). */
#define DEPTH_MAX 256

/* One open bracket or block. */
struct frame {
	char close; /* the character that ends it; 'e' for a block, ended by `end` or `until` */
	bool start; /* a table, and a field may start here */
	uint32_t table, items, field;
};
struct walker {
	struct lexer l;
	const struct scan_walk *w;
	struct token before[2]; /* the tokens before the current one, latest first */
	uint32_t tables, fields;
	size_t depth;
	struct frame frames[DEPTH_MAX];
};

static bool push(struct walker *k, char close)
{
	if (k->depth == DEPTH_MAX)
		return false;
	k->frames[k->depth++] = (struct frame){ .close = close, .table = SCAN_NONE, .field = SCAN_NONE };
	return true;
}

static int open_table(struct walker *k, const struct token *brace)
{
	const struct token *b = k->before;
	struct scan_table t = { .field = SCAN_NONE, .line = brace->line, .head = brace->line };
	struct frame *f;
	int r = 0;

	if (b[0].kind == NAME)
		t.head = b[0].line;
	else if (b[0].kind == STRING && b[1].kind == NAME)
		t.head = b[1].line;
	if (k->depth && k->frames[k->depth - 1].table != SCAN_NONE)
		t.field = k->frames[k->depth - 1].field;
	if (!push(k, '}'))
		return -1;
	f = &k->frames[k->depth - 1];
	f->table = k->tables++;
	f->start = true;
	if (k->w->table)
		r = k->w->table(k->w->arg, f->table, &t);
	return r;
}

/* At the first token of a field: what is it? Looks ahead on a copy of the lexer. */
static int start_field(struct walker *k, struct frame *f, const struct token *t)
{
	struct lexer ahead = k->l;
	struct scan_field field = { .table = f->table, .index = SCAN_NONE, .line = t->line };
	struct token a = next(&ahead);

	f->start = false;
	if (t->kind == NAME && is_punct(&a, '=')) {
		field.at = t->at;
		field.len = t->len;
	} else if (is_punct(t, '[')) {
		struct token b = next(&ahead), c = next(&ahead);

		if (a.kind == STRING && a.plain && is_punct(&b, ']') && is_punct(&c, '=')) {
			field.at = a.at;
			field.len = a.len;
		}
	} else if (is_word(&k->l, t, "false") && (is_punct(&a, ',') || is_punct(&a, ';') || is_punct(&a, '}'))) {
		f->field = SCAN_NONE;
		return 0;
	} else {
		field.index = f->items++;
	}
	f->field = k->fields++;
	return k->w->field ? k->w->field(k->w->arg, f->field, &field) : 0;
}

/* Closes the innermost frame when `close` ends it; anything else is not Lua, and the walk ends. */
static bool pop(struct walker *k, char close)
{
	if (!k->depth || k->frames[k->depth - 1].close != close)
		return false;
	k->depth--;
	return true;
}

static int step(struct walker *k, const struct token *t)
{
	static const char *const openers[] = { "function", "if", "do", "repeat" };
	struct frame *top = k->depth ? &k->frames[k->depth - 1] : NULL;

	if (top && top->start && !is_punct(t, '}')) {
		int r = start_field(k, top, t);

		if (r)
			return r;
	}
	if (t->kind == NAME) {
		for (size_t i = 0; i < ARRAY_LEN(openers); i++)
			if (is_word(&k->l, t, openers[i]))
				return push(k, 'e') ? 0 : -1;
		if (is_word(&k->l, t, "end") || is_word(&k->l, t, "until"))
			return pop(k, 'e') ? 0 : -1;
	}
	if (t->kind != PUNCT)
		return 0;
	switch (t->c) {
	case '{':
		return open_table(k, t);
	case '(':
		return push(k, ')') ? 0 : -1;
	case '[':
		return push(k, ']') ? 0 : -1;
	case '}':
	case ')':
	case ']':
		return pop(k, t->c) ? 0 : -1;
	case ',':
	case ';':
		if (top && top->close == '}')
			top->start = true;
		return 0;
	default:
		return 0;
	}
}

int scan_walk(const char *text, size_t n, const struct scan_walk *w)
{
	struct walker k = { .l = { .s = text, .n = n, .line = 1 }, .w = w };

	if (n >= UINT32_MAX)
		return 0;
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		k.l.pos = 3;
	if (peek(&k.l, 0) == '#')
		while (k.l.pos < n && text[k.l.pos] != '\n')
			k.l.pos++;
	for (struct token t = next(&k.l); t.kind != END; t = next(&k.l)) {
		int r = step(&k, &t);

		if (r)
			return r < 0 ? 0 : r;
		k.before[1] = k.before[0];
		k.before[0] = t;
	}
	return 0;
}

size_t scan_slots(const char *text, size_t n)
{
	size_t keys = 4, slots = 1;

	for (const char *p = text; (p = memchr(p, '=', n - (size_t)(p - text))) != NULL; p++)
		keys++;
	while (slots < 2 * keys)
		slots *= 2;
	return slots;
}

struct duplicates {
	const char *text;
	struct scan_slot *slots;
	size_t mask;
	struct scan_duplicate *ret;
};

static int seen(void *arg, uint32_t number, const struct scan_field *f)
{
	struct duplicates *d = arg;
	uint32_t h = 2166136261u ^ f->table;

	(void)number;
	if (!f->len)
		return 0;
	for (uint32_t i = 0; i < f->len; i++)
		h = (h ^ (unsigned char)d->text[f->at + i]) * 16777619u;
	for (size_t i = h & d->mask;; i = (i + 1) & d->mask) {
		struct scan_slot *s = &d->slots[i];

		if (!s->len) {
			*s = (struct scan_slot){ f->table, f->at, f->len, f->line };
			return 0;
		}
		if (s->table == f->table && s->len == f->len && !memcmp(d->text + s->at, d->text + f->at, f->len)) {
			*d->ret = (struct scan_duplicate){ d->text + f->at, f->len, f->line, s->line };
			return 1;
		}
	}
}

int scan_duplicate(const char *text, size_t n, struct scan_slot *slots, size_t n_slots, struct scan_duplicate *ret)
{
	struct duplicates d = { .text = text, .slots = slots, .mask = n_slots - 1, .ret = ret };
	struct scan_walk w = { .field = seen, .arg = &d };

	return scan_walk(text, n, &w);
}
