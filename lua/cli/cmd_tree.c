/* cmd_tree.c: `lunward tree`: sandboxes with their processes. What a process calls itself is hostile: on a terminal
 * nothing of it acts, and no name ends a line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "box/box.h"
#include "lua/cli/detached.h"

#define ARGUMENTS_MAX 4096

/* Its command line as a list; what is no UTF-8 is U+FFFD. NULL: it has none (a zombie), or shows none. */
static json_t *arguments(pid_t pid)
{
	char path[48];
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	size_t n = 0;
	if (lw_read_file(path, (size_t)1 << 20, &text, &n) < 0 || !n)
		return NULL;
	json_t *list = json_array();
	n = n < ARGUMENTS_MAX ? n : ARGUMENTS_MAX;
	for (size_t at = 0; at < n; at += strnlen(text + at, n - at) + 1) {
		_cleanup_(lw_text_done_p) struct lw_text quoted = { 0 };
		_cleanup_free_ char *one = strndup(text + at, n - at);
		lw_text_add_json(&quoted, one ? one : "");
		json_array_append_new(list,
				      quoted.failed ? json_string("?") : json_loads(quoted.buf, JSON_DECODE_ANY, NULL));
	}
	return list;
}

static json_t *safe_string(const char *s)
{
	_cleanup_(lw_text_done_p) struct lw_text quoted = { 0 };
	lw_text_add_json(&quoted, s);
	json_t *o = quoted.failed ? NULL : json_loads(quoted.buf, JSON_DECODE_ANY, NULL);
	return o ? o : json_string("?");
}

static json_t *process_json(const struct lw_process *p)
{
	char state[2] = { p->state, 0 };
	json_t *args = arguments(p->pid);
	return json_pack("{s:i,s:i,s:s,s:I,s:o,s:o}", "pid", (int)p->pid, "parent_pid", (int)p->parent, "state", state,
			 "threads", (json_int_t)p->threads, "name", safe_string(p->name), "arguments",
			 args ? args : json_null());
}

static json_t *sandbox_json(struct lw_record *r)
{
	_cleanup_free_ struct lw_process *v = NULL;
	size_t n = 0;
	json_t *list = json_array();
	const char *state = lw_record_state(r); /* which may read the record again */
	if (lw_record_runs(r) && lw_record_processes(r, &v, &n) < 0)
		n = 0;
	json_t *name = json_object_get(r->data, "name");
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, process_json(&v[i]));
	return json_pack("{s:s,s:o,s:s,s:o}", "id", r->id, "name", name ? json_incref(name) : json_null(), "state",
			 state, "processes", list);
}

/* --- for people --- */

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void add_process(struct lw_text *t, const json_t *p)
{
	json_t *args = json_object_get(p, "arguments"), *arg;
	size_t i;
	lw_text_addf(t, "%d", (int)number(p, "pid"));
	if (!json_array_size(args))
		lw_text_addf(t, " [%s]", json_string_value(json_object_get(p, "name")));
	json_array_foreach(args, i, arg) lw_text_addf(t, " %s", json_string_value(arg));
	if (number(p, "threads") > 1)
		lw_text_addf(t, " (%d threads)", (int)number(p, "threads"));
	const char *state = json_string_value(json_object_get(p, "state"));
	if (state && *state == 'Z')
		lw_text_add(t, " (ended)");
	lw_text_add(t, "\n");
}

static bool is_listed(const json_t *list, json_int_t pid)
{
	size_t i;
	json_t *p;
	json_array_foreach((json_t *)(uintptr_t)list, i, p) if (number(p, "pid") == pid) return true;
	return false;
}

/* A child of `parent`; with 0, of nobody who is in the list. */
static bool comes_of(const json_t *list, const json_t *p, json_int_t parent)
{
	json_int_t its = number(p, "parent_pid");
	return parent ? its == parent : !is_listed(list, its);
}

static void add_children(struct lw_text *t, const json_t *list, json_int_t parent, const char *indent, unsigned depth)
{
	json_t *p;
	size_t i, left = 0;
	json_array_foreach((json_t *)(uintptr_t)list, i, p) left += comes_of(list, p, parent);
	json_array_foreach((json_t *)(uintptr_t)list, i, p)
	{
		char deeper[512];
		if (!comes_of(list, p, parent))
			continue;
		left--;
		lw_text_addf(t, "%s%s", indent, left ? "├─" : "└─");
		add_process(t, p);
		snprintf(deeper, sizeof deeper, "%s%s", indent, left ? "│ " : "  ");
		if (depth < 100)
			add_children(t, list, number(p, "pid"), deeper, depth + 1);
	}
}

static int print_tree(json_t *all)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	json_auto_t *plain = cli_plain(all);
	json_t *o;
	size_t i;
	json_array_foreach(plain, i, o)
	{
		const char *name = json_string_value(json_object_get(o, "name"));
		lw_text_addf(&t, "%s %.12s %s\n", name ? name : "?", json_string_value(json_object_get(o, "id")),
			     json_string_value(json_object_get(o, "state")));
		add_children(&t, json_object_get(o, "processes"), 0, "", 0);
	}
	return cli_print(&t);
}

int cli_cmd_tree(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record *records = NULL;
	size_t n = 0;
	int missing = CLI_OK, code, r = cli_find_some(c, &job, &records, &n, &missing, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		json_t *all = json_array();
		for (size_t i = 0; i < n; i++)
			json_array_append_new(all, sandbox_json(&records[i]));
		if (cli_is_data(c)) {
			code = cli_print_data(c, all);
		} else {
			code = print_tree(all);
			json_decref(all);
		}
	}
	for (size_t i = 0; i < n; i++)
		lw_record_done(&records[i]);
	free(records);
	cli_job_done(&job);
	return code == CLI_OK ? missing : code;
}
