/* format.c: what programs read: JSON, JSON lines, or a Lua chunk that returns the same. The only place that knows how.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "lua/cli/cli.h"
#include "schema.h"

bool cli_is_data(const struct cli *c)
{
	return c->format == CLI_JSON || c->format == CLI_JSONL || c->format == CLI_LUA;
}

static json_t *with_version(json_t *o)
{
	if (!json_is_object(o) || json_object_get(o, "schema_version"))
		return o;
	json_t *first = json_pack("{s:i}", "schema_version", LW_SCHEMA_VERSION);
	json_object_update(first, o);
	json_decref(o);
	return first;
}

static void add_json(struct lw_text *t, const json_t *o, size_t flags)
{
	_cleanup_free_ char *s = json_dumps(o, flags | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	t->failed = t->failed || !s;
	lw_text_add(t, s ? s : "");
	lw_text_add(t, "\n");
}

/* --- Lua --- */

static bool is_name(const char *s)
{
	static const char *const words[] = { "and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
					     "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
					     "repeat",   "return", "then", "true", "until",  "while" };
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(s, words[i]))
			return false;
	return *s && !s[strspn(s, characters)] && !strchr("0123456789", *s);
}

static void add_lua_string(struct lw_text *t, const char *s, size_t n)
{
	lw_text_add(t, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			lw_text_addf(t, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			lw_text_addf(t, "\\%03u", c);
		else
			lw_text_addn(t, s + i, 1);
	}
	lw_text_add(t, "\"");
}

static void add_number(struct lw_text *t, const json_t *o)
{
	char buf[40];
	if (json_is_integer(o)) {
		int64_t n = json_integer_value(o);
		/* As a decimal word the least integer would be a negated float. */
		lw_text_addf(t, n == INT64_MIN ? "0x%" PRIx64 : "%" PRId64, n);
		return;
	}
	snprintf(buf, sizeof buf, "%.15g", json_real_value(o));
	lw_text_addf(t, strpbrk(buf, ".e") ? "%s" : "%s.0", buf);
}

static void add_lua(struct lw_text *t, json_t *o, int depth)
{
	const char *key;
	json_t *value;
	size_t i;
	if (json_is_string(o)) {
		add_lua_string(t, json_string_value(o), json_string_length(o));
	} else if (json_is_number(o)) {
		add_number(t, o);
	} else if (json_is_boolean(o) || json_is_null(o)) {
		lw_text_add(t, json_is_null(o) ? "nil" : json_is_true(o) ? "true" : "false");
	} else if (!json_array_size(o) && !json_object_size(o)) {
		lw_text_add(t, "{}");
	} else if (json_is_array(o)) {
		lw_text_add(t, "{\n");
		json_array_foreach(o, i, value)
		{
			lw_text_addf(t, "%*s", 2 * depth + 2, "");
			add_lua(t, value, depth + 1);
			lw_text_add(t, ",\n");
		}
		lw_text_addf(t, "%*s}", 2 * depth, "");
	} else {
		lw_text_add(t, "{\n");
		json_object_foreach(o, key, value)
		{
			lw_text_addf(t, "%*s", 2 * depth + 2, "");
			if (is_name(key)) {
				lw_text_add(t, key);
			} else {
				lw_text_add(t, "[");
				add_lua_string(t, key, strlen(key));
				lw_text_add(t, "]");
			}
			lw_text_add(t, " = ");
			add_lua(t, value, depth + 1);
			lw_text_add(t, ",\n");
		}
		lw_text_addf(t, "%*s}", 2 * depth, "");
	}
}

int cli_stream_begin(const struct cli *c, json_t **ret_list, struct lw_err *err)
{
	*ret_list = NULL;
	if (c->format != CLI_LUA)
		return 0;
	if (c->follow) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "--format lua is one value, and -f has no end");
		lw_err_hint(err, "--format jsonl");
		return -EINVAL;
	}
	*ret_list = json_array();
	return *ret_list ? 0 : lw_fail(err, -ENOMEM, "out of memory");
}

void cli_stream_item(struct lw_text *t, json_t *list, json_t *o)
{
	if (list)
		json_array_append(list, o);
	else
		add_json(t, o, JSON_COMPACT);
}

int cli_print_data(const struct cli *c, json_t *o)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_t *item;
	size_t i;
	o = with_version(o);
	if (c->format == CLI_LUA) {
		lw_text_add(&t, "return ");
		add_lua(&t, o, 0);
		lw_text_add(&t, "\n");
	} else if (c->format == CLI_JSONL && json_is_array(o)) {
		json_array_foreach(o, i, item) add_json(&t, item, JSON_COMPACT);
	} else {
		add_json(&t, o, c->format == CLI_JSONL ? JSON_COMPACT : LW_JSON_DUMP_FLAGS);
	}
	json_decref(o);
	return cli_print(&t);
}
