/* diff_keys.c: every other key of the schema, a row each where its sense is known: limits, hardening, rules of
 * Landlock, single switches. A key that has no row is told as changed when it is: a new one is never passed over in
 * silence. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "cpulist.h"
#include "diff.h"

enum sense {
	OTHER,     /* whether it is more or less cannot be said */
	NOTHING,   /* allows and forbids nothing */
	ELSEWHERE, /* told by other files of diff*.c, or by the keys below it */
	GRANTS,    /* true allows more; items of a list allow more */
	RESTRICTS, /* the other way round */
	ONLY,      /* a list of what is allowed, everything where it is not written */
	UP,        /* the more, the more */
	UP_OR_ALL, /* the same; 0 is no limit */
	DOWN,      /* the less, the more */
	CPUS,      /* a list of processors, NULL is all */
	CONFINES,  /* a label: written is less than not written */
};
static const struct {
	const char *key;
	enum sense sense;
} rows[] = {
	{ "name", NOTHING },
	{ "command", NOTHING },
	{ "cwd", NOTHING },
	{ "env", NOTHING },
	{ "inherit_env", NOTHING },
	{ "umask", NOTHING },
	{ "stdio", NOTHING },
	{ "hostname", NOTHING },
	{ "domainname", NOTHING },
	{ "labels", NOTHING },
	{ "log", NOTHING },
	{ "service.restart", NOTHING },
	{ "service.backoff", NOTHING },
	{ "service.burst", NOTHING },
	{ "service.ready", NOTHING },
	{ "service.ready_timeout", NOTHING },
	{ "service.health", NOTHING },
	{ "service.stop_signal", NOTHING },
	{ "service.stop_timeout", NOTHING },
	{ "service.after", NOTHING },
	{ "service.requires", NOTHING },
	{ "user", ELSEWHERE },
	{ "namespaces", ELSEWHERE },
	{ "ids", ELSEWHERE },
	{ "root", ELSEWHERE },
	{ "mounts", ELSEWHERE },
	{ "devices", ELSEWHERE },
	{ "masked_paths", ELSEWHERE },
	{ "readonly_paths", ELSEWHERE },
	{ "capabilities", ELSEWHERE },
	{ "privileged", ELSEWHERE },
	{ "seccomp", ELSEWHERE },
	{ "rlimits", ELSEWHERE },
	{ "network", ELSEWHERE },
	{ "secrets", ELSEWHERE },
	{ "no_new_privileges", RESTRICTS },
	{ "keyring", RESTRICTS },
	{ "allow_control_sockets", GRANTS },
	{ "oom_score_adj", DOWN },
	{ "nice", DOWN },
	{ "timeout", UP_OR_ALL },
	{ "apparmor", CONFINES },
	{ "selinux", CONFINES },
	{ "landlock.read", ONLY },
	{ "landlock.write", ONLY },
	{ "landlock.execute", ONLY },
	{ "landlock.connect_tcp", ONLY },
	{ "landlock.bind_tcp", ONLY },
	{ "landlock.scope", RESTRICTS },
	{ "landlock.required", NOTHING },
	{ "hardening.memory_deny_write_execute", RESTRICTS },
	{ "hardening.core_scheduling", RESTRICTS },
	{ "hardening.lock_personality", RESTRICTS },
	{ "hardening.time_stamp_counter", GRANTS },
	{ "hardening.disable_speculation", RESTRICTS },
	{ "hardening.secure_bits", RESTRICTS },
	{ "limits.pids", UP },
	{ "limits.memory", UP },
	{ "limits.swap", UP },
	{ "limits.cpus", UP_OR_ALL },
	{ "limits.memory_high", UP_OR_ALL },
	{ "limits.memory_low", UP },
	{ "limits.cpu_weight", UP },
	{ "limits.cpuset", CPUS },
	{ "limits.cpu_time", UP_OR_ALL },
};

static enum sense sense_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return rows[i].sense;
	return OTHER;
}

/* One key in both specs. */
struct both {
	const struct lw_diff_job *j;
	const struct lw_field *f;
	const char *key, *kind, *what;
	const struct lw_rec *rec[2];
};

static const void *at(const struct both *k, int side)
{
	return (const char *)k->rec[side] + k->f->offset;
}

static bool written(const struct both *k, int side, const struct lw_schema *sc)
{
	return lw_is_set(k->rec[side], (unsigned)(k->f - sc->fields));
}

static void add(const struct both *k, int sign, const char *a, const char *b)
{
	lw_diff_add(k->j, sign, k->kind, k->what, a, b);
}

static const struct lw_spec *spec_of(const struct both *k, int side)
{
	return (side ? k->j->b : k->j->a)->spec;
}

static const struct lw_host *host_of(const struct both *k, int side)
{
	return (side ? k->j->b : k->j->a)->host;
}

/* --- numbers --- */
static int64_t number(const struct both *k, int side)
{
	int64_t v = *(const int64_t *)at(k, side);
	if (v == 0 && strcmp(k->key, "limits.memory") == 0)
		return host_of(k, side)->memory_bytes / 2;
	if (v == 0 && strcmp(k->key, "limits.cpu_weight") == 0)
		return 100;
	return v;
}

static const char *number_text(const struct both *k, int side, int64_t v)
{
	char buf[LW_FORMAT_MAX];
	if (*(const int64_t *)at(k, side) == 0 && strcmp(k->key, "limits.memory") == 0)
		return "half of RAM";
	switch (k->f->kind) {
	case LW_K_SIZE:
		lw_format_size(v, buf, sizeof buf);
		break;
	case LW_K_DURATION:
		lw_format_duration(v, buf, sizeof buf);
		break;
	case LW_K_CPUS:
		lw_format_cpus(v, buf, sizeof buf);
		break;
	default:
		snprintf(buf, sizeof buf, "%" PRId64, v);
	}
	return lw_arena_strdup(k->j->arena, buf);
}

static void diff_number(const struct both *k, enum sense sense, const struct lw_schema *sc)
{
	int64_t v[2];
	const char *text[2];
	int sign;
	for (int i = 0; i < 2; i++) {
		bool none = sense == UP_OR_ALL && *(const int64_t *)at(k, i) == 0;
		v[i] = none ? INT64_MAX : number(k, i);
		text[i] = none ? "no limit" : number_text(k, i, v[i]);
		if (sense == DOWN && !written(k, i, sc))
			text[i] = "inherited";
	}
	sign = v[1] > v[0] ? LW_DIFF_MORE : v[1] < v[0] ? LW_DIFF_LESS : LW_DIFF_OTHER;
	if (sense == DOWN && written(k, 0, sc) != written(k, 1, sc))
		add(k, LW_DIFF_OTHER, text[0], text[1]);
	else if (v[0] != v[1])
		add(k, sense == DOWN ? -sign : sign, text[0], text[1]);
}

/* --- switches, lists --- */
static void diff_bool(const struct both *k, enum sense sense)
{
	const bool v[2] = { *(const bool *)at(k, 0), *(const bool *)at(k, 1) };
	if (v[0] != v[1])
		add(k, v[1] == (sense == GRANTS) ? LW_DIFF_MORE : LW_DIFF_LESS, v[0] ? "true" : "false",
		    v[1] ? "true" : "false");
}

/* With the host's network a scope that is not written stands for one. Beside a network of its own that is no loss. */
static const struct lw_strlist *list(const struct both *k, int side, const struct lw_schema *sc)
{
	static const char *scope[] = { "abstract_unix_socket" };
	static const struct lw_strlist implied = { 1, scope };
	bool host = spec_of(k, 0)->network.kind == LW_NET_HOST && spec_of(k, 1)->network.kind == LW_NET_HOST;
	return host && strcmp(k->key, "landlock.scope") == 0 && !written(k, side, sc) ? &implied : at(k, side);
}

static bool has(const struct lw_strlist *l, const char *word)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], word) == 0)
			return true;
	return false;
}

static const char *joined(const struct both *k, const struct lw_strlist *l)
{
	const char *text = l->n ? l->v[0] : "nothing";
	for (size_t i = 1; i < l->n; i++)
		text = lw_arena_printf(k->j->arena, "%s, %s", text, l->v[i]);
	return text;
}

static void diff_list(const struct both *k, enum sense sense, const struct lw_schema *sc)
{
	const struct lw_strlist *l[2] = { list(k, 0, sc), list(k, 1, sc) };
	if (sense == ONLY && written(k, 0, sc) != written(k, 1, sc)) {
		bool more = written(k, 0, sc);
		add(k, more ? LW_DIFF_MORE : LW_DIFF_LESS, more ? joined(k, l[0]) : "everything",
		    more ? "everything" : joined(k, l[1]));
		return;
	}
	for (int side = 0; side < 2; side++) {
		int sign = side == (sense != RESTRICTS) ? LW_DIFF_MORE : LW_DIFF_LESS;
		for (size_t i = 0; i < l[side]->n; i++)
			if (!has(l[!side], l[side]->v[i]))
				add(k, sign, side ? NULL : l[side]->v[i], side ? l[side]->v[i] : NULL);
	}
}

static void diff_cpus(const struct both *k)
{
	struct lw_cpulist *set[2] = { NULL, NULL };
	const char *text[2];
	for (int i = 0; i < 2; i++) {
		text[i] = *(const char *const *)at(k, i);
		set[i] = lw_arena_alloc(k->j->arena, sizeof *set[i]);
		if (!set[i])
			return;
		if (!text[i])
			memset(set[i], 0xff, sizeof *set[i]);
		else if (lw_cpulist_parse(text[i], set[i]) < 0)
			return; /* refused when it was read */
		text[i] = text[i] ? text[i] : "every processor";
	}
	bool more = lw_cpulist_missing(set[1], set[0]) >= 0, less = lw_cpulist_missing(set[0], set[1]) >= 0;
	if (more || less)
		add(k, more && less ? LW_DIFF_OTHER : more ? LW_DIFF_MORE : LW_DIFF_LESS, text[0], text[1]);
}

/* --- anything --- */

/* Where a record was written is no part of what it says. */
static void without_origins(json_t *v)
{
	const char *key;
	json_t *child;
	size_t i;
	json_object_del(v, "origin");
	json_object_foreach(v, key, child) without_origins(child);
	json_array_foreach(v, i, child) without_origins(child);
}

const char *lw_diff_value(const struct lw_diff_job *j, const struct lw_plan *p, const struct lw_field *f,
			  const void *rec)
{
	json_t *v = lw_field_to_json(p->spec, f, rec);
	without_origins(v);
	_cleanup_free_ char *dump = json_is_string(v) ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	const char *text = json_is_string(v) ? json_string_value(v) : dump;
	text = text ? lw_arena_strdup(j->arena, text) : "none";
	json_decref(v);
	return text;
}

static void diff_any(const struct both *k, enum sense sense, const struct lw_schema *sc)
{
	const char *text[2];
	int sign = LW_DIFF_OTHER;
	for (int i = 0; i < 2; i++)
		text[i] = sense == CONFINES && !written(k, i, sc)
				  ? "none"
				  : lw_diff_value(k->j, i ? k->j->b : k->j->a, k->f, k->rec[i]);
	if (sense == CONFINES && written(k, 0, sc) != written(k, 1, sc))
		sign = written(k, 0, sc) ? LW_DIFF_MORE : LW_DIFF_LESS;
	if (text[0] && text[1] && strcmp(text[0], text[1]) != 0)
		add(k, sign, text[0], text[1]);
}

static bool is_list(const struct lw_field *f)
{
	return f->kind == LW_K_STRLIST || f->kind == LW_K_PATHLIST;
}

static void diff_record(const struct lw_diff_job *j, const struct lw_schema *sc, const char *prefix, const char *kind,
			const void *a, const void *b);

static void diff_field(const struct both *k, const struct lw_schema *sc)
{
	enum sense sense = sense_of(k->key);
	switch (sense) {
	case NOTHING:
	case ELSEWHERE:
		return;
	case UP:
	case UP_OR_ALL:
	case DOWN:
		diff_number(k, sense, sc);
		return;
	case GRANTS:
	case RESTRICTS:
	case ONLY:
		if (is_list(k->f))
			diff_list(k, sense, sc);
		else
			diff_bool(k, sense);
		return;
	case CPUS:
		diff_cpus(k);
		return;
	case CONFINES:
		diff_any(k, sense, sc);
		return;
	case OTHER:
		break;
	}
	if (k->f->kind != LW_K_RECORD) {
		diff_any(k, sense, sc);
		return;
	}
	const char *kind = strcmp(k->key, "limits") == 0                                         ? "limit"
			   : strcmp(k->key, "landlock") == 0 || strcmp(k->key, "hardening") == 0 ? "hardening"
												 : k->kind;
	diff_record(k->j, k->f->rec, lw_arena_printf(k->j->arena, "%s.", k->key), kind, at(k, 0), at(k, 1));
}

static void diff_record(const struct lw_diff_job *j, const struct lw_schema *sc, const char *prefix, const char *kind,
			const void *a, const void *b)
{
	for (size_t i = 0; i < sc->n; i++) {
		struct both k = { .j = j, .f = &sc->fields[i], .kind = kind, .rec = { a, b } };
		k.key = lw_arena_printf(j->arena, "%s%s", prefix, k.f->key);
		if (!k.key)
			return;
		k.what = strcmp(kind, "limit") == 0 ? k.f->key : k.key;
		if (sense_of(k.key) == CONFINES)
			k.kind = "hardening";
		else if (strcmp(k.key, "timeout") == 0)
			k.kind = "limit";
		diff_field(&k, sc);
	}
}

/* --- rlimits: as planned, else the caller's --- */
static void rlimit(const struct lw_plan *p, int resource, int64_t v[2])
{
	v[0] = (int64_t)p->host->rlimits[resource].rlim_cur;
	v[1] = (int64_t)p->host->rlimits[resource].rlim_max;
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct lw_op *op = &p->ops[i];
		if ((op->kind != LW_OP_RLIMIT && op->kind != LW_OP_RLIMIT_RAISE) || op->num[0] != resource)
			continue;
		v[0] = op->num[1];
		v[1] = op->num[2];
	}
}

static const char *rlimit_text(const struct lw_diff_job *j, const int64_t v[2])
{
	const char *text[2];
	for (int i = 0; i < 2; i++)
		text[i] = v[i] < 0 ? "unlimited" : lw_arena_printf(j->arena, "%" PRId64, v[i]);
	return v[0] == v[1] ? text[0] : lw_arena_printf(j->arena, "%s:%s", text[0], text[1]);
}

static int compare(int64_t x, int64_t y)
{
	return (uint64_t)y > (uint64_t)x ? LW_DIFF_MORE : x == y ? LW_DIFF_OTHER : LW_DIFF_LESS;
}

static void diff_rlimits(const struct lw_diff_job *j)
{
	for (size_t i = 0; i < lw_rlimit_table.n; i++) {
		int64_t a[2], b[2];
		rlimit(j->a, (int)lw_rlimit_table.v[i].value, a);
		rlimit(j->b, (int)lw_rlimit_table.v[i].value, b);
		if (a[0] == b[0] && a[1] == b[1])
			continue;
		/* What may be had counts; what is had at first, where that is the same. */
		lw_diff_add(j, a[1] != b[1] ? compare(a[1], b[1]) : compare(a[0], b[0]), "rlimit",
			    lw_rlimit_table.v[i].name, rlimit_text(j, a), rlimit_text(j, b));
	}
}

void lw_diff_keys(const struct lw_diff_job *j)
{
	diff_record(j, &lw_sandbox_schema, "", "setting", j->a->spec, j->b->spec);
	diff_rlimits(j);
}
