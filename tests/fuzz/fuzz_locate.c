/* fuzz_locate.c: the reader of Lua source that finds lines and duplicate keys. The first line of the input is the key
 * path, the rest the source; every table's line is tried. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "lua/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_MAX_LEN 127 /* as in struct lw_err */
#define LINES_TRIED 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *eol = size ? memchr(data, '\n', size) : NULL;
	size_t n_path = eol ? (size_t)(eol - data) : 0, n, slots, lines = 1;
	struct scan_duplicate d;
	struct scan_slot *v;
	char path[PATH_MAX_LEN + 1], *text;

	if (n_path > PATH_MAX_LEN)
		n_path = PATH_MAX_LEN;
	if (n_path)
		memcpy(path, data, n_path);
	path[n_path] = '\0';
	n = size - (eol ? n_path + 1 : 0);
	/* Exactly as large as the source, so that one byte too far is seen. */
	text = malloc(n ? n : 1);
	if (!text)
		return 0;
	if (n)
		memcpy(text, data + size - n, n);
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n' || text[i] == '\r';
	for (uint32_t line = 1; line <= LINES_TRIED; line++)
		assert(scan_locate(text, n, line, path) <= lines);
	slots = scan_slots(text, n);
	v = calloc(slots, sizeof(*v));
	if (v && scan_duplicate(text, n, v, slots, &d)) {
		assert(d.len && d.key >= text && d.key + d.len <= text + n);
		assert(d.first_line <= d.line && d.line <= lines);
	}
	free(v);
	free(text);
	return 0;
}
