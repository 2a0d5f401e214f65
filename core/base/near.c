/* near.c: which known name a mistyped word most likely meant. Only error paths come here; the words may come from an
 * enemy, so their length is bounded and the distance is computed in a few hundred bytes of stack. */
#include "base/text.h"
#include <string.h>

#define WORD_MAX 63

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned lw_edit_distance(const char *a, const char *b, unsigned max)
{
	size_t n = strnlen(a, WORD_MAX + 1), m = strnlen(b, WORD_MAX + 1);
	if (n > WORD_MAX || m > WORD_MAX || (n > m ? n - m : m - n) > max)
		return max + 1;
	/* Three rows of the usual matrix; the oldest is needed for transposed neighbours. */
	unsigned rows[3][WORD_MAX + 1];
	unsigned *older = rows[0], *old = rows[1], *row = rows[2];
	for (size_t j = 0; j <= m; j++)
		old[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned least = row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min2(old[j - 1] + (a[i - 1] != b[j - 1]), min2(old[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min2(row[j], older[j - 2] + 1);
			least = min2(least, row[j]);
		}
		/* A transposition reaches back two rows, but never gains more than one. */
		if (least > max && least - max > 1)
			return max + 1;
		unsigned *spare = older;
		older = old;
		old = row;
		row = spare;
	}
	return min2(old[m], max + 1);
}

/* False when s does not fit. */
static bool fold(char dst[WORD_MAX + 1], const char *s)
{
	size_t n = strnlen(s, WORD_MAX + 1);
	if (n > WORD_MAX)
		return false;
	for (size_t i = 0; i <= n; i++)
		dst[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	return true;
}

void lw_near_offer(struct lw_near *near, const char *name)
{
	char word[WORD_MAX + 1], other[WORD_MAX + 1];
	if (!fold(word, near->word) || !fold(other, name) || !word[0])
		return;
	unsigned len = (unsigned)strlen(word), limit = 1 + len / 4;
	unsigned score = lw_edit_distance(word, other, limit);
	/* Something of the word must remain: every two one-letter words are one edit apart. */
	if (score > limit || score >= len) {
		if (len < 2 || strncmp(word, other, len) != 0)
			return;
		score = WORD_MAX + (unsigned)strlen(other);
	}
	if (!near->best || score < near->score) {
		near->best = name;
		near->score = score;
	}
}

const char *lw_nearest(const char *word, const char *const *names, size_t n)
{
	struct lw_near near = { .word = word };
	for (size_t i = 0; i < n; i++)
		lw_near_offer(&near, names[i]);
	return near.best;
}
