/* eval.c: the parent's side of evaluating a profile: clones the limited child before anything else, reads files for
 * it, holds it to a deadline, and turns its answer into one raw spec. Everything the child sends is an enemy's: sizes
 * are bounded by its type of frame, text is made safe before a terminal sees it, JSON is decoded by the schema. */
#include "lua/eval.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "lua/eval_cache.h"
#include "lua/eval_child.h"
#include "lua/search.h"
#include "schema.h"
#include "seccomp_oci.h"

struct evaluation {
	const struct lw_eval_options *o;
	struct lw_arena *arena;
	int fd;
	pid_t pid; /* 0: none, or reaped */
	int64_t deadline;
	size_t printed;
	unsigned includes;
	bool keep; /* the answer may be kept under key, with the files it included */
	uint8_t key[32];
	struct eval_dep *deps;
	uint32_t n_deps;
};

static int no_memory(struct lw_err *err)
{
	return lw_fail(err, -ENOMEM, "out of memory");
}

/* Ends the child when `force`, and takes its exit status. */
static int reap(struct evaluation *e, bool force)
{
	int status = 0;

	if (!e->pid)
		return 0;
	if (force)
		kill(e->pid, SIGKILL);
	while (waitpid(e->pid, &status, 0) < 0 && errno == EINTR)
		;
	e->pid = 0;
	return status;
}

static void evaluation_done(struct evaluation *e)
{
	reap(e, true);
	if (e->fd >= 0)
		close(e->fd);
	free(e->deps);
	lw_arena_free(e->arena);
}

/* jansson would open /dev/urandom for its seed, which the child may not and the parent need not: the kernel has put
 * random bytes into every process. A seed set before stays. */
static void seed_json(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	size_t seed = 0;

	if (random)
		memcpy(&seed, random, sizeof(seed));
	json_object_seed(seed ? seed : 1);
}

static int start(struct evaluation *e, struct lw_err *err)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return lw_fail(err, -errno, "cannot start the evaluation of a profile: socketpair: %s",
			       strerrordesc_np(errno));
	e->deadline = eval_now() + EVAL_WALL_USEC;
	e->pid = fork();
	if (e->pid == 0)
		eval_child_run(sv[1], e->o);
	e->fd = sv[0];
	close(sv[1]);
	if (e->pid < 0) {
		e->pid = 0;
		return lw_fail(err, -errno, "cannot start the evaluation of a profile: fork: %s",
			       strerrordesc_np(errno));
	}
	return 0;
}

static int fail_profile(const struct evaluation *e, int code, const char *what, struct lw_err *err)
{
	lw_fail_as(err, LW_ERR_POLICY, code, "%s", what);
	lw_err_at(err, (struct lw_origin){ e->o->profile, 0 });
	return code;
}

/* The channel broke: says why. */
static int fail_channel(struct evaluation *e, int r, struct lw_err *err)
{
	int status;

	if (r == -ETIMEDOUT) {
		reap(e, true);
		return fail_profile(e, r, "profile did not finish within 10 s", err);
	}
	if (r != -EPIPE) {
		reap(e, true);
		return lw_fail(err, r, "evaluation of the profile: %s", strerrordesc_np(-r));
	}
	status = reap(e, false);
	if (WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return fail_profile(e, -ETIME, "profile used more than 1 s of processor time", err);
	if (WIFSIGNALED(status))
		return lw_fail(err, r, "the evaluation of the profile was ended by signal %s",
			       sigabbrev_np(WTERMSIG(status)));
	return lw_fail(err, r, "the evaluation of the profile ended without an answer");
}

static int send_source(struct evaluation *e, const struct profile_text *p)
{
	struct eval_source head = { (uint32_t)strlen(p->name), (uint32_t)strlen(p->dir), (uint32_t)p->n };
	size_t size = sizeof(head) + head.name + head.dir + head.text;
	_cleanup_free_ char *buf = malloc(size);
	char *at = buf;

	if (!buf)
		return -ENOMEM;
	at = mempcpy(at, &head, sizeof(head));
	at = mempcpy(at, p->name, head.name);
	at = mempcpy(at, p->dir, head.dir);
	memcpy(at, p->text, head.text);
	return eval_parent_send(e->fd, EVAL_SOURCE, buf, size, e->deadline);
}

static int remember(struct evaluation *e, const char *name, const struct profile_text *p)
{
	if (!e->keep)
		return 0;
	struct eval_dep *deps = realloc(e->deps, (e->n_deps + 1) * sizeof(*deps));
	if (!deps)
		return -ENOMEM;
	e->deps = deps;
	eval_cache_dep(name, p, &deps[e->n_deps++]);
	return 0;
}

static int serve_include(struct evaluation *e, const char *name, struct lw_err *err)
{
	struct profile_text p = { 0 };
	struct lw_err refused = { 0 };
	int r;

	/* The child counts, too, and says it better. */
	if (e->includes++ == EVAL_INCLUDES_MAX)
		return fail_profile(e, -ELOOP, "profile includes too many files", err);
	r = profile_find_include(e->arena, e->o, name, &p, &refused);
	if (r == 0) {
		r = remember(e, name, &p);
		if (r == 0)
			r = send_source(e, &p);
	} else {
		e->keep = false;
		r = eval_parent_send(e->fd, EVAL_REFUSED, refused.msg, strlen(refused.msg), e->deadline);
	}
	free(p.text);
	return r < 0 ? fail_channel(e, r, err) : 0;
}

/* The policy in a file, made our own JSON: of a file that is none, the child learns only that. */
static int convert(struct evaluation *e, struct profile_text *p, bool *ret_kernel, struct lw_err *err)
{
	json_t *policy = NULL;
	char *text;
	int r = lw_seccomp_import(p->text, p->n, p->path, e->o->host->kernel, &policy, ret_kernel, err);

	if (r < 0)
		return r;
	text = json_dumps(policy, JSON_COMPACT);
	json_decref(policy);
	if (!text || strlen(text) > EVAL_TEXT_MAX) {
		free(text);
		return lw_fail(err, -EFBIG, "%s: the policy is too large", p->path);
	}
	free(p->text);
	p->text = text;
	p->n = strlen(text);
	return 0;
}

static int serve_load(struct evaluation *e, const char *request, size_t n, struct lw_err *err)
{
	const char *name = memchr(request, '\0', n);
	struct profile_text p = { 0 };
	struct lw_err refused = { 0 };
	bool searched = false, kernel = false;
	char text[sizeof(refused)];
	int r;

	if (!name)
		return fail_channel(e, -EBADMSG, err);
	if (e->includes++ == EVAL_INCLUDES_MAX)
		return fail_profile(e, -ELOOP, "profile includes too many files", err);
	r = profile_find_policy(e->arena, e->o, request, name + 1, &p, &searched, &refused);
	/* One that was searched for, or has a long path, is looked for anew next time. */
	if (r == 0 && !searched && strlen(p.path) < sizeof(e->deps->name))
		r = remember(e, p.path, &p);
	else
		e->keep = false;
	if (r == 0)
		r = convert(e, &p, &kernel, &refused);
	if (r == 0) {
		e->keep = e->keep && !kernel;
		r = send_source(e, &p);
	} else {
		e->keep = false;
		lw_err_format(&refused, text, sizeof(text));
		r = eval_parent_send(e->fd, EVAL_REFUSED, text, strlen(text), e->deadline);
	}
	free(p.text);
	return r < 0 ? fail_channel(e, r, err) : 0;
}

static void print(const struct evaluation *e, const char *text, size_t n)
{
	if (e->o->print)
		e->o->print(e->o->arg, text, n);
	else
		lw_write_full(STDERR_FILENO, text, n);
}

static void show(struct evaluation *e, char *text, size_t n)
{
	static const char more[] = "(the profile printed more than 64 KiB; the rest is not shown)\n";

	if (e->printed > EVAL_PRINT_MAX)
		return;
	if (n > EVAL_PRINT_MAX - e->printed)
		n = EVAL_PRINT_MAX - e->printed;
	/* A terminal obeys control characters: a profile may print lines, not orders. */
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] == '\x7f')
			text[i] = '?';
	print(e, text, n);
	e->printed += n;
	if (e->printed == EVAL_PRINT_MAX) {
		print(e, more, sizeof(more) - 1);
		e->printed++;
	}
}

static int take_error(struct evaluation *e, const char *buf, size_t n, struct lw_err *err)
{
	struct lw_err got;

	if (n != sizeof(got))
		return fail_channel(e, -EBADMSG, err);
	memcpy(&got, buf, sizeof(got));
	got.file[sizeof(got.file) - 1] = got.path[sizeof(got.path) - 1] = '\0';
	got.msg[sizeof(got.msg) - 1] = got.hint[sizeof(got.hint) - 1] = '\0';
	if (got.code <= 0 || got.code > 4095)
		got.code = EINVAL;
	if (got.cls != LW_ERR_SETUP)
		got.cls = LW_ERR_POLICY;
	if (err)
		*err = got;
	return -got.code;
}

/* Serves the child until it answers: *ret is its JSON text. */
static int converse(struct evaluation *e, char **ret, size_t *ret_n, struct lw_err *err)
{
	for (;;) {
		_cleanup_free_ char *buf = NULL;
		uint32_t type;
		size_t n;
		int r = eval_parent_recv(e->fd, &type, &buf, &n, e->deadline);

		if (r < 0)
			return fail_channel(e, r, err);
		switch (type) {
		case EVAL_PRINT:
			show(e, buf, n);
			break;
		case EVAL_INCLUDE:
			r = serve_include(e, buf, err);
			if (r < 0)
				return r;
			break;
		case EVAL_LOAD:
			r = serve_load(e, buf, n, err);
			if (r < 0)
				return r;
			break;
		case EVAL_ERROR:
			return take_error(e, buf, n, err);
		case EVAL_ANSWER:
		case EVAL_KEEP:
			e->keep = e->keep && type == EVAL_KEEP;
			*ret = TAKE_PTR(buf);
			*ret_n = n;
			return 0;
		default:
			return fail_channel(e, -EBADMSG, err);
		}
	}
}

static void json_release(json_t **j)
{
	json_decref(*j);
}

static int check_layer(const json_t *layer, struct lw_err *err)
{
	/* Merged onto nothing: what only means something over a parent goes. */
	_cleanup_(json_release) json_t *alone = lw_spec_merge(NULL, layer, err);
	struct lw_spec *spec = NULL;
	int r;

	if (!alone)
		return err && err->code ? -err->code : -EINVAL;
	r = lw_spec_decode(alone, &spec, err);
	lw_spec_free(spec);
	return r;
}

/* Merges the layers, each under the next. */
static int merge(const json_t *layers, json_t **ret, struct lw_err *err)
{
	_cleanup_(json_release) json_t *base = NULL;
	size_t n = json_array_size(layers);

	for (size_t i = 0; i < n; i++) {
		json_t *layer = json_array_get(layers, i), *merged;

		/* A name belongs to one sandbox; who inherits from it is another. */
		if (i + 1 < n)
			json_object_del(layer, "name");
		/* Of several layers, each is decoded on its own, so that a mistake is blamed on the one that makes it.
		 */
		int r = n > 1 ? check_layer(layer, err) : 0;
		if (r < 0)
			return r;
		merged = lw_spec_merge(base, layer, err);
		if (!merged)
			return err && err->code ? -err->code : -EINVAL;
		json_decref(base);
		base = merged;
	}
	*ret = TAKE_PTR(base);
	return 0;
}

static int take_answer(const struct evaluation *e, const char *text, size_t n, const char *path,
		       struct lw_eval_result *ret, struct lw_err *err)
{
	json_error_t bad;
	_cleanup_(json_release) json_t *answer = json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad);
	json_t *layers = json_object_get(answer, "layers"), *raw = NULL, *layer;
	const char *name;
	size_t i;
	int r;

	if (!json_array_size(layers))
		return lw_fail(err, -EBADMSG, "the evaluation of the profile gave no sandbox");
	json_array_foreach(layers, i, layer) if (!json_is_object(layer)) return lw_fail(
		err, -EBADMSG, "the evaluation of the profile gave no sandbox");
	r = merge(layers, &raw, err);
	if (r < 0)
		return r;
	if (!json_object_get(raw, "name")) {
		name = profile_default_name(e->arena, path);
		if (!name || json_object_set_new(raw, "name", json_string(name)) < 0) {
			json_decref(raw);
			return no_memory(err);
		}
	}
	ret->raw = raw;
	return 0;
}

static void digest(const struct profile_text *p, char ret[65])
{
	struct lw_sha256 h;
	uint8_t d[32];

	lw_sha256_init(&h);
	lw_sha256_add(&h, p->text, p->n);
	lw_sha256_end(&h, d);
	lw_sha256_hex(d, ret);
}

/* The limited child's answer. */
static int ask(struct evaluation *e, const struct profile_text *p, char **ret, size_t *ret_n, struct lw_err *err)
{
	int r = start(e, err);

	if (r < 0)
		return r;
	r = send_source(e, p);
	if (r < 0 && r != -EPIPE) /* it may have said why */
		return fail_channel(e, r, err);
	r = converse(e, ret, ret_n, err);
	/* It has said all it may: one that an enemy runs would not end by itself. */
	reap(e, true);
	return r;
}

static void digest_texts(const struct profile_text *p, const struct eval_dep *deps, size_t n_deps, uint8_t ret[32])
{
	struct eval_dep first;
	struct lw_sha256 h;

	eval_cache_dep("", p, &first);
	lw_sha256_init(&h);
	lw_sha256_add(&h, first.digest, sizeof(first.digest));
	for (size_t i = 0; i < n_deps; i++)
		lw_sha256_add(&h, deps[i].digest, sizeof(deps[i].digest));
	lw_sha256_end(&h, ret);
}

bool lw_eval_unchanged(const struct lw_eval_options *o, const struct lw_eval_result *r)
{
	struct lw_arena *a = lw_arena_new();
	struct eval_dep *deps = calloc(r->n_names + 1, sizeof(*deps));
	struct profile_text first = { 0 };
	uint8_t now[32];
	bool found = a && deps && r->n_names && profile_find(a, o, &first, NULL) == 0;

	for (size_t i = 1; found && i < r->n_names; i++) {
		struct profile_text p = { 0 };

		found = profile_find_include(a, o, r->names[i], &p, NULL) == 0;
		if (found)
			eval_cache_dep("", &p, &deps[i - 1]);
		free(p.text);
	}
	if (found)
		digest_texts(&first, deps, r->n_names - 1, now);
	free(first.text);
	free(deps);
	lw_arena_free(a);
	return found && memcmp(now, r->texts, sizeof(now)) == 0;
}

/* What the answer depends on, for whoever keeps something made from it. */
static int name_texts(struct evaluation *e, const struct profile_text *p, struct lw_eval_result *ret,
		      struct lw_err *err)
{
	const char *profile = e->o->profile;
	bool searched = p->name != profile;
	char name[EVAL_NAME_MAX + sizeof ".lua"];

	ret->names = calloc(e->n_deps + 1, sizeof(*ret->names));
	for (uint32_t i = 0; ret->names && i <= e->n_deps; i++) {
		const char *what = i ? e->deps[i - 1].name : profile;
		size_t n = strlen(what);
		bool whole = *what == '/' || (n > 4 && !strcmp(what + n - 4, ".lua"));

		snprintf(name, sizeof(name), "%s%s", what, whole ? "" : ".lua");
		/* As it was opened: p->path, the normal form, is another file where a ".." follows a link. */
		if (i || searched || *what == '/')
			ret->names[i] = strdup(whole ? what : name);
		else if (asprintf(&ret->names[i], "%s/%s", e->o->host->cwd, what) < 0)
			ret->names[i] = NULL;
		if (!ret->names[i])
			return no_memory(err);
		ret->n_names++;
	}
	return ret->names ? 0 : no_memory(err);
}

static int run(struct evaluation *e, struct profile_text *p, struct lw_eval_result *ret, struct lw_err *err)
{
	_cleanup_free_ char *answer = NULL;
	size_t n = 0;
	int r;

	e->arena = lw_arena_new();
	if (!e->arena)
		return no_memory(err);
	r = profile_find(e->arena, e->o, p, err);
	if (r < 0)
		return r;
	digest(p, ret->sha256);
	seed_json();
	e->keep = eval_cache_key(e->o, p, e->key);
	bool have = e->keep && eval_cache_get(e->o, e->arena, e->key, &answer, &n, &e->deps, &e->n_deps);
	if (!have && (r = ask(e, p, &answer, &n, err)) < 0)
		return r;
	r = take_answer(e, answer, n, p->path, ret, err);
	if (r < 0)
		return r;
	if (e->keep && !have)
		eval_cache_put(e->o, e->key, e->deps, e->n_deps, answer, n);
	ret->kept = e->keep;
	digest_texts(p, e->deps, e->n_deps, ret->texts);
	if (ret->kept && (r = name_texts(e, p, ret, err)) < 0)
		return r;
	ret->path = strdup(p->path);
	return ret->path ? 0 : no_memory(err);
}

int lw_eval_profile(const struct lw_eval_options *o, struct lw_eval_result *ret, struct lw_err *err)
{
	_cleanup_(evaluation_done) struct evaluation e = { .o = o, .fd = -1 };
	struct lw_eval_result result = { 0 };
	struct profile_text p = { 0 };
	int r = run(&e, &p, &result, err);

	free(p.text);
	if (r < 0)
		lw_eval_result_done(&result);
	else
		*ret = result;
	return r;
}

void lw_eval_result_done(struct lw_eval_result *r)
{
	if (!r)
		return;
	free(r->path);
	for (size_t i = 0; i < r->n_names; i++)
		free(r->names[i]);
	free(r->names);
	json_decref(r->raw);
	*r = (struct lw_eval_result){ 0 };
}
