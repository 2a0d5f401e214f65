/* cmd_look.c: `lunward status` and `logs`: whether a detached sandbox runs, what it printed. */
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

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static json_t *member(const struct lw_record *r, const char *key)
{
	json_t *v = json_object_get(r->data, key);
	return v ? json_incref(v) : json_null();
}

static int print_status(const struct cli *c, const struct lw_record *r, const char *state)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	const char *why = word(r->data, !strcmp(state, "failed") ? "error" : "status");
	json_t *exit = json_object_get(r->data, "code");
	char words[CLI_STATE_WORDS];
	if (cli_is_data(c))
		return cli_print_data(c, json_pack("{s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", r->id, "name",
						   member(r, "name"), "state", state, "ready", member(r, "ready"),
						   "health", member(r, "health"), "status", member(r, "status"), "code",
						   member(r, "code"), "error", member(r, "error")));
	lw_text_addf(&t, "%s: %s", word(r->data, "name"), cli_state_words(state, r->data, words));
	if (json_is_integer(exit))
		lw_text_addf(&t, " (%d)", (int)json_integer_value(exit));
	lw_text_addf(&t, "%s%s\n", *why ? ": " : "", why);
	return cli_print(&t);
}

/* 0 running or paused, 1 but unhealthy; 3 stopped, 4 none: the init scripts' codes. */
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
		const char *state = lw_record_state(&rec); /* which may read the record again */
		code = print_status(c, &rec, state);
		if (code == CLI_OK && strcmp(state, "running") != 0 && strcmp(state, "paused") != 0)
			code = 3;
		else if (code == CLI_OK && !strcmp(word(rec.data, "health"), "unhealthy"))
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
	if (cli_is_data(c)) {
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
