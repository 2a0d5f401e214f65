/* print.c: what the command says and how: whole texts in one write, errors as one line, tables for people, JSON for
 * programs. It knows nothing of what is said. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/cli/cli.h"

int cli_print(const struct lw_text *t)
{
	if (t->failed) {
		cli_warn("out of memory");
		return CLI_FAILED;
	}
	int r = lw_write_full(STDOUT_FILENO, t->buf ? t->buf : "", t->len);
	if (r < 0) {
		cli_warn("standard output: %s", strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

static json_t *plain_string(const char *s)
{
	char *copy = strdup(s);
	for (char *at = copy; at && *at;) {
		uint32_t c;
		size_t n = lw_utf8_decode(at, &c);
		if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			n = n ? n : 1;
			memset(at, '?', n);
		}
		at += n;
	}
	json_t *ret = copy ? json_string(copy) : NULL;
	free(copy);
	return ret;
}

json_t *cli_plain(const json_t *o)
{
	json_t *ret, *value;
	const char *key;
	size_t i;
	if (json_is_string(o))
		return plain_string(json_string_value(o));
	if (json_is_array(o)) {
		ret = json_array();
		json_array_foreach(o, i, value) json_array_append_new(ret, cli_plain(value));
		return ret;
	}
	if (!json_is_object(o))
		return json_copy((json_t *)(uintptr_t)o);
	ret = json_object();
	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		json_t *name = plain_string(key);
		json_object_set_new(ret, name ? json_string_value(name) : "?", cli_plain(value));
		json_decref(name);
	}
	return ret;
}

int cli_exit_code(const struct lw_err *err)
{
	switch (err->cls) {
	case LW_ERR_NOT_FOUND:
		return CLI_NOT_FOUND;
	case LW_ERR_NOT_EXECUTABLE:
		return CLI_NOT_EXECUTABLE;
	case LW_ERR_TIMEOUT:
		return CLI_TIMEOUT;
	case LW_ERR_SETUP:
	case LW_ERR_USAGE:
	case LW_ERR_POLICY:
		break;
	}
	return CLI_FAILED;
}

int cli_fail(struct lw_err *err)
{
	char line[sizeof(struct lw_err) + 64];
	if (err->file[0] && err->path[0])
		lw_eval_locate_key(err);
	lw_err_format(err, line, sizeof line);
	cli_warn("%s", line);
	return cli_exit_code(err);
}

void cli_warn(const char *fmt, ...)
{
	char line[2048] = "lunward: ";
	size_t n = strlen(line);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	n = strlen(line);
	line[n++] = '\n';
	/* Nobody is left to hear about a standard error that cannot be written. */
	(void)!lw_write_full(STDERR_FILENO, line, n);
}

json_t *cli_err_json(const struct lw_err *err)
{
	json_t *o = json_object();
	json_object_set_new(o, "file", err->file[0] ? json_string(err->file) : json_null());
	json_object_set_new(o, "line", err->line ? json_integer(err->line) : json_null());
	json_object_set_new(o, "path", err->path[0] ? json_string(err->path) : json_null());
	json_object_set_new(o, "message", json_string(err->msg));
	json_object_set_new(o, "hint", err->hint[0] ? json_string(err->hint) : json_null());
	return o;
}

/* Columns on a terminal, near enough: one for each character, none for a byte that continues one. */
static size_t columns(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void cli_table(struct lw_text *t, const char *const *cells, size_t n_rows, size_t n_cols)
{
	_cleanup_free_ size_t *width = calloc(n_cols ? n_cols : 1, sizeof *width);
	if (!width) {
		t->failed = true;
		return;
	}
	for (size_t i = 0; i < n_rows * n_cols; i++) {
		size_t w = columns(cells[i]);
		width[i % n_cols] = w > width[i % n_cols] ? w : width[i % n_cols];
	}
	for (size_t r = 0; r < n_rows; r++) {
		const char *const *row = cells + r * n_cols;
		size_t used = n_cols;
		while (used > 1 && !*row[used - 1])
			used--;
		for (size_t c = 0; c < used; c++) {
			lw_text_add(t, row[c]);
			if (c + 1 < used)
				lw_text_addf(t, "%*s", (int)(width[c] - columns(row[c]) + 2), "");
		}
		lw_text_add(t, "\n");
	}
}

void cli_wrap(struct lw_text *t, unsigned indent, const char *text)
{
	size_t at = 0;
	while (*text) {
		size_t n = strcspn(text, " "), w = columns(text) - columns(text + n);
		if (at == 0) {
			lw_text_addf(t, "%*s", (int)indent, "");
			at = indent;
		} else if (at + 1 + w > 80) {
			lw_text_addf(t, "\n%*s", (int)indent, "");
			at = indent;
		} else {
			lw_text_add(t, " ");
			at++;
		}
		lw_text_addn(t, text, n);
		at += w;
		text += n + strspn(text + n, " ");
	}
	lw_text_add(t, "\n");
}

bool cli_color(const struct cli *c)
{
	const char *no = getenv("NO_COLOR");
	return !c->no_color && !(no && *no) && isatty(STDOUT_FILENO);
}
