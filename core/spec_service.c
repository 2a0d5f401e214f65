/* spec_service.c: values of `service` and `log` that a row cannot say: a word, a number or a table; addresses; signals;
 * one name or several. Each reader has its writer beside it; the rules among them come last. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "listen.h"
#include "spec_codec.h"
#include "tables/foreign_keys.h"

#define SECOND INT64_C(1000000)
#define AT(type, rec, f) ((type *)(void *)((char *)(rec) + (f)->offset))
#define AT_CONST(type, rec, f) ((const type *)(const void *)((const char *)(rec) + (f)->offset))

void lw_service_defaults(struct lw_service *v)
{
	v->backoff.first = SECOND / 10;
	v->backoff.max = 60 * SECOND;
	v->burst.count = 5;
	v->burst.interval = 60 * SECOND;
	v->ready_timeout = 90 * SECOND;
	v->health.interval = 30 * SECOND;
	v->health.timeout = 5 * SECOND;
	v->health.retries = 3;
	v->stop_signal = SIGTERM;
	v->stop_timeout = 10 * SECOND;
}

/* A word of another tool gets ours; any other the nearest. */
static int unknown_word(const struct lw_field *f, const char *word, const char *near, struct lw_err *err)
{
	const char *ours = lw_foreign_key(f->key, word);

	lw_codec_unknown(err, f->key, word, ours ? NULL : near);
	if (ours)
		lw_err_hint(err, "write %s", ours);
	else if (!near)
		lw_err_hint(err, "write %s", f->form);
	return -EINVAL;
}

static bool whole_string(const json_t *v)
{
	return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v);
}

/* --- restart, stop_signal --- */
int lw_read_restart(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	const char *word = json_is_true(v) ? "true" : json_is_false(v) ? "false" : json_string_value(v);
	int64_t value;

	(void)s;
	if (!json_is_boolean(v) && !whole_string(v))
		return lw_codec_mismatch(f, v, err);
	value = lw_names_value(f->names, word);
	if (value < 0) {
		if (lw_case_skip(word, "on-failure:")) {
			lw_codec_unknown(err, f->key, word, NULL);
			lw_err_hint(err, "write restart = \"on-failure\", burst = %.20s", word + strlen("on-failure:"));
			return -EINVAL;
		}
		return unknown_word(f, word, lw_names_nearest(f->names, word), err);
	}
	*AT(int, rec, f) = (int)value;
	return 0;
}

json_t *lw_write_restart(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	(void)s;
	return json_string(lw_names_name(f->names, *AT_CONST(int, rec, f)));
}

int lw_read_signal(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	int64_t n = -1;

	(void)s;
	if (json_is_number(v)) {
		int r = lw_codec_int(f, v, 1, SIGRTMAX, &n, err);
		if (r < 0)
			return r;
	} else if (!whole_string(v)) {
		return lw_codec_mismatch(f, v, err);
	} else if ((n = lw_names_value(f->names, json_string_value(v))) < 0) {
		return lw_codec_unknown(err, "signal", json_string_value(v),
					lw_names_nearest(f->names, json_string_value(v)));
	}
	*AT(int64_t, rec, f) = n;
	return 0;
}

json_t *lw_write_signal(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const char *name = lw_names_name(f->names, *AT_CONST(int64_t, rec, f));

	(void)s;
	return name ? json_string(name) : json_integer(*AT_CONST(int64_t, rec, f));
}

/* --- backoff, burst: the first key alone, or a table --- */
static json_t *as_table(const struct lw_schema *sc, const json_t *v)
{
	return json_is_string(v) || json_is_number(v) ? json_pack("{s:O}", sc->fields[0].key, v)
						      : json_incref((json_t *)v);
}

static int read_short(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_rec *at = AT(struct lw_rec, rec, f);
	bool one = json_is_string(v) || json_is_number(v);
	json_auto_t *table = as_table(f->rec, v);
	int r;

	at->origin = ((const struct lw_rec *)rec)->origin;
	if (!table)
		return lw_codec_nomem(err);
	if (!lw_codec_is_table(table))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_record(s, f->rec, table, at, err);
	/* The key that nobody wrote is not the mistake's. */
	if (r < 0 && one && err && !strcmp(err->path, f->rec->fields[0].key))
		err->path[0] = '\0';
	return r;
}

static json_t *write_short(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_rec *at = AT_CONST(struct lw_rec, rec, f);
	struct lw_origin outer = ((const struct lw_rec *)rec)->origin;

	if (at->set == 1 && lw_codec_same_origin(at->origin, outer))
		return lw_field_to_json(s, &f->rec->fields[0], at);
	return lw_codec_write_record(s, f->rec, at, outer);
}

int lw_read_backoff(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	return read_short(s, f, v, rec, err);
}
json_t *lw_write_backoff(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	return write_short(s, f, rec);
}
int lw_read_burst(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	return read_short(s, f, v, rec, err);
}
json_t *lw_write_burst(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	return write_short(s, f, rec);
}

/* --- probes --- */
int lw_read_tcp(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_probe *p = AT(struct lw_probe, rec, f);
	struct lw_endpoint e;
	const char *text, *colon;
	int r;

	if (!json_is_string(v) && !json_is_number(v))
		return lw_codec_mismatch(f, v, err);
	r = lw_codec_text(s, f, v, &text, err);
	if (r < 0)
		return r;
	if (lw_endpoint_parse(text, &e) < 0 || e.path) {
		lw_codec_fail(err, "expected %s, not \"%.80s\"", f->form, text);
		lw_err_hint(err, "80, \"10.88.0.5:80\" or \"[::1]:80\"; names are not looked up");
		return -EINVAL;
	}
	colon = strrchr(text, ':');
	p->port = ntohs(e.at.in.sin_port);
	p->address = !colon         ? "127.0.0.1"
		     : *text == '[' ? lw_arena_strndup(s->arena, text + 1, (size_t)(colon - text) - 2)
				    : lw_arena_strndup(s->arena, text, (size_t)(colon - text));
	return p->address ? 0 : lw_codec_nomem(err);
}

json_t *lw_write_tcp(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_probe *p = AT_CONST(struct lw_probe, rec, f);

	(void)s;
	if (!p->address)
		return NULL;
	if (!strcmp(p->address, "127.0.0.1"))
		return json_integer(p->port);
	return json_sprintf(strchr(p->address, ':') ? "[%s]:%d" : "%s:%d", p->address, (int)p->port);
}

/* The one question among the first rows of the table; which, by its row. */
static int take_question(struct lw_probe *p, uint64_t asked, bool with_log, struct lw_err *err)
{
	static const int kinds[] = { LW_PROBE_TCP, LW_PROBE_EXEC, LW_PROBE_FILE, LW_PROBE_LOG };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (asked >> i & 1) {
			p->kind = kinds[i];
			n++;
		}
	if (n != 1) {
		lw_codec_fail(err, n ? "more than one question: which?" : "asks nothing");
		lw_err_hint(err, with_log ? "one of tcp, exec, file and log" : "one of tcp, exec and file");
		return -EINVAL;
	}
	if (p->kind == LW_PROBE_EXEC && !p->exec.n) {
		lw_codec_fail(err, "no command");
		lw_codec_in(err, "exec");
		return -EINVAL;
	}
	return 0;
}

int lw_probe_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_probe *p = rec;

	(void)s;
	return take_question(p, p->rec.set & 15, true, err);
}

int lw_health_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_health *h = rec;

	(void)s;
	h->probe.rec.origin = h->rec.origin;
	return take_question(&h->probe, h->rec.set & 7, false, err);
}

/* What is looked for in lines, as they come. */
int lw_check_log_text(const char *v, struct lw_err *err)
{
	if (!*v)
		return lw_codec_fail(err, "must not be empty");
	if (strlen(v) > LW_READY_LOG_MAX)
		return lw_codec_fail(err, "longer than %d bytes", LW_READY_LOG_MAX);
	return strchr(v, '\n') ? lw_codec_fail(err, "one line holds no newline") : 0;
}

static const struct lw_name ready_words[] = {
	{ "started", LW_PROBE_STARTED },
	{ "notify", LW_PROBE_NOTIFY },
};
static const struct lw_names ready_table = { ready_words, ARRAY_LEN(ready_words), NULL };

int lw_read_ready(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_probe *p = AT(struct lw_probe, rec, f);
	int64_t word;

	p->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_is_object(v))
		return lw_codec_record(s, f->rec, v, p, err);
	if (!whole_string(v))
		return lw_codec_mismatch(f, v, err);
	word = lw_names_value(&ready_table, json_string_value(v));
	if (word < 0)
		return unknown_word(f, json_string_value(v), lw_names_nearest(&ready_table, json_string_value(v)), err);
	p->kind = (int)word;
	return 0;
}

json_t *lw_write_ready(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_probe *p = AT_CONST(struct lw_probe, rec, f);
	const char *word = lw_names_name(&ready_table, p->kind);

	return word ? json_string(word) : lw_codec_write_record(s, f->rec, p, ((const struct lw_rec *)rec)->origin);
}

/* --- after, requires --- */
int lw_read_names(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	json_auto_t *list = json_is_string(v) ? json_pack("[O]", v) : json_incref((json_t *)v);
	int r = list ? lw_codec_strlist(s, f, list, AT(struct lw_strlist, rec, f), err) : lw_codec_nomem(err);

	if (r < 0 && json_is_string(v) && err)
		err->path[0] = '\0'; /* not "[0]": nobody wrote a list */
	return r;
}

json_t *lw_write_names(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	(void)s;
	return lw_codec_write_strlist(AT_CONST(struct lw_strlist, rec, f));
}

/* --- listen --- */
int lw_check_fd_name(const char *v, struct lw_err *err)
{
	size_t n = strlen(v);

	for (size_t i = 0; i < n; i++)
		if (v[i] == ':' || v[i] < ' ' || v[i] > '~')
			n = 0;
	if (n == 0 || n > 255)
		return lw_codec_fail(err, "not a name for LISTEN_FDNAMES: \"%.80s\"", v);
	return 0;
}

int lw_listen_finish(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_listen *l = rec;
	struct lw_endpoint e;

	(void)s;
	if (!l->address == !l->inherit) {
		lw_codec_fail(err, l->address ? "an address and an inherited socket: which?"
					      : "needs an address, or an inherited socket");
		lw_err_hint(err, "write { address = \"127.0.0.1:8080\" } or { inherit = \"NAME\" }");
		return -EINVAL;
	}
	if (!l->backlog)
		l->backlog = 4096;
	if (!(l->rec.set >> LW_LISTEN_KEY_MODE & 1))
		l->mode = 0666;
	if (l->address && lw_endpoint_parse(l->address, &e) < 0) {
		lw_codec_fail(err, "not an address to listen on: \"%.80s\"", l->address);
		lw_err_hint(err, "8080, \"127.0.0.1:8080\", \"[::1]:80\" or \"/run/x.sock\"; names are not looked up");
		lw_codec_in(err, "address");
		return -EINVAL;
	}
	return 0;
}

/* 8080, "127.0.0.1:53/udp", "/run/x.sock", "inherit". */
static json_t *listen_table(const json_t *v)
{
	if (json_is_integer(v))
		return json_pack("{s:o}", "address", json_sprintf("%lld", (long long)json_integer_value(v)));
	if (json_is_real(v) && json_real_value(v) == (double)(int)json_real_value(v))
		return json_pack("{s:o}", "address", json_sprintf("%d", (int)json_real_value(v)));
	if (!whole_string(v))
		return json_incref((json_t *)v);
	const char *text = json_string_value(v), *slash = *text == '/' ? NULL : strchr(text, '/');
	if (!strcmp(text, "inherit"))
		return json_pack("{s:s}", "inherit", "*");
	if (slash && (!strcmp(slash, "/udp") || !strcmp(slash, "/tcp")))
		return json_pack("{s:s%,s:b}", "address", text, (size_t)(slash - text), "datagram", slash[1] == 'u');
	return json_pack("{s:s}", "address", text);
}

int lw_read_listens(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	json_auto_t *list = json_is_string(v) || json_is_number(v) ? json_pack("[O]", v) : json_incref((json_t *)v);
	struct lw_listens *at = AT(struct lw_listens, rec, f), l = { 0 };

	if (!list)
		return lw_codec_nomem(err);
	if (!lw_codec_is_list(list))
		return lw_codec_mismatch(f, v, err);
	l.n = json_array_size(list);
	if (l.n > (size_t)f->max)
		return lw_codec_fail(err, "%zu entries; at most %lld are allowed", l.n, (long long)f->max);
	l.v = lw_arena_array(s->arena, l.n, sizeof *l.v);
	if (!l.v)
		return lw_codec_nomem(err);
	for (size_t i = 0; i < l.n; i++) {
		json_auto_t *one = listen_table(json_array_get(list, i));
		l.v[i].rec.origin = ((const struct lw_rec *)rec)->origin;
		int r = one ? lw_codec_record(s, f->rec, one, &l.v[i], err) : lw_codec_nomem(err);
		if (r < 0) {
			lw_codec_at_index(err, i);
			return r;
		}
	}
	*at = l;
	return 0;
}

json_t *lw_write_listens(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_listens *l = AT_CONST(struct lw_listens, rec, f);
	json_t *list = json_array();

	for (size_t i = 0; list && i < l->n; i++)
		if (json_array_append_new(list, lw_codec_write_record(s, f->rec, &l->v[i],
								      ((const struct lw_rec *)rec)->origin)) < 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* --- log --- */
static const struct lw_name log_words[] = {
	{ "inherit", LW_LOG_INHERIT }, { "file", LW_LOG_FILE }, { "journal", LW_LOG_JOURNAL },
	{ "syslog", LW_LOG_SYSLOG },   { "none", LW_LOG_NONE },
};
static const struct lw_names log_table = { log_words, ARRAY_LEN(log_words), NULL };

int lw_read_log(struct lw_spec *s, const struct lw_field *f, const json_t *v, void *rec, struct lw_err *err)
{
	struct lw_log *l = AT(struct lw_log, rec, f);
	int64_t word;

	l->rec.origin = ((const struct lw_rec *)rec)->origin;
	if (json_is_object(v))
		return lw_codec_record(s, f->rec, v, l, err);
	if (!whole_string(v))
		return lw_codec_mismatch(f, v, err);
	word = lw_names_value(&log_table, json_string_value(v));
	if (word < 0)
		return unknown_word(f, json_string_value(v), lw_names_nearest(&log_table, json_string_value(v)), err);
	l->kind = (int)word;
	return 0;
}

json_t *lw_write_log(const struct lw_spec *s, const struct lw_field *f, const void *rec)
{
	const struct lw_log *l = AT_CONST(struct lw_log, rec, f);

	if (!l->rec.set)
		return json_string(lw_names_name(&log_table, l->kind));
	return lw_codec_write_record(s, f->rec, l, ((const struct lw_rec *)rec)->origin);
}

/* --- what they must be to each other --- */
static int broken(struct lw_err *err, const struct lw_rec *at, const char *path)
{
	lw_codec_in(err, path);
	lw_err_at(err, at->origin);
	return -EINVAL;
}

static int check_names(const struct lw_spec *s, const struct lw_strlist *l, const char *path, struct lw_err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s->name)) {
			lw_codec_fail(err, "\"%s\" would wait for itself", s->name);
			return broken(err, &s->service.rec, path);
		}
	return 0;
}

static int check_listens(const struct lw_service *v, struct lw_err *err)
{
	char path[40];

	for (size_t i = 0; i < v->listen.n; i++)
		for (size_t k = 0; k < i && v->listen.v[i].address; k++) {
			const struct lw_listen *a = &v->listen.v[i], *b = &v->listen.v[k];
			if (!b->address || strcmp(a->address, b->address) != 0 || a->datagram != b->datagram)
				continue;
			lw_codec_fail(err, "\"%.120s\" is listen[%zu] too", a->address, k);
			snprintf(path, sizeof path, "service.listen[%zu]", i);
			return broken(err, &a->rec, path);
		}
	return 0;
}

int lw_check_service(const struct lw_spec *s, struct lw_err *err)
{
	const struct lw_service *v = &s->service;

	if (!v->rec.set)
		return 0;
	if (v->backoff.first > v->backoff.max) {
		lw_codec_fail(err, "the first pause is longer than the longest, max");
		return broken(err, &v->backoff.rec, "service.backoff");
	}
	if (v->health.probe.kind != LW_PROBE_STARTED && (!v->health.interval || !v->health.timeout)) {
		lw_codec_fail(err, "must not be 0");
		return broken(err, &v->health.rec,
			      v->health.interval ? "service.health.timeout" : "service.health.interval");
	}
	if (lw_is_set(&s->rec, LW_KEY_SELINUX) &&
	    (v->ready.kind == LW_PROBE_EXEC || v->health.probe.kind == LW_PROBE_EXEC)) {
		lw_codec_fail(err, "a sandbox with SELinux labels takes no further command");
		lw_err_hint(err, "ask with tcp or file");
		return broken(err, &v->rec,
			      v->ready.kind == LW_PROBE_EXEC ? "service.ready.exec" : "service.health.exec");
	}
	int r = check_names(s, &v->after, "service.after", err);
	if (r >= 0)
		r = check_names(s, &v->requires, "service.requires", err);
	return r < 0 ? r : check_listens(v, err);
}
