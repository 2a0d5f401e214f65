/* cmd_look.c: `lunward ps`, `status` and `logs`: what detached sandboxes there are, whether one runs, what it printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "lua/cli/detached.h"
#include "supervise/log_file.h"

#define SHORT_ID 12

static json_t *member(const struct lw_record *r, const char *key)
{
	json_t *v = json_object_get(r->data, key);
	return v ? json_incref(v) : json_null();
}

static int collect(void *arg, struct lw_record *r)
{
	json_t *list = arg;
	const char *state = lw_record_state(r); /* which may read the record again */
	json_t *pid = json_object_get(json_object_get(r->data, "command"), "pid");
	return json_array_append_new(
		list, json_pack("{s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", r->id, "name", member(r, "name"), "state",
				state, "pid", pid && !strcmp(state, "running") ? json_incref(pid) : json_null(),
				"started_at", member(r, "started_at"), "profile", member(r, "profile"), "ready",
				member(r, "ready"), "health", member(r, "health")));
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* "running, unhealthy": what is worth a word beside the state. */
static const char *state_words(const char *state, const json_t *o, char *buf, size_t size)
{
	const char *health = word(o, "health");
	if (strcmp(state, "running") != 0)
		return state;
	if (json_is_false(json_object_get(o, "ready")))
		health = "not ready";
	if (!*health)
		return state;
	snprintf(buf, size, "%s, %s", state, health);
	return buf;
}

static int print_table(const json_t *list)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	size_t n = json_array_size(list), rows = n + 1;
	const char **cells = calloc(rows * 5, sizeof *cells);
	char(*text)[3][32] = calloc(rows, sizeof *text);
	if (cells && text) {
		const char *const head[] = { "ID", "NAME", "STATE", "PID", "STARTED" };
		memcpy(cells, head, sizeof head);
		for (size_t i = 0; i < n; i++) {
			const json_t *o = json_array_get(list, i), *pid = json_object_get(o, "pid");
			const char **row = cells + (i + 1) * 5;
			snprintf(text[i][0], sizeof text[i][0], "%.*s", SHORT_ID, word(o, "id"));
			snprintf(text[i][1], sizeof text[i][1], json_is_integer(pid) ? "%d" : "-",
				 (int)json_integer_value(pid));
			row[0] = text[i][0];
			row[1] = word(o, "name");
			row[2] = state_words(word(o, "state"), o, text[i][2], sizeof text[i][2]);
			row[3] = text[i][1];
			row[4] = word(o, "started_at");
		}
		cli_table(&t, cells, rows, 5);
	} else {
		t.failed = true;
	}
	int code = cli_print(&t);
	free(cells);
	free(text);
	return code;
}

int cli_cmd_ps(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	int code, r = cli_probe(c, &job, &err);
	if (r < 0) {
		code = cli_fail(&err);
	} else {
		json_t *all = json_array(), *list = json_array(), *o;
		size_t i;
		lw_record_each(job.host->state_fd, collect, all);
		json_array_foreach(all, i, o)
		{
			const char *state = word(o, "state");
			if (c->all || !strcmp(state, "running") || !strcmp(state, "created"))
				json_array_append(list, o);
		}
		json_decref(all);
		if (c->format == CLI_JSON) {
			code = cli_print_json(list);
		} else {
			code = print_table(list);
			json_decref(list);
		}
	}
	cli_job_done(&job);
	return code;
}

/* 0 running, 1 but unhealthy; 3 stopped, 4 none: the init scripts' codes. */
int cli_cmd_status(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	int code, r = cli_find_sandbox(c, &job, &rec, &err);
	if (r == -ENOENT && c->n_words == 1) {
		cli_fail(&err);
		code = 4;
	} else if (r < 0) {
		code = cli_fail(&err);
	} else {
		_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
		const char *state = lw_record_state(&rec); /* which may read the record again */
		const char *why = word(rec.data, "status"), *health = word(rec.data, "health");
		json_t *exit = json_object_get(rec.data, "code");
		char words[64];
		if (!strcmp(state, "failed"))
			why = word(rec.data, "error");
		lw_text_addf(&t, "%s: %s", word(rec.data, "name"), state_words(state, rec.data, words, sizeof words));
		if (json_is_integer(exit))
			lw_text_addf(&t, " (%d)", (int)json_integer_value(exit));
		lw_text_addf(&t, "%s%s\n", *why ? ": " : "", why);
		code = cli_print(&t);
		if (code == CLI_OK && strcmp(state, "running") != 0)
			code = 3;
		else if (code == CLI_OK && !strcmp(health, "unhealthy"))
			code = CLI_NO;
	}
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}

/* --- logs --- */

static void print_line(const struct cli *c, char *line)
{
	json_auto_t *o = json_loads(line, 0, NULL);
	if (c->format == CLI_JSON) {
		(void)!lw_write_full(STDOUT_FILENO, line, strlen(line));
		(void)!lw_write_full(STDOUT_FILENO, "\n", 1);
		return;
	}
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	if (c->timestamps)
		lw_text_addf(&t, "%s ", word(o, "time"));
	lw_text_addf(&t, "%s%s", word(o, "text"), json_is_true(json_object_get(o, "partial")) ? "" : "\n");
	if (!t.failed)
		(void)!lw_write_full(strcmp(word(o, "stream"), "stderr") ? STDOUT_FILENO : STDERR_FILENO, t.buf, t.len);
}

/* From *at on, whole lines. */
static void print_file(const struct cli *c, int dir, const char *name, off_t *at)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_size < *at) /* renamed meanwhile: a new one */
		*at = 0;
	if (lseek(fd, *at, SEEK_SET) < 0 || lw_read_all(fd, (size_t)CLI_LOG_MAX, &text, &n) < 0)
		return;
	for (char *p = text, *end; (end = strchr(p, '\n')); p = end + 1) {
		*end = 0;
		print_line(c, p);
		*at += end + 1 - p;
	}
}

int cli_cmd_logs(struct cli *c)
{
	struct lw_err err = { 0 };
	struct cli_job job = { 0 };
	struct lw_record rec;
	off_t old = 0, at = 0;
	int r = cli_find_sandbox(c, &job, &rec, &err);
	if (r >= 0) {
		print_file(c, rec.dir, CLI_LOG_OLD, &old);
		bool more = true;
		do {
			more = c->follow && lw_record_supervised(&rec);
			print_file(c, rec.dir, CLI_LOG, &at);
			if (more)
				nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
		} while (more);
	}
	int code = r < 0 ? cli_fail(&err) : CLI_OK;
	lw_record_done(&rec);
	cli_job_done(&job);
	return code;
}
