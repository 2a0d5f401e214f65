/* eval_cache.c: see eval_cache.h. The answer kept is the child's own words: it is decoded as hostile each time, from
 * here as from the child. */
#include "lua/eval_cache.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/sha256.h"
#include "cache.h"

#define KIND "eval"
#define FORMAT "lunward evaluation 2"

static void add(struct lw_sha256 *c, const char *s)
{
	lw_sha256_add(c, s ? s : "", s ? strlen(s) + 1 : 1);
}

bool eval_cache_key(const struct lw_eval_options *o, const struct profile_text *p, uint8_t ret[32])
{
	struct lw_sha256 c;
	struct stat self;

	if (o->n_params || o->host->state_fd < 0 || stat("/proc/self/exe", &self) < 0)
		return false;
	const uint64_t program[] = { self.st_dev, self.st_ino, (uint64_t)self.st_size, (uint64_t)self.st_mtim.tv_sec,
				     (uint64_t)self.st_mtim.tv_nsec };
	lw_sha256_init(&c);
	add(&c, FORMAT);
	lw_sha256_add(&c, program, sizeof(program));
	add(&c, o->profile_dir);
	add(&c, p->name);
	add(&c, p->path);
	add(&c, p->dir);
	lw_sha256_add(&c, p->text, p->n);
	lw_sha256_end(&c, ret);
	return true;
}

void eval_cache_dep(const char *name, const struct profile_text *p, struct eval_dep *ret)
{
	struct lw_sha256 c;

	*ret = (struct eval_dep){ 0 };
	strncpy(ret->name, name, sizeof(ret->name) - 1);
	lw_sha256_init(&c);
	add(&c, p->path);
	lw_sha256_add(&c, p->text, p->n);
	lw_sha256_end(&c, ret->digest);
}

static bool unchanged(const struct lw_eval_options *o, struct lw_arena *a, const struct eval_dep *kept)
{
	struct profile_text p = { 0 };
	struct eval_dep now;
	bool same = false;

	bool searched;

	if (memchr(kept->name, 0, sizeof(kept->name)) &&
	    (kept->name[0] == '/' ? profile_find_policy(a, o, kept->name, "", &p, &searched, NULL)
				  : profile_find_include(a, o, kept->name, &p, NULL)) == 0) {
		eval_cache_dep(kept->name, &p, &now);
		same = memcmp(now.digest, kept->digest, sizeof(now.digest)) == 0;
	}
	free(p.text);
	return same;
}

int eval_cache_get(const struct lw_eval_options *o, struct lw_arena *a, const uint8_t key[32], char **ret,
		   size_t *ret_n, struct eval_dep **ret_deps, uint32_t *ret_n_deps)
{
	const size_t max = sizeof(uint32_t) + EVAL_INCLUDES_MAX * sizeof(struct eval_dep) + EVAL_ANSWER_MAX;
	_cleanup_free_ char *data = NULL;
	_cleanup_free_ struct eval_dep *deps = NULL;
	uint32_t n_deps;
	size_t n = 0, at = sizeof(n_deps);

	if (!lw_cache_get(o->host->state_fd, KIND, key, max, &data, &n) || n < at)
		return 0;
	memcpy(&n_deps, data, sizeof(n_deps));
	if (n_deps > EVAL_INCLUDES_MAX || n - at < n_deps * sizeof(*deps))
		return 0;
	deps = malloc(n_deps * sizeof(*deps) + 1);
	if (!deps)
		return 0;
	memcpy(deps, data + at, n_deps * sizeof(*deps));
	at += n_deps * sizeof(*deps);
	for (uint32_t i = 0; i < n_deps; i++)
		if (!unchanged(o, a, &deps[i]))
			return 0;
	*ret = strndup(data + at, n - at);
	if (!*ret)
		return 0;
	*ret_n = n - at;
	*ret_deps = TAKE_PTR(deps);
	*ret_n_deps = n_deps;
	return 1;
}

void eval_cache_put(const struct lw_eval_options *o, const uint8_t key[32], const struct eval_dep *deps,
		    uint32_t n_deps, const char *answer, size_t n)
{
	size_t size = sizeof(n_deps) + n_deps * sizeof(*deps) + n;
	_cleanup_free_ char *data = malloc(size);
	char *at = data;

	if (!data)
		return;
	at = mempcpy(at, &n_deps, sizeof(n_deps));
	if (n_deps)
		at = mempcpy(at, deps, n_deps * sizeof(*deps));
	memcpy(at, answer, n);
	/* A cache that cannot be written costs time, not correctness. */
	(void)lw_cache_put(o->host->state_fd, KIND, key, data, size);
}
